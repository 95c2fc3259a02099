//! Cron patterns that PM2 can schedule.
//!
//! PM2 schedules with the JavaScript croner 4.1.97 (all majors since 5.4.3), in its daemon, where a
//! pattern that throws or never comes true takes every app down with it. That version knows less than its
//! Rust sibling (no nicknames, no lists of ranges) and lets through what it then loops on forever (`**`,
//! `,`, `65/5`, the 31st of months without one). So a pattern must pass both: the shapes that the old
//! version reads as meant, below, and croner itself.

use std::str::FromStr;

use croner::Cron;

/// A field of a pattern: what it is called, its least and greatest number, and the names it takes.
struct FieldSpec {
    name: &'static str,
    min: u32,
    max: u32,
    names: &'static [&'static str],
    /// The number of the first name.
    first_name: u32,
}

const MONTHS: &[&str] = &["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
const DAYS: &[&str] = &["sun", "mon", "tue", "wed", "thu", "fri", "sat"];

const fn numbers(name: &'static str, min: u32, max: u32) -> FieldSpec {
    FieldSpec { name, min, max, names: &[], first_name: 0 }
}

const FIELDS: [FieldSpec; 6] = [
    numbers("second", 0, 59),
    numbers("minute", 0, 59),
    numbers("hour", 0, 23),
    numbers("day of month", 1, 31),
    FieldSpec { name: "month", min: 1, max: 12, names: MONTHS, first_name: 1 },
    FieldSpec { name: "day of week", min: 0, max: 7, names: DAYS, first_name: 0 },
];

/// Whether PM2 can schedule a pattern of five or six fields; if not, why.
///
/// # Errors
/// A sentence about the first field that does not fit, and what to write where that is known.
pub(super) fn check(pattern: &str) -> Result<(), String> {
    if let Some(spelled) = nickname(pattern.trim()) {
        return Err(format!("PM2 knows no nicknames; write \"{spelled}\""));
    }
    let parts: Vec<&str> = pattern.split_ascii_whitespace().collect();
    let specs = match parts.len() {
        5 => &FIELDS[1..],
        6 => &FIELDS[..],
        count => return Err(format!("it has {count} fields; five are needed, or six with seconds in front")),
    };
    let mut values = Vec::new();
    for (part, spec) in parts.iter().zip(specs) {
        values.push(field(part, spec).map_err(|why| format!("{} \"{part}\": {why}", spec.name))?);
    }
    if let [.., days, months, _] = values.as_slice() {
        comes_true(days, months)?;
    }
    Cron::from_str(pattern).map(|_| ()).map_err(|error| error.to_string())
}

/// The numbers a field stands for; empty for the last day of a month, which every month has.
fn field(part: &str, spec: &FieldSpec) -> Result<Vec<u32>, String> {
    if part == "*" {
        return Ok((spec.min..=spec.max).collect());
    }
    if part.eq_ignore_ascii_case("l") && spec.name == "day of month" {
        return Ok(Vec::new());
    }
    if let Some((range, step)) = part.split_once('/') {
        return stepped(range, step, spec);
    }
    if part.contains(',') && part.contains('-') {
        return Err("PM2 does not read ranges within lists; list each value".to_owned());
    }
    match part.split_once('-') {
        Some((from, to)) => range(from, to, spec),
        None => part.split(',').map(|item| number(item, spec)).collect(),
    }
}

fn stepped(span: &str, step: &str, spec: &FieldSpec) -> Result<Vec<u32>, String> {
    let values = match span.split_once('-') {
        Some((from, to)) => range(from, to, &FieldSpec { names: &[], ..*spec })?,
        None if span == "*" => (spec.min..=spec.max).collect(),
        // The old croner starts a day or month later than written.
        None => return Err(format!("write a range with the step, such as {}-{}/5", spec.min, spec.max)),
    };
    let step = digits(step).ok_or("the step is not a number")?;
    let most = spec.max + 1 - spec.min;
    if step == 0 || step > most {
        return Err(format!("the step must be 1 to {most}"));
    }
    let step = usize::try_from(step).unwrap_or(1);
    Ok(values.into_iter().step_by(step).collect())
}

fn range(from: &str, to: &str, spec: &FieldSpec) -> Result<Vec<u32>, String> {
    let (from, to) = (number(from, spec)?, number(to, spec)?);
    if from > to {
        return Err("the range runs backwards".to_owned());
    }
    Ok((from..=to).collect())
}

fn number(text: &str, spec: &FieldSpec) -> Result<u32, String> {
    let named = || spec.names.iter().zip(spec.first_name..).find(|(name, _)| text.eq_ignore_ascii_case(name));
    let number = digits(text)
        .or_else(|| named().map(|(_, number)| number))
        .ok_or_else(|| format!("\"{text}\" is not a number that PM2 reads here"))?;
    if (spec.min..=spec.max).contains(&number) {
        Ok(number)
    } else {
        Err(format!("{number} is not within {} to {}", spec.min, spec.max))
    }
}

/// At most two digits: longer numbers are out of every range.
fn digits(text: &str) -> Option<u32> {
    let plain = matches!(text.len(), 1..=2) && text.bytes().all(|byte| byte.is_ascii_digit());
    plain.then(|| text.parse().ok()).flatten()
}

/// Refuses days that none of the months has: the old croner searches for them until its stack is full.
fn comes_true(days: &[u32], months: &[u32]) -> Result<(), String> {
    let longest = months.iter().map(|month| month_length(*month)).max().unwrap_or(31);
    match days.iter().min() {
        Some(first) if *first > longest => Err(format!("no month of these has a day {first}")),
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
    let spelled = match pattern.to_ascii_lowercase().as_str() {
        "@yearly" | "@annually" => "0 0 1 1 *",
        "@monthly" => "0 0 1 * *",
        "@weekly" => "0 0 * * 0",
        "@daily" | "@midnight" => "0 0 * * *",
        "@hourly" => "0 * * * *",
        _ => return None,
    };
    Some(spelled)
}
