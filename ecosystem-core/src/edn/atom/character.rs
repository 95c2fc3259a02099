//! `\a`, `\newline`, `\u0041`, `\o101`.

use crate::diagnostic::Span;
use crate::edn::codes;
use crate::edn::report::{Problem, Refusal, shown};

pub(super) fn read(text: &str, span: Span) -> Result<char, Refusal> {
    let body = text.get(1..).unwrap_or_default();
    let read = match body {
        "newline" => Ok('\n'),
        "space" => Ok(' '),
        "tab" => Ok('\t'),
        "return" => Ok('\r'),
        "formfeed" => Ok('\u{c}'),
        "backspace" => Ok('\u{8}'),
        _ => spelled(body),
    };
    read.map_err(|reason| {
        Problem::new(
            codes::BAD_CHARACTER,
            span,
            format!("`{}` is no character", shown(text)),
            reason,
            "write `\\a`, `\\newline`, `\\space`, `\\tab`, `\\return`, `\\formfeed`, `\\backspace` or `\\u0041`; \
             for text use a string",
        )
    })
}

fn spelled(body: &str) -> Result<char, &'static str> {
    let mut characters = body.chars();
    match (characters.next(), characters.as_str()) {
        (None, _) => Err("expected a character right behind the backslash"),
        (Some(only), "") => single(only),
        (Some('u'), digits) => unicode(digits),
        (Some('o'), digits) => octal(digits),
        _ => Err("more than one character, and no name of one"),
    }
}

/// Clojure's characters are of 16 bits; what it cannot read is not written here either.
fn single(character: char) -> Result<char, &'static str> {
    match u16::try_from(u32::from(character)) {
        Ok(_) => Ok(character),
        Err(_) => Err("a character beyond 16 bits has to be a string"),
    }
}

fn unicode(digits: &str) -> Result<char, &'static str> {
    if digits.len() != 4 || !digits.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return Err("expected four hexadecimal digits behind `\\u`");
    }
    let number = u32::from_str_radix(digits, 16).unwrap_or(0xd800);
    char::from_u32(number).ok_or("half of a pair of surrogates is no character")
}

fn octal(digits: &str) -> Result<char, &'static str> {
    if digits.len() > 3 || !digits.bytes().all(|byte| matches!(byte, b'0'..=b'7')) {
        return Err("expected one to three octal digits behind `\\o`");
    }
    u8::from_str_radix(digits, 8).map(char::from).map_err(|_| "octal characters end at `\\o377`")
}
