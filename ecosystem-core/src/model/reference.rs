//! Values that only the environment tells.
//!
//! They stay what they are in everything that is written down, and are looked up when an app is started: by
//! [`App::settled`](super::App::settled) here, and by the generated file itself when PM2 loads it.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

use super::app::EnvValue;
use super::schema::Key;

/// What a value is made from, once the environment is known. Its value is a text, a number, a truth value, or nothing.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Reference {
    /// This very value.
    Known(EnvValue),
    /// `#env NAME`: what the variable holds; nothing where it is not set.
    Variable(String),
    /// `${NAME:-…}`: what the variable holds, and the other value where it is not set or empty.
    Filled(String, Box<Reference>),
    /// `#or`: the first that is neither nothing nor false, else the last.
    Or(Vec<Reference>),
    /// `#join` and texts with `${…}`: the texts of all in a row, each of which must have a value.
    Join(Vec<Reference>),
    /// `#long`: the integer that a text says.
    Long(Box<Reference>),
    /// `#double`: the number that a text says.
    Double(Box<Reference>),
    /// `#boolean`: whether a text is `true`, in whatever case; nothing is false.
    Boolean(Box<Reference>),
    /// A variable that holds data: the value as JSON text.
    Json(Box<Reference>),
}

/// A value in which there are references.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Late {
    /// A part that is known.
    Known(Json),
    /// A part that is not.
    Reference(Reference),
    /// Items, some of them with references.
    List(Vec<Late>),
    /// Members in the author's order, some of them with references.
    Map(Vec<(String, Late)>),
}

/// The values of one app that only the environment tells. None of them stands among the known ones of the
/// [`App`](super::App).
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct References {
    /// `:script`.
    pub script: Option<Reference>,
    /// Keys of PM2's schema.
    pub settings: BTreeMap<Key, Late>,
    /// `:env`.
    pub env: BTreeMap<String, Reference>,
    /// `:env_production` and kin.
    pub env_blocks: BTreeMap<String, BTreeMap<String, Reference>>,
}

impl Reference {
    /// Every variable that it may look at, in the order in which they are written.
    #[must_use]
    pub fn variables(&self) -> Vec<&str> {
        match self {
            Self::Known(_) => Vec::new(),
            Self::Variable(name) => vec![name],
            Self::Filled(name, other) => [vec![name.as_str()], other.variables()].concat(),
            Self::Or(all) | Self::Join(all) => all.iter().flat_map(Self::variables).collect(),
            Self::Long(one) | Self::Double(one) | Self::Boolean(one) | Self::Json(one) => one.variables(),
        }
    }

    /// As JSON, for digests: the same references give the same text, and different ones another.
    pub(super) fn canonical(&self) -> Json {
        let all = |all: &[Self]| all.iter().map(Self::canonical).collect::<Vec<_>>();
        match self {
            Self::Known(value) => serde_json::json!({ "known": value.to_json() }),
            Self::Variable(name) => serde_json::json!({ "env": name }),
            Self::Filled(name, other) => serde_json::json!({ "env": name, "empty": other.canonical() }),
            Self::Or(choices) => serde_json::json!({ "or": all(choices) }),
            Self::Join(parts) => serde_json::json!({ "join": all(parts) }),
            Self::Long(one) => serde_json::json!({ "long": one.canonical() }),
            Self::Double(one) => serde_json::json!({ "double": one.canonical() }),
            Self::Boolean(one) => serde_json::json!({ "boolean": one.canonical() }),
            Self::Json(one) => serde_json::json!({ "json": one.canonical() }),
        }
    }
}

impl Late {
    /// As JSON, for digests.
    pub(super) fn canonical(&self) -> Json {
        match self {
            Self::Known(json) => serde_json::json!({ "known": json }),
            Self::Reference(reference) => reference.canonical(),
            Self::List(items) => {
                serde_json::json!({ "list": items.iter().map(Self::canonical).collect::<Vec<_>>() })
            }
            Self::Map(members) => {
                let members = members.iter().map(|(name, value)| (name.clone(), value.canonical()));
                serde_json::json!({ "map": members.collect::<serde_json::Map<_, _>>() })
            }
        }
    }
}

impl References {
    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        let Self { script, settings, env, env_blocks } = self;
        script.is_none() && settings.is_empty() && env.is_empty() && env_blocks.is_empty()
    }

    /// A text for each of them, the same for the same reference: for telling how much two apps have in common.
    pub fn written(&self) -> impl Iterator<Item = String> {
        let script = self.script.iter().map(|it| format!("script={}", it.canonical()));
        let settings = self.settings.iter().map(|(key, it)| format!("{}={}", key.name(), it.canonical()));
        let env = self.env.iter().map(|(name, it)| format!("env.{name}={}", it.canonical()));
        script.chain(settings).chain(env)
    }

    /// As JSON, for digests.
    pub(super) fn canonical(&self) -> Json {
        let env = |env: &BTreeMap<String, Reference>| -> serde_json::Map<String, Json> {
            env.iter().map(|(name, value)| (name.clone(), value.canonical())).collect()
        };
        let settings = self.settings.iter().filter(|(key, _)| key.name() != "instances");
        let settings: serde_json::Map<_, _> =
            settings.map(|(key, value)| (key.name().to_owned(), value.canonical())).collect();
        let blocks: serde_json::Map<_, _> =
            self.env_blocks.iter().map(|(name, block)| (name.clone(), env(block).into())).collect();
        serde_json::json!({
            "script": self.script.as_ref().map(Reference::canonical),
            "settings": settings,
            "env": env(&self.env),
            "env_blocks": blocks,
        })
    }
}
