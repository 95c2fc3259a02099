//! What concerns the file as a whole: its encoding, its one form, its last quote.

use std::borrow::Cow;

use crate::diagnostic::Span;
use crate::edn::codes;
use crate::edn::lexer::{Lexer, TokenKind};
use crate::edn::report::{Problem, Refusal, Report};

/// The text, with a `?` for every byte that is none, so that offsets stay and reading can go on.
///
/// A file that begins with a mark of UTF-16 is taken for empty: every second byte of it would be reported.
pub(super) fn decode<'a>(bytes: &'a [u8], report: &mut Report<'_>) -> Cow<'a, str> {
    let error = match std::str::from_utf8(bytes) {
        Ok(text) => return Cow::Borrowed(text),
        Err(error) => error,
    };
    let at = error.valid_up_to();
    let length = error.error_len().unwrap_or(bytes.len() - at);
    if matches!(bytes, [0xff, 0xfe, ..] | [0xfe, 0xff, ..]) {
        report.add(not_utf8(Span::new(0, 2), "a mark of UTF-16"));
        return Cow::Borrowed("");
    }
    report.add(not_utf8(Span::new(at, at + length), "no UTF-8"));
    Cow::Owned(patched(bytes))
}

fn patched(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len());
    for chunk in bytes.utf8_chunks() {
        text.push_str(chunk.valid());
        text.extend(chunk.invalid().iter().map(|_| '?'));
    }
    text
}

fn not_utf8(span: Span, label: &str) -> Refusal {
    let message = format!("not UTF-8 from byte {} on", span.start);
    Problem::new(codes::INVALID_UTF8, span, message, label, "save the file as UTF-8")
}

pub(super) fn no_form(text: &str) -> Refusal {
    let discarded = Lexer::new(text).any(|token| token.kind == TokenKind::Discard);
    let label = if discarded { "everything is discarded by `#_`" } else { "expected a form" };
    let end = Span::new(text.len(), text.len());
    Problem::new(codes::NO_FORM, end, "the file has no form", label, "write a map: `{:key value}`")
}

pub(super) fn second_form(text: &str, first: Span, second: Span) -> Refusal {
    Problem::new(
        codes::TRAILING_FORM,
        first_line(text, second),
        "a second form in a file of one",
        "not a part of the first form",
        "remove it, put both into one collection, or discard it with `#_`; a delimiter too many ends a form early",
    )
    .also(last_character(text, first), "the first form ends here")
}

fn first_line(text: &str, span: Span) -> Span {
    let shown = text.get(span.start..span.end).unwrap_or_default();
    Span::new(span.start, span.start + shown.lines().next().map_or(0, str::len))
}

fn last_character(text: &str, span: Span) -> Span {
    let last = text.get(span.start..span.end).and_then(|shown| shown.chars().next_back());
    Span::new(span.end - last.map_or(0, char::len_utf8), span.end)
}

/// The quote that is too many may be an earlier one: then a string before it runs over the end of a line.
pub(super) fn unterminated_string(text: &str, string: Span) -> Refusal {
    let opening = Span::new(string.start, string.start + 1);
    let problem = Problem::new(
        codes::UNTERMINATED_STRING,
        opening,
        "a string is not closed",
        "opened here",
        "add the closing `\"`; a quote in a string is written `\\\"`",
    );
    match string_over_lines(text, string.start) {
        Some(earlier) => {
            problem.also(earlier, "this string goes over the end of its line: is its `\"` lacking?")
        }
        None => problem,
    }
}

fn string_over_lines(text: &str, before: usize) -> Option<Span> {
    let strings = Lexer::new(text).filter(|token| matches!(token.kind, TokenKind::String { .. }));
    let spans = strings.map(|token| token.span).take_while(|span| span.start < before);
    let mut over = spans.filter(|span| first_line(text, *span) != *span);
    over.next().map(|span| first_line(text, span))
}
