//! Apps that are asked, for as long as they run, whether they are alive.
//!
//! What they answer is a hint like others: that an app is ill makes the loop look, and hands the planner what was
//! answered and by which processes. Nothing is restarted from here.

mod askers;
mod rounds;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::sync::mpsc::Sender;
use std::time::Instant;

use ecosystem_core::converge::{Report, StepError};
use ecosystem_core::os::liveness::Question;
use ecosystem_core::plan::{Action, DesiredApp, Hold, Illness, Reason, Why};
use ecosystem_core::pm2::observed::{Process, Status};

use self::askers::Askers;
use self::rounds::{Rounds, Subject};
use crate::hint::Hint;

/// All who are asked, and those who ask.
pub(crate) struct Liveness {
    hints: Sender<Hint>,
    askers: Arc<Askers>,
    /// What was the matter with apps that were restarted for it, and did not come to be well.
    uncured: BTreeMap<String, String>,
}

impl Liveness {
    /// Nobody is asked before something is learned.
    pub(crate) fn new(hints: Sender<Hint>) -> Self {
        Self { askers: Askers::new(hints.clone()), uncured: BTreeMap::new(), hints }
    }

    /// Those who do not answer as they should.
    pub(crate) fn ill(&self) -> BTreeMap<String, Illness> {
        let uncured = self.uncured.iter();
        let uncured =
            uncured.map(|(app, problem)| (app.clone(), Illness { pids: None, problem: problem.clone() }));
        uncured.chain(self.askers.with(|rounds| rounds.ill())).collect()
    }

    /// Takes in what a look found: asks every app that runs as declared and says how, and no other. One that rests is
    /// asked when that is over: it was restarted a moment ago.
    pub(crate) fn learn(&mut self, report: &Report, rests_until: impl Fn(&str) -> Option<Instant>) {
        self.note_uncured(report);
        self.askers.with(|rounds| {
            forget_the_gone(rounds, report);
            let asked = report.desired.apps.iter().any(|(_, app)| app.liveness.is_some());
            if !asked && rounds.is_empty() {
                return;
            }
            let found = Found::of(report);
            for (name, app) in &report.desired.apps {
                let from = rests_until(name.as_str()).unwrap_or_else(Instant::now);
                if found.take_in(name.as_str(), app, from, rounds) {
                    // We have the other end ourselves.
                    let _ = self.hints.send(Hint::Health { app: name.to_string() });
                }
            }
        });
    }

    /// The world cannot be looked at: what an app answers could lead to nothing.
    pub(crate) fn forget(&self) {
        self.askers.with(Rounds::clear);
    }

    /// Keeps what a restart has not cured until another one has, or something else is to be done about the app.
    fn note_uncured(&mut self, report: &Report) {
        let still = |hold: &&Hold| matches!(hold.why, Why::NotAlive { .. } | Why::Dependency { .. });
        let mut still: BTreeSet<&str> =
            report.plan.holds.iter().filter(still).map(|hold| hold.app.as_str()).collect();
        for (step, outcome) in report.plan.steps.iter().zip(&report.outcomes) {
            match (&outcome.result, step.reasons.as_slice()) {
                (Err(StepError::Unwell { problem, .. }), [Reason::NotAlive(_)])
                    if outcome.aftermath.is_none() =>
                {
                    still.insert(&step.app);
                    self.uncured.insert(step.app.clone(), problem.clone());
                }
                (Err(StepError::Interrupted), _) => {
                    still.insert(&step.app);
                }
                _ => {}
            }
        }
        let not_looked_at = |app: &str| report.only.is_some() && !report.desired.declares(app);
        self.uncured.retain(|app, _| still.contains(app.as_str()) || not_looked_at(app));
    }
}

impl Drop for Liveness {
    fn drop(&mut self) {
        self.askers.end();
    }
}

/// What a look found, by app.
struct Found<'r> {
    /// As they were before the steps of the pass.
    ours: BTreeMap<&'r str, Vec<&'r Process>>,
    /// Those that run as declared, and ran so before the pass.
    right: BTreeSet<&'r str>,
    held: BTreeSet<&'r str>,
}

impl<'r> Found<'r> {
    fn of(report: &'r Report) -> Self {
        let mut ours: BTreeMap<&str, Vec<&Process>> = BTreeMap::new();
        for process in &report.observed.processes {
            if process.stamp().is_some_and(|stamp| stamp.owner == report.desired.owner) {
                ours.entry(&process.name).or_default().push(process);
            }
        }
        // The processes of other steps are others now: the next look shows them.
        let steps = report.plan.steps.iter().zip(&report.outcomes);
        let untouched = steps.filter(|(step, outcome)| {
            matches!(step.action, Action::Ask(..) | Action::Adopt(_)) && outcome.result.is_ok()
        });
        let untouched = untouched.map(|(step, _)| step.app.as_str());
        // Those too that were put back to what they were: that is what they are to be for now.
        let back = |hold: &&Hold| matches!(hold.why, Why::Reverted { .. } | Why::RolledBack { .. });
        let back = report.plan.holds.iter().filter(back).map(|hold| hold.app.as_str());
        let in_sync = report.plan.in_sync.iter().map(String::as_str);
        let right = in_sync.chain(back).chain(untouched).collect();
        Self { ours, right, held: report.plan.holds.iter().map(|hold| hold.app.as_str()).collect() }
    }

    /// Whether there is something new to be said of an app.
    fn take_in(&self, name: &str, app: &DesiredApp, from: Instant, rounds: &mut Rounds<Question>) -> bool {
        let processes = self.ours.get(name).map_or(&[][..], Vec::as_slice);
        let (Some(probe), Ok(attributes), Some(pids)) = (&app.liveness, &app.attributes, pids(processes))
        else {
            rounds.unwatch(name);
            return false;
        };
        let subject = Subject { daemon: app.daemon.clone(), probe: probe.clone(), pids };
        let question = || Question::new(probe, attributes, processes);
        if self.right.contains(name) {
            rounds.watch(name, subject, from, question);
        } else if self.held.contains(name) {
            // It may be well again.
            return rounds.ask_on(name, subject, from, question);
        } else {
            rounds.unwatch(name);
        }
        false
    }
}

/// The processes of an app; `None` where not all of them run.
fn pids(processes: &[&Process]) -> Option<BTreeSet<u32>> {
    let online = processes.iter().map(|process| process.pid.filter(|_| process.status == Status::Online));
    online.collect::<Option<BTreeSet<u32>>>().filter(|pids| !pids.is_empty())
}

/// Asks no more what was looked for and is not declared.
fn forget_the_gone(rounds: &mut Rounds<Question>, report: &Report) {
    let looked_at =
        |subject: &Subject| report.only.as_ref().is_none_or(|only| only.contains(&subject.daemon));
    let gone = rounds.subjects().filter(|(app, subject)| looked_at(subject) && !report.desired.declares(app));
    let gone: Vec<String> = gone.map(|(app, _)| app.to_owned()).collect();
    gone.iter().for_each(|app| rounds.unwatch(app));
}
