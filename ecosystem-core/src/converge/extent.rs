//! How much of the world a pass looks at.
//!
//! Whoever follows a tree knows which sources may have changed. A pass over those alone does the same to their apps as
//! one over the whole tree, as long as nothing has changed that lies between daemons: that is looked for first, and the
//! whole tree is read where it has.

use std::collections::{BTreeMap, BTreeSet};

use sha2::{Digest as _, Sha256};

use super::Reading;
use crate::diagnostic::Diagnostic;
use crate::model::schema::Key;
use crate::model::{App, Daemon, DaemonId, Ecosystem};
use crate::plan::{Desired, Plan};
use crate::validate::{DEFAULTS_FILE, file_name};

/// How much of the world a pass looks at.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Extent {
    /// The whole tree.
    #[default]
    Whole,
    /// These daemons, each as it was known before: nothing else has changed since, as far as anybody knows.
    ///
    /// Nothing is taken for removed then. Where more turns out to have changed than what their apps are, the pass
    /// becomes one over the whole tree.
    Daemons(BTreeMap<DaemonId, Known>),
}

/// What a daemon has that others could meet: the names of its apps, its log files, its ports.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Known {
    /// The names of its apps.
    pub apps: BTreeSet<String>,
    /// A digest of everything that a look at the whole tree compares between apps.
    shared: [u8; 16],
}

/// Settings that the checks between apps look at.
const SHARED: [&str; 10] = [
    "namespace",
    "cwd",
    "out_file",
    "error_file",
    "log_file",
    "disable_logs",
    "merge_logs",
    "instances",
    "exec_mode",
    "port",
];

/// Variables that they look at.
const SHARED_VARIABLES: [&str; 2] = ["PORT", "PM2_PROCESS_NAME"];

impl Known {
    /// What a valid daemon of an ecosystem has.
    #[must_use]
    pub fn of(daemon: &Daemon, ecosystem: &Ecosystem) -> Self {
        let mut hasher = Sha256::new();
        daemon.apps.iter().for_each(|app| hasher.update(shared(app)));
        // A file that somebody includes is none that somebody may expect to run.
        hasher.update(format!("{:?}", ecosystem.includes.get(&daemon.id)));
        let mut shared = [0; 16];
        shared.iter_mut().zip(hasher.finalize()).for_each(|(to, from)| *to = from);
        Self { apps: daemon.apps.iter().map(|app| app.name.to_string()).collect(), shared }
    }
}

/// As text in which no two different things look alike.
fn shared(app: &App) -> String {
    let settings: Vec<_> = SHARED.iter().map(|name| app.setting(name)).collect();
    let variables: Vec<_> = SHARED_VARIABLES.iter().map(|name| app.env.get(*name)).collect();
    let references = &app.references;
    let late: Vec<_> = SHARED.iter().filter_map(|name| references.settings.get(&Key::named(name)?)).collect();
    let late_variables: Vec<_> = SHARED_VARIABLES.iter().map(|name| references.env.get(*name)).collect();
    format!("{:?}", (app.name.as_str(), settings, variables, late, late_variables))
}

/// What is known of each daemon after a look: of those of which there is nothing to say.
///
/// A daemon with a warning may share something with another one, and what is said of it depends on both. What is said of
/// a file that several daemons are made of is said of each of them. A daemon that depends on others, or on one of its own,
/// is looked at with all of them: whether its apps may be started is told by what becomes of those.
pub(super) fn known(reading: &Reading) -> BTreeMap<DaemonId, Known> {
    let ecosystem = &reading.ecosystem;
    let labels = || reading.diagnostics.iter().flat_map(|diagnostic: &Diagnostic| &diagnostic.labels);
    if labels().any(|label| reading.surroundings.included.contains_key(&label.path)) {
        return BTreeMap::new();
    }
    let (defaults, own): (Vec<_>, Vec<_>) =
        labels().partition(|label| file_name(&label.path) == DEFAULTS_FILE);
    let spoken_of: BTreeSet<DaemonId> = own.iter().map(|label| DaemonId::of_source(&label.path)).collect();
    let folders: BTreeSet<DaemonId> = defaults.iter().map(|label| DaemonId::of_source(&label.path)).collect();
    let is_spoken_of = |id: &DaemonId| {
        spoken_of.contains(id) || folders.iter().any(|folder| id.folders().any(|it| it == folder.as_str()))
    };
    let daemons = ecosystem.daemons.values().filter(|daemon| !depends(daemon) && !is_spoken_of(&daemon.id));
    daemons.map(|daemon| (daemon.id.clone(), Known::of(daemon, ecosystem))).collect()
}

/// Leaves out daemons that PM2 runs an app of which they do not declare: one that waits to be deleted, or whose deletion
/// may fail. PM2 is asked about declared apps alone where only some daemons are looked at.
pub(super) fn without_surplus(known: &mut BTreeMap<DaemonId, Known>, plan: &Plan, desired: &Desired) {
    let steps = plan.steps.iter().map(|step| (&step.app, &step.daemon));
    let all = steps.chain(plan.holds.iter().map(|hold| (&hold.app, &hold.daemon)));
    for (_, daemon) in all.filter(|(app, _)| !desired.declares(app)) {
        known.remove(daemon);
    }
}

fn depends(daemon: &Daemon) -> bool {
    daemon.apps.iter().any(|app| !app.lifecycle.depends_on.is_empty())
}

#[cfg(test)]
mod tests;
