//! What a config file comes to: the shapes that PM2 takes, and what it makes of keys.
//!
//! Source: `_startJson` in `lib/API.js` and `Config.validateJSON` in `lib/tools/Config.js` of PM2 7.0.4, 6.0.14 and
//! 5.4.3.

use std::collections::BTreeSet;

use serde::Deserialize;
use serde_json::{Map, Value as Json};

use super::{Found, FoundApp, Note};
use crate::model::schema::Key;

/// A config file as node evaluated it.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
pub struct Evaluated {
    /// All of it that is data.
    pub value: Json,
    /// The rest.
    #[serde(default)]
    pub odd: Vec<Odd>,
    /// Environment variables that it asked for and that were not set.
    #[serde(default)]
    pub unset: BTreeSet<String>,
}

/// Something in a config that is no data.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Odd {
    /// Where: keys and indices from the top.
    pub path: Vec<String>,
    /// What: `a function`, `undefined` and the like.
    pub kind: String,
}

impl Found {
    /// The apps of a config file; `origin` is how to name it.
    #[must_use]
    pub fn in_config(origin: &str, evaluated: Evaluated) -> Self {
        let Evaluated { value, odd, unset } = evaluated;
        let mut found = Self { origin: origin.to_owned(), ..Self::default() };
        let (path, list) = apps_of(&value);
        found.deploy = value.get("deploy").filter(|deploy| deploy.is_object()).cloned();
        let items = match list {
            Json::Array(items) => items.iter().enumerate().map(|(at, it)| (Some(at), it)).collect(),
            other => vec![(None, other)],
        };
        for (at, item) in items {
            let path: Vec<String> =
                path.iter().map(|it| (*it).to_owned()).chain(at.map(|at| at.to_string())).collect();
            let label = format!("app {}", at.unwrap_or_default() + 1);
            match item {
                Json::Object(keys) => {
                    let below =
                        odd.iter().filter_map(|odd| Some((odd.path.strip_prefix(&*path)?, &*odd.kind)));
                    found.apps.push(app(keys, below, &unset));
                }
                _ => found
                    .refused
                    .push(Note::new(label, "it is no object with a `script`; PM2 would not start it")),
            }
        }
        if found.apps.is_empty() && found.refused.is_empty() {
            found.refused.push(Note::new(origin, "it holds no apps"));
        }
        found
    }
}

/// `apps`, else `pm2` as in a `package.json`, else the whole; with the way there.
fn apps_of(value: &Json) -> (&'static [&'static str], &Json) {
    let set = |key: &str| value.get(key).filter(|it| !it.is_null());
    match (set("apps"), set("pm2")) {
        (Some(apps), _) => (&["apps"], apps),
        (None, Some(apps)) => (&["pm2"], apps),
        (None, None) => (&[], value),
    }
}

fn app<'a>(
    written: &Map<String, Json>,
    odd: impl Iterator<Item = (&'a [String], &'a str)>,
    unset: &BTreeSet<String>,
) -> FoundApp {
    let mut app = FoundApp::default();
    for (spelled, value) in written.iter().filter(|(_, value)| !value.is_null()) {
        let key = match Key::spelled(spelled) {
            Some(key) => key.name(),
            None if spelled.starts_with("env_") && spelled != "env_file" => spelled,
            None => {
                app.notes.push(unknown(spelled));
                continue;
            }
        };
        // PM2 looks at the schema's own name first.
        if app.keys.contains_key(key) {
            app.notes.push(format!("`{key}` is given under two spellings; one of them is left out"));
        }
        if spelled == key || !app.keys.contains_key(key) {
            app.keys.insert(key.to_owned(), value.clone());
        }
    }
    odd.for_each(|(path, kind)| note_odd(&mut app, path, kind, unset));
    app
}

fn unknown(spelled: &str) -> String {
    match spelled {
        "env_file" => {
            "PM2 does not read `env_file`; it is left out, as `:env-file` would be read here".to_owned()
        }
        _ => format!("PM2 does not know `{spelled}` and ignores it; it is left out"),
    }
}

/// A variable without a value that the config wants from the environment stays wanted.
fn note_odd(app: &mut FoundApp, path: &[String], kind: &str, unset: &BTreeSet<String>) {
    match path {
        [env, name] if env == "env" && kind == "undefined" && unset.contains(name) => {
            app.unset.insert(name.clone());
        }
        _ => app.notes.push(format!("`{}` is {kind}, which is no data; it is left out", path.join("."))),
    }
}
