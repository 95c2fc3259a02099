//! Integers, floating point numbers and decimals, by the rules of `clojure.edn` 1.11.1, held to what fits.
//!
//! Clojure makes a big integer of `9223372036854775808` and infinity of `1e400`. Here both are refused: EDN gives
//! integers without `N` 64 bits, and nobody writes `1e400` to say infinity.

use crate::diagnostic::Span;
use crate::edn::report::{Problem, Refusal, shown};
use crate::edn::{Value, codes};

/// What is wrong with a number.
enum Wrong {
    /// It is none.
    Malformed(&'static str),
    /// It is one, and there is no place for it.
    TooLarge(&'static str),
    /// It is Clojure's, not EDN's.
    Ratio,
}

use Wrong::{Malformed, Ratio, TooLarge};

pub(super) fn read(text: &str, span: Span) -> Result<Value, Refusal> {
    classify(text).map_err(|wrong| refusal(&wrong, text, span))
}

fn refusal(wrong: &Wrong, text: &str, span: Span) -> Refusal {
    let text = shown(text);
    match *wrong {
        Malformed(reason) => Problem::new(
            codes::BAD_NUMBER,
            span,
            format!("`{text}` is no number"),
            reason,
            "write a number such as `42`, `-1.5` or `1e3`; anything else goes into a string: `\"…\"`",
        ),
        TooLarge(hint) => Problem::new(
            codes::NUMBER_OUT_OF_RANGE,
            span,
            format!("`{text}` is out of range"),
            "does not fit into 64 bits",
            hint,
        ),
        Ratio => Problem::new(
            codes::RATIO,
            span,
            format!("`{text}` is a ratio, which is Clojure and not EDN"),
            "EDN has integers and floating point numbers",
            "write it as a decimal fraction such as `0.5`, or as a string",
        ),
    }
}

fn classify(text: &str) -> Result<Value, Wrong> {
    let digits = text.strip_prefix(['+', '-']).unwrap_or(text);
    match digits.as_bytes() {
        [b'1'..=b'9', ..] | [b'0'] if all(digits, 10) => integer(text),
        [b'0', b'x' | b'X', ..] => hexadecimal(text, digits),
        [_, b'r' | b'R', ..] | [_, b'0'..=b'9', b'r' | b'R', ..] => with_radix(text, digits),
        _ if digits.ends_with('N') => big(text, digits),
        [b'0', ..] if all(digits, 10) => octal(text, digits),
        _ => fraction(text, digits),
    }
}

fn all(digits: &str, radix: u32) -> bool {
    !digits.is_empty() && digits.chars().all(|digit| digit.is_digit(radix))
}

fn integer(text: &str) -> Result<Value, Wrong> {
    text.parse().map(Value::Integer).map_err(|_| TooLarge("add `N` if it is meant to be of any size: `…N`"))
}

/// `digits` in `radix` with the sign that `text` begins with.
fn signed(text: &str, digits: &str, radix: u32) -> Result<i128, Wrong> {
    let sign = if text.starts_with('-') { -1 } else { 1 };
    let size =
        i128::from_str_radix(digits, radix).map_err(|_| TooLarge("write it in decimal digits with `N`"))?;
    Ok(sign * size)
}

fn short(number: i128) -> Result<Value, Wrong> {
    i64::try_from(number).map(Value::Integer).map_err(|_| TooLarge("write it in decimal digits with `N`"))
}

fn any_size(number: i128) -> Value {
    i64::try_from(number).map_or_else(|_| Value::BigInteger(number.to_string()), Value::Integer)
}

/// Beyond 128 bits only decimal digits are read: converting others takes time that grows with their square.
fn hexadecimal(text: &str, digits: &str) -> Result<Value, Wrong> {
    let body = digits.get(2..).unwrap_or_default();
    let digits = body.strip_suffix('N').unwrap_or(body);
    if !all(digits, 16) {
        return Err(Malformed("expected hexadecimal digits behind `0x`"));
    }
    let number = signed(text, digits, 16)?;
    if digits.len() < body.len() { Ok(any_size(number)) } else { short(number) }
}

fn octal(text: &str, digits: &str) -> Result<Value, Wrong> {
    if all(digits, 8) {
        short(signed(text, digits, 8)?)
    } else {
        Err(Malformed("a leading zero makes the number octal, and this has a digit beyond 7"))
    }
}

fn with_radix(text: &str, digits: &str) -> Result<Value, Wrong> {
    let (radix, digits) = digits.split_once(['r', 'R']).unwrap_or_default();
    match radix.parse() {
        Ok(radix @ 2..=36) if !text.trim_start_matches(['+', '-']).starts_with('0') => {
            in_radix(text, digits, radix)
        }
        _ => Err(Malformed("expected a radix from 2 to 36 before the `r`, without a leading zero")),
    }
}

fn in_radix(text: &str, digits: &str, radix: u32) -> Result<Value, Wrong> {
    if all(digits, radix) {
        short(signed(text, digits, radix)?)
    } else {
        Err(Malformed("expected digits of the radix behind the `r`"))
    }
}

fn big(text: &str, digits: &str) -> Result<Value, Wrong> {
    let digits = digits.strip_suffix('N').unwrap_or(digits);
    match digits.as_bytes() {
        [b'0', _, ..] if all(digits, 8) => signed(text, digits, 8).map(any_size),
        [b'0', _, ..] => Err(Malformed("expected digits, then `N`")),
        _ if all(digits, 10) => {
            let number = text.strip_suffix('N').unwrap_or(text).trim_start_matches('+');
            Ok(number.parse().map_or_else(|_| Value::BigInteger(number.to_owned()), Value::Integer))
        }
        _ => Err(Malformed("`N` stands behind an integer only")),
    }
}

/// What is neither an integer nor malformed: `1.5`, `1e3`, either with `M`, or a ratio.
fn fraction(text: &str, digits: &str) -> Result<Value, Wrong> {
    if let Some((over, under)) = digits.split_once('/') {
        return Err(if all(over, 10) && all(under, 10) { Ratio } else { Malformed("expected digits") });
    }
    let decimal = digits.strip_suffix('M');
    if !is_fraction(decimal.unwrap_or(digits)) {
        return Err(Malformed("begins with a digit and goes on as no number does"));
    }
    match decimal {
        Some(digits) => exact(text, digits),
        None => float(text),
    }
}

/// `[0-9]+(\.[0-9]*)?([eE][-+]?[0-9]+)?`
fn is_fraction(digits: &str) -> bool {
    let (significand, exponent) = match digits.split_once(['e', 'E']) {
        Some((significand, exponent)) => (significand, Some(exponent)),
        None => (digits, None),
    };
    let (whole, part) = significand.split_once('.').unwrap_or((significand, ""));
    let exponent = exponent.map(|exponent| exponent.strip_prefix(['+', '-']).unwrap_or(exponent));
    all(whole, 10) && (part.is_empty() || all(part, 10)) && exponent.is_none_or(|digits| all(digits, 10))
}

/// Java's decimals have exponents of 32 bits, which is enough for anything but a typing error.
fn exact(text: &str, digits: &str) -> Result<Value, Wrong> {
    let exponent = digits.split_once(['e', 'E']).map_or("0", |(_, exponent)| exponent);
    match exponent.parse::<i32>() {
        Ok(_) => Ok(Value::Decimal(text.strip_suffix('M').unwrap_or(text).to_owned())),
        Err(_) => Err(TooLarge("write a smaller exponent")),
    }
}

fn float(text: &str) -> Result<Value, Wrong> {
    match text.parse::<edn_rs::Edn>().ok().as_ref().and_then(edn_rs::Edn::to_float) {
        Some(float) if float.is_finite() => Ok(Value::Float(float)),
        Some(_) => Err(TooLarge("write `##Inf` if infinity is meant")),
        None => Err(Malformed("cannot be read as a floating point number")),
    }
}
