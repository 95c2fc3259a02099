//! What no place of a source may hold: reader tags and NUL characters.
//!
//! Told of in one walk before anything else, so that no check of a single key needs to think of them.

use crate::edn::{Entry, Node, Value};
use crate::expand::is_late;

use super::codes;
use super::report::Reporter;

/// Reports every tag and every text with a NUL below a node, except under keys with a namespace.
pub(super) fn report(node: &Node, reporter: &mut Reporter<'_>) {
    match &node.value {
        Value::Tagged(tagged) if is_late(node) => report(&tagged.form, reporter),
        Value::Tagged(tagged) => {
            let message = format!("`#{}` is no reader tag that is understood", tagged.tag);
            let hint = "the tags are those of Aero, such as #env, #or, #profile and #include";
            reporter.report(codes::TAG_NOT_SUPPORTED, tagged.tag_span, message, "not read", hint);
        }
        Value::String(text) if text.contains('\0') => {
            let hint = "remove it: processes are given their texts up to the first NUL";
            let message = "a text holds a NUL character";
            reporter.report(codes::NUL_IN_TEXT, node.span, message, "NUL in here", hint);
        }
        Value::List(items) | Value::Vector(items) | Value::Set(items) => {
            items.iter().for_each(|item| report(item, reporter));
        }
        Value::Map(entries) => entries.iter().filter(|entry| !is_note(entry)).for_each(|entry| {
            report(&entry.key, reporter);
            report(&entry.value, reporter);
        }),
        _ => {}
    }
}

fn is_note(entry: &Entry) -> bool {
    matches!(&entry.key.value, Value::Keyword(name) if name.namespace.is_some())
}
