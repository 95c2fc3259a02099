//! Nodes moved to another range of offsets.

use crate::diagnostic::Span;
use crate::edn::{Entry, Node, Tagged, Value};

/// The same node with all its spans so many offsets further on.
#[must_use]
pub fn shifted(node: &Node, by: usize) -> Node {
    let all = |nodes: &[Node]| nodes.iter().map(|node| shifted(node, by)).collect();
    let value = match &node.value {
        Value::List(items) => Value::List(all(items)),
        Value::Vector(items) => Value::Vector(all(items)),
        Value::Set(items) => Value::Set(all(items)),
        Value::Map(entries) => Value::Map(entries.iter().map(|entry| entry_shifted(entry, by)).collect()),
        Value::Tagged(tagged) => Value::Tagged(Box::new(Tagged {
            tag: tagged.tag.clone(),
            tag_span: span_shifted(tagged.tag_span, by),
            form: shifted(&tagged.form, by),
        })),
        atom => atom.clone(),
    };
    Node { span: span_shifted(node.span, by), value }
}

fn entry_shifted(entry: &Entry, by: usize) -> Entry {
    Entry { key: shifted(&entry.key, by), value: shifted(&entry.value, by) }
}

fn span_shifted(span: Span, by: usize) -> Span {
    Span::new(span.start.saturating_add(by), span.end.saturating_add(by))
}
