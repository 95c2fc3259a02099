//! What would make PM2's running set equal to the tree: a pure function to a plan that leaves its executor no choice.
//!
//! ```text
//! Desired ─┐
//! Observed ┼─▶ plan ─▶ Plan { steps, holds }
//! Policy  ─┘
//! ```

mod compare;
mod desired;
mod effects;
mod guard;
mod invariants;
mod reason;
mod secret;
mod step;
mod update;

#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};

pub use desired::{Desired, DesiredApp};
pub use effects::{Effect, Entry, Kind, effect_of, entries};
pub use guard::Guard;
pub use invariants::{Violation, violations};
pub use reason::{Change, Reason};
pub use secret::{looks_secret, masked};
pub use step::{Action, Hold, Plan, Scaling, Step, Update, Why};

use crate::model::{AppName, DaemonId};
use crate::pm2::observed::{Observed, PmId, Process, Status};

/// What the caller allows and wants, beyond what the tree says.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Policy {
    /// Only these daemons are looked at; all of them where `None`.
    pub only: Option<BTreeSet<DaemonId>>,
    /// Names of foreign processes that may be taken over.
    pub adopt: BTreeSet<String>,
    /// Delete although the guard would hold it.
    pub allow_mass_delete: bool,
    /// The process this program runs in, if PM2 runs it: it comes last and is never deleted from inside.
    pub own_process: Option<PmId>,
    /// What to do with an app that somebody stopped by hand.
    pub stopped: Stopped,
}

/// What to do with an app that is declared and was stopped by hand.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Stopped {
    /// Start it: the running set equals the tree.
    #[default]
    Start,
    /// Leave it and say so.
    Hold,
}

/// Computes the plan. Total and deterministic: the same three values always give the same plan.
///
/// Steps come in the order of apps' names, deletions first, since what is started may need the port or the
/// file that a deleted app holds; the step of [`Policy::own_process`] comes last.
pub fn plan(desired: &Desired, observed: &Observed, policy: &Policy) -> Plan {
    let world = World::sort(desired, observed, policy);
    let mut plan = Plan::default();
    for (name, app) in &desired.apps {
        if in_scope(policy, app.daemon.as_str()) {
            world.plan_app(name, app, &mut plan);
        }
    }
    world.plan_deletions(&mut plan);
    world.hold_own_process(&mut plan);
    plan.sort(policy.own_process);
    plan
}

fn in_scope(policy: &Policy, source: &str) -> bool {
    policy.only.as_ref().is_none_or(|only| only.contains(&DaemonId::new(source)))
}

/// PM2's processes sorted by whose they are.
struct World<'a> {
    desired: &'a Desired,
    policy: &'a Policy,
    /// Ours (or adopted), by app name, instances by ascending id.
    ours: BTreeMap<&'a str, Vec<&'a Process>>,
    /// Everybody else's.
    foreign: BTreeMap<&'a str, Vec<&'a Process>>,
}

impl<'a> World<'a> {
    fn sort(desired: &'a Desired, observed: &'a Observed, policy: &'a Policy) -> Self {
        let mut world = Self { desired, policy, ours: BTreeMap::new(), foreign: BTreeMap::new() };
        for process in &observed.processes {
            let owned = process.stamp().is_some_and(|stamp| stamp.owner == desired.owner);
            let adopted = policy.adopt.contains(&process.name) && desired.declares(&process.name);
            let side = if owned || adopted { &mut world.ours } else { &mut world.foreign };
            side.entry(process.name.as_str()).or_default().push(process);
        }
        world
    }

    fn plan_app(&self, name: &AppName, app: &DesiredApp, plan: &mut Plan) {
        let attributes = match &app.attributes {
            Ok(attributes) => attributes,
            Err(problems) => {
                let why = problems.iter().map(ToString::to_string).collect();
                return plan.hold(name.as_str(), Some(&app.daemon), Why::Unresolvable(why));
            }
        };
        let Some(processes) = self.ours.get(name.as_str()) else {
            return match self.foreign.get(name.as_str()) {
                Some(theirs) => plan.hold(name.as_str(), Some(&app.daemon), Why::conflict(theirs)),
                None => plan.push(
                    name.as_str(),
                    &app.daemon,
                    Action::Start(attributes.clone()),
                    vec![Reason::NotRunning],
                ),
            };
        };
        if self.policy.stopped == Stopped::Hold && processes.iter().all(|it| stopped_by_hand(it)) {
            return plan.hold(name.as_str(), Some(&app.daemon), Why::StoppedByHand);
        }
        if let Some((action, reasons)) = update::update(app, attributes, processes) {
            plan.push(name.as_str(), &app.daemon, action, reasons);
        } else {
            plan.in_sync.push(name.as_str().to_owned());
        }
    }

    fn plan_deletions(&self, plan: &mut Plan) {
        let doomed: Vec<_> = self
            .ours
            .iter()
            .filter(|(name, _)| !self.desired.declares(name))
            .filter(|(_, processes)| processes.iter().any(|it| in_scope(self.policy, &source_of(it))))
            .collect();
        let mut deletions = Vec::new();
        for (name, processes) in doomed {
            let source = processes.first().map(|it| source_of(it)).unwrap_or_default();
            match self.desired.kept_by(name, &source) {
                Some(why) => plan.hold(name, Some(&DaemonId::new(source)), why),
                None => deletions.push((*name, source, processes)),
            }
        }
        let guard = Guard::of(deletions.len(), self.ours.len(), self.desired.apps.is_empty());
        for (name, source, processes) in deletions {
            let daemon = DaemonId::new(source);
            match guard {
                Guard::Hold { .. } if !self.policy.allow_mass_delete => {
                    plan.hold(name, Some(&daemon), Why::Guard(guard));
                }
                _ => {
                    let ids = processes.iter().map(|it| it.pm_id).collect();
                    plan.push(name, &daemon, Action::Delete(ids), vec![Reason::Undeclared]);
                }
            }
        }
    }

    /// PM2 ends the whole process tree of what it deletes, this program included: the start that should
    /// follow would never come.
    fn hold_own_process(&self, plan: &mut Plan) {
        let Some(own) = self.policy.own_process else { return };
        let Some(at) = plan.steps.iter().position(|step| step.action.deleted().contains(&own)) else {
            return;
        };
        let step = plan.steps.remove(at);
        plan.hold(&step.app, Some(&step.daemon), Why::RunsUs);
    }
}

fn source_of(process: &Process) -> String {
    process.stamp().map(|stamp| stamp.source).unwrap_or_default()
}

/// Whether an app is stopped for no reason of its own.
fn stopped_by_hand(process: &Process) -> bool {
    process.status == Status::Stopped && !process.may_have_finished()
}
