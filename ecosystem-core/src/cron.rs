//! Which cron patterns PM2 can schedule: one that it cannot takes its daemon down, and every app with it.
//!
//! PM2 5, 6 and 7 read patterns with `croner` 4.1.97 for JavaScript, in the daemon. On some patterns it throws
//! (`1-5,10`, `@daily`), on some it loops for ever (`**`, `,`, `65/5`), on days that no month has it recurses until
//! its stack is full, and some it reads as something else than is written (`?`, `1/5` for days). Its namesake for
//! Rust knows more (`L` for weekdays, `#`, `W`, nicknames, years), so it cannot be the judge. What is accepted here
//! is what is left of PM2's: tests ask the `croner` of PM2 itself.

use thiserror::Error;

/// Why a pattern is not accepted.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum CronError {
    /// A word for a pattern, such as `@daily`.
    #[error("PM2 knows no nicknames; write \"{spelled}\"")]
    Nickname {
        /// The pattern that the word stands for.
        spelled: &'static str,
    },
    /// Neither five fields nor six.
    #[error("it has {0} fields; five are needed, or six with seconds in front")]
    FieldCount(usize),
    /// A field that PM2 cannot read, or reads as something else.
    #[error("{field} \"{text}\": {problem}")]
    Field {
        /// What the field stands for, such as `hour`.
        field: &'static str,
        /// The field as written.
        text: String,
        /// What is wrong with it.
        problem: FieldError,
    },
    /// A day that none of the months has.
    #[error("no month of these has a day {0}")]
    NeverDue(u32),
}

/// What is wrong with one field of a pattern.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum FieldError {
    /// Neither a number nor a name that stands for one here.
    #[error("\"{0}\" is not a number that PM2 reads here")]
    NotANumber(String),
    /// A number that the field does not have.
    #[error("{number} is not within {least} to {most}")]
    OutOfRange {
        /// The number as written.
        number: u32,
        /// Least number allowed.
        least: u32,
        /// Greatest number allowed.
        most: u32,
    },
    /// A range from a greater number to a lesser one.
    #[error("the range runs backwards")]
    Backwards,
    /// A list that holds a range: what most implementations know, and what kills PM2's daemon.
    #[error("PM2 does not read ranges within lists; list each value")]
    RangeInList,
    /// A step of nothing, or beyond the number of values.
    #[error("the step must be 1 to {0}")]
    Step(u32),
    /// A step from a single number, which PM2 begins a day or a month later than written.
    #[error("write a range with the step, such as {least}-{most}/5")]
    StepFromNumber {
        /// Least number allowed.
        least: u32,
        /// Greatest number allowed.
        most: u32,
    },
}

/// Whether PM2 can schedule the pattern, and will schedule what is written.
///
/// # Errors
/// [`CronError`] for the first thing that does not fit.
pub fn check(pattern: &str) -> Result<(), CronError> {
    if let Some(spelled) = nickname(pattern.trim()) {
        return Err(CronError::Nickname { spelled });
    }
    let written: Vec<&str> = pattern.split_ascii_whitespace().collect();
    let fields = match written.len() {
        5 => &FIELDS[1..],
        6 => &FIELDS[..],
        count => return Err(CronError::FieldCount(count)),
    };
    let values = written.iter().zip(fields).map(|(text, field)| field.read(text));
    match values.collect::<Result<Vec<_>, _>>()?.as_slice() {
        [.., days, months, _] => some_month_has(days, months),
        _ => Ok(()),
    }
}

struct Field {
    name: &'static str,
    least: u32,
    most: u32,
    /// Names of values, the first standing for the least.
    names: &'static [&'static str],
}

