//! Keys of PM2's schema: what is left out since PM2 has it so anyway, and how the rest is written.

use serde_json::{Map, Value as Json, json};

use super::Surroundings;
use super::paths::Places;
use super::variables::holds_secret;
use crate::model::schema::Key;
use crate::plan::words_hold_secret;

/// The value of a key as it is to be written; none where it is left out.
pub(super) fn setting(
    key: Key,
    keys: &Map<String, Json>,
    places: &Places,
    around: &Surroundings,
    notes: &mut Vec<String>,
) -> Option<Json> {
    let value = keys.get(key.name()).filter(|value| !is_implied(key, value, keys, around))?;
    if key.name() == "args" && script_of(keys).contains(' ') {
        notes
            .push("`args` is left out: PM2 hands a script with spaces to a shell, and drops them".to_owned());
        return None;
    }
    if key.name() != "script" && secret(key, value) {
        notes.push(format!(
            "`{key}` is left out: it looks as if it held a secret; let the program read that from a variable"
        ));
        return None;
    }
    Some(match (key.name(), value) {
        ("script" | "out_file" | "error_file" | "log_file" | "pid_file", Json::String(path)) => {
            json!(places.below_cwd(path))
        }
        ("exec_mode", Json::String(mode)) => json!(mode.trim_end_matches("_mode")),
        ("max_memory_restart", Json::Number(bytes)) => size(bytes.as_u64()).unwrap_or_else(|| value.clone()),
        _ => value.clone(),
    })
}

fn script_of(keys: &Map<String, Json>) -> &str {
    keys.get("script").and_then(Json::as_str).unwrap_or_default()
}

/// Whether PM2 does the same without it.
fn is_implied(key: Key, value: &Json, keys: &Map<String, Json>, around: &Surroundings) -> bool {
    let fork = keys.get("exec_mode").and_then(Json::as_str).is_none_or(|mode| mode.starts_with("fork"));
    let counted = keys.get("instances").is_some();
    match (key.name(), value) {
        ("username", _) => true,
        ("namespace", value) => *value == json!("default") || *value == json!(""),
        ("instance_var", value) => *value == json!("NODE_APP_INSTANCE"),
        ("kill_retry_time", value) => *value == json!(100),
        ("cron_restart", value) => [json!("0"), json!(0), json!("")].contains(value),
        ("exec_mode", _) => fork && !counted,
        ("merge_logs", Json::Bool(true)) => fork && !counted,
        ("log_date_format", value) => {
            keys.get("time") == Some(&json!(true)) && *value == json!("YYYY-MM-DDTHH:mm:ss")
        }
        ("exec_interpreter", Json::String(interpreter)) => is_usual(interpreter, script_of(keys), around),
        (name, Json::Bool(on)) if ON_BY_DEFAULT.contains(&name) => *on,
        ("watch" | "ignore_watch", Json::Array(_)) | ("instances" | "uid" | "gid", Json::Number(_)) => false,
        // PM2 loses what is false, 0 or empty in keys of several words, and it is the default in the others.
        (_, Json::Bool(on)) => !on,
        (_, Json::Number(number)) => number.as_f64() == Some(0.0),
        (_, Json::String(text)) => text.is_empty(),
        (_, Json::Array(items)) => items.is_empty(),
        (_, Json::Null) => true,
        (_, Json::Object(_)) => false,
    }
}

const ON_BY_DEFAULT: [&str; 7] =
    ["vizion", "autostart", "autorestart", "pmx", "automation", "treekill", "windowsHide"];

/// What PM2 would choose by the script's ending; without one it is the node that runs PM2.
fn is_usual(interpreter: &str, script: &str, around: &Surroundings) -> bool {
    let name = script.rsplit('/').next().unwrap_or_default();
    match name.rsplit_once('.').map(|(_, ending)| ending) {
        Some("js") => interpreter == "node",
        Some("sh") => interpreter == "bash",
        Some("py") => interpreter == "python",
        Some("rb") => interpreter == "ruby",
        Some("php") => interpreter == "php",
        Some("pl") => interpreter == "perl",
        Some("mjs" | "cjs") => around.node.as_ref().is_some_and(|node| node == interpreter),
        _ => interpreter.is_empty(),
    }
}

/// In PM2's letters, where that is exact.
fn size(bytes: Option<u64>) -> Option<Json> {
    let bytes = bytes.filter(|bytes| *bytes > 0)?;
    let units = [(1 << 30, 'G'), (1 << 20, 'M'), (1 << 10, 'K')];
    let (unit, letter) = units.into_iter().find(|(unit, _)| bytes.is_multiple_of(*unit))?;
    Some(json!(format!("{}{letter}", bytes / unit)))
}

fn secret(key: Key, value: &Json) -> bool {
    match value {
        Json::String(text) => line_holds_secret(text),
        Json::Array(items) => {
            let text = |item: &Json| item.as_str().map_or_else(|| item.to_string(), str::to_owned);
            words_hold_secret(&items.iter().map(text).collect::<Vec<_>>())
        }
        other => holds_secret(key.name(), other),
    }
}

/// Whether a command line has a secret in it.
pub(super) fn line_holds_secret(line: &str) -> bool {
    words_hold_secret(&line.split_whitespace().map(str::to_owned).collect::<Vec<_>>())
}
