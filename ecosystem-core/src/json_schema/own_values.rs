//! The values of our own keys.

use serde_json::{Map, Value as Json, json};

use super::keys::spellings;
use super::notes;
use super::values::{array, duration, either, integer, like, name, one_of_keys, port, text, texts};
use crate::model::Prune;
use crate::validate::{CONDITIONS, ON_CHANGE};

/// What a key of ours takes; one that is not listed here takes anything, which a test does not let be.
pub(super) fn of(key: &str) -> Json {
    match key {
        "description" => text(),
        "env_file" => either([text(), texts()]),
        "inherit_env" => either([json!({ "const": "all" }), array(&name())]),
        "depends_on" => array(&either([text(), dependency()])),
        "readiness_probe" | "liveness_probe" | "startup_probe" => probe(),
        "enabled" => json!({ "type": "boolean" }),
        "prune" => json!({ "enum": Prune::WORDS.iter().map(|(word, _)| *word).collect::<Vec<_>>() }),
        "on_change" => words(ON_CHANGE),
        _ => json!({}),
    }
}

/// One of a few keywords, in kebab or snake case.
fn words(words: &[&str]) -> Json {
    let snake = words.iter().map(|word| word.replace('-', "_"));
    let all: std::collections::BTreeSet<String> =
        words.iter().map(|word| (*word).to_owned()).chain(snake).collect();
    json!({ "enum": all })
}

fn dependency() -> Json {
    map([("name", text()), ("condition", words(CONDITIONS))], Some("name"))
}

/// Exactly one way to ask, and how often.
fn probe() -> Json {
    let http_get = map(timed([("url", like(r"^https?://[\s\S]"))]), Some("url"));
    let tcp = either([port(), map(timed([("host", text()), ("port", port())]), Some("port"))]);
    let ways = [("http_get", http_get), ("tcp", tcp), ("exec", either([text(), texts()])), ("log", text())];
    let one_way = ways.each_ref().map(|(name, _)| one_of_keys(spellings(name).into_iter()));
    let mut probe = map(timed(ways), None);
    probe["oneOf"] = one_way.to_vec().into();
    probe
}

/// Keys, and beside them those that say how often and how long.
fn timed<const N: usize>(keys: [(&str, Json); N]) -> impl IntoIterator<Item = (&str, Json)> {
    let retries = integer(0, (1 << 53) - 1);
    let timing = ["timeout", "interval", "initial_delay"].map(|name| (name, duration()));
    keys.into_iter().chain(timing).chain([("retries", retries)])
}

/// A map of these keys in all their spellings, one of which must be there.
fn map<'a>(keys: impl IntoIterator<Item = (&'a str, Json)>, needed: Option<&str>) -> Json {
    let mut properties = Map::new();
    for (name, schema) in keys {
        properties.extend(spellings(name).into_iter().map(|spelling| (spelling, schema.clone())));
    }
    let needed: Vec<Json> = needed.map(|name| one_of_keys(spellings(name).into_iter())).into_iter().collect();
    let mut map = json!({
        "type": "object",
        "properties": properties,
        "patternProperties": notes(),
        "additionalProperties": false,
    });
    if !needed.is_empty() {
        map["allOf"] = needed.into();
    }
    map
}
