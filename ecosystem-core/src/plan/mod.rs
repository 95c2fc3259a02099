//! What would make PM2's running set equal to the tree: a pure function to a plan that leaves its executor no choice.
//!
//! ```text
//! Desired ───┐
//! Observed ──┼─▶ plan ─▶ Plan { steps, holds }
//! Inventory ─┤
//! Policy ────┘
//! ```

mod adoption;
pub mod agreed;
mod compare;
mod desired;
mod effective;
mod effects;
mod fallback;
mod guard;
mod hold;
mod invariants;
mod inventory;
mod on_change;
mod order;
mod policy;
mod ports;
mod reason;
mod secret;
mod stand_in;
mod step;
mod update;

#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value as Json;

pub use adoption::Claim;
pub use desired::{Desired, DesiredApp};
pub use effective::Effective;
pub use effects::{Effect, Entry, Kind, OwnReload, effect_of, entries, variables};
pub use fallback::{Fallback, LastGood, NoWayBack, left_by, step_back};
pub use guard::Guard;
pub use hold::{Hold, Obstacle, Tried, Why};
pub use invariants::{Violation, violations};
pub use inventory::{Applied, Inventory};
pub use policy::{Drift, Illness, Policy, Rest, Stopped};
pub use reason::{Change, Reason};
pub(crate) use secret::{MASK, masked_words};
pub use secret::{looks_secret, masked, words_hold_secret};
pub use stand_in::{Instead, StandIn, Suspended};
pub use step::{Action, Plan, Scaling, Step, Swap, Until, Update, Wait};

use crate::model::{AppName, DaemonId, OnChange, Prune};
use crate::pm2::Attributes;
use crate::pm2::observed::{Listening, Observed, Process, Status};

/// Computes the plan. Total and deterministic: the same four values always give the same plan.
///
/// Deletions come first, since what is started may need the port or the file that a deleted app holds; then each step
/// behind those that it waits for ([`Step::after`]), by name where nothing else decides; the step of the process that
/// runs us ([`Policy::own_process`]) comes last.
pub fn plan(desired: &Desired, observed: &Observed, inventory: &Inventory, policy: &Policy) -> Plan {
    let world = World::sort(desired, observed, inventory, policy);
    let mut plan = Plan::default();
    for (name, app) in &desired.apps {
        let wanted = policy.apps.as_ref().is_none_or(|apps| apps.contains(name.as_str()));
        if wanted && in_scope(policy, app.daemon.as_str()) {
            world.plan_app(name, app, &mut plan);
        }
    }
    if policy.apps.is_none() {
        world.plan_deletions(&mut plan);
    }
    plan.own_process = policy.own_process(observed);
    hold_own_process(&mut plan);
    order::order(&mut plan, &world);
    plan
}

fn in_scope(policy: &Policy, source: &str) -> bool {
    policy.only.as_ref().is_none_or(|only| only.contains(&DaemonId::new(source)))
}

/// PM2's processes sorted by whose they are.
struct World<'a> {
    desired: &'a Desired,
    inventory: &'a Inventory,
    policy: &'a Policy,
    /// When PM2 was asked.
    at: Option<u64>,
    listening: &'a Listening,
    /// Ours (or adopted), by app name, instances by ascending id.
    ours: BTreeMap<&'a str, Vec<&'a Process>>,
    /// Everybody else's.
    foreign: BTreeMap<&'a str, Vec<&'a Process>>,
}

