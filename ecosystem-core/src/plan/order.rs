//! In which order steps are taken, and which are not taken since an app that they need does not run.

use std::collections::{BTreeMap, BTreeSet};

use super::World;
use super::hold::{Obstacle, Why};
use super::step::{Action, Plan, Step, Until, Wait};
use crate::model::{Condition, Dependency};

/// Puts a plan's steps in the order in which they can be taken: deletions, those that need something first; then the
/// others, each behind what it needs, by name where nothing else decides; the step that ends us at the very end.
///
/// A step that needs an app which does not come to run becomes a hold.
pub(super) fn order(plan: &mut Plan, world: &World<'_>) {
    let steps = std::mem::take(&mut plan.steps);
    let (mut deletions, others): (Vec<Step>, Vec<Step>) =
        steps.into_iter().partition(|step| matches!(step.action, Action::Delete(_)));
    let (mut last, mut others): (Vec<Step>, Vec<Step>) =
        others.into_iter().partition(|step| plan.ends_us(step));
    await_dependents(&mut deletions, world);
    let planned = names(&others);
    // Nothing waits for the step that ends us: it comes last, and we run already.
    others.iter_mut().chain(&mut last).for_each(|step| await_needed(step, world, &planned));
    plan.steps = in_order(deletions);
    let mut obstacles = Obstacles::of(plan, world);
    for step in in_order(others).into_iter().chain(last) {
        match obstacles.before(&step) {
            None => plan.steps.push(step),
            Some(why) => {
                obstacles.held.insert(step.app.clone(), why.word());
                plan.hold(&step.app, Some(&step.daemon), why);
            }
        }
    }
    plan.holds.sort_by(|a, b| a.app.cmp(&b.app));
    plan.in_sync.sort();
}

fn names(steps: &[Step]) -> BTreeSet<String> {
    steps.iter().map(|step| step.app.clone()).collect()
}

/// What needs an app goes before it: what the tree said of that when they were applied, as it does not say it any more.
fn await_dependents(deletions: &mut [Step], world: &World<'_>) {
    let doomed = names(deletions);
    let mut dependents: BTreeMap<String, Vec<Wait>> = BTreeMap::new();
    for app in &doomed {
        for needed in world.inventory.needed_by(app).filter(|it| doomed.contains(*it) && *it != app) {
            let wait = Wait { app: app.clone(), until: Until::Gone };
            dependents.entry(needed.clone()).or_default().push(wait);
        }
    }
    for step in deletions {
        step.after = dependents.remove(&step.app).unwrap_or_default();
    }
}

fn await_needed(step: &mut Step, world: &World<'_>, planned: &BTreeSet<String>) {
    let needed = world.needed(&step.app).iter().filter(|it| planned.contains(it.app.as_str()));
    let wait = |it: &Dependency| Wait { app: it.app.to_string(), until: Until::of(it.condition) };
    step.after = needed.map(wait).collect();
}

/// Each step behind those that it waits for, by name otherwise.
///
/// Declarations have no circles, but what was applied one after the other may: a wait that closes one is left out.
fn in_order(steps: Vec<Step>) -> Vec<Step> {
    let mut waiting: BTreeMap<String, Step> =
        steps.into_iter().map(|step| (step.app.clone(), step)).collect();
    let mut open: BTreeMap<String, usize> = BTreeMap::new();
    let mut awaited_by: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for (name, step) in &waiting {
        open.insert(name.clone(), step.after.len());
        step.after.iter().for_each(|it| awaited_by.entry(it.app.clone()).or_default().push(name.clone()));
    }
    let mut free: BTreeSet<String> =
        open.iter().filter(|(_, open)| **open == 0).map(|(name, _)| name.clone()).collect();
    let mut ordered = Vec::new();
    while let Some(name) = free.pop_first().or_else(|| waiting.keys().next().cloned()) {
        let Some(mut step) = waiting.remove(&name) else { continue };
        step.after.retain(|it| !waiting.contains_key(&it.app) && it.app != name);
        ordered.push(step);
        for other in awaited_by.remove(&name).unwrap_or_default() {
            if let Some(open) = open.get_mut(&other) {
                *open = open.saturating_sub(1);
                if *open == 0 && waiting.contains_key(&other) {
                    free.insert(other);
                }
            }
        }
    }
    ordered
}

