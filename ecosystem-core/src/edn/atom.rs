//! The text of one token to the value it stands for.
//!
//! edn-rs reads what takes reading and what it reads right: floating point numbers and the common escapes. Names,
//! `nil` and booleans are slices; integers are [`str::parse`], which edn-rs calls as well, after copying the text
//! three times.

use crate::diagnostic::Span;

use super::lexer::TokenKind;
use super::report::{Problem, Refusal, shown};
use super::{Name, Value, chars, codes};

mod character;
mod name;
mod number;
mod string;

pub(super) use name::namespace;

/// Reads an atom; `text` is the text of `span`.
pub(super) fn read(kind: TokenKind, text: &str, span: Span) -> Result<Value, Refusal> {
    if let TokenKind::String { escaped } = kind {
        return string::read(text, escaped, span);
    }
    refuse_invisible(text, span)?;
    match kind {
        TokenKind::Keyword => name::keyword(text, span).map(Value::Keyword),
        TokenKind::Number => number::read(text, span),
        TokenKind::Character => character::read(text, span).map(Value::Char),
        TokenKind::Symbolic => symbolic(text, span),
        _ => symbol(text, span),
    }
}

/// Reads a tag, `#` included in `text`.
pub(super) fn tag(text: &str, span: Span) -> Result<Name, Refusal> {
    refuse_invisible(text, span)?;
    name::tag(text, span)
}

fn symbol(text: &str, span: Span) -> Result<Value, Refusal> {
    match text {
        "nil" => Ok(Value::Nil),
        "true" => Ok(Value::Bool(true)),
        "false" => Ok(Value::Bool(false)),
        _ => name::symbol(text, span).map(Value::Symbol),
    }
}

/// Clojure lets blanks stand between `##` and the word, so this does.
fn symbolic(text: &str, span: Span) -> Result<Value, Refusal> {
    let word = text.get(2..).unwrap_or_default();
    match word.trim_start_matches(|c: char| c == ',' || c.is_whitespace() || c.is_control()) {
        "Inf" => Ok(Value::Float(f64::INFINITY)),
        "-Inf" => Ok(Value::Float(f64::NEG_INFINITY)),
        "NaN" => Ok(Value::Float(f64::NAN)),
        _ => Err(Problem::new(
            codes::BAD_SYMBOLIC_VALUE,
            span,
            format!("`{}` is no symbolic value", shown(text)),
            "expected `##Inf`, `##-Inf` or `##NaN`",
            "write one of the three, or remove it",
        )),
    }
}

fn refuse_invisible(text: &str, span: Span) -> Result<(), Refusal> {
    if text.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Ok(());
    }
    // A blank can only be here between `##` and its word.
    let seen = |c: char| !chars::is_invisible(c) || (c.is_ascii() && chars::is(c as u8, chars::BLANK));
    match text.char_indices().find(|&(_, character)| !seen(character)) {
        Some((offset, character)) => Err(invisible(character, span.start + offset)),
        None => Ok(()),
    }
}

fn invisible(character: char, at: usize) -> Refusal {
    Problem::new(
        codes::INVISIBLE_CHARACTER,
        Span::new(at, at + character.len_utf8()),
        format!("an invisible character, U+{:04X}, outside of a string", u32::from(character)),
        "cannot be seen, and would be a part of the name",
        "delete it, or type a plain space instead; in a string it may stand",
    )
}
