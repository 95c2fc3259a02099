//! The watcher's policy, on a virtual clock: when it looks, at how much, and what it knows besides. What it keeps of retries and
//! removals is the watcher's own code.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use ecosystem_core::converge::{Extent, Known, Report};
use ecosystem_core::model::DaemonId;
use ecosystem_core::plan::{Drift, Policy, Stopped, Why};

use crate::removals::Removals;
use crate::retries::Retries;
use crate::script::Watching;

/// A watcher at work.
pub struct Watcher {
    watching: Watching,
    removals: Removals,
    retries: Retries,
    known: BTreeMap<DaemonId, Known>,
    awaited: BTreeSet<String>,
    hints: Vec<Hint>,
    anew: bool,
    /// When its last look at everything began, and was over.
    began: Instant,
    whole_at: Instant,
    /// When it tries again after a look that was not to be had.
    again: Option<Instant>,
}

/// A reason to look.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Hint {
    /// The texts of these daemons have changed.
    Daemons(BTreeSet<DaemonId>),
    /// PM2 has said something of an app.
    App(String),
    Anything,
}

/// How often it looks at everything although nothing happens.
const RESYNC: Duration = Duration::from_secs(600);

impl Watcher {
    pub fn new(watching: Watching, now: Instant) -> Self {
        Self {
            watching,
            removals: Removals::new(Duration::from_millis(watching.grace)),
            retries: Retries::default(),
            known: BTreeMap::new(),
            awaited: BTreeSet::new(),
            hints: vec![Hint::Anything],
            anew: false,
            began: now,
            whole_at: now,
            again: None,
        }
    }

    /// The same one, started anew.
    pub fn anew(&self, now: Instant) -> Self {
        Self::new(self.watching, now)
    }

    pub fn hint(&mut self, hint: Hint) {
        self.hints.push(hint);
    }

    pub fn begin_anew(&mut self) {
        self.retries.forget();
        self.anew = true;
        self.hints.push(Hint::Anything);
    }

    /// When it looks next.
    pub fn due(&self, now: Instant) -> Instant {
        if self.hints.is_empty() { self.due_by_the_clock() } else { now }
    }

    /// When it would look though nothing happens.
    pub fn due_by_the_clock(&self) -> Instant {
        let dues = [self.removals.due(self.began), self.retries.due(self.began)];
        let resync = self.whole_at + RESYNC;
        self.again.unwrap_or_else(|| dues.into_iter().flatten().fold(resync, Instant::min))
    }

    /// Whether nothing but the periodic look is to come.
    pub fn is_at_rest(&self) -> bool {
        self.due_by_the_clock() >= self.whole_at + RESYNC
    }

    /// How it looks now, and at how much.
    pub fn look(&mut self, now: Instant) -> (Policy, Extent) {
        let hints = std::mem::take(&mut self.hints);
        let extent = if hints.is_empty() { Extent::Whole } else { self.extent(&hints) };
        let policy = Policy {
            stopped: if self.watching.heal_stopped { Stopped::Start } else { Stopped::Hold },
            drift: if self.watching.self_heal { Drift::Heal } else { Drift::Hold },
            missing_for_long: self.removals.missing_for_long(now),
            resting: self.retries.resting(now),
            retry: std::mem::take(&mut self.anew),
            ..Policy::default()
        };
        (policy, extent)
    }

    fn extent(&self, hints: &[Hint]) -> Extent {
        let mut daemons = BTreeMap::new();
        for hint in hints {
            let ids: BTreeSet<DaemonId> = match hint {
                Hint::Anything => return Extent::Whole,
                Hint::Daemons(ids) => ids.clone(),
                Hint::App(app) => {
                    let of = self.known.iter().find(|(_, known)| known.apps.contains(app));
                    let Some((id, _)) = of else { return Extent::Whole };
                    BTreeSet::from([id.clone()])
                }
            };
            for id in ids {
                let Some(known) = self.known.get(&id).filter(|it| it.apps.is_disjoint(&self.awaited)) else {
                    return Extent::Whole;
                };
                daemons.insert(id, known.clone());
            }
        }
        Extent::Daemons(daemons)
    }

    /// Takes in a look that was begun at `began`.
    pub fn note(&mut self, report: &Report, began: Instant, now: Instant) {
        self.again = None;
        self.retries.note(report, now);
        if report.only.is_none() {
            (self.began, self.whole_at) = (began, now);
            self.known = report.known.clone();
            self.awaited = awaited(report);
            self.removals.note(&report.plan, began);
        }
        if report.outcomes.iter().any(|outcome| outcome.aftermath.is_some()) {
            self.hints.push(Hint::Anything);
        }
    }

    /// A look was not to be had.
    pub fn trouble(&mut self, now: Instant) {
        self.known.clear();
        self.again = Some(now + Duration::from_secs(1));
    }
}

/// Apps for whose sake others are held.
fn awaited(report: &Report) -> BTreeSet<String> {
    let held = report.plan.holds.iter().filter_map(|hold| match &hold.why {
        Why::Dependency { app, .. } => Some(app.as_str()),
        _ => None,
    });
    let not_done = report.outcomes.iter().filter_map(|it| it.result.as_ref().err()?.held_by());
    held.chain(not_done).map(str::to_owned).collect()
}
