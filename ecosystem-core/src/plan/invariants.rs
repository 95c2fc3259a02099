//! What no plan may break, in one place; every test of the planner runs it, and so does the executor.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use super::Policy;
use super::desired::Desired;
use super::guard::Guard;
use super::step::{Action, Plan, Step, Swap, Until};
use super::update::untouched;
use crate::pm2::observed::{Observed, PmId, Process};

/// A rule that a plan breaks: a defect of the planner, never of the user's tree.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Violation {
    /// An app has more than one step.
    TwoSteps(String),
    /// An app has a step and is on hold.
    HeldAndActedOn(String),
    /// A step has no reason.
    NoReason(String),
    /// A step does something to a process that is not ours.
    NotOurs(String, PmId),
    /// A process is acted on twice.
    TouchedTwice(PmId),
    /// An app that is declared, or may be, is deleted.
    DeletesDeclared(String),
    /// More is deleted than the guard lets pass.
    Guard(Guard),
    /// The process that runs us is deleted, or does not come last.
    OwnProcess(String),
    /// A step waits for something that no step before it is.
    WaitsInVain {
        /// The app of the step.
        app: String,
        /// What it waits for.
        awaited: String,
    },
    /// A step does not wait for what its app depends on, or is taken although that is held for a fault.
    TooEarly {
        /// The app of the step.
        app: String,
        /// What it depends on.
        needed: String,
    },
    /// After the step the number of instances would not be the declared one.
    Count(String),
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the plan breaks one of its own rules: {self:?}")
    }
}

/// Every rule that the plan breaks; none for what [`plan`](super::plan) makes.
#[must_use]
pub fn violations(plan: &Plan, desired: &Desired, observed: &Observed, policy: &Policy) -> Vec<Violation> {
    let mut found = Vec::new();
    check_apps(plan, &mut found);
    for step in &plan.steps {
        check_step(step, desired, observed, policy, &mut found);
    }
    check_touched_once(plan, &mut found);
    check_guard(plan, desired, observed, policy, &mut found);
    check_own_process(plan, policy.own_process(observed), &mut found);
    check_waits(plan, &mut found);
    check_dependencies(plan, desired, &mut found);
    found
}

/// Each step behind those that it waits for: so none waits for itself, and no two for one another.
fn check_waits(plan: &Plan, found: &mut Vec<Violation>) {
    let mut before = BTreeSet::new();
    for step in &plan.steps {
        for wait in &step.after {
            let kind = (wait.until == Until::Gone, wait.app.as_str());
            if !before.contains(&kind) {
                let (app, awaited) = (step.app.clone(), wait.app.clone());
                found.push(Violation::WaitsInVain { app, awaited });
            }
        }
        before.insert((matches!(step.action, Action::Delete(_)), step.app.as_str()));
    }
}

fn check_dependencies(plan: &Plan, desired: &Desired, found: &mut Vec<Violation>) {
    let steps = plan.steps.iter().filter(|step| !plan.ends_us(step)).map(|step| step.app.as_str());
    let failed = plan.holds.iter().filter(|hold| hold.why.is_failure() && desired.declares(&hold.app));
    let failed = failed.map(|hold| (hold.app.as_str(), hold.why.is_put_back()));
    let (steps, failed): (BTreeSet<&str>, BTreeMap<&str, bool>) = (steps.collect(), failed.collect());
    for step in &plan.steps {
        let Some(app) = desired.apps.get(step.app.as_str()) else { continue };
        let too_early = |needed: &&str| {
            let waits = step.after.iter().any(|wait| wait.app == **needed);
            let fails = failed.get(needed).is_some_and(|put_back| !put_back || !step.is_drift());
            fails || (steps.contains(needed) && !waits)
        };
        for needed in app.depends_on.iter().map(|it| it.app.as_str()).filter(too_early) {
            found.push(Violation::TooEarly { app: step.app.clone(), needed: needed.to_owned() });
        }
    }
}

