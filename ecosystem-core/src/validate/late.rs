//! Values that only the environment tells: which keys may hold them, and what they are made from.

use std::borrow::Cow;

use serde_json::Value as Json;

use crate::edn::{Node, Value};
use crate::expand::is_late;
use crate::model::schema::{Key, Kind};
use crate::model::{EnvValue, Late, Reference};

use super::numbers::MAX_SAFE_INTEGER;
use super::report::Reporter;
use super::{codes, json, settings, template, words};

/// A value, as far as it is known.
pub(super) enum Read<'n> {
    /// All of it: the node, with every `$${` made `${`.
    Known(Cow<'n, Node>),
    /// There are references in it.
    Late,
}

/// A value in which there are no references, with every `$${` made `${`.
pub(super) fn literal(node: &Node) -> Cow<'_, Node> {
    if mentions(node) { Cow::Owned(unescaped(node)) } else { Cow::Borrowed(node) }
}

/// Whether there are references in a value. What is wrong with one of them is reported, and then there is no value.
pub(super) fn read<'n>(what: &str, node: &'n Node, reporter: &mut Reporter<'_>) -> Option<Read<'n>> {
    if !mentions(node) {
        return Some(Read::Known(Cow::Borrowed(node)));
    }
    if refers(what, node, reporter)? {
        Some(Read::Late)
    } else {
        Some(Read::Known(Cow::Owned(unescaped(node))))
    }
}

/// Whether a key of PM2's schema may hold references.
///
/// What PM2 and the whole tree know an app by must be known, and so must what is judged by more than its form.
pub(crate) fn may_refer(key: Key) -> bool {
    const KNOWN: &[&str] =
        &["name", "name_prefix", "namespace", "increment_var", "instance_var", "post_update"];
    let judged =
        matches!(key.kind(), Kind::Cron | Kind::ExecMode | Kind::ExitCodes | Kind::FilterEnv | Kind::Account);
    !judged && !KNOWN.contains(&key.name())
}

/// Reports a reference where the value must be known when the tree is read; false if there was one.
///
/// In what is handed on `verbatim`, `${…}` means something to somebody else.
pub(super) fn must_be_known(what: &str, node: &Node, verbatim: bool, reporter: &mut Reporter<'_>) -> bool {
    let Some(found) = first(node, verbatim) else { return true };
    let message = format!("`{what}` must be known when the tree is read");
    let hint = "write the value itself, or choose it with #profile or #hostname; `$${` is a literal `${`";
    reporter.report(codes::MUST_BE_KNOWN, found.span, message, "only the environment tells this", hint);
    false
}

fn first(node: &Node, verbatim: bool) -> Option<&Node> {
    match &node.value {
        Value::Tagged(_) => is_late(node).then_some(node),
        Value::String(text) => {
            let refers =
                |parts: Vec<Reference>| parts.iter().any(|part| !matches!(part, Reference::Known(_)));
            let found = !verbatim && text.contains("${") && template::parse(text).map_or(true, refers);
            found.then_some(node)
        }
        Value::Vector(items) | Value::List(items) | Value::Set(items) => {
            items.iter().find_map(|item| first(item, verbatim))
        }
        Value::Map(entries) => entries.iter().find_map(|entry| first(&entry.value, verbatim)),
        _ => None,
    }
}

/// Whether it is worth a closer look: most values are not.
fn mentions(node: &Node) -> bool {
    match &node.value {
        Value::Tagged(_) => is_late(node),
        Value::String(text) => text.contains("${"),
        Value::Vector(items) => items.iter().any(mentions),
        Value::Map(entries) => entries.iter().any(|entry| mentions(&entry.value)),
        _ => false,
    }
}

fn refers(what: &str, node: &Node, reporter: &mut Reporter<'_>) -> Option<bool> {
    let any = |all: Vec<Option<bool>>| all.into_iter().try_fold(false, |any, one| one.map(|one| any || one));
    match &node.value {
        Value::Tagged(_) => Some(is_late(node)),
        Value::String(text) => {
            let parts = parts(what, text, node, reporter)?;
            Some(parts.iter().any(|part| !matches!(part, Reference::Known(_))))
        }
        Value::Vector(items) => any(items.iter().map(|item| refers(what, item, reporter)).collect()),
        Value::Map(entries) => {
            any(entries.iter().map(|entry| refers(what, &entry.value, reporter)).collect())
        }
        _ => Some(false),
    }
}

