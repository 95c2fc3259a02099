//! Saying what a pass does while it does it.

use std::sync::Mutex;
use std::sync::PoisonError;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, SystemTime};

use camino::Utf8Path;
use ecosystem_core::converge::{Outcome, Progress, Reading, StepError, WriteOutcome, Written};
use ecosystem_core::os::tree::edited_at;
use ecosystem_core::plan::{Plan, Step};

use super::happening;
use crate::news::News;

/// Says what is done. What fails is not said here: it stands, and [`Said`](super::Said) knows whether it is news.
pub(crate) struct Aloud<'a> {
    root: &'a Utf8Path,
    /// The edits that led to the pass.
    news: News,
    /// Raised while the step in hand ends this very program.
    own_step: &'a AtomicBool,
    plan: Mutex<Plan>,
}

impl<'a> Aloud<'a> {
    pub(crate) fn new(root: &'a Utf8Path, news: News, own_step: &'a AtomicBool) -> Self {
        Self { root, news, own_step, plan: Mutex::default() }
    }

    /// How long ago the edit was made that a step is for. A step that undoes what somebody did by hand, or that tries
    /// again, follows no edit.
    fn since_edit(&self, step: &Step) -> Option<Duration> {
        let since = self.news.since(&step.daemon);
        let edited = edited_at(self.root, &step.daemon, since).filter(|_| !step.is_drift())?;
        SystemTime::now().duration_since(edited).ok()
    }

    fn ends_us(&self, step: &Step) -> bool {
        self.plan.lock().unwrap_or_else(PoisonError::into_inner).ends_us(step)
    }
}

impl Progress for Aloud<'_> {
    fn read(&self, _: &Reading) {}

    fn edited(&self, path: &str, kept_as: &str) {
        happening::edited(path, kept_as).say();
    }

    fn written(&self, written: &Written) {
        if let Ok(WriteOutcome::Written | WriteOutcome::EditReplaced) = written.result {
            happening::written(&written.path).say();
        }
    }

    fn planned(&self, plan: &Plan) {
        let own = Plan { own_process: plan.own_process, ..Plan::default() };
        *self.plan.lock().unwrap_or_else(PoisonError::into_inner) = own;
    }

    fn held_back(&self, why: &str) {
        happening::held_back(why).say();
    }

    fn begins(&self, step: &Step) {
        if self.ends_us(step) {
            happening::restarts_us(step).say();
            self.own_step.store(true, Ordering::Relaxed);
        } else {
            happening::begins(step).say();
        }
    }

    fn done(&self, step: &Step, outcome: &Outcome) {
        self.own_step.store(false, Ordering::Relaxed);
        match &outcome.result {
            Ok(applied) => {
                happening::step(step, applied, outcome.took, self.since_edit(step)).say();
            }
            Err(StepError::Interrupted) => happening::skipped(step).say(),
            Err(_) => {}
        }
    }
}
