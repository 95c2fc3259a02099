//! The language as a JSON Schema, draft 2020-12: what EDN means, said of the JSON that it comes to.
//!
//! Keywords are texts without their colon, as keys and as values; sets are arrays. JSON has nothing for a tag: what it
//! stands for is judged, and a text with `${…}` is the reference to the environment that can be spelled. Keys and
//! types come from [PM2's schema](crate::model::schema) as validation knows it, and descriptions from the page
//! `docs/language.md`: neither can fall behind. What a schema cannot say, [`compile`](crate::compile) says: two
//! spellings of one key, names that are taken, cron patterns, and whatever is about more than one app or file. So it takes
//! `nil` for what a `defaults.edn` may have given, and an app without a script.

mod keys;
mod language;
mod own_values;
mod values;

#[cfg(test)]
mod tests;

use std::collections::BTreeSet;

use serde_json::{Map, Value as Json, json};

use self::keys::AppKey;

/// The schema of an `ecosystem.edn`.
#[must_use]
pub fn json_schema() -> Json {
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "ecosystem.edn",
        "description": "A daemon: the apps that PM2 is to run. Keywords are texts without their colon.",
        "type": "object",
        "required": ["apps"],
        "properties": {
            "apps": {
                "description": "the apps of this daemon",
                "type": "array",
                "minItems": 1,
                "items": { "$ref": "#/$defs/app" },
            },
            "deploy": described("deploy", values::data()),
            "profiles": profiles(),
        },
        "patternProperties": notes(),
        "additionalProperties": false,
        "$defs": definitions(),
    })
}

/// What is different when a profile is asked for, by its name.
fn profiles() -> Json {
    json!({
        "description": "other apps, when asked for",
        "type": "object",
        "patternProperties": notes(),
        "additionalProperties": {
            "type": "object",
            "properties": { "apps": { "type": "array", "items": { "$ref": "#/$defs/app" } } },
            "patternProperties": notes(),
            "additionalProperties": false,
        },
    })
}

/// A `defaults.edn`; what only the one in the root may have is taken in each.
fn defaults_file() -> Json {
    json!({
        "title": "defaults.edn",
        "description": "what every app in and below a folder has unless it says otherwise",
        "type": "object",
        "properties": {
            "defaults": { "allOf": [{ "$ref": "#/$defs/keys" }, { "not": needed("name") }] },
            "owner": described("owner", values::text()),
            "base": described("base", values::text()),
            "prune": { "$ref": "#/$defs/prune" },
        },
        "patternProperties": notes(),
        "additionalProperties": false,
    })
}

/// Keys with a namespace are the author's own.
fn notes() -> Json {
    json!({ "/": true })
}

fn definitions() -> Json {
    let mut definitions = Map::new();
    definitions.insert(
        "app".to_owned(),
        json!({
            "description": "one PM2 process definition",
            "$ref": "#/$defs/keys",
            "allOf": [needed("name")],
        }),
    );
    definitions.insert("keys".to_owned(), app_keys());
    definitions.insert("defaults_file".to_owned(), defaults_file());
    for key in keys::all() {
        // `nil` takes away what defaults give; a name is nobody's default.
        let values = match key.name() {
            "name" => key.values(),
            _ => values::or_null(key.values()),
        };
        definitions.insert(key.name().to_owned(), described(&key.kebab(), values));
    }
    definitions.insert("variables".to_owned(), values::variables());
    definitions.insert("data".to_owned(), values::json_value());
    definitions.into()
}

/// Each key of an app under each of its spellings: editors complete what is listed, and patterns are not.
fn app_keys() -> Json {
    let spelled = |key: AppKey| key.spellings().into_iter().map(move |spelling| (spelling, key.name()));
    let mut properties = Map::new();
    for (spelling, name) in keys::all().flat_map(spelled) {
        properties.insert(spelling, json!({ "$ref": format!("#/$defs/{name}") }));
    }
    let mut patterns = notes();
    patterns[env_blocks(&properties)] = values::or_null(json!({ "$ref": "#/$defs/variables" }));
    json!({
        "description": "keys of an app",
        "type": "object",
        "properties": properties,
        "patternProperties": patterns,
        "additionalProperties": false,
    })
}

/// `env_production` and its kin: what begins like them and is no key.
fn env_blocks(properties: &Map<String, Json>) -> String {
    let block = |spelling: &String| Some(spelling.strip_prefix("env")?.strip_prefix(['-', '_'])?.to_owned());
    let keys: BTreeSet<String> = properties.keys().filter_map(block).collect();
    let keys: Vec<String> = keys.into_iter().collect();
    format!("^env[-_](?!({})$)[^/]+$", keys.join("|"))
}

/// A key that must be there, under whichever spelling.
fn needed(name: &str) -> Json {
    let spellings = keys::all().filter(|key| key.name() == name).flat_map(AppKey::spellings);
    values::one_of_keys(spellings)
}

fn described(key: &str, mut schema: Json) -> Json {
    if let Some(description) = language::description(key) {
        schema["description"] = description.into();
    }
    schema
}