const MONTHS: &[&str] = &["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
const WEEKDAYS: &[&str] = &["sun", "mon", "tue", "wed", "thu", "fri", "sat"];
const DAY_OF_MONTH: &str = "day of month";

const FIELDS: [Field; 6] = [
    Field { name: "second", least: 0, most: 59, names: &[] },
    Field { name: "minute", least: 0, most: 59, names: &[] },
    Field { name: "hour", least: 0, most: 23, names: &[] },
    Field { name: DAY_OF_MONTH, least: 1, most: 31, names: &[] },
    Field { name: "month", least: 1, most: 12, names: MONTHS },
    Field { name: "day of week", least: 0, most: 7, names: WEEKDAYS },
];

impl Field {
    /// The numbers a field stands for; none for the last day of a month, which every month has.
    fn read(&self, text: &str) -> Result<Vec<u32>, CronError> {
        if text.eq_ignore_ascii_case("l") && self.name == DAY_OF_MONTH {
            return Ok(Vec::new());
        }
        let values = match text.split_once('/') {
            Some((span, step)) => self.stepped(span, step),
            None => self.plain(text),
        };
        values.map_err(|problem| CronError::Field { field: self.name, text: text.to_owned(), problem })
    }

    fn plain(&self, text: &str) -> Result<Vec<u32>, FieldError> {
        match text.split_once('-') {
            _ if text == "*" => Ok((self.least..=self.most).collect()),
            Some(_) if text.contains(',') => Err(FieldError::RangeInList),
            Some((from, to)) => self.range(from, to),
            None => text.split(',').map(|item| self.number(item)).collect(),
        }
    }

    fn stepped(&self, span: &str, step: &str) -> Result<Vec<u32>, FieldError> {
        let (least, most) = (self.least, self.most);
        if span != "*" && !span.contains('-') {
            return Err(FieldError::StepFromNumber { least, most });
        }
        let values = self.plain(span)?;
        let step = digits(step).ok_or_else(|| FieldError::NotANumber(step.to_owned()))?;
        // As many as PM2 keeps values for the field.
        let most_step = most + 1 - least;
        match usize::try_from(step) {
            Ok(count @ 1..) if step <= most_step => Ok(values.into_iter().step_by(count).collect()),
            _ => Err(FieldError::Step(most_step)),
        }
    }

    fn range(&self, from: &str, to: &str) -> Result<Vec<u32>, FieldError> {
        let (from, to) = (self.number(from)?, self.number(to)?);
        if from > to { Err(FieldError::Backwards) } else { Ok((from..=to).collect()) }
    }

    fn number(&self, text: &str) -> Result<u32, FieldError> {
        let number = digits(text).or_else(|| self.named(text));
        let number = number.ok_or_else(|| FieldError::NotANumber(text.to_owned()))?;
        let (least, most) = (self.least, self.most);
        if (least..=most).contains(&number) {
            Ok(number)
        } else {
            Err(FieldError::OutOfRange { number, least, most })
        }
    }

    fn named(&self, text: &str) -> Option<u32> {
        self.names
            .iter()
            .zip(self.least..)
            .find(|(name, _)| text.eq_ignore_ascii_case(name))
            .map(|(_, number)| number)
    }
}

/// At most two digits, without a sign: longer numbers are out of every range.
fn digits(text: &str) -> Option<u32> {
    let plain = matches!(text.len(), 1..=2) && text.bytes().all(|byte| byte.is_ascii_digit());
    plain.then(|| text.parse().ok()).flatten()
}

/// Refuses days that none of the months has: PM2 would search for them until its stack is full.
fn some_month_has(days: &[u32], months: &[u32]) -> Result<(), CronError> {
    let longest = months.iter().map(|month| month_length(*month)).max().unwrap_or(31);
    match days.iter().min() {
        Some(first) if *first > longest => Err(CronError::NeverDue(*first)),
        _ => Ok(()),
    }
}

fn month_length(month: u32) -> u32 {
    match month {
        2 => 29,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

fn nickname(pattern: &str) -> Option<&'static str> {
    match pattern.to_ascii_lowercase().as_str() {
        "@yearly" | "@annually" => Some("0 0 1 1 *"),
        "@monthly" => Some("0 0 1 * *"),
        "@weekly" => Some("0 0 * * 0"),
        "@daily" | "@midnight" => Some("0 0 * * *"),
        "@hourly" => Some("0 * * * *"),
        _ => None,
    }
}

#[cfg(test)]
mod tests;
