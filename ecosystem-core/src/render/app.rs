//! One app as properties of an object literal.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

use serde_json::Value as Json;

use super::javascript::{self, Code};
use super::references::{self, Lookups};
use crate::model::schema::Key;
use crate::model::{App, Digest, Env, EnvFile, EnvValue, Reference};

/// What the template shows of an app, keys in the order of PM2's schema.
pub(super) struct AppView {
    /// What is looked up before the app is written down.
    pub(super) lookups: Vec<Code>,
    pub(super) description: Option<Code>,
    pub(super) before_env: Vec<Property>,
    /// What the env files set, to be spread.
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
    /// The app of this number in its daemon.
    pub(super) fn new(index: usize, app: &App) -> Self {
        let view = View { app, lookups: Lookups::of(index) };
        let written = || app.settings.keys().chain(app.references.settings.keys()).copied();
        let keys: BTreeSet<Key> = written().chain(ALWAYS.iter().flatten().copied()).collect();
        let env = Key::named("env");
        let (before, after): (Vec<Key>, Vec<Key>) = keys.into_iter().partition(|key| Some(*key) < env);
        let settings = |keys: &[Key]| keys.iter().filter_map(|key| view.setting(*key)).collect::<Vec<_>>();
        Self {
            lookups: view.constants(),
            description: app.description.as_deref().map(javascript::comment),
            before_env: settings(&before),
            env_files: view.env_files(),
            env: view.variables("env", &app.env, &app.references.env),
            digest: javascript::string(Digest::of(app).as_str()),
            after_env: view.env_blocks().into_iter().chain(settings(&after)).collect(),
        }
    }
}

/// What is written down of every app. It holds no memory of its own: whatever is made in the middle of a pass and stays, keeps
/// what the allocator had taken until then from going back to the system.
static ALWAYS: LazyLock<[Option<Key>; 3]> = LazyLock::new(|| ["name", "script", "cwd"].map(Key::named));

/// Steps of indentation of an app's properties.
const PROPERTY_DEPTH: usize = 2;

struct View<'a> {
    app: &'a App,
    lookups: Lookups,
}

impl View<'_> {
    /// The lookups of an app that refers to the environment, and what its env files set.
    fn constants(&self) -> Vec<Code> {
        if !references::has_any(self.app) {
            return Vec::new();
        }
        let name = || javascript::string(self.app.name.as_str());
        let Lookups { early, late, files } = &self.lookups;
        let environment = javascript::verbatim("process.env");
        let lookup = |variables: Code| javascript::call("references", &[name(), variables]);
        let mut constants = vec![javascript::constant(early, &lookup(javascript::again(&environment)))];
        if self.app.env_files.is_empty() {
            constants.push(javascript::constant(late, early));
        } else {
            constants.push(javascript::constant(files, &self.reading()));
            constants.push(javascript::constant(
                late,
                &lookup(javascript::spread(&[environment, javascript::again(files)])),
            ));
        }
        constants
    }

    fn env_files(&self) -> Option<Code> {
        if self.app.env_files.is_empty() {
            return None;
        }
        Some(if references::has_any(self.app) {
            javascript::again(&self.lookups.files)
        } else {
            self.reading()
        })
    }

    fn reading(&self) -> Code {
        let written = |file: &EnvFile| format!("{}{}", file.path, if file.optional { "?" } else { "" });
        let paths: Vec<String> = self.app.env_files.iter().map(written).collect();
        let name = javascript::string(self.app.name.as_str());
        javascript::call("readEnvFiles", &[name, self.cwd(), javascript::strings(&paths)])
    }

    fn setting(&self, key: Key) -> Option<Property> {
        let late = self.app.references.settings.get(&key);
        let value = match key.name() {
            "script" => match &self.app.references.script {
                Some(reference) => self.lookups.script(reference),
                None => javascript::string(&self.app.script),
            },
            "name" => javascript::string(self.app.name.as_str()),
            "cwd" => self.cwd(),
            "env" => return None,
            _ => match late {
                Some(late) => self.lookups.setting(key, late),
                None => javascript::value(self.app.settings.get(&key)?, PROPERTY_DEPTH),
            },
        };
        Some(Property { key: javascript::key(key.name()), value })
    }

    /// Always absolute once loaded: PM2 resolves a relative `cwd`, and a missing one, against its caller's folder.
    fn cwd(&self) -> Code {
        let base = || javascript::verbatim("base");
        let key = Key::named("cwd");
        if let Some((key, late)) = key.and_then(|key| Some((key, self.app.references.settings.get(&key)?))) {
            return javascript::call("resolveFolder", &[base(), self.lookups.setting(key, late)]);
        }
        match self.app.setting("cwd").and_then(Json::as_str) {
            None | Some("" | ".") => base(),
            Some(path) if path.starts_with('/') => javascript::string(path),
            Some(path) => javascript::call("resolve", &[base(), javascript::string(path)]),
        }
    }

    fn env_blocks(&self) -> Vec<Property> {
        let none = BTreeMap::new();
        let block = |(key, env): (&String, &Env)| {
            let late = self.app.references.env_blocks.get(key).unwrap_or(&none);
            let object = self.values(key, env, late);
            Property {
                key: javascript::key(key),
                value: javascript::object(object.into_iter(), PROPERTY_DEPTH),
            }
        };
        self.app.env_blocks.iter().map(block).collect()
    }

    fn variables(&self, block: &str, env: &Env, late: &BTreeMap<String, Reference>) -> Vec<Property> {
        let values = self.values(block, env, late).into_iter();
        values.map(|(name, value)| Property { key: javascript::key(name), value }).collect()
    }

    /// Variables by name, those that are known and those that are not.
    fn values<'e>(
        &self,
        block: &str,
        env: &'e Env,
        late: &'e BTreeMap<String, Reference>,
    ) -> BTreeMap<&'e str, Code> {
        let known = env.iter().map(|(name, value)| (name.as_str(), variable(value)));
        let late =
            late.iter().map(|(name, value)| (name.as_str(), self.lookups.variable(block, name, value)));
        known.chain(late).collect()
    }
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
