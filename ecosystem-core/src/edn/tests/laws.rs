//! What holds for every input.

use clojure_reader::edn::Edn as Second;
use proptest::prelude::*;

use crate::diagnostic::{Diagnostic, Source, Span};

use super::super::lexer::{Lexer, TokenKind};
use super::super::{Entry, Node, Value, codes, duplicates::same, read};
use super::generate::{any_document, common_document};
use super::{plain, read_text, sound};

/// Pieces that mean something to the reader, so that random texts come near to what it does.
fn pieces() -> impl Strategy<Value = String> {
    let piece = prop::sample::select(vec![
        "{", "}", "[", "]", "(", ")", "#{", "#_", "#:a", "#a", "#=", "#", "##", "\"", "\\", ":", "::", "/",
        "a", "1", "-", "N", "M", "e", ".", " ", ",", "\n", ";", "^", "'", "@", "`", "~", "\\u", "00",
        "\u{a0}", "é", "\u{feff}",
    ]);
    prop::collection::vec(piece, 0..40).prop_map(|pieces| pieces.concat())
}

/// Only what opens, closes and waits: where the reader could lose count.
fn structure() -> impl Strategy<Value = String> {
    let pieces =
        vec!["{", "}", "[", "]", "(", ")", "#{", "#_ ", "#:a", "#a ", "^", "#=", "#:a{", "1 ", ":a ", "::b "];
    prop::collection::vec(prop::sample::select(pieces), 0..25).prop_map(|pieces| pieces.concat())
}

fn check_total(contents: Vec<u8>) {
    let length = contents.len();
    let checked = read(&Source { path: "a".to_owned(), contents });
    assert_eq!(checked.output.is_none(), checked.has_errors());
    for label in checked.diagnostics.iter().flat_map(|diagnostic| &diagnostic.labels) {
        assert!(label.span.start <= label.span.end && label.span.end <= length);
    }
}

fn children(node: &Node) -> Vec<&Node> {
    match &node.value {
        Value::List(items) | Value::Vector(items) | Value::Set(items) => items.iter().collect(),
        Value::Map(entries) => entries.iter().flat_map(|Entry { key, value }| [key, value]).collect(),
        Value::Tagged(tagged) => vec![&tagged.form],
        _ => Vec::new(),
    }
}

fn brackets(text: &str) -> Vec<Span> {
    let is_bracket = |kind| matches!(kind, TokenKind::Open(_) | TokenKind::Close(_));
    Lexer::new(text).filter(|token| is_bracket(token.kind)).map(|token| token.span).collect()
}

fn check_spans(text: &str, node: &Node) {
    let slice = &text[node.span.start..node.span.end];
    assert!(same(&sound(slice).value, &node.value), "{slice:?}");
    children(node).into_iter().for_each(|child| check_spans(text, child));
}

/// Whether the second reader says the same; its sets and maps are sorted, so they are looked up.
fn agrees(ours: &Value, second: &Second<'_>) -> bool {
    match (ours, second) {
        (Value::Nil, Second::Nil) => true,
        (Value::Bool(a), Second::Bool(b)) => a == b,
        (Value::Char(a), Second::Char(b)) => a == b,
        (Value::Integer(a), Second::Int(b)) => a == b,
        (Value::Float(a), Second::Double(b)) => *a == b.into_inner(),
        (Value::String(a), Second::Str(b)) => a == b,
        (Value::Symbol(a), Second::Symbol(b)) | (Value::Keyword(a), Second::Key(b)) => a.to_string() == *b,
        (Value::List(a), Second::List(b)) | (Value::Vector(a), Second::Vector(b)) => {
            a.len() == b.len() && a.iter().zip(b).all(|(a, b)| agrees(&a.value, b))
        }
        (Value::Set(a), Second::Set(b)) => {
            a.len() == b.len() && a.iter().all(|a| b.iter().any(|b| agrees(&a.value, b)))
        }
        (Value::Map(a), Second::Map(b)) => {
            let entry =
                |a: &Entry| b.iter().any(|(k, v)| agrees(&a.key.value, k) && agrees(&a.value.value, v));
            a.len() == b.len() && a.iter().all(entry)
        }
        (Value::Tagged(a), Second::Tagged(tag, form)) => {
            a.tag.to_string() == *tag && agrees(&a.form.value, form)
        }
        _ => false,
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_bytes_are_read_or_refused(contents in prop::collection::vec(any::<u8>(), 0..200)) {
        check_total(contents);
    }

    #[test]
    fn any_pieces_are_read_or_refused(text in pieces()) {
        check_total(text.into_bytes());
    }

    #[test]
    fn any_structure_is_read_or_refused(texts in prop::collection::vec(structure(), 50)) {
        texts.into_iter().for_each(|text| check_total(text.into_bytes()));
    }

    /// Tokens are in order, do not overlap, and leave nothing but blanks between them.
    #[test]
    fn tokens_cover_the_text(text in pieces()) {
        let mut at = if text.starts_with('\u{feff}') { 3 } else { 0 };
        for token in Lexer::new(&text) {
            prop_assert!(text[at..token.span.start].chars().all(|c| c == ',' || c.is_whitespace()));
            prop_assert!(token.span.start < token.span.end);
            at = token.span.end;
        }
        prop_assert!(text[at..].chars().all(|c| c == ',' || c.is_whitespace()));
    }

    #[test]
    fn documents_mean_what_was_generated(document in any_document()) {
        prop_assert_eq!(plain(&sound(&document.text).value), document.plain);
    }

    #[test]
    fn every_span_reads_back(document in any_document()) {
        check_spans(&document.text, &sound(&document.text));
    }

    /// Without `#_`: one that takes another form than it should makes every map around it odd.
    #[test]
    fn one_lost_bracket_gives_at_most_two_diagnostics(document in common_document(), which in any::<prop::sample::Index>()) {
        let text = format!("[{}]", document.text);
        let brackets = brackets(&text);
        let span = brackets[which.index(brackets.len())];
        let text = format!("{}{}", &text[..span.start], &text[span.end..]);
        // Two maps that are now one may have equal keys, which are said to be so.
        let equal = |d: &&Diagnostic| matches!(d.code, codes::DUPLICATE_KEY | codes::DUPLICATE_ELEMENT);
        let checked = read_text(&text);
        let others: Vec<_> = checked.diagnostics.iter().filter(|d| !equal(d)).collect();
        prop_assert!(checked.has_errors() && others.len() <= 2, "{text:?} {others:#?}");
    }

    #[test]
    fn edn_rs_gives_the_same(document in common_document()) {
        // It refuses a symbol of one letter at the very end of the text.
        let text = format!("[{} ]", document.text);
        let parsed: edn_rs::Edn = text.parse().expect("edn-rs reads it");
        prop_assert_eq!(sound(&text).to_edn(), parsed);
    }

    #[test]
    fn clojure_reader_gives_the_same(document in common_document()) {
        let second = clojure_reader::edn::read_string(&document.text).expect("clojure-reader reads it");
        let node = sound(&document.text);
        prop_assert!(agrees(&node.value, &second), "{} {second:?}", plain(&node.value));
    }
}

#[test]
fn a_broken_document_has_no_output_even_if_a_form_is_sound() {
    assert_eq!(read_text("{:a 1} ]").output, None);
}
