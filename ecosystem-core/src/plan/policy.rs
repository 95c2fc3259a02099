//! What the caller of a pass allows and wants, beyond what the tree says.

use std::collections::{BTreeMap, BTreeSet};

use crate::model::{DaemonId, Prune};
use crate::pm2::Attributes;
use crate::pm2::observed::{Observed, PmId, Process};

/// What the caller allows and wants, beyond what the tree says.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Policy {
    /// Only these daemons are looked at; all of them where `None`.
    pub only: Option<BTreeSet<DaemonId>>,
    /// Of these daemons, only these apps; all of them where `None`. Nothing is deleted then.
    pub apps: Option<BTreeSet<String>>,
    /// Names of foreign processes that may be taken over.
    pub adopt: BTreeSet<String>,
    /// Whether every process that nobody owns may be taken over, where the tree declares an app of its name. One of
    /// another tree has to be named: both would go on to fight for it.
    pub adopt_all: bool,
    /// Delete although the guard would hold it.
    pub allow_mass_delete: bool,
    /// The pids of this program and of its ancestors. PM2 ends the whole process tree of what it ends: a process of
    /// its list that is among these comes last, and is never deleted from inside.
    pub own_pids: BTreeSet<u32>,
    /// What to do with an app that somebody stopped by hand.
    pub stopped: Stopped,
    /// What to do with an app that somebody changed or deleted by hand.
    pub drift: Drift,
    /// What to do with apps that the tree has lost and that did not say so themselves while it had them; where `None`,
    /// what the tree says of all of them.
    pub prune: Option<Prune>,
    /// Whether somebody has confirmed the deletions in scope, so that no `:prune` holds them.
    pub confirmed: bool,
    /// Daemons that have been missing from the tree for long enough; `None` where that need not be waited for.
    pub missing_for_long: Option<BTreeSet<DaemonId>>,
    /// Apps whose changes are made although they say that they are to be kept as they are.
    pub change: BTreeSet<String>,
    /// Whether what failed before, and was put back or stopped, is to be tried again.
    pub retry: bool,
    /// Apps that are given a rest after steps that came to nothing, by name.
    pub resting: BTreeMap<String, Rest>,
    /// Apps that run and have failed their liveness probe, by name.
    pub ill: BTreeMap<String, Illness>,
}

impl Policy {
    /// Whether a process that is not ours may be taken over.
    #[must_use]
    pub fn adopts(&self, process: &Process) -> bool {
        self.adopt.contains(&process.name) || (self.adopt_all && process.is_unowned())
    }

    /// The process of PM2's list that this program runs in, if PM2 runs it.
    #[must_use]
    pub fn own_process(&self, observed: &Observed) -> Option<PmId> {
        let runs_us =
            observed.processes.iter().filter(|it| it.pid.is_some_and(|pid| self.own_pids.contains(&pid)));
        // A program inside a program of PM2's is ended with either of them; the outer one was there first.
        runs_us.map(|process| process.pm_id).next()
    }
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

/// What to do with an app that is not as declared although its declaration has not changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Drift {
    /// Put it back: the running set equals the tree.
    #[default]
    Heal,
    /// Leave it and say so.
    Hold,
}

/// That an app which runs does not answer as its liveness probe wants it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Illness {
    /// The processes that were asked: of others nothing is said, they may be well. `None` for whatever runs since the
    /// app was restarted for it, until it has passed its probes of after a start.
    pub pids: Option<BTreeSet<u32>>,
    /// The last answer, in words.
    pub problem: String,
}

/// An app's rest: it is left as it is for as long as its definition, what it takes from outside the tree
/// included, stays what it is.
#[derive(Debug, Clone, PartialEq)]
pub struct Rest {
    /// The definition that did not come to run.
    pub definition: Attributes,
    /// How often it was tried.
    pub tries: u32,
    /// Whether it is not tried again by itself.
    pub given_up: bool,
}
