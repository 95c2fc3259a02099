//! `:env` and `:env_*`: variables with values in their own types.

use std::collections::BTreeMap;

use crate::diagnostic::Span;
use crate::edn::{Entry, Node, Value};
use crate::model::reserved_env::{Reserved, reserved};
use crate::model::{EnvValue, Reference};

use super::draft::Spanned;
use super::numbers::MAX_SAFE_INTEGER;
use super::report::{Reporter, quoted};
use super::{codes, json, late, numbers};

/// The variables of one map, each with the place of its value.
#[derive(Debug, Default)]
pub(super) struct Variables {
    /// Those that are known.
    pub(super) known: BTreeMap<String, Spanned<EnvValue>>,
    /// Those that only the environment tells.
    pub(super) late: BTreeMap<String, Spanned<Reference>>,
}

/// The value of one variable.
enum Given {
    Known(EnvValue),
    Late(Reference),
}

impl Variables {
    fn span(&self, name: &str) -> Option<Span> {
        let known = self.known.get(name).map(|value| value.span);
        known.or_else(|| self.late.get(name).map(|value| value.span))
    }

    fn insert(&mut self, name: String, value: Given, span: Span) {
        match value {
            Given::Known(value) => drop(self.known.insert(name, Spanned { value, span })),
            Given::Late(value) => drop(self.late.insert(name, Spanned { value, span })),
        }
    }
}

/// Reads a map of variables; what is wrong with one hampers no other.
pub(super) fn variables(what: &str, node: &Node, reporter: &mut Reporter<'_>) -> Variables {
    let Value::Map(entries) = &node.value else {
        reporter.wrong_type(what, "a map of variables such as {:PORT 3000}", node);
        return Variables::default();
    };
    let mut variables = Variables::default();
    for entry in entries {
        let Some((name, value)) = variable(what, entry, reporter) else { continue };
        if let Some(earlier) = variables.span(&name) {
            reporter.report_with(
                codes::KEY_TWICE,
                (entry.value.span, "and again here"),
                (earlier, "set here"),
                format!("the variable {name} is set twice in `{what}`"),
                "keep one of them",
            );
            continue;
        }
        variables.insert(name, value, entry.value.span);
    }
    variables
}

/// The name that a key gives a variable, whatever is to be said of it.
pub(super) fn written_name(key: &Node) -> Option<&str> {
    match &key.value {
        Value::Keyword(name) | Value::Symbol(name) if name.namespace.is_none() => Some(&name.name),
        Value::String(text) => Some(text),
        _ => None,
    }
}

/// The name that a keyword, string or symbol gives a variable.
pub(super) fn name(what: &str, node: &Node, reporter: &mut Reporter<'_>) -> Option<String> {
    let name = match &node.value {
        Value::Keyword(name) | Value::Symbol(name) if name.namespace.is_none() => name.name.as_str(),
        Value::Keyword(name) | Value::Symbol(name) => {
            bad_name(what, &name.to_string(), "has a namespace", node, reporter);
            return None;
        }
        Value::String(text) => text.as_str(),
        _ => {
            reporter.wrong_type(what, "names of variables (keywords, strings or symbols)", node);
            return None;
        }
    };
    if let Some(why) = flaw(name) {
        bad_name(what, name, why, node, reporter);
        return None;
    }
    Some(name.to_owned())
}

fn variable(what: &str, entry: &Entry, reporter: &mut Reporter<'_>) -> Option<(String, Given)> {
    let name = name(what, &entry.key, reporter);
    if let Some((name, reserved)) = name.as_deref().and_then(|name| Some((name, reserved(name)?))) {
        taken(name, &reserved, &entry.key, reporter);
    }
    let label = name.as_deref().unwrap_or(what);
    let value = match late::read(label, &entry.value, reporter) {
        Some(late::Read::Known(node)) => value(label, &node, reporter).map(Given::Known),
        Some(late::Read::Late) => late_value(label, &entry.value, reporter).map(Given::Late),
        None => None,
    };
    name.zip(value)
}

