//! Nodes to JSON, for `:deploy`, options that PM2 passes on, and variables that hold data.

use serde_json::{Map, Number, Value as Json};

use crate::edn::{Entry, Node, Value};

use super::numbers::{self, MAX_SAFE_INTEGER};
use super::report::{Reporter, quoted};
use super::{codes, late};

/// The JSON of a node; none if anything in it has no JSON, which is then reported.
pub(super) fn json(what: &str, node: &Node, reporter: &mut Reporter<'_>) -> Option<Json> {
    match &node.value {
        Value::Nil => Some(Json::Null),
        Value::Bool(flag) => Some(Json::from(*flag)),
        Value::String(text) => Some(Json::from(text.as_str())),
        Value::Integer(_) | Value::BigInteger(_) | Value::Float(_) => number(what, node, reporter),
        Value::Vector(items) => array(what, items, reporter),
        Value::Map(entries) => object(what, entries, reporter),
        Value::Tagged(_) => {
            reporter.wrong_type(what, "data", node);
            None
        }
        _ => {
            not_json(what, node, reporter);
            None
        }
    }
}

/// The JSON of a map; keys are keywords, strings or symbols.
pub(super) fn object(what: &str, entries: &[Entry], reporter: &mut Reporter<'_>) -> Option<Json> {
    let mut map = Map::new();
    let mut whole = true;
    for entry in entries {
        let name = key(what, &entry.key, reporter);
        let value = json(what, &entry.value, reporter);
        let (Some(name), Some(value)) = (name, value) else {
            whole = false;
            continue;
        };
        if map.insert(name.clone(), value).is_some() {
            let message = format!("two keys in `{what}` become \"{name}\" in JSON");
            reporter.report(
                codes::KEY_TWICE,
                entry.key.span,
                message,
                "the second of them",
                "keep one of them",
            );
        }
    }
    whole.then_some(Json::Object(map))
}

fn array(what: &str, items: &[Node], reporter: &mut Reporter<'_>) -> Option<Json> {
    let values: Vec<_> = items.iter().map(|item| json(what, item, reporter)).collect();
    values.into_iter().collect::<Option<Vec<_>>>().map(Json::from)
}

fn number(what: &str, node: &Node, reporter: &mut Reporter<'_>) -> Option<Json> {
    match &node.value {
        Value::Integer(number) if number.abs_diff(0) <= MAX_SAFE_INTEGER.abs_diff(0) => {
            return Some(Json::from(*number));
        }
        // JavaScript writes 2.0 as 2.
        Value::Float(number) => match (numbers::whole(*number), Number::from_f64(*number)) {
            (Some(whole), _) => return Some(Json::from(whole)),
            (None, Some(number)) => return Some(Json::Number(number)),
            (None, None) => not_json(what, node, reporter),
        },
        _ => numbers::beyond_javascript(what, node, reporter),
    }
    None
}

pub(super) fn key(what: &str, key: &Node, reporter: &mut Reporter<'_>) -> Option<String> {
    let name = key_text(what, key, reporter)?;
    // PM2 copies data member by member, which sets the prototype of the copy and loses the member.
    if name == "__proto__" {
        let message = format!("`{what}` has a key `__proto__`, which JavaScript takes for no key");
        let hint = "give the key another name: PM2 would lose it";
        reporter.report(codes::PROTOTYPE_KEY, key.span, message, "the prototype of an object", hint);
        return None;
    }
    Some(name)
}

fn key_text(what: &str, key: &Node, reporter: &mut Reporter<'_>) -> Option<String> {
    match &key.value {
        Value::Keyword(name) | Value::Symbol(name) => Some(name.to_string()),
        Value::String(text) => Some(text.clone()),
        Value::Tagged(_) => {
            late::must_be_known(what, key, true, reporter);
            None
        }
        _ => {
            not_json(what, key, reporter);
            None
        }
    }
}

fn not_json(what: &str, node: &Node, reporter: &mut Reporter<'_>) {
    let message = format!("`{what}` holds {}, which JSON has no place for", node.value.kind_name());
    let hint = match &node.value {
        Value::Keyword(name) | Value::Symbol(name) => {
            format!("write it as a string: {}", quoted(&name.to_string()))
        }
        Value::List(_) | Value::Set(_) => "write a vector: [ … ]".to_owned(),
        _ => "write a string, a number, true, false, nil, a vector or a map".to_owned(),
    };
    reporter.report(codes::NOT_JSON, node.span, message, node.value.kind_name(), hint);
}
