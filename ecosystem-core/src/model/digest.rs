//! The digest of an app's definition: the same on every machine.

use std::fmt;

use serde::{Serialize, Serializer};
use serde_json::Value as Json;
use sha2::{Digest as _, Sha256};

use super::app::{App, Env, EnvFile, InheritEnv};

/// Stands for an app's definition as written, without anything that comes from outside the tree.
///
/// Left out are `:instances`, which scaling changes without touching a process, and what never reaches
/// one (`:description`, `:prune`, and what is said of starts, changes and failures).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Digest(String);

impl Digest {
    /// The digest of an app.
    #[must_use]
    pub fn of(app: &App) -> Self {
        let mut hasher = Sha256::new();
        // No value of an app fails to be written; were one to, the digest would be another one, never a panic.
        let text = serde_json::to_vec(&Canonical::of(app)).unwrap_or_default();
        hasher.update(&text);
        Self(hex(&hasher.finalize()[..HEX_BYTES]))
    }

    /// Lower-case hexadecimal text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// 128 bits: it stands in every process's environment, and collisions are an accident, not an attack
/// (who can write the tree can write any definition).
const HEX_BYTES: usize = 16;

pub(crate) fn hex(bytes: &[u8]) -> String {
    let digits = bytes.iter().flat_map(|byte| [byte >> 4, byte & 0xf]);
    digits.filter_map(|digit| char::from_digit(digit.into(), 16)).collect()
}

/// What the digest is taken of, as JSON. It stands in running processes: were its bytes to change without need, every app
/// would count as changed.
#[derive(Serialize)]
struct Canonical<'a> {
    name: &'a str,
    script: &'a str,
    settings: Members<&'static str, &'a Json>,
    env: Variables<'a>,
    env_blocks: Members<&'a str, Variables<'a>>,
    env_files: Vec<String>,
    inherit_env: Inherited<'a>,
    /// An app without any keeps the digest that it had before there were references.
    #[serde(skip_serializing_if = "Option::is_none")]
    references: Option<Json>,
}

impl<'a> Canonical<'a> {
    fn of(app: &'a App) -> Self {
        // Exhaustive on purpose: a new field must be decided on here.
        let App {
            name,
            script,
            settings,
            env,
            env_blocks,
            env_files,
            inherit_env,
            references,
            description: _,
            lifecycle: _,
            prune: _,
        } = app;
        let settings = settings.iter().map(|(key, value)| (key.name(), value));
        let written = |file: &EnvFile| format!("{}{}", file.path, if file.optional { "?" } else { "" });
        Self {
            name: name.as_str(),
            script,
            settings: Members(settings.filter(|(key, _)| *key != "instances").collect()),
            env: Variables(env),
            env_blocks: Members(
                env_blocks.iter().map(|(name, env)| (name.as_str(), Variables(env))).collect(),
            ),
            env_files: env_files.iter().map(written).collect(),
            inherit_env: match inherit_env {
                InheritEnv::All => Inherited::All("all"),
                InheritEnv::Names(names) => Inherited::Names(names.iter().map(String::as_str).collect()),
            },
            references: (!references.is_empty()).then(|| references.canonical()),
        }
    }
}

/// An object with its members in this order.
struct Members<K, V>(Vec<(K, V)>);

impl<K: Serialize, V: Serialize> Serialize for Members<K, V> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|(name, value)| (name, value)))
    }
}

struct Variables<'a>(&'a Env);

impl Serialize for Variables<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|(name, value)| (name, value.to_json())))
    }
}

#[derive(Serialize)]
#[serde(untagged)]
enum Inherited<'a> {
    All(&'static str),
    Names(Vec<&'a str>),
}
