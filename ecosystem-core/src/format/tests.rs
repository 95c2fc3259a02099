//! Texts before and after, and what holds for all of them.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod cases;
mod documents;
mod laws;

use super::format;
use crate::diagnostic::Source;
use crate::edn::lexer::{Lexer, TokenKind};

/// The text in the one layout.
fn formatted(text: &str) -> String {
    format(&Source::new("a.edn", text)).output.unwrap()
}

/// Everything in a text but blanks: if that stays, so do its meaning, its comments and its discards.
fn tokens(text: &str) -> Vec<String> {
    let one = |kind, text: &str| match kind {
        TokenKind::Comment => text.trim_end().to_owned(),
        TokenKind::Symbolic => text.split_whitespace().collect(),
        _ => text.to_owned(),
    };
    Lexer::new(text).map(|token| one(token.kind, &text[token.span.start..token.span.end])).collect()
}
