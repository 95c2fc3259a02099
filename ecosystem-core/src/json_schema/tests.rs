//! What the schema says of definitions, beside what validation says of them.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on fails")]

mod agreement;

use jsonschema::Validator;
use serde_json::{Value as Json, json};

use super::keys::{self, AppKey};
use super::{json_schema, own_values};
use crate::diagnostic::Source;
use crate::edn::{Node, Value, read};

fn validator() -> Validator {
    jsonschema::draft202012::new(&json_schema()).unwrap()
}

/// The JSON that a form means.
fn meant(node: &Node) -> Json {
    match &node.value {
        Value::Nil => Json::Null,
        Value::Bool(flag) => (*flag).into(),
        Value::Integer(number) => (*number).into(),
        Value::Float(number) => (*number).into(),
        Value::String(text) => text.as_str().into(),
        Value::Keyword(name) | Value::Symbol(name) => name.to_string().into(),
        Value::List(items) | Value::Vector(items) | Value::Set(items) => items.iter().map(meant).collect(),
        Value::Map(entries) => {
            let key = |node: &Node| meant(node).as_str().unwrap().to_owned();
            Json::Object(entries.iter().map(|entry| (key(&entry.key), meant(&entry.value))).collect())
        }
        other => panic!("no example holds {}", other.kind_name()),
    }
}

fn json(text: &str) -> Json {
    meant(&read(&Source::new("a.edn", text)).output.unwrap())
}

#[test]
fn it_is_a_schema() {
    jsonschema::meta::validate(&json_schema()).unwrap();
}

#[test]
fn every_key_has_a_description_and_every_key_of_ours_its_values() {
    let schema = json_schema();
    for key in keys::all() {
        let definition = &schema["$defs"][key.name()];
        assert!(definition["description"].as_str().is_some_and(|it| !it.is_empty()), "{}", key.kebab());
        if let AppKey::Own(name) = key {
            assert_ne!(own_values::of(name), json!({}), "{name}");
        }
    }
}

#[test]
fn the_examples_are_valid() {
    let validator = validator();
    for text in [
        include_str!("../../../examples/daemons/jobs/ticker/ecosystem.edn"),
        include_str!("../../../examples/daemons/mail/post/ecosystem.edn"),
        include_str!("../../../examples/daemons/services/web/ecosystem.edn"),
        include_str!("../../../examples/daemons/services/workers/ecosystem.edn"),
    ] {
        validator.validate(&json(text)).unwrap();
    }
    assert!(!validator.is_valid(&json(include_str!("../../../examples/broken/typo/ecosystem.edn"))));
}

/// What the schema says, as it is printed: some parts, as pictures.
#[test]
fn a_picture() {
    let schema = json_schema();
    let some = |name: &str| (name.to_owned(), schema["$defs"][name].clone());
    let names = [
        "defaults_file",
        "kill_timeout",
        "min_uptime",
        "args",
        "instances",
        "prune",
        "depends_on",
        "variables",
    ];
    let properties = schema["$defs"]["keys"]["properties"].as_object().unwrap();
    let spelled = |name: &str| {
        let reference = json!({ "$ref": format!("#/$defs/{name}") });
        let spellings = properties.iter().filter(|(_, it)| **it == reference).map(|(key, _)| key.as_str());
        format!("{name}: {}", spellings.collect::<Vec<_>>().join(" "))
    };
    let shown = ["exec_interpreter", "node_args", "kill_timeout", "env_file", "v8"];
    insta::assert_json_snapshot!(json!({
        "root": schema["properties"],
        "patterns": schema["$defs"]["keys"]["patternProperties"],
        "needed": schema["$defs"]["app"]["allOf"],
        "spellings": shown.map(spelled),
        "some": names.map(some).into_iter().collect::<serde_json::Map<_, _>>(),
    }));
}
