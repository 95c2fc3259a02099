//! One PM2 process definition.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value as Json;

use super::names::AppName;
use super::schema::Key;

/// One app of a daemon, checked and normalised.
#[derive(Debug, Clone, PartialEq)]
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
    pub env_files: Vec<String>,
    /// `:inherit_env`: what to take over from the environment of PM2's daemon beyond the base.
    pub inherit_env: InheritEnv,
    /// `:description`, for people.
    pub description: Option<String>,
}

impl App {
    /// The setting of a PM2 key by its schema name, such as `max_restarts`.
    #[must_use]
    pub fn setting(&self, name: &str) -> Option<&Json> {
        self.settings.get(&Key::named(name)?)
    }
}

/// Environment variables, sorted by name.
pub type Env = BTreeMap<String, EnvValue>;

/// The value of one environment variable, kept in its own type as PM2 keeps it.
#[derive(Debug, Clone, PartialEq)]
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
#[derive(Debug, Clone, PartialEq, Eq)]
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
