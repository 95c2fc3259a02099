//! What was applied before: what neither the tree nor PM2 can tell any more.
//!
//! That somebody deleted an app by hand shows only against what was once started. And what an app said of its own
//! removal has to be known when its definition is gone. Everything else is looked at anew in each pass.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::adoption::{self, Claim};
use super::desired::{Desired, DesiredApp};
use super::stand_in::{StandIn, Suspended};
use super::step::{Action, Plan, Step};
use crate::model::{DaemonId, Prune};
use crate::pm2::observed::Observed;
use crate::pm2::{Attributes, Fingerprint};

/// The apps of one tree that PM2 was brought to run.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Inventory {
    /// By name.
    pub apps: BTreeMap<String, Applied>,
    /// Apps that nothing is to be done to, by name.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub suspended: BTreeMap<String, Suspended>,
    /// The same for all apps of the tree.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub all_suspended: Option<Suspended>,
}

/// What was applied of one app.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Applied {
    /// The daemon that declared it: its folder below the root.
    pub daemon: String,
    /// The digest of its definition, empty where it has not run yet; it leaves out the number of instances.
    pub digest: String,
    /// How many processes it was declared to have.
    pub instances: u32,
    /// What it said of its own removal.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub prune: Option<Prune>,
    /// Its processes that were taken over as they ran, and that carry no stamp until they are started again.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub adopted: Vec<Claim>,
    /// Keys whose values came from the environment.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub hidden: BTreeSet<String>,
    /// The apps that it depends on: where it is deleted, it goes before them.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub depends_on: BTreeSet<String>,
    /// The generation of its history in which it was well last; 0 where there is none.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub generation: u64,
    /// What was being tried when this was written: it is not known whether it is well.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trying: Option<Fingerprint>,
    /// What it is instead of what the tree says.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stand_in: Option<StandIn>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "as serde calls it")]
fn is_zero(number: &u64) -> bool {
    *number == 0
}

impl Inventory {
    /// Whether this very definition of an app was applied before: what is not so now is somebody else's doing.
    #[must_use]
    pub(super) fn holds(&self, name: &str, app: &DesiredApp) -> bool {
        let declared = app.attributes.as_ref().map_or(0, Attributes::instances);
        let same = |applied: &Applied| applied.digest == app.digest.as_str() && applied.instances == declared;
        self.apps.get(name).is_some_and(same)
    }

    /// The same under another daemon of PM2: what ran under the former one is not missing now because somebody
    /// deleted it, and what was taken over there runs no more.
    #[must_use]
    pub fn under_another_daemon(mut self) -> Self {
        for applied in self.apps.values_mut() {
            applied.digest.clear();
            applied.adopted.clear();
        }
        self
    }

    /// What an app that is no longer declared said of its own removal.
    #[must_use]
    pub(super) fn prune(&self, name: &str) -> Option<Prune> {
        self.apps.get(name)?.prune
    }

    /// Keys of an app whose values came from the environment.
    pub(super) fn hidden(&self, name: &str) -> impl Iterator<Item = &String> {
        self.apps.get(name).into_iter().flat_map(|applied| &applied.hidden)
    }

    /// The apps that an app depended on when it was applied.
    pub(super) fn needed_by(&self, name: &str) -> impl Iterator<Item = &String> {
        self.apps.get(name).into_iter().flat_map(|applied| &applied.depends_on)
    }

    /// The inventory before a pass: with what the declared apps say of their own removal.
    #[must_use]
    pub fn before(&self, desired: &Desired) -> Self {
        let mut apps = self.apps.clone();
        for (name, app) in &desired.apps {
            if app.prune.is_some() || apps.contains_key(name.as_str()) {
                let applied = apps.entry(name.to_string()).or_default();
                applied.prune = app.prune;
                applied.daemon = app.daemon.to_string();
            }
        }
        Self { apps, ..self.clone() }
    }

    /// The inventory without what PM2 no longer has and the tree does not declare.
    #[must_use]
    pub fn present(&self, desired: &Desired, observed: &Observed) -> Self {
        let ours = |name: &str| {
            observed.processes.iter().any(|process| {
                process.name == name && process.stamp().is_some_and(|stamp| stamp.owner == desired.owner)
            })
        };
        let mut apps = self.apps.clone();
        apps.retain(|name, _| desired.declares(name) || ours(name));
        Self { apps, ..self.clone() }
    }

