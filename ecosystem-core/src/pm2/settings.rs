//! The keys of PM2's schema as they leave PM2's own validation: implied values, vanished ones, defaults.
//!
//! Source: `Common.verifyConfs` and `Config.validateJSON` of PM2 7.0.4, 6.0.14 and 5.4.3.

use serde_json::{Map, Value as Json};

use crate::model::App;
use crate::model::schema::Key;

/// Every key but `script`, `env` and the environment blocks.
pub(super) fn validated(app: &App, username: &str) -> Map<String, Json> {
    let mut settings = as_written(app);
    settings.insert("name".to_owned(), Json::from(app.name.as_str()));
    settings.insert("username".to_owned(), Json::from(username));
    imply(&mut settings);
    settings.retain(|key, value| survives(key, value));
    if let Some(codes) = settings.get_mut("stop_exit_codes") {
        *codes = as_number(codes.take());
    }
    add_defaults(&mut settings);
    settings
}

fn as_written(app: &App) -> Map<String, Json> {
    // `uid` and `gid` of an app that asks for an account are replaced later; a 0 stays.
    app.settings.iter().map(|(key, value)| (key.name().to_owned(), value.clone())).collect()
}

/// What JavaScript's `if (value)` makes of it.
pub(super) fn truthy(value: &Json) -> bool {
    match value {
        Json::Null => false,
        Json::Bool(flag) => *flag,
        Json::Number(number) => number.as_f64() != Some(0.0),
        Json::String(text) => !text.is_empty(),
        Json::Array(_) | Json::Object(_) => true,
    }
}

/// Keys that decide about other keys.
fn imply(settings: &mut Map<String, Json>) {
    let is =
        |settings: &Map<String, Json>, key: &str, value: bool| settings.get(key) == Some(&Json::from(value));
    if is(settings, "execute_command", true) {
        settings.remove("execute_command");
        settings.insert("exec_mode".to_owned(), Json::from("fork"));
    }
    if is(settings, "time", true) {
        settings.insert("log_date_format".to_owned(), Json::from(TIME_FORMAT));
    }
    if is(settings, "automation", false) {
        settings.insert("pmx".to_owned(), Json::from(false));
    }
    if is(settings, "disable_trace", true) {
        settings.remove("disable_trace");
        settings.insert("trace".to_owned(), Json::from(false));
    }
    if settings.get("instances") == Some(&Json::from("max")) {
        settings.insert("instances".to_owned(), Json::from(0));
    }
    if merges_logs_by_default(settings) {
        settings.insert("merge_logs".to_owned(), Json::from(true));
    }
}

const TIME_FORMAT: &str = "YYYY-MM-DDTHH:mm:ss";

fn merges_logs_by_default(settings: &Map<String, Json>) -> bool {
    let clustered = settings.get("exec_mode") == Some(&Json::from("cluster"));
    let counted = settings.get("instances").is_some_and(truthy);
    !clustered && !counted && !settings.contains_key("merge_logs")
}

/// PM2 looks a falsy value up again under the key's other spellings and takes the undefined it finds there, so
/// `false`, 0 and `""` last only in keys of one word, whose camelCase is the key itself.
fn survives(key: &str, value: &Json) -> bool {
    truthy(value) || !key.contains('_')
}

/// Where PM2's schema has a number or an array, it reads an array of one element as a number, and an empty one
/// as NaN, which JSON writes as null.
fn as_number(codes: Json) -> Json {
    match codes {
        Json::Array(codes) if codes.is_empty() => Json::Null,
        Json::Array(mut codes) if codes.len() == 1 => codes.remove(0),
        codes => codes,
    }
}

fn add_defaults(settings: &mut Map<String, Json>) {
    for (key, value) in [
        ("vizion", Json::from(true)),
        ("autostart", Json::from(true)),
        ("autorestart", Json::from(true)),
        ("instance_var", Json::from("NODE_APP_INSTANCE")),
        ("pmx", Json::from(true)),
        ("automation", Json::from(true)),
        ("treekill", Json::from(true)),
        ("windowsHide", Json::from(true)),
        ("kill_retry_time", Json::from(100)),
        ("node_args", Json::Array(Vec::new())),
    ] {
        settings.entry(key).or_insert(value);
    }
    let namespace = settings.entry("namespace").or_insert(Json::Null);
    if !truthy(namespace) {
        *namespace = Json::from("default");
    }
}

/// The keys of `settings` in the order of PM2's schema, so that output is stable.
pub(super) fn in_order(mut settings: Map<String, Json>) -> Map<String, Json> {
    let mut ordered = Map::new();
    for key in Key::all() {
        if let Some(value) = settings.remove(key.name()) {
            ordered.insert(key.name().to_owned(), value);
        }
    }
    ordered.append(&mut settings);
    ordered
}
