//! Nodes moved to another range of offsets.

use crate::diagnostic::Span;
use crate::edn::{Node, Value};

/// The node with all its spans so many offsets further on.
#[must_use]
pub fn shifted(mut node: Node, by: usize) -> Node {
    if by > 0 {
        shift(&mut node, by);
    }
    node
}

fn shift(node: &mut Node, by: usize) {
    shift_span(&mut node.span, by);
    match &mut node.value {
        Value::List(items) | Value::Vector(items) | Value::Set(items) => {
            items.iter_mut().for_each(|item| shift(item, by));
        }
        Value::Map(entries) => {
            for entry in entries {
                shift(&mut entry.key, by);
                shift(&mut entry.value, by);
            }
        }
        Value::Tagged(tagged) => {
            shift_span(&mut tagged.tag_span, by);
            shift(&mut tagged.form, by);
        }
        _ => {}
    }
}

fn shift_span(span: &mut Span, by: usize) {
    *span = Span::new(span.start.saturating_add(by), span.end.saturating_add(by));
}
