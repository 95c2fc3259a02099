//! Apps that were put right and did not stay so: each is tried again later and later, and at last no more.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use ecosystem_core::converge::{Report, StepError};
use ecosystem_core::plan::{Obstacle, Rest, Why};
use ecosystem_core::pm2::Attributes;

/// After the first try; each later one waits twice as long.
const FIRST_REST: Duration = Duration::from_secs(1);
/// The longest rest between two tries.
const LONGEST_REST: Duration = Duration::from_secs(300);
/// Tries of one definition, after which somebody has to look.
const TRIES: u32 = 8;
/// What has been right for this long has nothing to do with what was wrong before.
const FORGOTTEN: Duration = Duration::from_secs(600);

/// How often what was tried.
#[derive(Default)]
pub(crate) struct Retries {
    apps: BTreeMap<String, Tries>,
    /// When to see whether an app that crashed, and that others wait for, has stayed up.
    probation: Option<Instant>,
}

struct Tries {
    /// What did not come to run; nothing where it did not come to go.
    definition: Option<Attributes>,
    count: u32,
    last: Instant,
}

impl Tries {
    fn given_up(&self) -> bool {
        self.count >= TRIES
    }

    fn rest(&self) -> Option<Rest> {
        let definition = self.definition.clone()?;
        Some(Rest { definition, tries: self.count, given_up: self.given_up() })
    }

    fn next(&self) -> Instant {
        let doublings = self.count.saturating_sub(1).min(16);
        self.last + FIRST_REST.saturating_mul(1 << doublings).min(LONGEST_REST)
    }
}

impl Retries {
    /// Apps that are not to be tried now. A deletion is tried whenever there is a look.
    pub(crate) fn resting(&self, now: Instant) -> BTreeMap<String, Rest> {
        let resting = self.apps.iter().filter(|(_, tries)| tries.given_up() || now < tries.next());
        resting.filter_map(|(app, tries)| Some((app.clone(), tries.rest()?))).collect()
    }

    /// Until when an app is not to be tried, if it is to be later.
    pub(crate) fn rests_until(&self, app: &str, now: Instant) -> Option<Instant> {
        let tries = self.apps.get(app).filter(|tries| !tries.given_up())?;
        Some(tries.next()).filter(|next| *next > now)
    }

    /// Takes in what a pass at `now` did. A step counts as a try if it failed, or if only somebody else's doing made
    /// it necessary: what keeps undoing our work is not to be fought for ever.
    pub(crate) fn note(&mut self, report: &Report, now: Instant) {
        self.apps.retain(|app, tries| {
            let declared = report.desired.apps.get(app.as_str());
            if declared.is_none() && report.only.is_some() {
                // It was not looked at.
                return true;
            }
            let definition = declared.and_then(|it| it.attributes.as_ref().ok());
            let same =
                (definition.is_some() || doomed(report, app)) && definition == tries.definition.as_ref();
            same && (now < tries.last + FORGOTTEN || !report.plan.in_sync.contains(app))
        });
        if report.only.is_none() {
            let waits = report.plan.holds.iter().any(|hold| is_on_probation(&hold.why));
            self.probation = waits.then(|| now + FIRST_REST);
        }
        for (step, outcome) in report.plan.steps.iter().zip(&report.outcomes) {
            let error = outcome.result.as_ref().err();
            // What was not done for the sake of another app is not tried before that one comes to run.
            if error.is_some_and(|error| error.held_by().is_some()) {
                continue;
            }
            let failed = error.is_some_and(|error| *error != StepError::Interrupted);
            if failed || step.is_drift() {
                self.tried(report, &step.app, now);
            }
        }
    }

    fn tried(&mut self, report: &Report, app: &str, now: Instant) {
        let definition = report.desired.apps.get(app).and_then(|it| it.attributes.as_ref().ok());
        let tries = self.apps.entry(app.to_owned()).or_insert_with(|| Tries {
            definition: definition.cloned(),
            count: 0,
            last: now,
        });
        tries.count += 1;
        tries.last = now;
    }

    /// When the next try is due that the look begun at `looked` did not make; it may be over already.
    pub(crate) fn due(&self, looked: Instant) -> Option<Instant> {
        let next = self.apps.values().filter(|tries| !tries.given_up()).map(Tries::next);
        next.chain(self.probation).filter(|next| *next > looked).min()
    }

    /// Somebody has looked: everything may be tried again.
    pub(crate) fn forget(&mut self) {
        self.apps.clear();
    }
}

/// Whether a pass was to delete it and could not.
fn doomed(report: &Report, app: &str) -> bool {
    let steps = report.plan.steps.iter().zip(&report.outcomes);
    steps.into_iter().any(|(step, outcome)| step.app == app && outcome.result.is_err())
}

fn is_on_probation(why: &Why) -> bool {
    matches!(why, Why::Dependency { obstacle: Obstacle::OnProbation, .. })
}

// By its path, so that the simulation of the core finds it too.
#[cfg(test)]
#[path = "retries/tests.rs"]
mod tests;
