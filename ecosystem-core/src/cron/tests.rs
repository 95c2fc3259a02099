//! Both verdicts on patterns, what is said of a refused one, and that no text is too odd for a verdict.

use proptest::prelude::*;

use super::check;

/// Patterns that the croner inside PM2 schedules, and what is refused: it throws on the first lot, never
/// comes back from the second, and reads the third as something else than what is written.
#[test]
fn patterns_are_those_that_pm2_schedules() {
    let good = [
        "* * * * *",
        "0 0 * * *",
        "*/5 * * * *",
        "0 3 * * 1-5",
        "0 0 1,15 * *",
        "*/10 * * * * *",
        "0 0 * * SUN",
        "0 0 * * mon-fri",
        "0 0 1 JAN *",
        "0 0 L * *",
        "0 0 * * 7",
        "0 0 * * 5-7",
        "*/60 * * * *",
        "0-30/5 * * * *",
        "0 0 * * mon,wed",
        " 0  0 * * * ",
        "0 0 29 2 *",
        "0 0 31 1,2 *",
        "0 0 1-31/2 * *",
        "0 0 */31 * *",
        "0 0 * */12 *",
        "0 0 * * */8",
        "0 0 * jan-mar *",
        "00 00 * * *",
        "0 9 * JAN mon-fri",
        "0,30 9-17/2 1 1-6 7",
        "0 0 * * mon-fri/2",
    ];
    for pattern in good {
        assert_eq!(check(pattern), Ok(()), "{pattern}");
    }
    let throws = [
        "",
        "abc",
        "* * * *",
        "* * * * * * *",
        "@daily",
        "@reboot",
        "60 * * * *",
        "* 24 * * *",
        "* * 0 * *",
        "* * 32 * *",
        "* * * 13 *",
        "* * * * 8",
        "*/0 * * * *",
        "*/61 * * * *",
        "1-60 * * * *",
        "5-1 * * * *",
        "* * * * 5#2",
        "* * 15W * *",
        "- * * * *",
        "/ * * * *",
        "*/ * * * *",
        "1- * * * *",
        "-1 * * * *",
        "1-5,10 * * * *",
        "0 0 * * +1",
        "1/1/1 * * * *",
        "0 0 * * MON#1",
        "12:00",
        "0 0 * * sat-sun",
        "0 0 */32 * *",
        "0 0 * */13 *",
        "0 0 * * */9",
        "0 */25 * * *",
        "99999999999999999999 * * * *",
        "+1 * * * *",
        "0 9 * * 1-3,5",
        "*/5,7 * * * *",
        "* * * * L",
        "* * L,1 * *",
    ];
    let hangs = [", * * * *", "** * * * *", "65/5 * * * *", "0 0 31 2,4,6,9,11 *", "0 0 30 2 *"];
    let misreads = ["1,,2 * * * *", "*,1 * * * *", "0 0 1/5 * *", "? * * * *", "2026-01-01T00:00:00"];
    for pattern in throws.into_iter().chain(hangs).chain(misreads) {
        assert!(check(pattern).is_err(), "{pattern}");
    }
}

#[test]
fn a_refusal_says_what_does_not_fit() {
    for (pattern, said) in [
        ("@weekly", "PM2 knows no nicknames; write \"0 0 * * 0\""),
        ("* * *", "it has 3 fields; five are needed, or six with seconds in front"),
        ("61 * * * *", "minute \"61\": 61 is not within 0 to 59"),
        ("* * x * *", "day of month \"x\": \"x\" is not a number that PM2 reads here"),
        ("* * * * fri-mon", "day of week \"fri-mon\": the range runs backwards"),
        ("1-5,10 * * * *", "minute \"1-5,10\": PM2 does not read ranges within lists; list each value"),
        ("*/61 * * * *", "minute \"*/61\": the step must be 1 to 60"),
        ("* * 1/5 * *", "day of month \"1/5\": write a range with the step, such as 1-31/5"),
        ("0 0 30,31 2 *", "no month of these has a day 30"),
    ] {
        assert_eq!(check(pattern).map_err(|error| error.to_string()), Err(said.to_owned()), "{pattern}");
    }
}

proptest! {
    #[test]
    fn any_text_is_judged_without_panic(text in ".*") {
        let _ = check(&text);
    }
}
