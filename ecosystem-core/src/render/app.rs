//! One app as properties of an object literal.

use serde_json::Value as Json;

use super::javascript::{self, Code};
use crate::model::schema::Key;
use crate::model::{App, Digest, Env, EnvValue};

/// What the template shows of an app, keys in the order of PM2's schema.
pub(super) struct AppView {
    pub(super) description: Option<Code>,
    pub(super) name: Code,
    pub(super) cwd: Code,
    pub(super) before_env: Vec<Property>,
    pub(super) env_files: Option<Code>,
    pub(super) env: Vec<Property>,
    pub(super) digest: Code,
    pub(super) after_env: Vec<Property>,
}

/// `key: value`
pub(super) struct Property {
    pub(super) key: Code,
    pub(super) value: Code,
}

impl AppView {
    pub(super) fn new(app: &App) -> Self {
        let (before, after): (Vec<Key>, Vec<Key>) = Key::all().partition(|key| comes_before_env(*key));
        let settings = |keys: &[Key]| keys.iter().filter_map(|key| setting(app, *key)).collect::<Vec<_>>();
        let blocks = app.env_blocks.iter().map(|(key, env)| env_block(key, env));
        Self {
            description: app.description.as_deref().map(javascript::comment),
            name: javascript::string(app.name.as_str()),
            cwd: cwd(app),
            before_env: settings(&before),
            env_files: (!app.env_files.is_empty()).then(|| javascript::strings(&app.env_files)),
            env: variables(&app.env),
            digest: javascript::string(Digest::of(app).as_str()),
            after_env: blocks.chain(settings(&after)).collect(),
        }
    }
}

fn comes_before_env(key: Key) -> bool {
    Key::named("env").is_some_and(|env| key < env)
}

fn setting(app: &App, key: Key) -> Option<Property> {
    let value = match key.name() {
        "script" => javascript::string(&app.script),
        "name" => javascript::string(app.name.as_str()),
        "cwd" => cwd(app),
        "env" => return None,
        _ => javascript::value(app.settings.get(&key)?, PROPERTY_DEPTH),
    };
    Some(Property { key: javascript::key(key.name()), value })
}

/// Steps of indentation of an app's properties.
const PROPERTY_DEPTH: usize = 2;

/// Always absolute once loaded: PM2 resolves a relative `cwd`, and a missing one, against its caller's folder.
fn cwd(app: &App) -> Code {
    match app.setting("cwd").and_then(Json::as_str) {
        None | Some("" | ".") => javascript::verbatim("base"),
        Some(path) if path.starts_with('/') => javascript::string(path),
        Some(path) => javascript::call("resolve", &[javascript::verbatim("base"), javascript::string(path)]),
    }
}

fn env_block(key: &str, env: &Env) -> Property {
    let object = env.iter().map(|(name, value)| (name.as_str(), variable(value)));
    Property { key: javascript::key(key), value: javascript::object(object, PROPERTY_DEPTH) }
}

fn variables(env: &Env) -> Vec<Property> {
    env.iter().map(|(name, value)| Property { key: javascript::key(name), value: variable(value) }).collect()
}

/// In its own type: PM2 keeps it in its record, and the process sees the text of it.
fn variable(value: &EnvValue) -> Code {
    match value {
        EnvValue::Float(number) if !number.is_finite() => {
            javascript::throwing(&format!("{number} is not a number that JSON can hold"))
        }
        _ => javascript::value(&value.to_json(), PROPERTY_DEPTH),
    }
}
