//! Numbers as JavaScript writes them: what a process sees of a number in its environment.

use serde_json::Number;

/// A number as JavaScript's `String(number)` gives it.
///
/// Rust and `serde_json` write the same digits, but change to exponents elsewhere: 1e20 is `100000000000000000000` and
/// 0.00001 is `0.00001` there. Source: `Number::toString` in ECMA-262.
pub(crate) fn text(number: &Number) -> String {
    match number.as_f64() {
        Some(value) if number.is_f64() => of_float(value),
        _ => number.to_string(),
    }
}

fn of_float(value: f64) -> String {
    if value == 0.0 {
        return "0".to_owned();
    }
    let sign = if value < 0.0 { "-" } else { "" };
    let written = format!("{:e}", value.abs());
    let (mantissa, exponent) = written.split_once('e').unwrap_or((&written, "0"));
    let digits = mantissa.replace('.', "");
    format!("{sign}{}", place_point(&digits, exponent.parse().unwrap_or(0)))
}

/// Digits with a point after the first of them, times ten to the power of `exponent`.
fn place_point(digits: &str, exponent: i32) -> String {
    let (first, rest) = digits.split_at(1.min(digits.len()));
    match usize::try_from(exponent) {
        Ok(whole @ 0..21) if whole >= rest.len() => format!("{digits}{}", "0".repeat(whole - rest.len())),
        Ok(whole @ 0..21) => {
            let (before, after) = rest.split_at(whole);
            format!("{first}{before}.{after}")
        }
        Ok(_) => format!("{first}{}e+{exponent}", fraction(rest)),
        Err(_) if exponent >= -6 => {
            let zeros = usize::try_from(-1 - exponent).unwrap_or(0);
            format!("0.{}{digits}", "0".repeat(zeros))
        }
        Err(_) => format!("{first}{}e{exponent}", fraction(rest)),
    }
}

fn fraction(rest: &str) -> String {
    if rest.is_empty() { String::new() } else { format!(".{rest}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exponents_begin_where_they_do_in_javascript() {
        // Each expected text is what `node -p 'String(…)'` prints.
        for (number, expected) in [
            (1e20, "100000000000000000000"),
            (1e21, "1e+21"),
            (1.5e300, "1.5e+300"),
            (123_456.789, "123456.789"),
            (12_345_678_901_234_567_890.0, "12345678901234567000"),
            (0.1, "0.1"),
            (0.000_001, "0.000001"),
            (0.000_012_5, "0.0000125"),
            (1e-7, "1e-7"),
            (1.25e-9, "1.25e-9"),
            (-2.5, "-2.5"),
            (-0.0, "0"),
        ] {
            assert_eq!(of_float(number), expected);
        }
        assert_eq!(text(&Number::from(-7)), "-7");
    }
}
