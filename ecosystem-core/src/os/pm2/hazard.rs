//! Attributes that PM2's daemon would not survive, found before anything is sent.
//!
//! `prepare` and `restartProcessId` take objects of any form and use some members without looking
//! (`lib/God.js`, `lib/Watcher.js`, `lib/God/ForkMode.js`). The members of `env` are copied over the attributes before
//! that, so a variable can do the same harm as an attribute.

#[cfg(test)]
mod tests;

use serde_json::{Map, Value as Json};
use std::fmt;
use thiserror::Error;

use crate::cron::{self, CronError};

type Object = Map<String, Json>;

/// Why attributes must not reach PM2's daemon.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum Hazard {
    /// A member without which the daemon throws.
    #[error("`{0}` is missing: PM2's daemon would die of it")]
    Missing(&'static str),
    /// A member of a kind on which the daemon throws.
    #[error("`{member}` is not {expected}: PM2's daemon would die of it")]
    Kind {
        /// The member, such as `env`.
        member: &'static str,
        /// What it has to be.
        expected: &'static str,
    },
    /// A cron pattern that PM2 cannot read.
    #[error("`cron_restart`: {0}")]
    Cron(#[from] CronError),
    /// An id chosen by the caller would replace another process, or make the id a text.
    #[error("`pm_id` is PM2's to give")]
    Id,
}

/// What `prepare` is told of one app: checked, so that PM2's daemon survives it.
#[derive(Clone, PartialEq)]
pub struct Preparation(Object);

impl Preparation {
    /// Checks the attributes of an app, as `pm2 start` would send them.
    ///
    /// # Errors
    /// The first [`Hazard`].
    pub fn new(attributes: Object) -> Result<Self, Hazard> {
        let env = match attributes.get("env") {
            Some(Json::Object(env)) => env,
            Some(_) => return Err(Hazard::Kind { member: "env", expected: "an object" }),
            None => return Err(Hazard::Missing("env")),
        };
        for member in ["pm_pid_path", "pm_exec_path"] {
            attributes.get(member).ok_or(Hazard::Missing(member))?;
        }
        check_instances(attributes.get("instances"))?;
        check_members(&attributes)?;
        check_members(env)?;
        Ok(Self(attributes))
    }

    /// The attributes.
    #[must_use]
    pub fn attributes(&self) -> &Object {
        &self.0
    }
}

/// What a restart or reload changes: checked, so that PM2's daemon survives it.
///
/// Members are copied over the app's environment; `current_conf` is copied over its attributes instead, where the
/// text `"null"` removes an attribute and a `current_conf.env` that is not empty replaces the environment.
#[derive(Clone, PartialEq, Default)]
pub struct Change(Object);

impl Change {
    /// The same app again, as it is.
    #[must_use]
    pub fn none() -> Self {
        Self::default()
    }

    /// Checks the `env` member of a restart or reload.
    ///
    /// # Errors
    /// The first [`Hazard`].
    pub fn new(env: Object) -> Result<Self, Hazard> {
        check_members(&env)?;
        if let Some(conf) = env.get("current_conf") {
            let expected = "an object";
            let conf = conf.as_object().ok_or(Hazard::Kind { member: "current_conf", expected })?;
            check_members(&kept(conf))?;
            if let Some(env) = conf.get("env") {
                check_members(env.as_object().ok_or(Hazard::Kind { member: "env", expected })?)?;
            }
        }
        Ok(Self(env))
    }

    /// The `env` member.
    #[must_use]
    pub fn members(&self) -> &Object {
        &self.0
    }
}

/// The members that stay: PM2 takes the text `"null"` for "remove this", but never for an id.
fn kept(conf: &Object) -> Object {
    let stays = |name: &str, value: &Json| name == "pm_id" || value != "null";
    conf.iter()
        .filter(|(name, value)| stays(name, value))
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect()
}

/// Only names: values hold the secrets of apps.
fn names(formatter: &mut fmt::Formatter<'_>, type_name: &str, object: &Object) -> fmt::Result {
    write!(formatter, "{type_name}")?;
    formatter.debug_set().entries(object.keys()).finish()
}

impl fmt::Debug for Preparation {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        names(formatter, "Preparation", &self.0)
    }
}

impl fmt::Debug for Change {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        names(formatter, "Change", &self.0)
    }
}

/// What a member has to be wherever it stands.
#[derive(Clone, Copy)]
enum Kind {
    /// Methods of strings are called on it.
    Text,
    /// The same, unless it is falsy.
    TextOrNothing,
    /// `chokidar` throws on anything else.
    Watch,
    /// Compared with each path; anything else throws once a file changes.
    Patterns,
}

const MEMBERS: &[(&str, Kind)] = &[
    ("pm_pid_path", Kind::Text),
    ("pm_exec_path", Kind::Text),
    ("pm_cwd", Kind::TextOrNothing),
    ("pm_out_log_path", Kind::TextOrNothing),
    ("pm_err_log_path", Kind::TextOrNothing),
    ("pm_log_path", Kind::TextOrNothing),
    ("log_date_format", Kind::TextOrNothing),
    ("watch", Kind::Watch),
    ("ignore_watch", Kind::Patterns),
];

impl Kind {
    fn admits(self, value: &Json) -> bool {
        match self {
            Self::Text => value.is_string(),
            Self::TextOrNothing => value.is_string() || is_falsy(value),
            Self::Watch => value.is_boolean() || Self::Patterns.admits(value),
            Self::Patterns => {
                let texts = value.as_array().is_some_and(|items| items.iter().all(Json::is_string));
                texts || Self::TextOrNothing.admits(value)
            }
        }
    }

    fn expected(self) -> &'static str {
        match self {
            Self::Text | Self::TextOrNothing => "text",
            Self::Watch => "a boolean or a list of texts",
            Self::Patterns => "a list of texts",
        }
    }
}

fn check_members(object: &Object) -> Result<(), Hazard> {
    if object.contains_key("pm_id") {
        return Err(Hazard::Id);
    }
    for &(member, kind) in MEMBERS {
        if object.get(member).is_some_and(|value| !kind.admits(value)) {
            return Err(Hazard::Kind { member, expected: kind.expected() });
        }
    }
    object.get("cron_restart").map_or(Ok(()), check_cron)
}

/// PM2 counts up to what `parseInt` makes of it, and throws if that is no number.
fn check_instances(count: Option<&Json>) -> Result<(), Hazard> {
    match count {
        None => Ok(()),
        Some(count) if count.is_i64() => Ok(()),
        Some(_) => Err(Hazard::Kind { member: "instances", expected: "an integer" }),
    }
}

/// PM2 schedules nothing for a falsy pattern and for `"0"`.
fn check_cron(pattern: &Json) -> Result<(), Hazard> {
    match pattern {
        Json::String(text) if text.is_empty() || text == "0" => Ok(()),
        Json::String(text) => Ok(cron::check(text)?),
        other if is_falsy(other) => Ok(()),
        _ => Err(Hazard::Kind { member: "cron_restart", expected: "text" }),
    }
}

fn is_falsy(value: &Json) -> bool {
    match value {
        Json::Null | Json::Bool(false) => true,
        Json::Number(number) => number.as_f64() == Some(0.0),
        Json::String(text) => text.is_empty(),
        _ => false,
    }
}
