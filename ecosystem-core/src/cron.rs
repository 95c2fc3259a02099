//! Which cron patterns PM2 accepts: a pattern it cannot read kills its daemon, and every app with it.
//!
//! PM2 5, 6 and 7 read patterns with `croner` 4.1.97 for JavaScript. Its namesake for Rust accepts more (`1-5,10`,
//! `L` for weekdays, `#`, `W`, `@daily`, years), so it cannot be the judge. Some patterns PM2 accepts and then looks
//! for their next time for ever, such as `60/5 * * * *`, which freezes its daemon. What is accepted here is a
//! subset of what PM2 survives; a test asks the `croner` of PM2 itself.

use thiserror::Error;

/// Why a pattern is not accepted.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum CronError {
    /// Neither five fields nor six.
    #[error("a cron pattern has 5 fields, or 6 with seconds first; this one has {0}")]
    FieldCount(usize),
    /// A field that PM2 cannot read.
    #[error(
        "`{text}` is no {field}: expected `*`, a number, numbers with `,` between, or one range or step \
         such as `1-5`, `*/5` or `1-30/5`, with numbers from {least} to {most}"
    )]
    Field {
        /// What the field stands for, such as `hour`.
        field: &'static str,
        /// The field as written.
        text: String,
        /// Least number allowed.
        least: u32,
        /// Greatest number allowed.
        most: u32,
    },
}

/// Whether PM2 can read the pattern.
///
/// # Errors
/// [`CronError`] for the first field that PM2 would not read, or that only some versions of `croner` would.
pub fn check(pattern: &str) -> Result<(), CronError> {
    let written: Vec<&str> = pattern.split_ascii_whitespace().collect();
    let fields = match written.len() {
        5 => &FIELDS[1..],
        6 => &FIELDS[..],
        count => return Err(CronError::FieldCount(count)),
    };
    written.iter().zip(fields).try_for_each(|(text, field)| field.check(text))
}

struct Field {
    name: &'static str,
    least: u32,
    most: u32,
    /// Greatest step: the number of values that `croner` keeps for the field.
    most_step: u32,
    /// Names of values, the first standing for the least.
    names: &'static [&'static str],
}

const MONTHS: &[&str] = &["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
const WEEKDAYS: &[&str] = &["sun", "mon", "tue", "wed", "thu", "fri", "sat"];

const FIELDS: [Field; 6] = [
    Field { name: "second", least: 0, most: 59, most_step: 60, names: &[] },
    Field { name: "minute", least: 0, most: 59, most_step: 60, names: &[] },
    Field { name: "hour", least: 0, most: 23, most_step: 24, names: &[] },
    Field { name: "day of the month", least: 1, most: 31, most_step: 31, names: &["l"] },
    Field { name: "month", least: 1, most: 12, most_step: 12, names: MONTHS },
    Field { name: "weekday", least: 0, most: 7, most_step: 8, names: WEEKDAYS },
];

impl Field {
    fn check(&self, text: &str) -> Result<(), CronError> {
        let lower = text.to_ascii_lowercase();
        if self.accepts(&lower) {
            return Ok(());
        }
        let text = text.to_owned();
        Err(CronError::Field { field: self.name, text, least: self.least, most: self.most })
    }

    fn accepts(&self, text: &str) -> bool {
        if text == "*" || text == "?" || (text == "l" && self.names == ["l"]) {
            return true;
        }
        match text.split_once('/') {
            Some((base, step)) => self.is_step(step) && (base == "*" || self.is_range(base)),
            // A list of ranges is what most implementations know, and what kills PM2's daemon.
            None => self.is_range(text) || text.split(',').all(|item| self.value(item).is_some()),
        }
    }

    fn is_range(&self, text: &str) -> bool {
        let ends = text.split_once('-').map(|(from, to)| (self.value(from), self.value(to)));
        matches!(ends, Some((Some(from), Some(to))) if from <= to)
    }

    fn is_step(&self, text: &str) -> bool {
        number(text).is_some_and(|step| (1..=self.most_step).contains(&step))
    }

    fn value(&self, text: &str) -> Option<u32> {
        let value = number(text).or_else(|| self.named(text))?;
        (self.least..=self.most).contains(&value).then_some(value)
    }

    fn named(&self, text: &str) -> Option<u32> {
        let position = self.names.iter().position(|&name| name == text && name.len() == 3)?;
        u32::try_from(position).ok().map(|position| self.least + position)
    }
}

/// Digits only: `u32::from_str` would take a sign.
fn number(text: &str) -> Option<u32> {
    let plain = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    plain.then(|| text.parse().ok()).flatten()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::check;

    #[test]
    fn patterns_that_pm2_reads_are_accepted() {
        for pattern in [
            "* * * * *",
            "0 3 * * *",
            "*/10 * * * * *",
            "0 0 L * *",
            "0 9 * JAN mon-fri",
            "0,30 9-17/2 1 1-6 7",
            "? * * * *",
        ] {
            assert_eq!(check(pattern), Ok(()), "{pattern}");
        }
    }

    #[test]
    fn patterns_that_would_kill_or_freeze_its_daemon_are_not() {
        for pattern in [
            "",
            "* * * *",
            "* * * * * * *",
            "@daily",
            "0 9 * * 1-3,5",
            "*/5,7 * * * *",
            "60 * * * *",
            "* * 0 * *",
            "* * * * 8",
            "*/0 * * * *",
            "60/5 * * * *",
            "5/10 * * * *",
            "*/61 * * * *",
            "5-1 * * * *",
            "* * * * 5#2",
            "* * 15W * *",
            "* * * * L",
            "+1 * * * *",
        ] {
            assert!(check(pattern).is_err(), "{pattern}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_judged_without_panic(text in ".*") {
            let _ = check(&text);
        }
    }
}
