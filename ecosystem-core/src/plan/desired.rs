//! What should run, resolved for this machine.

use std::collections::{BTreeMap, BTreeSet};

use super::hold::Why;
use super::inventory::Inventory;
use crate::model::{
    App, AppName, Broken, DIGEST_VARIABLE, DaemonId, Dependency, Digest, Ecosystem, OWNER_VARIABLE, OnChange,
    OnFailure, Owner, Probe, Prune, SOURCE_VARIABLE,
};
use crate::pm2::observed::Observed;
use crate::pm2::{Attributes, Machine, Unresolvable, resolve_with};

/// The tree as it should run on one machine.
#[derive(Debug, Clone, PartialEq)]
pub struct Desired {
    /// Whose tree it is.
    pub owner: Owner,
    /// Every valid app of the tree.
    pub apps: BTreeMap<AppName, DesiredApp>,
    /// Daemons that have none at present: all their apps are switched off.
    pub idle: BTreeSet<DaemonId>,
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
    /// Whether some of it comes from env files or from the environment, which the digest does not cover.
    pub from_outside: bool,
    /// Keys whose values come, or came when the app was last applied, from the environment: they are never shown.
    pub hidden: BTreeSet<String>,
    /// The variables that `:env` itself gives: values from anywhere else are never shown.
    pub written_env: BTreeSet<String>,
    /// What it says of its own removal.
    pub prune: Option<Prune>,
    /// The apps that must run before it is started or changed.
    pub depends_on: Vec<Dependency>,
    /// What must pass, in this order, after a start or a change.
    pub probes: Vec<Probe>,
    /// Which step its changes are to get; the cheapest that takes effect where `None`.
    pub on_change: Option<OnChange>,
    /// What becomes of a change after which it is not well.
    pub on_failure: OnFailure,
    /// Why this is not what the tree says now, where it is not.
    pub instead: Option<Why>,
    /// What it is asked by for as long as it runs: by whoever watches it.
    pub liveness: Option<Probe>,
    /// What PM2 is to be told, or why that cannot be said on this machine.
    pub attributes: Result<Attributes, Vec<Unresolvable>>,
}

impl DesiredApp {
    /// Resolves one app of a daemon for a machine.
    #[must_use]
    pub fn new(daemon: &DaemonId, app: &App, machine: &Machine) -> Self {
        let written_env: BTreeSet<String> = app.env.keys().cloned().collect();
        let digest = Digest::of(app);
        let attributes = resolve_with(daemon, app, &digest, machine);
        let declared = attributes.as_ref().ok().map(Attributes::declared_env_names).into_iter().flatten();
        let from_outside = declared.filter(|name| !written_env.contains(*name) && !is_reserved(name));
        Self {
            daemon: daemon.clone(),
            digest,
            from_outside: !app.env_files.is_empty() || !app.references.is_empty(),
            hidden: referring(app).chain(from_outside.map(|name| format!("env.{name}"))).collect(),
            written_env,
            prune: app.prune,
            depends_on: app.lifecycle.depends_on.clone(),
            probes: app.lifecycle.probes.after_a_start().cloned().collect(),
            on_change: app.lifecycle.on_change,
            on_failure: app.lifecycle.on_failure,
            instead: None,
            liveness: app.lifecycle.probes.liveness.clone(),
            attributes,
        }
    }
}

impl Desired {
    /// Resolves every app of an ecosystem for a machine.
    #[must_use]
    pub fn new(ecosystem: &Ecosystem, machine: &Machine) -> Self {
        let apps = ecosystem
            .apps()
            .map(|(daemon, app)| (app.name.clone(), DesiredApp::new(&daemon.id, app, machine)));
        Self {
            owner: machine.owner.clone(),
            apps: apps.collect(),
            idle: ecosystem
                .daemons
                .values()
                .filter(|it| it.apps.is_empty())
                .map(|it| it.id.clone())
                .collect(),
            broken: ecosystem.broken.clone(),
            prune: ecosystem.settings.prune,
            unreadable: ecosystem.unreadable.clone(),
        }
    }

    /// Hides what came from the environment when apps were last applied: a change away from it would show it.
    pub fn hide(&mut self, inventory: &Inventory) {
        for (name, app) in &mut self.apps {
            app.hidden.extend(inventory.hidden(name.as_str()).cloned());
        }
    }

    /// Hides what comes from the environment in another state of the tree: a change away from that one would show it.
    pub fn hide_as(&mut self, before: &Self) {
        for (name, app) in &mut self.apps {
            app.hidden.extend(before.apps.get(name).into_iter().flat_map(|app| &app.hidden).cloned());
        }
    }

    /// Processes beside which new ones may be started: it matters on which ports they listen.
    #[must_use]
    pub fn beside(&self, observed: &Observed) -> BTreeSet<u32> {
        let wanted =
            |name: &str| self.apps.get(name).is_some_and(|app| app.on_change == Some(OnChange::ReplaceAfter));
        observed.processes.iter().filter(|it| wanted(&it.name)).filter_map(|it| it.pid).collect()
    }

    /// Whether the tree declares an app of this name.
    #[must_use]
    pub fn declares(&self, name: &str) -> bool {
        self.apps.contains_key(name)
    }

    /// Whether the tree has a daemon of this id, with errors or without.
    #[must_use]
    pub fn has_daemon(&self, id: &DaemonId) -> bool {
        self.broken.contains_key(id)
            || self.idle.contains(id)
            || self.apps.values().any(|app| app.daemon == *id)
    }

    /// Why an app that the valid part of the tree does not declare must be kept all the same.
    pub(super) fn kept_by(&self, name: &str, source: &str) -> Option<Why> {
        if let Some((id, _)) = self.broken.get_key_value(&DaemonId::new(source)) {
            return Some(Why::Broken(id.clone()));
        }
        if !self.unreadable.is_empty() {
            return Some(Why::Unreadable(self.unreadable.iter().cloned().collect()));
        }
        let mentioned = self.broken.iter().find(|(_, broken)| broken.mentions(name));
        mentioned.map(|(id, _)| Why::Broken(id.clone()))
    }
}

/// Keys whose values only the environment tells, and those that follow from them.
fn referring(app: &App) -> impl Iterator<Item = String> {
    let settings = app.references.settings.keys().map(|key| key.name());
    let script = app.references.script.iter().map(|_| "script");
    let cwd = app.references.settings.keys().filter(|key| key.name() == "cwd");
    let within = cwd.flat_map(|_| ["script", "out_file", "error_file", "log_file", "pid_file"]);
    settings.chain(script).chain(within).map(str::to_owned)
}

/// Variables that are ours or PM2's, and no secret.
fn is_reserved(name: &str) -> bool {
    [OWNER_VARIABLE, SOURCE_VARIABLE, DIGEST_VARIABLE, "PM2_HOME"].contains(&name)
}
