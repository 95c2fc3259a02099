//! The whole tree.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value as Json;

use super::app::{App, Prune};
use super::names::{AppName, DaemonId};
use super::origins::Origins;

/// What a tree says: its valid daemons, and the sources of which nothing can be said.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Ecosystem {
    /// Daemons whose source is valid, by id.
    pub daemons: BTreeMap<DaemonId, Daemon>,
    /// Daemons whose source is not: what runs of them stays as it is.
    pub broken: BTreeMap<DaemonId, Broken>,
    /// Paths below the root that could not be looked at: what they hold is unknown, not removed.
    /// A root's `defaults.edn` with errors is among them, as it may say what is to become of removed apps.
    pub unreadable: BTreeSet<String>,
    /// Where the values of each valid app were written.
    pub origins: BTreeMap<AppName, Origins>,
    /// The files that valid daemons include, of those that include any, by their paths as seen from the root.
    pub includes: BTreeMap<DaemonId, BTreeSet<String>>,
    /// Whether any source says something of the profile that is asked for.
    pub knows_profile: bool,
    /// What the root's `defaults.edn` says of the tree itself.
    pub settings: TreeSettings,
}

/// What a tree says of itself, in the `defaults.edn` in its root.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct TreeSettings {
    /// `:owner`: the id that its processes carry.
    pub owner: Option<String>,
    /// `:base`: the folder that relative paths resolve against; relative to the root.
    pub base: Option<String>,
    /// `:prune`: what is to become of apps that the tree no longer declares, where they have not said so themselves.
    pub prune: Option<Prune>,
}

/// One `ecosystem.edn`.
#[derive(Debug, Clone, PartialEq)]
pub struct Daemon {
    /// Its folder below the root.
    pub id: DaemonId,
    /// Its apps in the author's order, names distinct over the whole tree; none only where all are switched off.
    pub apps: Vec<App>,
    /// `:deploy`, passed through to the generated file.
    pub deploy: Option<Json>,
}

/// A source with errors.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Broken {
    /// Its text, as far as it is UTF-8: may name apps that must not be taken for removed.
    pub text: String,
}

impl Broken {
    /// Whether the text may declare this app: it holds the name as a whole string.
    ///
    /// A daemon that was moved and broken in one go still names its apps; they are kept.
    #[must_use]
    pub fn mentions(&self, app: &str) -> bool {
        self.text.contains(&format!("\"{app}\""))
            || self.text.contains(&format!("\"{}\"", app.replace("${", "$${")))
    }
}

impl Ecosystem {
    /// Every valid app with the daemon it belongs to, in the order of ids.
    pub fn apps(&self) -> impl Iterator<Item = (&Daemon, &App)> {
        self.daemons.values().flat_map(|daemon| daemon.apps.iter().map(move |app| (daemon, app)))
    }

    /// The app of this name.
    #[must_use]
    pub fn app(&self, name: &AppName) -> Option<(&Daemon, &App)> {
        self.apps().find(|(_, app)| app.name == *name)
    }
}
