//! What came of one pass.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::time::Duration;

use camino::Utf8PathBuf;

use super::{HostError, Known};
use crate::diagnostic::{Diagnostic, Source};
use crate::model::DaemonId;
use crate::plan::{Desired, Fallback, Plan, Step};
use crate::pm2::observed::Observed;

/// What came of one pass.
#[derive(Debug, Clone)]
#[must_use]
pub struct Report {
    /// The daemons that were looked at, where that is not all of them: the rest of the report is about them alone.
    pub only: Option<BTreeSet<DaemonId>>,
    /// What a later pass may take for known, of each daemon of which there is nothing to say.
    pub known: BTreeMap<DaemonId, Known>,
    /// The sources as they were read: what diagnostics point into.
    pub sources: Vec<Source>,
    /// Everything there is to say of the tree.
    pub diagnostics: Vec<Diagnostic>,
    /// What became of each generated file; empty in a dry run.
    pub written: Vec<Written>,
    /// Files beside the tree that its definitions take something from, there or not: env files, absolute.
    pub env_files: BTreeSet<Utf8PathBuf>,
    /// Files that its sources include, there or not, by their paths as seen from the root.
    pub included: BTreeSet<String>,
    /// What the tree says, for this machine.
    pub desired: Desired,
    /// What PM2 had before.
    pub observed: Observed,
    /// What was to be done.
    pub plan: Plan,
    /// How that differs from what was agreed to, a sentence each: if it does, nothing was written or applied.
    pub stale: Vec<String>,
    /// What became of each step, in the plan's order; empty in a dry run.
    pub outcomes: Vec<Outcome>,
    /// What became of the generated files of daemons that are gone.
    pub discarded: Vec<Discarded>,
    /// Whether what was applied could be kept for the next pass.
    pub remembered: Result<(), HostError>,
}

impl Report {
    /// Whether something is left to be mended: an error in the tree, an app held for a fault, a plan that is stale, a step
    /// that failed.
    #[must_use]
    pub fn has_failures(&self) -> bool {
        self.diagnostics.iter().any(Diagnostic::is_error)
            || self.written.iter().any(|written| written.result.is_err())
            || !self.stale.is_empty()
            || self.plan.holds.iter().any(|hold| hold.why.is_failure())
            || self.outcomes.iter().any(|outcome| outcome.result.is_err())
            || self.discarded.iter().any(|discarded| discarded.result.is_err())
            || self.remembered.is_err()
    }
}

/// What became of one generated file.
#[derive(Debug, Clone)]
pub struct Written {
    /// Its path below the root.
    pub path: String,
    /// What happened, or why it could not be written.
    pub result: Result<WriteOutcome, String>,
}

/// What writing a generated file came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WriteOutcome {
    /// It was right already and is untouched.
    Unchanged,
    /// It is new or was replaced by a newer one.
    Written,
    /// Somebody had edited it; the edit is kept beside it.
    EditReplaced,
}

/// What became of the generated file of a daemon that is gone.
#[derive(Debug, Clone)]
pub struct Discarded {
    /// The daemon.
    pub daemon: DaemonId,
    /// Whether anything was removed, or why it could not be.
    pub result: Result<bool, String>,
}

/// What became of one step.
#[derive(Debug, Clone)]
pub struct Outcome {
    /// The app.
    pub app: String,
    /// The processes that run for it now, verified, or what went wrong.
    pub result: Result<Applied, StepError>,
    /// What was done about what went wrong, if anything was.
    pub aftermath: Option<Aftermath>,
    /// How long it took, verification included.
    pub took: Duration,
}

impl Outcome {
    /// What became of the app after its step failed, in words without a full stop; `None` where there is nothing to say.
    #[must_use]
    pub fn then(&self, step: &Step) -> Option<String> {
        let error = self.result.as_ref().err()?;
        match (&self.aftermath, &step.fallback) {
            (Some(aftermath), _) => Some(aftermath.to_string()),
            (None, Fallback::NoWayBack(why)) if error.is_setback() && !step.is_drift() => {
                Some(why.to_string())
            }
            (None, _) => None,
        }
    }
}

