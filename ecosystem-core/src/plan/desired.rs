//! What should run, resolved for this machine.

use std::collections::{BTreeMap, BTreeSet};

use super::hold::Why;
use crate::model::{AppName, Broken, DaemonId, Digest, Ecosystem, Owner, Prune};
use crate::pm2::{Attributes, Machine, Unresolvable, resolve};

/// The tree as it should run on one machine.
#[derive(Debug, Clone, PartialEq)]
pub struct Desired {
    /// Whose tree it is.
    pub owner: Owner,
    /// Every valid app of the tree.
    pub apps: BTreeMap<AppName, DesiredApp>,
    /// Sources with errors: their apps stay as they are.
    pub broken: BTreeMap<DaemonId, Broken>,
    /// What is to become of apps that the tree no longer declares, where neither they nor the caller say so.
    pub prune: Option<Prune>,
    /// Places in the tree that could not be looked at: while there are any, nothing is taken for removed.
    pub unreadable: BTreeSet<String>,
}

/// One app as it should run.
#[derive(Debug, Clone, PartialEq)]
pub struct DesiredApp {
    /// The daemon that declares it.
    pub daemon: DaemonId,
    /// The digest of its definition.
    pub digest: Digest,
    /// Whether some of its environment comes from files, which the digest does not cover.
    pub has_env_files: bool,
    /// The variables that `:env` itself gives: values from anywhere else are never shown.
    pub written_env: BTreeSet<String>,
    /// What it says of its own removal.
    pub prune: Option<Prune>,
    /// What PM2 is to be told, or why that cannot be said on this machine.
    pub attributes: Result<Attributes, Vec<Unresolvable>>,
}

impl Desired {
    /// Resolves every app of an ecosystem for a machine.
    #[must_use]
    pub fn new(ecosystem: &Ecosystem, machine: &Machine) -> Self {
        let apps = ecosystem.apps().map(|(daemon, app)| {
            let desired = DesiredApp {
                daemon: daemon.id.clone(),
                digest: Digest::of(app),
                has_env_files: !app.env_files.is_empty(),
                written_env: app.env.keys().cloned().collect(),
                prune: app.prune,
                attributes: resolve(&daemon.id, app, machine),
            };
            (app.name.clone(), desired)
        });
        Self {
            owner: machine.owner.clone(),
            apps: apps.collect(),
            broken: ecosystem.broken.clone(),
            prune: ecosystem.settings.prune,
            unreadable: ecosystem.unreadable.clone(),
        }
    }

    /// Whether the tree declares an app of this name.
    #[must_use]
    pub fn declares(&self, name: &str) -> bool {
        self.apps.contains_key(name)
    }

    /// Whether the tree has a daemon of this id, with errors or without.
    #[must_use]
    pub fn has_daemon(&self, id: &DaemonId) -> bool {
        self.broken.contains_key(id) || self.apps.values().any(|app| app.daemon == *id)
    }

    /// Why an app that the valid part of the tree does not declare must be kept all the same.
    pub(super) fn kept_by(&self, name: &str, source: &str) -> Option<Why> {
        if !self.unreadable.is_empty() {
            return Some(Why::Unreadable(self.unreadable.iter().cloned().collect()));
        }
        let own = self.broken.get_key_value(&DaemonId::new(source)).map(|(id, _)| id);
        let mentioned = || self.broken.iter().find(|(_, broken)| broken.mentions(name)).map(|(id, _)| id);
        own.or_else(mentioned).map(|id| Why::Broken(id.clone()))
    }
}
