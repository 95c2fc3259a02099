//! The schema and validation judge the same random definitions.

use std::sync::LazyLock;

use jsonschema::Validator;
use proptest::prelude::*;
use serde_json::{Map, Value as Json, json};

use super::{json_schema, keys, validator};
use crate::compile;
use crate::diagnostic::{Diagnostic, Source};
use crate::edn::write_string;
use crate::validate::codes;

/// What a schema can say. Ranges are among it for numbers, but not for their digits as text, nor for what is
/// data: a schema takes `1e20` for an integer, and JavaScript holds that. What a `defaults.edn` could make right, a schema
/// of one file takes: `nil`, and an app without a script.
const SAYABLE: &[&str] = &[
    codes::UNKNOWN_ROOT_KEY,
    codes::APPS_MISSING,
    codes::APPS_NOT_A_VECTOR,
    codes::APP_NOT_A_MAP,
    codes::UNKNOWN_KEY,
    codes::KEY_MISSING,
    codes::WRONG_TYPE,
    codes::FLAG_AS_TEXT,
    codes::OUT_OF_RANGE,
    codes::BAD_SIZE,
    codes::BAD_DURATION,
    codes::BAD_CHOICE,
    codes::BAD_PROBE,
    codes::EMPTY_TEXT,
    codes::PROTOTYPE_KEY,
];

static VALIDATOR: LazyLock<Validator> = LazyLock::new(validator);

/// Of a `defaults.edn`.
static DEFAULTS: LazyLock<Validator> = LazyLock::new(|| {
    let schema = json!({ "$defs": json_schema()["$defs"], "$ref": "#/$defs/defaults_file" });
    jsonschema::draft202012::new(&schema).unwrap()
});

/// Keys whose texts are keywords in EDN.
const KEYWORDS: &[&str] = &["prune", "on_change", "onchange", "condition"];

/// The EDN that means this, as the value of a key.
fn edn(key: &str, value: &Json) -> String {
    let plain = key.replace('-', "_").to_lowercase();
    match value {
        Json::Null => "nil".to_owned(),
        Json::String(word) if KEYWORDS.contains(&plain.as_str()) && is_word(word) => format!(":{word}"),
        Json::String(word) if ["inherit_env", "inheritenv"].contains(&plain.as_str()) && word == "all" => {
            ":all".to_owned()
        }
        Json::String(text) => write_string(text),
        Json::Array(items) => {
            format!("[{}]", items.iter().map(|item| edn("", item)).collect::<Vec<_>>().join(" "))
        }
        Json::Object(members) => {
            let pair = |(key, value): (&String, &Json)| format!(":{key} {}", edn(key, value));
            format!("{{{}}}", members.iter().map(pair).collect::<Vec<_>>().join(" "))
        }
        other => other.to_string(),
    }
}

/// Whether this can be written as a keyword.
fn is_word(text: &str) -> bool {
    text.starts_with(|first: char| first.is_ascii_alphabetic())
        && text.chars().all(|it| it.is_ascii_alphabetic() || "-_".contains(it))
}

/// What validation has to say of the EDN that means this, and whether the schema takes it.
fn check(value: &Json) {
    let text = edn("", value);
    let valid = VALIDATOR.is_valid(value);
    let checked = compile(&[Source::new("web/ecosystem.edn", text.as_str())]);
    agree(&text, valid, &checked.diagnostics);
}

fn agree(text: &str, valid: bool, diagnostics: &[Diagnostic]) {
    let may_be_given = |it: &&Diagnostic| it.code == codes::KEY_MISSING && it.message.contains("`:script`");
    let errors = diagnostics.iter().filter(|it| it.is_error() && !may_be_given(it));
    let errors: Vec<&str> = errors.map(|it| it.code).collect();
    assert!(valid || !errors.is_empty(), "the schema refuses what validation takes: {text}");
    let said: Vec<_> = errors.iter().filter(|code| SAYABLE.contains(code)).collect();
    assert!(!valid || said.is_empty(), "the schema takes what validation refuses as {said:?}: {text}");
}

fn text() -> impl Strategy<Value = Json> {
    let words = vec![
        "",
        "x",
        "web",
        "a b",
        "true",
        "false",
        "yes",
        "max",
        "fork",
        "cluster_mode",
        "auto",
        "never",
        "all",
        "ready",
        "replace-after",
        "replace_after",
        "150",
        "200s",
        "200M",
        "1h",
        "1.5G",
        "10 sec",
        "-1a",
        "http://localhost/x",
        "http://",
        "0 0 * * *",
        "src",
        "${PORT:-8080}",
        "$${PORT}",
        "a $${B} ${C}",
    ];
    prop::sample::select(words).prop_map(Json::from)
}

