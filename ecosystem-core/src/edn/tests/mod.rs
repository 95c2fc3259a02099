#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test that panics has failed")]

mod accept;
mod generate;
mod laws;
mod limits;
mod refuse;

use crate::diagnostic::{Checked, Source};

use super::{Node, Value, read};

fn read_text(text: &str) -> Checked<Option<Node>> {
    read(&source(text))
}

fn source(text: &str) -> Source {
    Source::new("ecosystem.edn", text)
}

/// The form of a text that has no fault.
fn sound(text: &str) -> Node {
    let checked = read_text(text);
    assert_eq!(checked.diagnostics, [], "{text}");
    checked.output.unwrap_or_else(|| panic!("no form in {text:?}"))
}

/// Writes a value plainly, so that expectations can be read: big numbers and tags stay visible.
fn plain(value: &Value) -> String {
    match value {
        Value::Nil => "nil".to_owned(),
        Value::Bool(value) => value.to_string(),
        Value::Char(value) => format!("char {value:?}"),
        Value::Integer(value) => value.to_string(),
        Value::BigInteger(digits) => format!("{digits}N"),
        Value::Float(value) => format!("{value:?}"),
        Value::Decimal(digits) => format!("{digits}M"),
        Value::String(text) => format!("{text:?}"),
        Value::Symbol(name) => name.to_string(),
        Value::Keyword(name) => format!(":{name}"),
        Value::List(items) => format!("({})", joined(items)),
        Value::Vector(items) => format!("[{}]", joined(items)),
        Value::Set(items) => format!("#{{{}}}", joined(items)),
        Value::Map(entries) => {
            let entry =
                |entry: &super::Entry| format!("{} {}", plain(&entry.key.value), plain(&entry.value.value));
            format!("{{{}}}", entries.iter().map(entry).collect::<Vec<_>>().join(", "))
        }
        Value::Tagged(tagged) => format!("#{} {}", tagged.tag, plain(&tagged.form.value)),
    }
}

fn joined(items: &[Node]) -> String {
    items.iter().map(|item| plain(&item.value)).collect::<Vec<_>>().join(" ")
}
