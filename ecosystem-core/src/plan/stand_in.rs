//! Apps that are not to be what the tree says of them now: a change of them failed, or somebody has said so.

use serde::{Deserialize, Serialize};

use super::desired::{Desired, DesiredApp};
use super::hold::Why;
use super::inventory::Inventory;
use super::step::{Plan, Step};
use crate::history::Definition;
use crate::pm2::{Attributes, Fingerprint, Machine};

/// What an app is to be, for as long as the tree goes on saying what it said.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct StandIn {
    /// What the tree said, as far as it reaches the process.
    pub instead_of: Fingerprint,
    /// What it is instead.
    pub state: Instead,
}

/// What an app is instead of what the tree says.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "is")]
pub enum Instead {
    /// A change of it failed, and it was put back.
    Reverted {
        /// What was seen of the change.
        problem: String,
        /// The generation that it was put back to.
        to: u64,
        /// That generation's definition.
        definition: Box<Definition>,
    },
    /// It failed, and is left stopped.
    Stopped {
        /// What was seen.
        problem: String,
    },
    /// Somebody took it back.
    RolledBack {
        /// The generation that it was taken back to.
        to: u64,
        /// That generation's definition.
        definition: Box<Definition>,
    },
}

impl Instead {
    /// The definition that stands in for the tree's, if there is one.
    #[must_use]
    pub fn definition(&self) -> Option<&Definition> {
        match self {
            Instead::Reverted { definition, .. } | Instead::RolledBack { definition, .. } => Some(definition),
            Instead::Stopped { .. } => None,
        }
    }

    /// Whether it is for a failure, so that somebody may try again.
    #[must_use]
    pub fn is_failure(&self) -> bool {
        match self {
            Instead::Reverted { .. } | Instead::Stopped { .. } => true,
            Instead::RolledBack { .. } => false,
        }
    }

    /// Why the app is not what the tree says.
    #[must_use]
    pub fn why(&self) -> Why {
        match self {
            Instead::Reverted { problem, to, .. } => Why::Reverted { problem: problem.clone(), to: *to },
            Instead::Stopped { problem } => Why::Failed { problem: problem.clone() },
            Instead::RolledBack { to, .. } => Why::RolledBack { to: *to },
        }
    }
}

/// Apps that nothing is done to for the time being.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Suspended {
    /// Why, in the words of who said so.
    pub reason: String,
    /// When, in milliseconds since 1970.
    pub at: u64,
}

impl Suspended {
    pub(super) fn why(&self) -> Why {
        Why::Suspended { reason: self.reason.clone() }
    }
}

impl Inventory {
    /// Whether, and why, nothing is to be done to an app.
    #[must_use]
    pub fn suspended(&self, name: &str) -> Option<&Suspended> {
        self.suspended.get(name).or(self.all_suspended.as_ref())
    }

    /// What an app is to be instead of this definition, if it is not to be this one.
    fn stand_in(&self, name: &str, app: &DesiredApp) -> Option<&Instead> {
        let said = app.attributes.as_ref().ok()?.fingerprint();
        let stand_in = self.apps.get(name)?.stand_in.as_ref()?;
        (stand_in.instead_of == said).then_some(&stand_in.state)
    }

    /// Whether an app was stopped by a pass, as it had failed, so that it is not somebody's hand that stopped it.
    pub(super) fn has_stopped(&self, name: &str) -> bool {
        let stand_in = self.apps.get(name).and_then(|applied| applied.stand_in.as_ref());
        stand_in.is_some_and(|stand_in| matches!(stand_in.state, Instead::Stopped { .. }))
    }

    /// The definitions that may stand in for those of the tree.
    pub fn stand_ins(&self) -> impl Iterator<Item = &Definition> {
        self.apps.values().filter_map(|applied| applied.stand_in.as_ref()?.state.definition())
    }

    /// Whether this definition of an app was being tried when a pass ended.
    pub(super) fn is_trying(&self, name: &str, attributes: &Attributes) -> bool {
        let trying = self.apps.get(name).and_then(|applied| applied.trying.as_ref());
        trying.is_some_and(|trying| *trying == attributes.fingerprint())
    }

    /// Whether a pass that is at work, or was ended, was trying anything.
    #[must_use]
    pub fn is_trying_any(&self) -> bool {
        self.apps.values().any(|applied| applied.trying.is_some())
    }

    /// The same without what is being tried.
    #[must_use]
    pub fn without_trials(mut self) -> Self {
        self.apps.values_mut().for_each(|applied| applied.trying = None);
        self
    }

    /// The same with what a plan is about to try: a program that is ended meanwhile leaves word of it.
    #[must_use]
    pub fn trying(mut self, plan: &Plan, desired: &Desired) -> Self {
        for step in plan.steps.iter().filter(|step| step.fallback.acts()) {
            if let Some(tried) = step.tries(desired) {
                let applied = self.apps.entry(step.app.clone()).or_default();
                applied.daemon = step.daemon.to_string();
                applied.trying = Some(tried);
            }
        }
        self
    }
}

impl Step {
    /// What it tries to make of an app.
    pub(crate) fn tries(&self, desired: &Desired) -> Option<Fingerprint> {
        let app = desired.apps.get(self.app.as_str())?;
        app.attributes.as_ref().ok().map(Attributes::fingerprint)
    }
}

impl Desired {
    /// What the tree says of an app, as far as it reaches the process, whatever the app is instead; `None` where that
    /// cannot be said.
    #[must_use]
    pub fn said(&self, name: &str, inventory: &Inventory) -> Option<Fingerprint> {
        let app = self.apps.get(name)?;
        let stand_in = || inventory.apps.get(name)?.stand_in.as_ref();
        match &app.instead {
            Some(_) => stand_in().map(|stand_in| stand_in.instead_of.clone()),
            None => app.attributes.as_ref().ok().map(Attributes::fingerprint),
        }
    }

    /// Puts in the place of what the tree says of some apps what they are to be instead: with `retry`, of those only that
    /// somebody wants so.
    pub fn replace(&mut self, inventory: &Inventory, machine: &Machine, retry: bool) {
        for (name, app) in &mut self.apps {
            let Some(instead) = inventory.stand_in(name.as_str(), app) else { continue };
            if retry && instead.is_failure() {
                continue;
            }
            let definition = instead.definition().filter(|it| it.app.name == *name);
            if let Some(Definition { daemon, app: before }) = definition {
                *app = DesiredApp::new(daemon, before, machine);
            }
            app.instead = Some(instead.why());
        }
    }
}