fn check_apps(plan: &Plan, found: &mut Vec<Violation>) {
    let mut seen = BTreeSet::new();
    for step in &plan.steps {
        if !seen.insert(&step.app) {
            found.push(Violation::TwoSteps(step.app.clone()));
        }
        if plan.holds.iter().any(|hold| hold.app == step.app) {
            found.push(Violation::HeldAndActedOn(step.app.clone()));
        }
        if step.reasons.is_empty() {
            found.push(Violation::NoReason(step.app.clone()));
        }
    }
}

fn check_step(
    step: &Step,
    desired: &Desired,
    observed: &Observed,
    policy: &Policy,
    found: &mut Vec<Violation>,
) {
    for pm_id in step.action.touched() {
        if !observed.process(pm_id).is_some_and(|process| is_ours(process, &step.app, desired, policy)) {
            found.push(Violation::NotOurs(step.app.clone(), pm_id));
        }
    }
    let kept = || {
        observed_ours(desired, observed, policy).any(|process| {
            process.name == step.app && desired.kept_by(&step.app, &super::source_of(process)).is_some()
        })
    };
    if matches!(step.action, Action::Delete(_)) && (desired.declares(&step.app) || kept()) {
        found.push(Violation::DeletesDeclared(step.app.clone()));
    }
    check_count(step, desired, observed, policy, found);
}

fn check_count(
    step: &Step,
    desired: &Desired,
    observed: &Observed,
    policy: &Policy,
    found: &mut Vec<Violation>,
) {
    let wanted = desired.apps.get(step.app.as_str());
    let Some(Ok(wanted)) = wanted.map(|app| app.attributes.as_ref()) else { return };
    let ours: Vec<&Process> =
        observed_ours(desired, observed, policy).filter(|process| process.name == step.app).collect();
    let added = match &step.action {
        Action::Start(app) | Action::Replace(_, app) => Some(app),
        Action::Scale(scaling)
        | Action::Reload(_, scaling)
        | Action::Restart(_, scaling)
        | Action::ReplaceAfter(Swap { scaling, .. }) => scaling.add.as_ref(),
        Action::Delete(_) | Action::Adopt(_) | Action::Ask(..) => None,
    };
    let after = untouched(&ours, &step.action.deleted()) + added.map_or(0, |app| app.instances() as usize);
    if after != wanted.instances() as usize {
        found.push(Violation::Count(step.app.clone()));
    }
}

fn check_touched_once(plan: &Plan, found: &mut Vec<Violation>) {
    let mut seen = BTreeSet::new();
    for pm_id in plan.steps.iter().flat_map(|step| step.action.touched()) {
        if !seen.insert(pm_id) {
            found.push(Violation::TouchedTwice(pm_id));
        }
    }
}

fn check_guard(
    plan: &Plan,
    desired: &Desired,
    observed: &Observed,
    policy: &Policy,
    found: &mut Vec<Violation>,
) {
    let deletions = plan.steps.iter().filter(|step| matches!(step.action, Action::Delete(_))).count();
    let ours: BTreeSet<&str> = observed_ours(desired, observed, policy).map(|it| it.name.as_str()).collect();
    let guard = Guard::of(deletions, ours.len(), desired.apps.is_empty());
    if guard != Guard::Pass && !policy.allow_mass_delete {
        found.push(Violation::Guard(guard));
    }
}

fn check_own_process(plan: &Plan, own: Option<PmId>, found: &mut Vec<Violation>) {
    let Some(own) = own else { return };
    for (index, step) in plan.steps.iter().enumerate() {
        let last = index + 1 == plan.steps.len();
        if step.action.deleted().contains(&own) || (step.action.touched().contains(&own) && !last) {
            found.push(Violation::OwnProcess(step.app.clone()));
        }
    }
}

fn observed_ours<'a>(
    desired: &'a Desired,
    observed: &'a Observed,
    policy: &'a Policy,
) -> impl Iterator<Item = &'a Process> {
    observed.processes.iter().filter(move |process| is_ours(process, &process.name, desired, policy))
}

fn is_ours(process: &Process, app: &str, desired: &Desired, policy: &Policy) -> bool {
    let owned = process.stamp().is_some_and(|stamp| stamp.owner == desired.owner);
    process.name == app && (owned || policy.adopts(process))
}