fn late_value(name: &str, node: &Node, reporter: &mut Reporter<'_>) -> Option<Reference> {
    match &node.value {
        Value::Map(_) | Value::Vector(_) => late::json_text(name, node, reporter),
        _ => late::reference(name, node, reporter),
    }
}

fn value(name: &str, node: &Node, reporter: &mut Reporter<'_>) -> Option<EnvValue> {
    match &node.value {
        Value::String(text) => return Some(EnvValue::Text(text.clone())),
        Value::Bool(flag) => return Some(EnvValue::Bool(*flag)),
        Value::Integer(number) if number.abs_diff(0) <= MAX_SAFE_INTEGER.abs_diff(0) => {
            return Some(EnvValue::Integer(*number));
        }
        Value::Float(number) if number.is_finite() => return Some(EnvValue::Float(*number)),
        Value::Map(_) | Value::Vector(_) => {
            return json::json(name, node, reporter).map(|json| EnvValue::Text(json.to_string()));
        }
        Value::Integer(_) | Value::BigInteger(_) => numbers::beyond_javascript(name, node, reporter),
        Value::Tagged(_) => {}
        Value::Nil => nil(name, node, reporter),
        _ => bad_value(name, node, reporter),
    }
    None
}

fn flaw(name: &str) -> Option<&'static str> {
    match name {
        "" => Some("is empty"),
        _ if name.contains('=') => Some("holds a ="),
        _ if name.chars().any(char::is_control) => Some("holds a control character"),
        _ => None,
    }
}

fn bad_name(what: &str, name: &str, why: &str, node: &Node, reporter: &mut Reporter<'_>) {
    let message = format!("{name:?} in `{what}` cannot name a variable: it {why}");
    let hint = "name variables as a shell would, such as `:LOG_LEVEL`";
    reporter.report(codes::BAD_VARIABLE_NAME, node.span, message, "not a name", hint);
}

fn nil(name: &str, node: &Node, reporter: &mut Reporter<'_>) {
    let hint = "remove it to leave it unset, or write \"\" for an empty text";
    reporter.report(codes::NIL_VALUE, node.span, format!("the variable {name} is nil"), "nil", hint);
}

fn bad_value(name: &str, node: &Node, reporter: &mut Reporter<'_>) {
    let message = format!("the variable {name} is {}", node.value.kind_name());
    let hint = match &node.value {
        Value::Keyword(word) | Value::Symbol(word) => {
            format!("write it as a string: {}", quoted(&word.to_string()))
        }
        Value::Char(letter) => format!("write it as a string: {}", quoted(&letter.to_string())),
        Value::Decimal(digits) => format!("write it as a string: \"{digits}\""),
        _ => "write a string, a number, true or false, or a vector or map to pass on as JSON".to_owned(),
    };
    reporter.report(codes::BAD_VARIABLE_VALUE, node.span, message, node.value.kind_name(), hint);
}

fn taken(name: &str, reserved: &Reserved, node: &Node, reporter: &mut Reporter<'_>) {
    let (code, message, hint) = match reserved {
        Reserved::SchemaKey(key) => (
            codes::VARIABLE_HIJACKS_PM2,
            format!("PM2 would take the variable {name} for the app's own `:{key}`"),
            format!(
                "set `:{key}` on the app, or give the variable another name, such as {}",
                name.to_uppercase()
            ),
        ),
        Reserved::Attribute(purpose) => (
            codes::VARIABLE_HIJACKS_PM2,
            format!("PM2 keeps {purpose} in `{name}`; the variable would overwrite it"),
            "give the variable another name".to_owned(),
        ),
        Reserved::Prototype => (
            codes::VARIABLE_HIJACKS_PM2,
            format!("every JavaScript object has a `{name}`; PM2 would lose or misread the variable"),
            "give the variable another name".to_owned(),
        ),
        Reserved::Stamp(purpose) => (
            codes::VARIABLE_IS_STAMP,
            format!("{name} tells {purpose} and is set by the tools"),
            "remove it".to_owned(),
        ),
    };
    reporter.report(code, node.span, message, "this name is taken", hint);
}