fn unescaped(node: &Node) -> Node {
    let value = match &node.value {
        Value::String(text) => Value::String(text.replace("$${", "${")),
        Value::Vector(items) => Value::Vector(items.iter().map(unescaped).collect()),
        Value::Map(entries) => {
            let entry = |entry: &crate::edn::Entry| crate::edn::Entry {
                key: entry.key.clone(),
                value: unescaped(&entry.value),
            };
            Value::Map(entries.iter().map(entry).collect())
        }
        other => other.clone(),
    };
    Node { span: node.span, value }
}

fn parts(what: &str, text: &str, node: &Node, reporter: &mut Reporter<'_>) -> Option<Vec<Reference>> {
    let parts = template::parse(text);
    if let Err(why) = &parts {
        let hint = "write ${NAME} or ${NAME:-default}; `$${` is a literal `${`";
        let message = format!("a text in `{what}` {why}");
        reporter.report(codes::BAD_REFERENCE, node.span, message, "no reference", hint);
    }
    parts.ok()
}

/// One value with references: a text, a number or a truth value.
pub(super) fn reference(what: &str, node: &Node, reporter: &mut Reporter<'_>) -> Option<Reference> {
    match &node.value {
        Value::String(text) => parts(what, text, node, reporter).map(template::joined),
        Value::Bool(flag) => Some(Reference::Known(EnvValue::Bool(*flag))),
        Value::Integer(number) if number.abs_diff(0) <= MAX_SAFE_INTEGER.abs_diff(0) => {
            Some(Reference::Known(EnvValue::Integer(*number)))
        }
        Value::Float(number) if number.is_finite() => Some(Reference::Known(EnvValue::Float(*number))),
        Value::Tagged(tagged) if is_late(node) => of_tag(what, &tagged.tag.name, &tagged.form, reporter),
        _ => {
            let message = format!("a reference in `{what}` may come to {}", node.value.kind_name());
            let hint = "what the environment decides on is a text, a number, true or false";
            reporter.report(codes::BAD_REFERENCE, node.span, message, node.value.kind_name(), hint);
            None
        }
    }
}

fn of_tag(what: &str, tag: &str, form: &Node, reporter: &mut Reporter<'_>) -> Option<Reference> {
    let mut all = |nodes: &[Node]| -> Option<Vec<Reference>> {
        let all: Vec<_> = nodes.iter().map(|node| reference(what, node, reporter)).collect();
        all.into_iter().collect()
    };
    match tag {
        "env" => form.as_str().map(|name| Reference::Variable(name.to_owned())),
        "or" => all(form.as_vector()?).map(Reference::Or),
        "join" => all(form.as_vector()?).map(Reference::Join),
        "long" => reference(what, form, reporter).map(|one| Reference::Long(Box::new(one))),
        "double" => reference(what, form, reporter).map(|one| Reference::Double(Box::new(one))),
        _ => reference(what, form, reporter).map(|one| Reference::Boolean(Box::new(one))),
    }
}

/// The value of a key of PM2's schema in which there are references.
pub(super) fn setting(key: Key, what: &str, node: &Node, reporter: &mut Reporter<'_>) -> Option<Late> {
    match (key.kind(), &node.value) {
        (Kind::Words, Value::String(text)) => split(what, text, node, reporter),
        (Kind::Words, Value::Vector(items)) => {
            list(items, reporter, |item, reporter| settings::word(what, item, reporter).map(Json::from), what)
        }
        (Kind::Watch, Value::Vector(items)) => {
            list(items, reporter, |item, reporter| settings::text(what, item, reporter).map(Json::from), what)
        }
        (Kind::Data, Value::Map(_)) => tree(what, node, reporter),
        (Kind::Words | Kind::Data, _) => {
            reporter.wrong_type(what, "a vector, or a text with ${…} in it", node);
            None
        }
        _ => reference(what, node, reporter).map(Late::Reference),
    }
}

