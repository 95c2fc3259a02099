//! `fmt`: the one layout of a text.

use ecosystem_core::diagnostic::Source;
use ecosystem_core::edn::lexer::{Lexer, TokenKind};
use ecosystem_core::edn::{self, Entry, Node, Value};
use ecosystem_core::format::format;

/// What a byte of a text can become at the most: a line with what stands before it.
const MOST_PER_BYTE: usize = 400;

/// A text is refused, or put into a layout that has all of its tokens, reads to the same value, stays as it is when it is
/// formatted again, and is no more than so many times longer.
pub fn layout(bytes: &[u8]) {
    let source = Source { path: "a.edn".to_owned(), contents: bytes.to_vec() };
    let formatted = format(&source);
    assert_eq!(formatted.output.is_none(), formatted.has_errors(), "a layout, or problems");
    let Some(once) = formatted.output else { return };
    assert!(once.len() <= MOST_PER_BYTE * (bytes.len() + 1), "{} bytes become {}", bytes.len(), once.len());
    assert_eq!(tokens(&once), tokens(source.readable()), "a token was lost, made or moved");
    let again = Source::new("a.edn", once.as_str());
    let (before, after) = (edn::read(&source).output, edn::read(&again).output);
    assert!(
        before.zip(after).is_some_and(|(before, after)| alike(&before, &after)),
        "another value:\n{once}"
    );
    assert_eq!(format(&again).output.as_ref(), Some(&once), "formatted again it looks different");
    assert!(once.ends_with('\n') && !once.ends_with("\n\n") && !once.starts_with('\n'), "{once:?}");
}

/// Everything in a text but blanks.
fn tokens(text: &str) -> Vec<String> {
    let one = |kind, text: &str| match kind {
        TokenKind::Comment => text.trim_end().to_owned(),
        TokenKind::Symbolic => text.split_whitespace().collect(),
        _ => text.to_owned(),
    };
    Lexer::new(text).map(|token| one(token.kind, &text[token.span.start..token.span.end])).collect()
}

/// Whether two forms are the same, wherever they stand; the order counts, in maps and sets as well.
fn alike(a: &Node, b: &Node) -> bool {
    match (&a.value, &b.value) {
        (Value::List(a), Value::List(b))
        | (Value::Vector(a), Value::Vector(b))
        | (Value::Set(a), Value::Set(b)) => a.len() == b.len() && a.iter().zip(b).all(|(a, b)| alike(a, b)),
        (Value::Map(a), Value::Map(b)) => {
            let entry = |(a, b): (&Entry, &Entry)| alike(&a.key, &b.key) && alike(&a.value, &b.value);
            a.len() == b.len() && a.iter().zip(b).all(entry)
        }
        (Value::Tagged(a), Value::Tagged(b)) => a.tag == b.tag && alike(&a.form, &b.form),
        (Value::Float(a), Value::Float(b)) => a.to_bits() == b.to_bits(),
        (a, b) => a == b,
    }
}
