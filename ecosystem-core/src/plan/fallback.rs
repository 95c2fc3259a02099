//! What becomes of an app whose step fails.

use std::collections::BTreeMap;
use std::fmt;

use super::desired::{Desired, DesiredApp};
use super::step::{Action, Plan, Step};
use super::update;
use crate::history::Definition;
use crate::model::{OnFailure, Owner};
use crate::pm2::Unresolvable;
use crate::pm2::observed::{Observed, PmId, Process};

/// What becomes of an app whose step fails.
#[derive(Debug, Clone, PartialEq, Default)]
pub enum Fallback {
    /// It stays as it came out.
    #[default]
    Keep,
    /// The same, though its author would have it put back.
    NoWayBack(NoWayBack),
    /// Its processes are stopped.
    Stop,
    /// It is put back.
    Revert(Box<LastGood>),
}

/// Why an app cannot be put back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NoWayBack {
    /// What is tried is the definition with which it was well last: something else must have changed.
    SameDefinition,
    /// It runs, and it is not known with which definition it was well.
    Unknown,
    /// It is a job that had done its work: to put it back would be to do that work again.
    Finished,
    /// The definition with which it was well cannot be started on this machine any more.
    Unresolvable(Vec<Unresolvable>),
}

impl fmt::Display for NoWayBack {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            NoWayBack::SameDefinition => f.write_str(
                "left as it is: it was well with this very definition, so that what it takes from outside must have changed",
            ),
            NoWayBack::Unknown => {
                f.write_str("left as it is: it is not known with which definition it was well")
            }
            NoWayBack::Finished => {
                f.write_str("left as it is: it had done its work, and is not to do it again")
            }
            NoWayBack::Unresolvable(problems) => {
                let problems: Vec<String> = problems.iter().map(ToString::to_string).collect();
                write!(f, "left as it is: it cannot be put back: {}", problems.join("; "))
            }
        }
    }
}

/// What an app was when it was well last.
#[derive(Debug, Clone, PartialEq)]
pub struct LastGood {
    /// The generation in its history.
    pub generation: u64,
    /// The definition, as the tree said it.
    pub definition: Definition,
    /// That definition, for this machine.
    pub app: DesiredApp,
}

impl Fallback {
    /// Whether anything is done.
    #[must_use]
    pub fn acts(&self) -> bool {
        matches!(self, Fallback::Stop | Fallback::Revert(_))
    }
}

impl Step {
    /// Whether it may bring an app to run something that it has not run well before.
    #[must_use]
    pub fn is_risky(&self) -> bool {
        match self.action {
            // More of what is being tried may be wrong as well.
            Action::Scale(_)
            | Action::Reload(..)
            | Action::Restart(..)
            | Action::Replace(..)
            | Action::ReplaceAfter(_)
            | Action::Start(_)
            | Action::Ask(..) => true,
            Action::Adopt(_) | Action::Delete(_) => false,
        }
    }
}

impl Plan {
    /// Says of each step what becomes of the app if it fails: what its author wants, given with which definition it was
    /// well last.
    pub fn prepare(
        &mut self,
        desired: &Desired,
        observed: &Observed,
        last_good: &BTreeMap<String, LastGood>,
    ) {
        for step in self.steps.iter_mut().filter(|step| step.is_risky()) {
            let Some(app) = desired.apps.get(step.app.as_str()) else { continue };
            step.fallback = match app.on_failure {
                OnFailure::Keep => Fallback::Keep,
                // The old processes are there still, and well.
                OnFailure::Stop if matches!(step.action, Action::ReplaceAfter(_)) => Fallback::Keep,
                OnFailure::Stop => Fallback::Stop,
                OnFailure::Revert => {
                    way_back((step, app), &desired.owner, observed, last_good.get(&step.app))
                }
            };
        }
    }
}

fn way_back(
    (step, app): (&Step, &DesiredApp),
    owner: &Owner,
    observed: &Observed,
    last_good: Option<&LastGood>,
) -> Fallback {
    let left = left_by(&step.app, owner, &step.action.touched(), observed);
    let runs = left.iter().any(|process| process.pid.is_some());
    let finished = !left.is_empty() && left.iter().all(|it| it.pid.is_none() && it.may_have_finished());
    match last_good.map(|good| (good, &good.app.attributes)) {
        Some((good, _)) if good.app.digest == app.digest => Fallback::NoWayBack(NoWayBack::SameDefinition),
        Some(_) if finished => Fallback::NoWayBack(NoWayBack::Finished),
        Some((good, Ok(_))) => Fallback::Revert(Box::new(good.clone())),
        Some((_, Err(problems))) => Fallback::NoWayBack(NoWayBack::Unresolvable(problems.clone())),
        None if runs => Fallback::NoWayBack(NoWayBack::Unknown),
        None => Fallback::Stop,
    }
}

/// What makes an app what it was when it was well, given what PM2 has of it after a step that failed; `None` if it is
/// that already. `touched` are the processes that the step was about, stamped or not.
#[must_use]
pub fn step_back(
    name: &str,
    good: &DesiredApp,
    owner: &Owner,
    touched: &[PmId],
    observed: &Observed,
) -> Option<Action> {
    let attributes = good.attributes.as_ref().ok()?;
    let processes = left_by(name, owner, touched, observed);
    if processes.is_empty() {
        return Some(Action::Start(attributes.clone()));
    }
    update::update(good, attributes, &processes, false).map(|(action, _)| action)
}

/// What a step has left of an app in PM2.
#[must_use]
pub fn left_by<'a>(name: &str, owner: &Owner, touched: &[PmId], observed: &'a Observed) -> Vec<&'a Process> {
    let ours = |it: &&Process| {
        let owned = it.stamp().is_some_and(|stamp| stamp.owner == *owner);
        it.name == name && (owned || touched.contains(&it.pm_id))
    };
    observed.processes.iter().filter(ours).collect()
}