fn list(
    items: &[Node],
    reporter: &mut Reporter<'_>,
    mut known: impl FnMut(&Node, &mut Reporter<'_>) -> Option<Json>,
    what: &str,
) -> Option<Late> {
    let mut item = |item: &Node| match read(what, item, reporter)? {
        Read::Known(node) => known(&node, reporter).map(Late::Known),
        Read::Late => reference(what, item, reporter).map(Late::Reference),
    };
    let items: Vec<_> = items.iter().map(&mut item).collect();
    items.into_iter().collect::<Option<_>>().map(Late::List)
}

/// A text of words is split as it is written: a reference stays within its word, whatever it comes to.
fn split(what: &str, text: &str, node: &Node, reporter: &mut Reporter<'_>) -> Option<Late> {
    let parts = parts(what, text, node, reporter)?;
    let mut references = Vec::new();
    let mut marked = String::new();
    for part in parts {
        match part {
            Reference::Known(value) => marked.push_str(&value.to_text()),
            reference => {
                // No text has a NUL: it is reported wherever it stands.
                marked.push_str(&format!("\0{}\0", references.len()));
                references.push(reference);
            }
        }
    }
    Some(Late::List(words::split(&marked).iter().map(|word| unmarked(word, &references)).collect()))
}

fn unmarked(word: &str, references: &[Reference]) -> Late {
    let pieces = word.split('\0').enumerate().filter(|(_, piece)| !piece.is_empty());
    let parts = pieces.filter_map(|(index, piece)| match index % 2 {
        0 => Some(Reference::Known(EnvValue::Text(piece.to_owned()))),
        _ => references.get(piece.parse::<usize>().ok()?).cloned(),
    });
    match template::joined(parts.collect()) {
        Reference::Known(value) => Late::Known(value.to_json()),
        reference => Late::Reference(reference),
    }
}

/// Data with references anywhere in it.
fn tree(what: &str, node: &Node, reporter: &mut Reporter<'_>) -> Option<Late> {
    match &node.value {
        _ if !mentions(node) => json::json(what, node, reporter).map(Late::Known),
        Value::Vector(items) => {
            let items: Vec<_> = items.iter().map(|item| tree(what, item, reporter)).collect();
            items.into_iter().collect::<Option<_>>().map(Late::List)
        }
        Value::Map(entries) => {
            // For what there is to say of keys.
            let keys =
                entries.iter().map(|entry| Some((json::key(what, &entry.key, reporter)?, &entry.value)));
            let keys: Vec<_> = keys.collect();
            let members: Vec<_> = keys
                .into_iter()
                .map(|member| member.and_then(|(name, value)| Some((name, tree(what, value, reporter)?))))
                .collect();
            members.into_iter().collect::<Option<_>>().map(Late::Map)
        }
        _ => reference(what, node, reporter).map(|reference| match reference {
            Reference::Known(value) => Late::Known(value.to_json()),
            reference => Late::Reference(reference),
        }),
    }
}

/// A variable that holds data: its JSON text, put together from what is known and what is not.
pub(super) fn json_text(what: &str, node: &Node, reporter: &mut Reporter<'_>) -> Option<Reference> {
    let mut parts = Vec::new();
    json_parts(&tree(what, node, reporter)?, &mut parts);
    Some(template::joined(parts))
}

fn json_parts(late: &Late, parts: &mut Vec<Reference>) {
    match late {
        Late::Known(json) => push(parts, &json.to_string()),
        Late::Reference(reference) => parts.push(Reference::Json(Box::new(reference.clone()))),
        Late::List(items) => {
            for (index, item) in items.iter().enumerate() {
                push(parts, if index == 0 { "[" } else { "," });
                json_parts(item, parts);
            }
            push(parts, if items.is_empty() { "[]" } else { "]" });
        }
        Late::Map(members) => {
            for (index, (name, value)) in members.iter().enumerate() {
                let start = if index == 0 { "{" } else { "," };
                push(parts, &format!("{start}{}:", Json::from(name.as_str())));
                json_parts(value, parts);
            }
            push(parts, if members.is_empty() { "{}" } else { "}" });
        }
    }
}

fn push(parts: &mut Vec<Reference>, text: &str) {
    match parts.last_mut() {
        Some(Reference::Known(EnvValue::Text(before))) => before.push_str(text),
        _ => parts.push(Reference::Known(EnvValue::Text(text.to_owned()))),
    }
}
