//! Saying what a pass does while it does it.

use std::time::{Duration, Instant};

use ecosystem_core::converge::{Outcome, Progress, Reading, StepError, WriteOutcome, Written};
use ecosystem_core::plan::{Plan, Step};

use super::happening;

/// Says what is done. What fails is not said here: it stands, and [`Said`](super::Said) knows whether it is news.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Aloud {
    /// When the first of the edits was made that led to the pass; `None` where something else did.
    pub(crate) edited_at: Option<Instant>,
}

impl Aloud {
    fn since_edit(&self) -> Option<Duration> {
        self.edited_at.map(|at| at.elapsed())
    }
}

impl Progress for Aloud {
    fn read(&self, _: &Reading) {}

    fn edited(&self, path: &str, kept_as: &str) {
        happening::edited(path, kept_as).say();
    }

    fn written(&self, written: &Written) {
        if let Ok(WriteOutcome::Written | WriteOutcome::EditReplaced) = written.result {
            happening::written(&written.path).say();
        }
    }

    fn planned(&self, _: &Plan) {}

    fn begins(&self, step: &Step) {
        happening::begins(step).say();
    }

    fn done(&self, step: &Step, outcome: &Outcome) {
        match &outcome.result {
            Ok(applied) => happening::step(step, applied, outcome.took, self.since_edit()).say(),
            Err(StepError::Interrupted) => happening::skipped(step).say(),
            Err(_) => {}
        }
    }
}
