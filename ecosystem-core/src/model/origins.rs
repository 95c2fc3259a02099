//! Where the values of an app were written.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::diagnostic::Origin;

/// Where each value of one app was written, and by what it came to the app.
///
/// Values are known by the names of their keys in PM2's schema or ours (`max_restarts`, `env_file`), variables by the
/// name of their map and their own (`env.PORT`, `env_production.PORT`): the names that reasons of a plan have. What is
/// not listed was written nowhere: it is PM2's default.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct Origins(BTreeMap<String, Came>);

/// Where one value was written, and by what it came to its app.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Came {
    /// The place of the value, in whatever file it stands.
    pub from: Origin,
    /// What it belongs to.
    pub by: Layer,
}

/// What an app's values are merged from, from the weakest to the strongest.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Layer {
    /// A `defaults.edn`: its path below the root.
    Defaults(String),
    /// The daemon's own `:apps`.
    App,
    /// The daemon's profile of this name.
    Profile(String),
}

impl Origins {
    /// Where the value of this name was written.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Came> {
        self.0.get(name)
    }

    /// Every value that was written, by name.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Came)> {
        self.0.iter().map(|(name, came)| (name.as_str(), came))
    }
}

impl FromIterator<(String, Came)> for Origins {
    fn from_iter<T: IntoIterator<Item = (String, Came)>>(values: T) -> Self {
        Self(values.into_iter().collect())
    }
}