/// What stands in the way of steps.
struct Obstacles<'a> {
    world: &'a World<'a>,
    /// Apps that are left alone for a fault, with the word for it.
    held: BTreeMap<String, &'static str>,
    /// Apps that run as they were before a change that failed.
    reverted: BTreeSet<String>,
    /// Apps that are left alone for no fault, or are to change.
    planned: BTreeSet<String>,
    in_sync: BTreeSet<String>,
}

impl<'a> Obstacles<'a> {
    fn of(plan: &Plan, world: &'a World<'a>) -> Self {
        // What is held because the tree does not declare it, or may, is not kept from running.
        let declared = plan.holds.iter().filter(|hold| world.desired.declares(&hold.app));
        let (faults, others): (Vec<_>, Vec<_>) = declared.partition(|hold| hold.why.is_failure());
        let reverted = faults.iter().filter(|hold| hold.why.is_put_back()).map(|hold| hold.app.clone());
        Self {
            world,
            reverted: reverted.collect(),
            held: faults.into_iter().map(|hold| (hold.app.clone(), hold.why.word())).collect(),
            planned: others.into_iter().map(|hold| hold.app.clone()).collect(),
            in_sync: plan.in_sync.iter().cloned().collect(),
        }
    }

    /// Why a step cannot be taken, if it needs something that does not run and will not by this plan.
    fn before(&self, step: &Step) -> Option<Why> {
        let needed = self.world.needed(&step.app).iter();
        needed.filter(|it| it.app.as_str() != step.app).find_map(|it| {
            let app = it.app.as_str();
            let planned = self.planned.contains(app) || step.after.iter().any(|wait| wait.app == app);
            // What is changed together with an app may need what that one was to be; what is only put right needs what
            // it was.
            let runs_as_before = self.reverted.contains(app) && step.is_drift();
            let planned = planned || runs_as_before;
            let held = self.held.get(app).filter(|_| !runs_as_before).map(|word| Obstacle::Held(word));
            let obstacle = held.or_else(|| if planned { None } else { self.obstacle(app) });
            obstacle.map(|obstacle| Why::Dependency { app: app.to_owned(), obstacle })
        })
    }

    /// For an app of which nothing is planned.
    fn obstacle(&self, app: &str) -> Option<Obstacle> {
        if self.in_sync.contains(app) {
            let probation = self.world.is_on_probation(app).then_some(Obstacle::OnProbation);
            return self.world.ended_badly(app).map(Obstacle::EndedBadly).or(probation);
        }
        (!self.world.runs(app)).then_some(Obstacle::NotRunning)
    }
}

impl World<'_> {
    /// What a declared app needs.
    fn needed(&self, app: &str) -> &[Dependency] {
        self.desired.apps.get(app).map_or(&[], |app| &app.depends_on)
    }

    /// Whether an app that is not planned for runs, or has done its work: its source has errors, or is not in scope.
    fn runs(&self, app: &str) -> bool {
        let processes = self.ours.get(app).map_or(&[][..], Vec::as_slice);
        processes.iter().any(|it| it.pid.is_some() || (it.may_have_finished() && it.ended_well()))
    }

    /// The exit code of an app that is as it should be, as PM2 is not to start it again, and failed all the same. One that
    /// waits to be started by hand has done nothing under its definition, whatever it did under another.
    fn ended_badly(&self, app: &str) -> Option<i64> {
        let declared = self.desired.apps.get(app).and_then(|app| app.attributes.as_ref().ok());
        if declared.is_some_and(|app| !app.autostart()) {
            return None;
        }
        let ended =
            self.ours.get(app).into_iter().flatten().filter(|it| it.pid.is_none() && !it.ended_well());
        ended.filter_map(|process| process.exit_code()).next()
    }

    /// Whether an app that runs failed a moment ago: PM2 starts what crashes again and again, and each time it is
    /// online for a moment.
    fn is_on_probation(&self, app: &str) -> bool {
        let processes = self.ours.get(app).map_or(&[][..], Vec::as_slice);
        self.is_resting(app) || self.at.is_some_and(|at| processes.iter().any(|it| it.is_on_probation(at)))
    }

    fn is_resting(&self, app: &str) -> bool {
        let Some(rest) = self.policy.resting.get(app).filter(|rest| !rest.given_up) else { return false };
        let declared = self.desired.apps.get(app).and_then(|app| app.attributes.as_ref().ok());
        declared == Some(&rest.definition)
    }
}

impl Until {
    fn of(condition: Condition) -> Self {
        match condition {
            Condition::Started => Until::Started,
            Condition::Healthy => Until::Healthy,
        }
    }
}
