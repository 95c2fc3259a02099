//! Well-formed documents with the value they have, for laws.

use proptest::prelude::*;

use super::super::Value;

/// A document and what [`super::plain`] says of its value.
#[derive(Debug, Clone)]
pub(super) struct Document {
    pub(super) text: String,
    pub(super) plain: String,
}

fn document(text: impl Into<String>, plain: impl Into<String>) -> Document {
    Document { text: text.into(), plain: plain.into() }
}

fn name() -> impl Strategy<Value = String> {
    "[a-z][a-z0-9._*+!?<>=-]{0,6}(/[a-z][a-z0-9-]{0,4})?"
        .prop_filter("a word of its own", |name| !matches!(name.as_str(), "nil" | "true" | "false"))
}

/// Atoms that edn-rs reads right.
fn common_atom() -> impl Strategy<Value = Document> {
    prop_oneof![
        Just(document("nil", "nil")),
        any::<bool>().prop_map(|value| document(value.to_string(), value.to_string())),
        any::<i64>().prop_map(|value| document(value.to_string(), value.to_string())),
        (-1e9..1e9).prop_map(|value: f64| document(format!("{value:?}"), format!("{value:?}"))),
        name().prop_map(|name| document(format!(":{name}"), format!(":{name}"))),
        name().prop_map(|name| document(name.clone(), name)),
        any::<String>().prop_map(|text| document(quoted(&text), format!("{text:?}"))),
        "[a-zA-Z]".prop_map(|letter| document(format!("\\{letter} "), format!("char '{letter}'"))),
    ]
}

/// Atoms that edn-rs refuses or reads wrong.
fn rare_atom() -> impl Strategy<Value = Document> {
    prop_oneof![
        any::<i64>().prop_map(|value| document(format!("{value}N"), value.to_string())),
        "[1-9][0-9]{20,40}".prop_map(|digits| document(format!("{digits}N"), format!("{digits}N"))),
        "[0-9]{1,5}[.][0-9]{1,5}".prop_map(|digits| document(format!("{digits}M"), format!("{digits}M"))),
        any::<u16>().prop_map(|value| document(format!("0{value:o}"), value.to_string())),
        any::<u32>().prop_map(|value| document(format!("0x{value:x}"), value.to_string())),
        prop::char::range('!', '\u{d7ff}').prop_map(|c| document(escaped(c), format!("{:?}", c.to_string()))),
        prop::char::range('!', '\u{d7ff}')
            .prop_map(|c| { document(format!("\\u{:04X}", u32::from(c)), super::plain(&Value::Char(c))) }),
    ]
}

/// Written with the escapes that edn-rs knows.
fn quoted(text: &str) -> String {
    let body = text.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n").replace('\r', "\\r");
    format!("\"{body}\"")
}

fn escaped(character: char) -> String {
    format!("\"\\u{:04x}\"", u32::from(character))
}

fn blank() -> impl Strategy<Value = &'static str> {
    prop::sample::select(vec![" ", ", ", "\n  ", "\t", "\r\n"])
}

fn rich_blank() -> impl Strategy<Value = &'static str> {
    prop::sample::select(vec![" ", ",", "\n", " ; [c\n", " #_ [1 #_ 2] ", " #_ #_ a {:b 1} "])
}

/// Items with blanks before, between and behind them, so that discards come last as well.
fn enclosed(open: &str, blanks: &[&str], items: &[Document], close: &str) -> String {
    let mut text = open.to_owned();
    for (at, item) in items.iter().enumerate() {
        text.push_str(blanks[at % blanks.len()]);
        text.push_str(&item.text);
    }
    text.push_str(blanks[items.len() % blanks.len()]);
    text + close
}

fn plains(items: &[Document]) -> String {
    items.iter().map(|item| item.plain.as_str()).collect::<Vec<_>>().join(" ")
}

fn vector(blanks: &[&str], items: &[Document]) -> Document {
    document(enclosed("[", blanks, items, "]"), format!("[{}]", plains(items)))
}

fn list(blanks: &[&str], items: &[Document]) -> Document {
    document(enclosed("(", blanks, items, ")"), format!("({})", plains(items)))
}

/// Keys are numbered, as they have to be distinct.
fn map(blanks: &[&str], items: &[Document]) -> Document {
    let key = |at: usize| document(format!(":k{at}"), format!(":k{at}"));
    let both: Vec<_> = items.iter().enumerate().flat_map(|(at, item)| [key(at), item.clone()]).collect();
    let pairs: Vec<_> = both.chunks(2).map(plains).collect();
    document(enclosed("{", blanks, &both, "}"), format!("{{{}}}", pairs.join(", ")))
}

fn set(blanks: &[&str], items: &[Document]) -> Document {
    let wrap = |(at, item): (usize, &Document)| {
        document(format!("[{at} {}]", item.text), format!("[{at} {}]", item.plain))
    };
    let items: Vec<_> = items.iter().enumerate().map(wrap).collect();
    document(enclosed("#{", blanks, &items, "}"), format!("#{{{}}}", plains(&items)))
}

fn tagged(tag: &str, item: &Document) -> Document {
    document(format!("#{tag} {}", item.text), format!("#{tag} {}", item.plain))
}

fn nested(
    atom: impl Strategy<Value = Document> + 'static,
    blank: impl Strategy<Value = &'static str> + Clone + 'static,
) -> impl Strategy<Value = Document> {
    atom.prop_recursive(4, 40, 6, move |inner| {
        let items = (prop::collection::vec(blank.clone(), 1..4), prop::collection::vec(inner.clone(), 0..6));
        prop_oneof![
            items.clone().prop_map(|(blanks, items)| vector(&blanks, &items)),
            items.clone().prop_map(|(blanks, items)| list(&blanks, &items)),
            items.clone().prop_map(|(blanks, items)| map(&blanks, &items)),
            items.prop_map(|(blanks, items)| set(&blanks, &items)),
            (name(), inner).prop_map(|(tag, item)| tagged(&tag, &item)),
        ]
    })
}

/// A document of all that is valid.
pub(super) fn any_document() -> impl Strategy<Value = Document> {
    nested(prop_oneof![4 => common_atom(), 1 => rare_atom()], rich_blank().boxed())
}

/// A document that edn-rs reads right: no comments or discards, none of the atoms that it gets wrong.
pub(super) fn common_document() -> impl Strategy<Value = Document> {
    nested(common_atom(), blank().boxed())
}