    /// The inventory after a pass, whose steps succeeded or not: one flag for each, in order.
    ///
    /// An app that is as declared, or was brought to be, is in it. One that has not passed its probes is to be asked
    /// again, though all of it may be as declared.
    #[must_use]
    pub fn after(&self, desired: &Desired, observed: &Observed, plan: &Plan, succeeded: &[bool]) -> Self {
        let mut apps = self.apps.clone();
        for (step, succeeded) in plan.steps.iter().zip(succeeded) {
            match (&step.action, succeeded) {
                (Action::Delete(_), true) => drop(apps.remove(&step.app)),
                (_, true) => note(&mut apps, desired, &step.app),
                (_, false) if !step.probes.is_empty() => {
                    apps.entry(step.app.clone()).and_modify(|applied| applied.digest.clear());
                }
                (_, false) => {}
            }
        }
        plan.in_sync.iter().for_each(|name| note(&mut apps, desired, name));
        // Others may not have been looked at.
        for (name, applied) in apps.iter_mut().filter(|(name, _)| desired.declares(name)) {
            let step = plan.steps.iter().zip(succeeded).find(|(step, ok)| **ok && step.app == *name);
            applied.adopted = adoption::claims(name, observed, desired, step.map(|(step, _)| step));
        }
        Self { apps, ..self.clone() }
    }
}

impl Inventory {
    /// Daemons that the tree has lost, with an app that was known before and is not `after` a pass; none while part of
    /// the tree cannot be looked at.
    #[must_use]
    pub fn lost(&self, after: &Self, desired: &Desired) -> Vec<DaemonId> {
        let known =
            |inventory: &Self, id: &DaemonId| inventory.apps.values().any(|it| it.daemon == id.as_str());
        let gone = self.apps.iter().filter(|(name, _)| !after.apps.contains_key(*name));
        let daemons = gone.map(|(_, applied)| DaemonId::new(&*applied.daemon));
        daemons
            .filter(|id| desired.unreadable.is_empty() && !desired.has_daemon(id) && !known(after, id))
            .collect()
    }
}

impl Inventory {
    /// With what was known of these daemons `before`: the files that were generated for them are still there, though
    /// their apps are not.
    #[must_use]
    pub fn with_all_of(mut self, daemons: &BTreeSet<&DaemonId>, before: &Self) -> Self {
        let of_these = |applied: &Applied| daemons.iter().any(|id| id.as_str() == applied.daemon);
        for (name, applied) in before.apps.iter().filter(|(_, applied)| of_these(applied)) {
            let gone = || Applied { digest: String::new(), ..applied.clone() };
            self.apps.entry(name.clone()).or_insert_with(gone);
        }
        self
    }
}

fn note(apps: &mut BTreeMap<String, Applied>, desired: &Desired, name: &str) {
    let Some(app) = desired.apps.get(name) else { return };
    let before = apps.get(name).cloned().unwrap_or_default();
    let applied = Applied {
        daemon: app.daemon.to_string(),
        digest: app.digest.to_string(),
        instances: app.attributes.as_ref().map_or(0, Attributes::instances),
        prune: app.prune,
        adopted: Vec::new(),
        hidden: app.hidden.clone(),
        depends_on: app.depends_on.iter().map(|it| it.app.to_string()).collect(),
        generation: before.generation,
        trying: None,
        stand_in: before.stand_in.filter(|it| app.instead.is_some() && it.state.definition().is_some()),
    };
    apps.insert(name.to_owned(), applied);
}

impl Plan {
    /// Daemons of which nothing is left once these deletions have been made: their generated files can go too.
    ///
    /// Those too of which nothing was left in PM2 before, as long as it is known that there was something: somebody
    /// else deleted it, or a pass that was ended had no time left for the files.
    #[must_use]
    pub fn ended(&self, desired: &Desired, lost: &[DaemonId], succeeded: &[bool]) -> Vec<DaemonId> {
        let deletion = |(step, _): &(&Step, &bool)| matches!(step.action, Action::Delete(_));
        let deletions: Vec<_> = self.steps.iter().zip(succeeded).filter(deletion).collect();
        let failed = |id: &DaemonId| deletions.iter().any(|(step, ok)| !**ok && step.daemon == *id);
        let deleted = deletions.iter().map(|(step, _)| step.daemon.clone());
        let mut daemons: Vec<DaemonId> = deleted.chain(lost.iter().cloned()).collect();
        daemons.retain(|id| {
            !desired.has_daemon(id) && !failed(id) && !self.holds.iter().any(|hold| hold.daemon == *id)
        });
        daemons.sort();
        daemons.dedup();
        daemons
    }
}
