//! The digest of an app's definition: the same on every machine.

use std::fmt;

use serde_json::{Map, Value as Json};
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
        hasher.update(canonical(app).to_string().as_bytes());
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

fn canonical(app: &App) -> Json {
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
    let settings: Map<String, Json> = settings
        .iter()
        .filter(|(key, _)| key.name() != "instances")
        .map(|(key, value)| (key.name().to_owned(), value.clone()))
        .collect();
    let blocks: Map<String, Json> =
        env_blocks.iter().map(|(key, env)| (key.clone(), env_json(env))).collect();
    let inherit = match inherit_env {
        InheritEnv::All => Json::from("all"),
        InheritEnv::Names(names) => names.iter().map(|name| Json::from(name.as_str())).collect(),
    };
    let written = |file: &EnvFile| format!("{}{}", file.path, if file.optional { "?" } else { "" });
    let mut definition = serde_json::json!({
        "name": name.as_str(),
        "script": script,
        "settings": settings,
        "env": env_json(env),
        "env_blocks": blocks,
        "env_files": env_files.iter().map(written).collect::<Vec<_>>(),
        "inherit_env": inherit,
    });
    // An app without any keeps the digest that it had before there were references.
    if let Json::Object(definition) = &mut definition
        && !references.is_empty()
    {
        definition.insert("references".to_owned(), references.canonical());
    }
    definition
}

fn env_json(env: &Env) -> Json {
    env.iter().map(|(name, value)| (name.clone(), value.to_json())).collect::<Map<_, _>>().into()
}
