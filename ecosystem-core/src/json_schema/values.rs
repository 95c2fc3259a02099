//! The values of PM2's keys, kind by kind.

use serde_json::{Map, Value as Json, json};

use crate::model::schema::{Key, Kind};
use crate::validate::may_refer;

/// The greatest integer that a JavaScript number holds together with all below it.
const MAX_SAFE_INTEGER: i64 = (1 << 53) - 1;

/// What a key of PM2's takes.
pub(super) fn of(key: Key) -> Json {
    match key.name() {
        // No date in front of each line is what an empty one says.
        "log_date_format" => json!({ "type": "string" }),
        // Each text is a command of its own, so that none is split.
        "post_update" => texts(),
        _ if may_refer(key) => late(key.kind()),
        _ => of_kind(key.kind()),
    }
}

/// With a text that holds a reference, where no text is taken otherwise.
fn late(kind: Kind) -> Json {
    match kind {
        Kind::Flag
        | Kind::Integer { .. }
        | Kind::Duration { .. }
        | Kind::Size
        | Kind::Instances
        | Kind::Port => either([of_kind(kind), reference()]),
        _ => of_kind(kind),
    }
}

/// A text with `${…}` in it; `$${` is a literal `${`.
fn reference() -> Json {
    like(r"(^|[^$])\$\{")
}

/// A value that may be taken away.
pub(super) fn or_null(values: Json) -> Json {
    either([values, json!({ "type": "null" })])
}

fn of_kind(kind: Kind) -> Json {
    match kind {
        Kind::Text => text(),
        Kind::Flag => json!({ "type": "boolean" }),
        Kind::Integer { min } => integer(min, MAX_SAFE_INTEGER),
        Kind::Duration { min } => either([number(min, MAX_SAFE_INTEGER), like("^[0-9]+[smh]?$")]),
        Kind::Size => either([number(0, MAX_SAFE_INTEGER), like("^[0-9]+[KMG]?$")]),
        Kind::Words => {
            either([json!({ "type": "string" }), array(&json!({ "type": ["string", "number", "boolean"] }))])
        }
        Kind::LogFile | Kind::FlagOrText => either([json!({ "type": "boolean" }), no_flag()]),
        Kind::Cron => either([json!({ "type": "string" }), json!({ "const": 0 })]),
        Kind::Instances => either([integer(-10_000, 10_000), json!({ "const": "max" })]),
        Kind::ExecMode => json!({ "enum": ["fork", "cluster", "fork_mode", "cluster_mode"] }),
        Kind::ExitCodes => either([integer(0, 255), array(&integer(0, 255))]),
        Kind::Watch | Kind::FilterEnv => either([json!({ "type": "boolean" }), no_flag(), texts()]),
        Kind::Account => either([number(0, i64::from(u32::MAX)), text()]),
        Kind::Port => port(),
        Kind::Data => data(),
        Kind::Variables => json!({ "$ref": "#/$defs/variables" }),
    }
}

/// PM2 takes an empty text for none.
pub(super) fn text() -> Json {
    json!({ "type": "string", "minLength": 1 })
}

pub(super) fn texts() -> Json {
    array(&text())
}

pub(super) fn array(items: &Json) -> Json {
    json!({ "type": "array", "items": items })
}

/// One of these; a choice among them that is one already is taken apart.
pub(super) fn either(schemas: impl Into<Vec<Json>>) -> Json {
    let parts = |schema: Json| match schema {
        Json::Object(mut only) if only.len() == 1 => match only.remove("anyOf") {
            Some(Json::Array(parts)) => parts,
            _ => vec![only.into()],
        },
        schema => vec![schema],
    };
    let schemas: Vec<Json> = schemas.into().into_iter().flat_map(parts).collect();
    json!({ "anyOf": schemas })
}

pub(super) fn port() -> Json {
    integer(1, 65_535)
}

/// An integer, or its digits as text.
pub(super) fn integer(min: i64, max: i64) -> Json {
    either([number(min, max), like(if min < 0 { "^-?[0-9]+$" } else { "^[0-9]+$" })])
}

pub(super) fn duration() -> Json {
    of_kind(Kind::Duration { min: 0 })
}

pub(super) fn like(pattern: &str) -> Json {
    json!({ "type": "string", "pattern": pattern })
}

/// At least one of these keys is there.
pub(super) fn one_of_keys(keys: impl Iterator<Item = String>) -> Json {
    json!({ "anyOf": keys.map(|key| json!({ "required": [key] })).collect::<Vec<_>>() })
}

/// Variables of a process.
pub(super) fn variables() -> Json {
    json!({
        "description": "variables of the process",
        "type": "object",
        "propertyNames": name(),
        "additionalProperties": {
            "type": ["string", "number", "boolean", "object", "array", "null"],
            "$ref": "#/$defs/data",
        },
    })
}

/// A name that a variable may have.
pub(super) fn name() -> Json {
    like(r"^[^=\u0000-\u001f\u007f-\u009f]+$")
}

/// A map of whatever JSON can hold.
pub(super) fn data() -> Json {
    json!({ "type": "object", "$ref": "#/$defs/data" })
}

/// Whatever JSON can hold, without the key that JavaScript takes for an object's prototype.
pub(super) fn json_value() -> Json {
    let again = json!({ "$ref": "#/$defs/data" });
    let mut value = Map::new();
    value.insert("propertyNames".to_owned(), json!({ "not": { "const": "__proto__" } }));
    value.insert("additionalProperties".to_owned(), again.clone());
    value.insert("items".to_owned(), again);
    value.into()
}

/// A text that is not what somebody writes for a truth value.
fn no_flag() -> Json {
    json!({ "type": "string", "minLength": 1, "not": { "enum": ["true", "false"] } })
}

fn number(min: i64, max: i64) -> Json {
    json!({ "type": "integer", "minimum": min, "maximum": max })
}
