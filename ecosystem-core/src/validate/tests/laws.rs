//! Laws over arbitrary input.

use proptest::prelude::*;

use super::{compiled, sources};
use crate::tests::drawing;
use crate::validate::words;

/// Values that authors write, well or badly, where a value stands.
fn value() -> impl Strategy<Value = String> {
    let atom = prop_oneof![
        Just("nil".to_owned()),
        any::<bool>().prop_map(|flag| flag.to_string()),
        any::<i64>().prop_map(|number| number.to_string()),
        (-10i64..100_000).prop_map(|number| number.to_string()),
        any::<f64>()
            .prop_filter("finite", |number| number.is_finite())
            .prop_map(|number| format!("{number:?}")),
        Just("12345678901234567890N".to_owned()),
        Just("1.5M".to_owned()),
        "[ -~é😀\u{a0}]{0,12}"
            .prop_map(|text| format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))),
        "(max|true|all|[0-9]{1,4}[smhKMG]?|([*0-9,/-]{1,4} ){4,5}[*0-9a-z]{1,3})"
            .prop_map(|word| format!("\"{word}\"")),
        "[a-z][a-z_-]{0,6}".prop_map(|name| format!(":{name}")),
        "[a-z][a-z_-]{0,6}"
            .prop_filter("a symbol", |name| !["nil", "true", "false"].contains(&name.as_str())),
        Just("#env HOME".to_owned()),
        Just("\\a".to_owned()),
    ];
    atom.prop_recursive(3, 24, 5, |inner| {
        let items = prop::collection::vec(inner.clone(), 0..5);
        prop_oneof![
            items.clone().prop_map(|items| format!("[{}]", items.join(" "))),
            items.clone().prop_map(|items| format!("({})", items.join(" "))),
            prop::collection::btree_map(key(), inner, 0..6).prop_map(|entries| {
                let entries: Vec<_> = entries.iter().map(|(key, value)| format!(":{key} {value}")).collect();
                format!("{{{}}}", entries.join(" "))
            }),
        ]
    })
}

/// Keys of apps and of maps within them, now and then one that is none.
fn key() -> impl Strategy<Value = String> {
    let schema: Vec<String> = crate::model::schema::Key::all().map(|key| key.name().to_owned()).collect();
    let own = [
        "env_file",
        "inherit_env",
        "depends_on",
        "readiness_probe",
        "prune",
        "on_change",
        "env_x",
        "description",
    ];
    let inner = ["http_get", "tcp", "exec", "url", "port", "timeout", "apps", "deploy", "profiles"];
    prop_oneof![
        6 => prop::sample::select(schema),
        2 => prop::sample::select(own.map(str::to_owned).to_vec()),
        2 => prop::sample::select(inner.map(str::to_owned).to_vec()),
        1 => "[a-zA-Z_-]{1,8}",
    ]
}

fn app() -> impl Strategy<Value = String> {
    prop::collection::btree_map(key(), value(), 0..10).prop_map(|mut entries| {
        entries.entry("name".to_owned()).or_insert_with(|| "\"web\"".to_owned());
        entries.entry("script".to_owned()).or_insert_with(|| "\"s.mjs\"".to_owned());
        let entries: Vec<_> = entries.iter().map(|(key, value)| format!(":{key} {value}")).collect();
        format!("{{{}}}", entries.join("\n "))
    })
}

proptest! {
    /// Nothing panics, every place can be drawn, and a tree with errors has a broken daemon.
    #[test]
    fn any_form_is_judged(root in value()) {
        let checked = compiled(&root);
        drawing::draw(&sources(&root), &checked.diagnostics);
        prop_assert_eq!(checked.has_errors(), !checked.output.broken.is_empty());
        prop_assert_eq!(checked.output.broken.len() + checked.output.daemons.len(), 1);
    }

    #[test]
    fn any_app_is_judged(apps in prop::collection::vec(app(), 1..4)) {
        let text = format!("{{:apps [{}]}}", apps.join("\n"));
        let checked = compiled(&text);
        drawing::draw(&sources(&text), &checked.diagnostics);
        prop_assert_eq!(checked.has_errors(), !checked.output.broken.is_empty());
        prop_assert_eq!(checked.output.broken.len() + checked.output.daemons.len(), 1);
    }

    /// What values are normalised to is normal: written out as EDN and read again, it stays.
    #[test]
    fn normalised_values_are_stable(key in key(), value in value()) {
        let once = compiled(&format!("{{:apps [{{:name \"web\" :script \"s.mjs\" :{key} {value}}}]}}"));
        let settings = once.output.apps().next().map(|(_, app)| app.settings.clone()).unwrap_or_default();
        for (key, value) in settings {
            let again = compiled(&format!("{{:apps [{{:name \"web\" :script \"s.mjs\" :{key} {}}}]}}", edn(&value)));
            let found = again.output.apps().next().and_then(|(_, app)| app.settings.get(&key).cloned());
            prop_assert_eq!(found, Some(value));
        }
    }

    /// Words hold no blank word, and a plain word is itself.
    #[test]
    fn words_are_never_blank(text in "[a-c \"'=\t\u{a0}]{0,20}") {
        prop_assert!(words::split(&text).iter().all(|word| !word.trim().is_empty()));
    }
}

fn edn(value: &serde_json::Value) -> String {
    match value {
        serde_json::Value::Array(items) => {
            format!("[{}]", items.iter().map(edn).collect::<Vec<_>>().join(" "))
        }
        serde_json::Value::Object(map) => {
            let entries: Vec<_> = map
                .iter()
                .map(|(key, value)| format!("{} {}", edn(&key.as_str().into()), edn(value)))
                .collect();
            format!("{{{}}}", entries.join(" "))
        }
        serde_json::Value::Null => "nil".to_owned(),
        serde_json::Value::String(text) => {
            format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n"))
        }
        other => other.to_string(),
    }
}
