//! Laying one map over another: defaults below apps, profiles above them.

use crate::edn::{Entry, Node, Value};

use super::apps::AppKey;

/// Lays the keys of an app over those of its defaults.
///
/// Two spellings of one key are one key. Maps are merged by key, whatever their depth; any other value takes the place of
/// the one below; `nil` takes it away. A `nil` with nothing below stays, for whoever reads the result to judge.
pub(super) fn app_over(below: &[Entry], above: &[Entry]) -> Vec<Entry> {
    merged(below, above, &app_key)
}

/// What is left of defaults once they are merged: a `nil` in them has taken away what there was.
pub(super) fn without_nils(entries: Vec<Entry>) -> Vec<Entry> {
    without_nil_variables(entries.into_iter().filter(|entry| !entry.value.is_nil()).collect())
}

/// The same of variables alone, keys staying as they are.
pub(super) fn without_nil_variables(entries: Vec<Entry>) -> Vec<Entry> {
    let variables =
        |entry: &Entry| matches!(app_key(&entry.key), Some(Known::App(key)) if key.is_variables());
    let cleaned = entries.into_iter().map(|mut entry| {
        if variables(&entry)
            && let Value::Map(inner) = &mut entry.value.value
        {
            inner.retain(|entry| !entry.value.is_nil());
        }
        entry
    });
    cleaned.collect()
}

/// What a key is known by.
#[derive(PartialEq)]
enum Known {
    App(AppKey),
    Text(String),
}

fn app_key(key: &Node) -> Option<Known> {
    let name = key.as_keyword().filter(|name| name.namespace.is_none());
    match name.and_then(|name| AppKey::spelled(&name.name)) {
        Some(key) => Some(Known::App(key)),
        None => text_key(key),
    }
}

/// `:PORT`, `"PORT"` and `PORT` are one variable.
fn text_key(key: &Node) -> Option<Known> {
    match &key.value {
        Value::Keyword(name) | Value::Symbol(name) => Some(Known::Text(name.to_string())),
        Value::String(text) => Some(Known::Text(text.clone())),
        _ => None,
    }
}

fn merged(below: &[Entry], above: &[Entry], known: &dyn Fn(&Node) -> Option<Known>) -> Vec<Entry> {
    let same =
        |entry: &Entry, other: &Entry| known(&entry.key).is_some_and(|key| Some(key) == known(&other.key));
    let hidden = |entry: &&Entry| above.iter().any(|other| same(entry, other));
    let mut entries: Vec<Entry> = below.iter().filter(|entry| !hidden(entry)).cloned().collect();
    for entry in above {
        match below.iter().find(|other| same(entry, other)) {
            Some(_) if entry.value.is_nil() => {}
            Some(other) => {
                entries.push(Entry { key: entry.key.clone(), value: over(&other.value, &entry.value) });
            }
            None => entries.push(entry.clone()),
        }
    }
    entries
}

fn over(below: &Node, above: &Node) -> Node {
    match (&below.value, &above.value) {
        (Value::Map(below), Value::Map(entries)) => {
            Node { span: above.span, value: Value::Map(merged(below, entries, &text_key)) }
        }
        _ => above.clone(),
    }
}