fn value() -> impl Strategy<Value = Json> {
    let atom = prop_oneof![
        6 => text(),
        2 => any::<bool>().prop_map(Json::from),
        3 => prop::sample::select(vec![-20_000_i64, -2, 0, 1, 99, 100, 255, 256, 3000, 70_000, 1 << 33]).prop_map(Json::from),
        1 => Just(json!(2.5)),
        1 => Just(Json::Null),
    ];
    atom.prop_recursive(2, 12, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Json::from),
            prop::collection::vec((inner_key(), inner), 0..4)
                .prop_map(|members| Json::Object(members.into_iter().collect())),
        ]
    })
}

fn inner_key() -> impl Strategy<Value = String> {
    let keys = vec![
        "name",
        "condition",
        "http_get",
        "httpGet",
        "http-get",
        "tcp",
        "exec",
        "log",
        "url",
        "port",
        "host",
        "timeout",
        "retries",
        "interval",
        "initial-delay",
        "initialDelay",
        "PORT",
        "A",
        "my/note",
        "zzz",
        "__proto__",
    ];
    prop::sample::select(keys).prop_map(str::to_owned)
}

/// A key of an app, in any spelling; now and then another.
fn key() -> impl Strategy<Value = String> {
    let spelled: Vec<String> = keys::all().flat_map(keys::AppKey::spellings).collect();
    // Those that a uniform choice among hundreds would hardly ever meet.
    let own: Vec<String> = crate::validate::own_key_names().flat_map(keys::spellings).collect();
    prop_oneof![
        8 => prop::sample::select(spelled),
        4 => prop::sample::select(own),
        1 => prop::sample::select(vec!["env_production", "env-x", "env_files", "env_", "my/note", "env_my/note", "zzz", "maxRestart"])
            .prop_map(str::to_owned),
    ]
}

fn app() -> impl Strategy<Value = Json> {
    let extra = prop::collection::vec((key(), value()), 0..3);
    (extra, 0..20u8).prop_map(|(extra, missing)| {
        let mut app: Map<String, Json> = extra.into_iter().collect();
        if missing != 0 {
            app.entry("name").or_insert_with(|| "web".into());
        }
        if missing != 1 && !["exec", "cmd", "command"].iter().any(|key| app.contains_key(*key)) {
            app.entry("script").or_insert_with(|| "web.mjs".into());
        }
        app.into()
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 4_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn apps_are_judged_alike(app in app()) {
        check(&json!({ "apps": [app] }));
    }

    #[test]
    fn profiles_are_judged_alike(app in app(), name in prop::sample::select(vec!["dev", "my/note"])) {
        let web = json!({ "name": "web", "script": "web.mjs" });
        check(&json!({ "apps": [web], "profiles": { name: { "apps": [app] } } }));
    }

    #[test]
    fn files_of_defaults_are_judged_alike(
        mut keys in app(),
        with_name in 0..8u8,
        members in prop::collection::vec(
            (prop::sample::select(vec!["owner", "base", "prune", "my/note", "zzz"]), value()), 0..2
        ),
    ) {
        if let Some(keys) = keys.as_object_mut().filter(|_| with_name > 0) {
            keys.remove("name");
        }
        let mut file = json!({ "defaults": keys });
        members.into_iter().for_each(|(key, value)| file[key] = value);
        let text = edn("", &file);
        let checked = compile(&[Source::new("defaults.edn", text.as_str())]);
        agree(&text, DEFAULTS.is_valid(&file), &checked.diagnostics);
    }

    #[test]
    fn roots_are_judged_alike(members in prop::collection::vec(
        (prop::sample::select(vec!["apps", "deploy", "profiles", "my/note", "zzz", "name"]), value()), 0..4
    )) {
        check(&Json::Object(members.into_iter().map(|(key, value)| (key.to_owned(), value)).collect()));
    }
}

/// Each spelling of each key is known to both, with values of each kind.
#[test]
fn every_spelling_is_known_to_both() {
    let values = [
        json!("x y"),
        json!(""),
        json!(true),
        json!(150),
        json!(["a"]),
        json!({ "A": "x" }),
        json!(null),
        json!([2.5, true]),
    ];
    for key in keys::all().flat_map(keys::AppKey::spellings) {
        for value in &values {
            let mut app = json!({ "name": "web", "script": "web.mjs" });
            if ["exec", "cmd", "command"].contains(&key.as_str()) {
                app = json!({ "name": "web" });
            }
            app[key.as_str()] = value.clone();
            check(&json!({ "apps": [app] }));
        }
    }
}
