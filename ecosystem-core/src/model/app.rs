//! One PM2 process definition.

use std::collections::{BTreeMap, BTreeSet};
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

use super::lifecycle::Lifecycle;
use super::names::AppName;
use super::reference::References;
use super::schema::Key;

/// One app of a daemon, checked and normalised.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct App {
    /// Its name, the id by which PM2 knows it.
    pub name: AppName,
    /// `:script` as written: a path (relative to `cwd`), a command on PATH, or a shell line with spaces.
    pub script: String,
    /// Every other key of PM2's schema, in the schema's order, as PM2's own validation would leave it:
    /// sizes in bytes, durations in milliseconds, words as arrays of strings. `cwd` stays as written.
    pub settings: BTreeMap<Key, Json>,
    /// `:env`: what is set for the process, over everything inherited and over `env_files`.
    pub env: Env,
    /// `:env_production` and kin by their full PM2 key, passed through for `pm2 start --env production`.
    pub env_blocks: BTreeMap<String, Env>,
    /// `:env_file`: paths relative to the app's working directory, later ones win.
    pub env_files: Vec<EnvFile>,
    /// `:inherit_env`: what to take over from the environment of PM2's daemon beyond the base.
    pub inherit_env: InheritEnv,
    /// `:description`, for people.
    pub description: Option<String>,
    /// What only the environment tells of all this.
    pub references: References,
    /// How it is to be started, changed and looked after.
    pub lifecycle: Lifecycle,
    /// `:prune`: what is to become of it once the tree no longer declares it; the caller's choice where `None`.
    pub prune: Option<Prune>,
}

impl App {
    /// The setting of a PM2 key by its schema name, such as `max_restarts`.
    #[must_use]
    pub fn setting(&self, name: &str) -> Option<&Json> {
        self.settings.get(&Key::named(name)?)
    }
}

/// One of `:env_file`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EnvFile {
    /// Relative to the app's working directory.
    pub path: String,
    /// Whether the app may be started without it: written as a `?` behind the path.
    pub optional: bool,
}

impl From<&str> for EnvFile {
    /// From the path as written.
    fn from(written: &str) -> Self {
        let path = written.strip_suffix('?');
        Self { path: path.unwrap_or(written).to_owned(), optional: path.is_some() }
    }
}

/// What is to become of an app that the tree no longer declares.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Prune {
    /// It is deleted.
    #[default]
    Auto,
    /// It is deleted when somebody says so.
    Confirm,
    /// It stays.
    Never,
}

impl Prune {
    /// Every choice, in the words of authors and of options.
    pub const WORDS: &[(&str, Prune)] =
        &[("auto", Prune::Auto), ("confirm", Prune::Confirm), ("never", Prune::Never)];
}

/// None of the words of [`Prune::WORDS`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("expected auto, confirm or never")]
pub struct NoSuchPrune;

impl FromStr for Prune {
    type Err = NoSuchPrune;

    fn from_str(word: &str) -> Result<Self, NoSuchPrune> {
        let found = Self::WORDS.iter().find(|(name, _)| *name == word);
        found.map(|(_, prune)| *prune).ok_or(NoSuchPrune)
    }
}

/// Environment variables, sorted by name.
pub type Env = BTreeMap<String, EnvValue>;

/// The value of one environment variable, kept in its own type as PM2 keeps it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum EnvValue {
    /// Text; maps and vectors arrive here as JSON text, as PM2 makes them.
    Text(String),
    /// An integer that JavaScript holds exactly.
    Integer(i64),
    /// A finite floating point number.
    Float(f64),
    /// `true` or `false`.
    Bool(bool),
}

impl EnvValue {
    /// What the process sees.
    #[must_use]
    pub fn to_text(&self) -> String {
        match self {
            EnvValue::Text(text) => text.clone(),
            EnvValue::Integer(number) => number.to_string(),
            EnvValue::Float(_) => self.to_json().to_string(),
            EnvValue::Bool(flag) => flag.to_string(),
        }
    }

    /// What PM2's record holds.
    #[must_use]
    pub fn to_json(&self) -> Json {
        match self {
            EnvValue::Text(text) => Json::from(text.as_str()),
            EnvValue::Integer(number) => Json::from(*number),
            // JavaScript has one number type: 2.0 is written and shown as 2.
            EnvValue::Float(number) if number.fract() == 0.0 && number.abs() < 9.0e15 => {
                #[expect(clippy::cast_possible_truncation, reason = "integral and within 2^53 by the guard")]
                let whole = *number as i64;
                Json::from(whole)
            }
            EnvValue::Float(number) => Json::from(*number),
            EnvValue::Bool(flag) => Json::from(*flag),
        }
    }
}

/// What an app takes over from the environment of PM2's daemon, beyond the base that every app gets.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum InheritEnv {
    /// These variables; none by default.
    Names(BTreeSet<String>),
    /// The whole environment.
    All,
}

impl Default for InheritEnv {
    fn default() -> Self {
        InheritEnv::Names(BTreeSet::new())
    }
}
