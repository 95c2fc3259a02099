//! Numbers, sizes and durations, as nodes or as text.

use serde_json::Value as Json;

use crate::edn::{Node, Value};

use super::codes;
use super::report::Reporter;

/// The greatest integer that a JavaScript number holds together with all below it.
pub(super) const MAX_SAFE_INTEGER: i64 = (1 << 53) - 1;

const EXACT_HINT: &str = "JavaScript holds integers exactly up to 9007199254740991; beyond that use a string";

/// A unit: its letter, how many of the base unit it is.
type Unit = (char, i64);

/// PM2's units of `max_memory_restart`.
const SIZE_UNITS: &[Unit] = &[('K', 1 << 10), ('M', 1 << 20), ('G', 1 << 30)];
/// PM2's units of `min_uptime`.
const TIME_UNITS: &[Unit] = &[('s', 1_000), ('m', 60_000), ('h', 3_600_000)];

/// An integer that JavaScript holds exactly, from a number without fraction or, as PM2 takes it, its digits.
pub(super) fn integer(
    what: &str,
    node: &Node,
    range: std::ops::RangeInclusive<i64>,
    reporter: &mut Reporter<'_>,
) -> Option<i64> {
    let number = match &node.value {
        Value::String(text) => {
            match digits(text).or_else(|| text.strip_prefix('-').and_then(digits).map(|n| -n)) {
                Some(number) => number,
                None => {
                    not_an_integer(what, text, node, reporter);
                    return None;
                }
            }
        }
        _ => plain_integer(what, "an integer", node, reporter)?,
    };
    in_range(what, node, number, range, reporter)
}

/// A number of bytes: an integer, or digits with `K`, `M` or `G`.
pub(super) fn size(what: &str, node: &Node, reporter: &mut Reporter<'_>) -> Option<Json> {
    let bytes = match &node.value {
        Value::String(text) => match with_unit(text, SIZE_UNITS) {
            Some(bytes) => bytes,
            None => {
                let message = format!("`{what}` is {text:?}, which PM2 does not read as a size");
                reporter.report(codes::BAD_SIZE, node.span, message, "not a size", size_hint(text));
                return None;
            }
        },
        _ => plain_integer(what, "a number of bytes, or a string such as \"512M\"", node, reporter)?,
    };
    in_range(what, node, bytes, 0..=MAX_SAFE_INTEGER, reporter).map(Json::from)
}

/// A number of milliseconds: an integer, or digits with `s`, `m` or `h`.
pub(super) fn duration(what: &str, node: &Node, min: i64, reporter: &mut Reporter<'_>) -> Option<i64> {
    let milliseconds = match &node.value {
        Value::String(text) => match with_unit(text, TIME_UNITS) {
            Some(milliseconds) => milliseconds,
            None => {
                let message = format!("`{what}` is {text:?}, which PM2 does not read as a duration");
                let hint = "write milliseconds as a number, or whole seconds, minutes or hours as \"10s\", \"5m\", \"1h\"";
                reporter.report(codes::BAD_DURATION, node.span, message, "not a duration", hint);
                return None;
            }
        },
        _ => plain_integer(what, "a number of milliseconds, or a string such as \"10s\"", node, reporter)?,
    };
    in_range(what, node, milliseconds, min..=MAX_SAFE_INTEGER, reporter)
}

/// A finite number without fraction as an integer, if JavaScript holds it exactly.
pub(super) fn whole(number: f64) -> Option<i64> {
    #[expect(clippy::cast_precision_loss, reason = "2^53 - 1 is exact")]
    let limit = MAX_SAFE_INTEGER as f64;
    if number.fract() != 0.0 || number.abs() > limit {
        return None;
    }
    #[expect(clippy::cast_possible_truncation, reason = "integral and within 2^53 by the test above")]
    Some(number as i64)
}

/// Tells that an integer is more than JavaScript holds.
pub(super) fn beyond_javascript(what: &str, node: &Node, reporter: &mut Reporter<'_>) {
    let message = format!("`{what}` is beyond 2^53");
    reporter.report(codes::OUT_OF_RANGE, node.span, message, "JavaScript would round it", EXACT_HINT);
}

fn plain_integer(what: &str, expected: &str, node: &Node, reporter: &mut Reporter<'_>) -> Option<i64> {
    match &node.value {
        Value::Integer(number) => return Some(*number),
        Value::Float(number) if whole(*number).is_some() => return whole(*number),
        Value::BigInteger(_) => beyond_javascript(what, node, reporter),
        _ => reporter.wrong_type(what, expected, node),
    }
    None
}

fn in_range(
    what: &str,
    node: &Node,
    number: i64,
    range: std::ops::RangeInclusive<i64>,
    reporter: &mut Reporter<'_>,
) -> Option<i64> {
    if number.abs_diff(0) > MAX_SAFE_INTEGER.abs_diff(0) {
        beyond_javascript(what, node, reporter);
        return None;
    }
    if range.contains(&number) {
        return Some(number);
    }
    let (least, most) = range.into_inner();
    let bounds =
        if most == MAX_SAFE_INTEGER { format!("{least} or more") } else { format!("{least} to {most}") };
    let message = format!("`{what}` is {number}, outside of {bounds}");
    reporter.report(
        codes::OUT_OF_RANGE,
        node.span,
        message,
        "out of range",
        format!("write a number of {bounds}"),
    );
    None
}

fn not_an_integer(what: &str, text: &str, node: &Node, reporter: &mut Reporter<'_>) {
    let hint = match with_unit(text, TIME_UNITS) {
        Some(milliseconds) => format!("it takes no units: if milliseconds are meant, write {milliseconds}"),
        None => "write it as a number".to_owned(),
    };
    let message = format!("`{what}` takes an integer, not the text {text:?}");
    reporter.report(codes::WRONG_TYPE, node.span, message, "not an integer", hint);
}

fn with_unit(text: &str, units: &[Unit]) -> Option<i64> {
    units
        .iter()
        .find_map(|(letter, factor)| Some((text.strip_suffix(*letter)?, *factor)))
        .map_or_else(|| digits(text), |(number, factor)| digits(number)?.checked_mul(factor))
}

fn digits(text: &str) -> Option<i64> {
    let plain = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    plain.then(|| text.parse().ok()).flatten()
}

/// The size that was probably meant, in a form that PM2 reads.
fn size_hint(text: &str) -> String {
    let upper = text.trim().to_ascii_uppercase();
    let short = upper.trim_end_matches('B').trim_end_matches('I');
    let meant = with_unit(short, SIZE_UNITS).map(|_| short.to_owned()).or_else(|| in_smaller_unit(short));
    match meant {
        Some(meant) => format!("write \"{meant}\""),
        None => "write bytes as a number, or whole kilobytes, megabytes or gigabytes as \"512K\", \"300M\", \"1G\""
            .to_owned(),
    }
}

/// `1.5G` as `1536M`: PM2 takes whole numbers only.
fn in_smaller_unit(text: &str) -> Option<String> {
    let (unit, smaller) = [('G', 'M'), ('M', 'K')].into_iter().find(|(unit, _)| text.ends_with(*unit))?;
    let number: f64 = text.strip_suffix(unit)?.trim().parse().ok()?;
    whole((number * 1024.0).round()).filter(|number| *number > 0).map(|number| format!("{number}{smaller}"))
}