impl<'a> World<'a> {
    fn sort(
        desired: &'a Desired,
        observed: &'a Observed,
        inventory: &'a Inventory,
        policy: &'a Policy,
    ) -> Self {
        let mut world = Self {
            desired,
            inventory,
            policy,
            at: observed.at,
            listening: &observed.listening,
            ours: BTreeMap::new(),
            foreign: BTreeMap::new(),
        };
        for process in &observed.processes {
            let owned = process.stamp().is_some_and(|stamp| stamp.owner == desired.owner);
            let adopted = policy.adopts(process) && desired.declares(&process.name);
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
        let name = name.as_str();
        if let Some(why) = self.why_left(name, app) {
            return plan.hold(name, Some(&app.daemon), why);
        }
        let applied = self.inventory.holds(name, app);
        // What was left stopped, and runs all the same, was started by somebody who has looked into it.
        let restarted = matches!(app.instead, Some(Why::Failed { .. }));
        let unproven = restarted || self.inventory.is_trying(name, attributes);
        let (action, reasons) = match (self.ours.get(name), self.foreign.get(name)) {
            (None, Some(theirs)) => return plan.hold(name, Some(&app.daemon), Why::conflict(theirs)),
            (None, None) => {
                let reason = if applied { Reason::Vanished } else { Reason::NotRunning };
                (Action::Start(attributes.clone()), vec![reason])
            }
            (Some(processes), _) if attributes.autostart() && self.leaves_stopped(name, processes) => {
                return plan.hold(name, Some(&app.daemon), Why::StoppedByHand);
            }
            (Some(processes), _) => match update::update(app, attributes, processes, applied)
                .or_else(|| self.cure(name, attributes, processes, applied))
            {
                None if !unproven && (applied || !can_be_asked(app, processes)) => {
                    return plan.in_sync(name, app);
                }
                None => {
                    let ids = processes.iter().map(|process| process.pm_id).collect();
                    (Action::Ask(ids, attributes.clone()), vec![Reason::Unproven])
                }
                Some((action, reasons)) => {
                    match self.chosen(app, attributes, processes, (action, &reasons)) {
                        Ok(action) => (action, reasons),
                        Err(why) => return plan.hold(name, Some(&app.daemon), why),
                    }
                }
            },
        };
        let (app_name, daemon) = (name.to_owned(), app.daemon.clone());
        let probes = app.probes.clone();
        let (after, fallback) = (Vec::new(), Fallback::default());
        let step = Step { app: app_name, daemon, action, reasons, probes, after, fallback };
        match self.why_not_now(&step, attributes) {
            Some(why) => plan.hold(name, Some(&app.daemon), why),
            None => plan.steps.push(step),
        }
    }

    /// Why nothing is done to an app whatever it is like.
    fn why_left(&self, name: &str, app: &DesiredApp) -> Option<Why> {
        let runs = || self.ours.get(name).into_iter().flatten().any(|process| process.pid.is_some());
        let failed = app.instead.clone().filter(|why| matches!(why, Why::Failed { .. }) && !runs());
        self.inventory.suspended(name).map(Suspended::why).or(failed)
    }

    /// The step that its author wants, where that is not the cheapest one.
    fn chosen(
        &self,
        app: &DesiredApp,
        wanted: &Attributes,
        processes: &[&Process],
        cheapest: (Action, &[Reason]),
    ) -> Result<Action, Why> {
        let kept = app.on_change == Some(OnChange::Keep) && self.policy.change.contains(wanted.name());
        if kept {
            return Ok(cheapest.0);
        }
        let (action, reasons) = cheapest;
        match on_change::chosen(app, wanted, processes, (action.clone(), reasons), self.listening) {
            // On the way back, or after a pass that was ended, what differs is our own doing.
            Err(_) if app.instead.is_some() || self.was_tried(wanted.name()) => Ok(action),
            chosen => chosen,
        }
    }

    /// What was being tried, whatever that was, may have been stopped by us on its way back; what failed was, for good.
    fn leaves_stopped(&self, name: &str, processes: &[&Process]) -> bool {
        let by_us = self.was_tried(name) || self.inventory.has_stopped(name);
        self.policy.stopped == Stopped::Hold && !by_us && processes.iter().all(|it| stopped_by_hand(it))
    }

    /// Whether something was being tried, whatever that was, when a pass ended.
    fn was_tried(&self, name: &str) -> bool {
        self.inventory.apps.get(name).is_some_and(|applied| applied.trying.is_some())
    }

    /// The restart of an app that runs as declared and is not alive. What was found ill before may have been restarted
    /// since, by PM2 or by somebody: that was another process.
    fn cure(
        &self,
        name: &str,
        wanted: &Attributes,
        ours: &[&Process],
        applied: bool,
    ) -> Option<(Action, Vec<Reason>)> {
        let Illness { pids, problem } = self.policy.ill.get(name)?;
        let online = ours.iter().map(|process| process.pid.filter(|_| process.status == Status::Online));
        let online = online.collect::<Option<BTreeSet<u32>>>()?;
        let still = pids.as_ref().map_or(!applied, |pids| *pids == online);
        still.then(|| (update::restart(wanted, ours), vec![Reason::NotAlive(problem.clone())]))
    }

    /// Why a step that would make an app what it is declared to be is not to be taken.
    fn why_not_now(&self, step: &Step, wanted: &Attributes) -> Option<Why> {
        let why = self.why_to_wait(step, wanted)?;
        let [Reason::NotAlive(problem)] = step.reasons.as_slice() else { return Some(why) };
        let tried = match why {
            Why::Resting { tries, given_up } => Some(Tried { tries, given_up }),
            _ => None,
        };
        Some(Why::NotAlive { problem: problem.clone(), tried })
    }

    fn why_to_wait(&self, step: &Step, wanted: &Attributes) -> Option<Why> {
        if self.policy.drift == Drift::Hold && step.is_drift() {
            return Some(Why::Drifted(step.reasons.iter().map(ToString::to_string).collect()));
        }
        let rest = self.policy.resting.get(&step.app).filter(|rest| rest.definition == *wanted)?;
        Some(Why::Resting { tries: rest.tries, given_up: rest.given_up })
    }

    fn plan_deletions(&self, plan: &mut Plan) {
        let doomed = self
            .ours
            .iter()
            .filter(|(name, _)| !self.desired.declares(name))
            .filter(|(_, processes)| processes.iter().any(|it| in_scope(self.policy, &source_of(it))));
        let (mut deletions, mut waiting) = (Vec::new(), 0);
        for (name, processes) in doomed {
            let source = processes.first().map(|it| source_of(it)).unwrap_or_default();
            let daemon = DaemonId::new(source);
            match self.why_kept(name, &daemon) {
                Some(why) => {
                    waiting += usize::from(why == Why::MissingForNow);
                    plan.hold(name, Some(&daemon), why);
                }
                None => deletions.push((*name, daemon, processes)),
            }
        }
        // What is about to go counts too: a tree that vanishes file by file is not to slip through.
        let guard = Guard::of(deletions.len() + waiting, self.ours.len(), self.desired.apps.is_empty());
        for (name, daemon, processes) in deletions {
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

    /// Why an app that is not declared is not to be deleted.
    fn why_kept(&self, name: &str, daemon: &DaemonId) -> Option<Why> {
        let suspended = self.inventory.suspended(name).map(Suspended::why);
        if let Some(why) = self.desired.kept_by(name, daemon.as_str()).or(suspended) {
            return Some(why);
        }
        let said = self.inventory.prune(name).or(self.policy.prune).or(self.desired.prune);
        match said.unwrap_or_default() {
            Prune::Never if !self.policy.confirmed => return Some(Why::NeverPruned),
            Prune::Confirm if !self.policy.confirmed => return Some(Why::Unconfirmed),
            Prune::Auto | Prune::Confirm | Prune::Never => {}
        }
        let missing = self.policy.missing_for_long.as_ref();
        let too_soon = missing.is_some_and(|missing| !missing.contains(daemon));
        (too_soon && !self.desired.has_daemon(daemon)).then_some(Why::MissingForNow)
    }
}

/// PM2 ends the whole process tree of what it deletes, this program included: the start that should
/// follow would never come.
fn hold_own_process(plan: &mut Plan) {
    let Some(own) = plan.own_process else { return };
    let Some(at) = plan.steps.iter().position(|step| step.action.deleted().contains(&own)) else {
        return;
    };
    let step = plan.steps.remove(at);
    plan.hold(&step.app, Some(&step.daemon), Why::RunsUs);
}

fn source_of(process: &Process) -> String {
    process.stamp().map(|stamp| stamp.source).unwrap_or_default()
}

/// Whether an app runs and says how to ask it whether it is well.
fn can_be_asked(app: &DesiredApp, processes: &[&Process]) -> bool {
    !app.probes.is_empty() && processes.iter().all(|it| it.status == Status::Online && it.pid.is_some())
}

/// Whether an app is stopped for no reason of its own: it has not finished, and was not to wait to be started.
fn stopped_by_hand(process: &Process) -> bool {
    let waits = process.attribute("autostart") == Some(&Json::Bool(false));
    process.status == Status::Stopped && !waits && !process.is_between_two() && !process.may_have_finished()
}
