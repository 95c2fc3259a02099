//! Strings and their escapes, by the rules of `clojure.edn` 1.11.1.

use crate::diagnostic::Span;
use crate::edn::report::{Problem, Refusal};
use crate::edn::{Value, chars, codes};

/// `text` has its quotes; without an escape it is a slice.
pub(super) fn read(text: &str, escaped: bool, span: Span) -> Result<Value, Refusal> {
    let body = text.get(1..text.len().saturating_sub(1)).unwrap_or_default();
    if !escaped {
        return Ok(Value::String(body.to_owned()));
    }
    match read_by_edn_rs(text, body) {
        Some(read) => Ok(read),
        None => resolve(body, span.start + 1).map(Value::String),
    }
}

/// edn-rs knows five escapes; with any other it refuses, or reads `\u` as the letter.
fn read_by_edn_rs(text: &str, body: &str) -> Option<Value> {
    let mut parts = body.split('\\').skip(1);
    while let Some(part) = parts.next() {
        match part.bytes().next() {
            None => _ = parts.next()?,
            Some(b'n' | b't' | b'r' | b'"') => {}
            Some(_) => return None,
        }
    }
    match text.parse::<edn_rs::Edn>() {
        Ok(edn_rs::Edn::Str(read)) => Some(Value::String(read)),
        _ => None,
    }
}

/// `start` is where the body stands in the file.
fn resolve(body: &str, start: usize) -> Result<String, Refusal> {
    let mut resolved = String::with_capacity(body.len());
    let mut rest = body;
    while let Some((plain, escape)) = rest.split_once('\\') {
        resolved.push_str(plain);
        let at = start + body.len() - escape.len() - 1;
        let (character, length) = self::escape(escape).map_err(|wrong| wrong.at(at))?;
        resolved.push(character);
        rest = escape.get(length..).unwrap_or_default();
    }
    resolved.push_str(rest);
    Ok(resolved)
}

/// What is wrong with an escape, and how many bytes of it to show.
struct Wrong {
    reason: &'static str,
    length: usize,
}

impl Wrong {
    fn new(reason: &'static str, length: usize) -> Self {
        Self { reason, length }
    }

    fn at(self, backslash: usize) -> Refusal {
        Problem::new(
            codes::BAD_ESCAPE,
            Span::new(backslash, backslash + 1 + self.length),
            "an escape that EDN does not know",
            self.reason,
            "write `\\\\` where a backslash is meant; known are \\n \\t \\r \\b \\f \\\" \\\\ and \\u with four digits",
        )
    }
}

/// The character that an escape stands for, and its length without the backslash.
fn escape(text: &str) -> Result<(char, usize), Wrong> {
    let first = text.chars().next();
    match first {
        Some('n') => Ok(('\n', 1)),
        Some('t') => Ok(('\t', 1)),
        Some('r') => Ok(('\r', 1)),
        Some('b') => Ok(('\u{8}', 1)),
        Some('f') => Ok(('\u{c}', 1)),
        Some(same @ ('"' | '\\')) => Ok((same, 1)),
        Some('u') => unicode(text),
        Some('0'..='7') => octal(text),
        _ => Err(Wrong::new("nothing of this name", first.map_or(0, char::len_utf8))),
    }
}

fn unit(text: &str) -> Option<u16> {
    let digits = text.strip_prefix('u')?.get(..4)?;
    let hexadecimal = digits.bytes().all(|byte| byte.is_ascii_hexdigit());
    u16::from_str_radix(digits, 16).ok().filter(|_| hexadecimal)
}

/// Two escapes that are a pair of surrogates are one character.
fn unicode(text: &str) -> Result<(char, usize), Wrong> {
    let high = unit(text).ok_or(Wrong::new("expected four hexadecimal digits behind `\\u`", 1))?;
    let low = text.get(5..).and_then(|next| unit(next.strip_prefix('\\')?));
    let mut decoded = char::decode_utf16([high].into_iter().chain(low));
    match decoded.next() {
        Some(Ok(character)) => Ok((character, if character.len_utf16() == 2 { 11 } else { 5 })),
        _ => Err(Wrong::new("half of a pair of surrogates is no character", 5)),
    }
}

/// Fewer than three digits have to be followed by a blank or a delimiter: Clojure reads no digit `x` in `\1x`.
fn octal(text: &str) -> Result<(char, usize), Wrong> {
    let length = text.bytes().take(3).take_while(|byte| matches!(byte, b'0'..=b'7')).count();
    let next = text.as_bytes().get(length).copied();
    let ended = next.is_none_or(|byte| chars::is(byte, chars::BLANK | chars::DELIMITER | chars::HASH));
    let byte = u8::from_str_radix(text.get(..length).unwrap_or_default(), 8);
    match byte {
        Ok(byte) if length == 3 || ended => Ok((char::from(byte), length)),
        Ok(_) => Err(Wrong::new("expected three octal digits", length)),
        Err(_) => Err(Wrong::new("octal escapes end at `\\377`", length)),
    }
}