/// What was done about a step that failed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Aftermath {
    /// The app was put back.
    Reverted {
        /// To this generation of its history.
        to: u64,
        /// The processes that run for it now, verified, or what went wrong with that.
        result: Result<Applied, StepError>,
    },
    /// The app was stopped, or could not be.
    Stopped(Result<(), StepError>),
}

impl fmt::Display for Aftermath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Aftermath::Reverted { to, result: Ok(applied) } => {
                let pids: Vec<String> = applied.pids.iter().map(ToString::to_string).collect();
                let pids = if pids.is_empty() { String::new() } else { format!(", pid {}", pids.join(" ")) };
                write!(f, "put back to generation {to}{pids}")
            }
            Aftermath::Reverted { to, result: Err(error) } => {
                write!(f, "could not be put back to generation {to}: {error}")
            }
            Aftermath::Stopped(Ok(())) => f.write_str("left stopped"),
            Aftermath::Stopped(Err(error)) => write!(f, "could not be stopped: {error}"),
        }
    }
}

/// What a step came to.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Applied {
    /// The processes that run now; none after a deletion or for an app that has done its work.
    pub pids: Vec<u32>,
    /// Whether it was not watched for as long as it takes to know that it stays up: this program was told to hurry, and the
    /// next pass asks the app again.
    pub unproven: bool,
}

/// Why a step did not come to what it should.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum StepError {
    /// PM2 refused or could not be reached.
    #[error("{0}")]
    Pm2(String),
    /// PM2 was asked and did not answer: it may have been done, or may still be.
    #[error("{0}; whether it was done is not known, the next run looks again")]
    Unknown(String),
    /// Something on disk that the process needs could not be made.
    #[error("{0}")]
    Disk(String),
    /// The process did not stay up.
    #[error("{problem}")]
    Crashed {
        /// What was seen.
        problem: String,
        /// The last lines of its error log since the step began, oldest first.
        last_lines: Vec<String>,
    },
    /// Somebody else has stopped or deleted it meanwhile: whether it would have been well is not known.
    #[error("{0}, by somebody else it seems")]
    TakenAway(&'static str),
    /// It runs, and a probe of its own says that it is not well.
    #[error("it runs, but is not well: {problem}")]
    Unwell {
        /// The last answer.
        problem: String,
        /// The last lines of its error log since the step began, oldest first.
        last_lines: Vec<String>,
    },
    /// The program was told to end before the step's turn came.
    #[error("not done: this program was told to end")]
    Interrupted,
    /// An app that it depends on did not come to run.
    #[error("not done: it depends on {by}, which did not come to run")]
    Held {
        /// Which.
        by: String,
    },
    /// It was to be deleted, and an app that depends on it could not be.
    #[error("not done: {by} depends on it, and is still there")]
    Needed {
        /// Which.
        by: String,
    },
    /// PM2 reports success and the process is not as declared.
    #[error("PM2 reports success, but {}", .0.join("; "))]
    NotTrue(Vec<String>),
}

impl StepError {
    /// The app for whose sake the step was not taken, if it was not.
    #[must_use]
    pub fn held_by(&self) -> Option<&str> {
        match self {
            StepError::Held { by } | StepError::Needed { by } => Some(by),
            _ => None,
        }
    }

    /// Whether the step was not taken at all.
    #[must_use]
    pub fn is_not_done(&self) -> bool {
        matches!(self, StepError::Interrupted | StepError::Held { .. } | StepError::Needed { .. })
    }

    /// Whether it is known what the step has come to.
    #[must_use]
    pub fn is_over(&self) -> bool {
        !matches!(self, StepError::Interrupted | StepError::Unknown(_))
    }

    /// Whether the app is not what it should be, so that something may be done about it: the step was taken, and nobody
    /// else has taken the app away.
    #[must_use]
    pub fn is_setback(&self) -> bool {
        self.is_over() && !self.is_not_done() && !matches!(self, StepError::TakenAway(_))
    }

    /// What the app itself wrote before it failed, oldest first.
    #[must_use]
    pub fn last_lines(&self) -> &[String] {
        match self {
            StepError::Crashed { last_lines, .. } | StepError::Unwell { last_lines, .. } => last_lines,
            _ => &[],
        }
    }
}
