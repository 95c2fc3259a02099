//! Which step comes next: each when what it waits for is over, as many at once as there are workers.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use super::budget::Budget;
use crate::converge::StepError;
use crate::plan::{Action, Step, Until, Wait};

/// How far each step of a plan has come, for all workers together.
pub(super) struct Schedule<'p> {
    steps: &'p [Step],
    /// The steps by app; deletions, which others wait for in their own way, apart.
    by_app: BTreeMap<(bool, &'p str), usize>,
    state: Mutex<Vec<State>>,
    changed: Condvar,
    /// Of starts.
    budget: &'p Budget<'p>,
}

/// How soon to ask again for a start that the machine has no time for.
const ASK_AGAIN: Duration = Duration::from_millis(100);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Waiting,
    InHand { started: bool },
    Over { started: bool, ok: bool },
}

/// What may be done about a step now.
enum Turn {
    Now,
    NotYet,
    Never(StepError),
}

impl<'p> Schedule<'p> {
    pub(super) fn new(steps: &'p [Step], budget: &'p Budget<'p>) -> Self {
        let name = |(index, step): (usize, &'p Step)| {
            ((matches!(step.action, Action::Delete(_)), step.app.as_str()), index)
        };
        Self {
            steps,
            by_app: steps.iter().enumerate().map(name).collect(),
            state: Mutex::new(vec![State::Waiting; steps.len()]),
            changed: Condvar::new(),
            budget,
        }
    }

    /// The next step of a range whose turn has come, or will never come; waits until there is one. `None` once each has
    /// been given to somebody.
    pub(super) fn take(&self, range: &Range<usize>) -> Option<Task<'_, 'p>> {
        let mut state = self.lock();
        loop {
            let mut waiting = range.clone().filter(|index| state.get(*index) == Some(&State::Waiting));
            let first = waiting.clone().next()?;
            // A wait that nobody can end is none; no plan has one, see `plan::violations`.
            let all_idle = !state.iter().any(|it| matches!(it, State::InHand { .. }));
            let mut pressed = false;
            let free = waiting.find_map(|index| match self.turn(index, &state) {
                Turn::Now if pressed && self.starts(index) => None,
                Turn::Now if self.may_start(index, all_idle) => Some((index, None)),
                Turn::Now => {
                    pressed = true;
                    None
                }
                Turn::Never(why) => Some((index, Some(why))),
                Turn::NotYet => None,
            });
            if let Some((index, held)) = free.or_else(|| all_idle.then_some((first, None))) {
                return self.hand_out(index, held, &mut state);
            }
            state = if pressed {
                self.changed.wait_timeout(state, ASK_AGAIN).unwrap_or_else(PoisonError::into_inner).0
            } else {
                self.changed.wait(state).unwrap_or_else(PoisonError::into_inner)
            };
        }
    }

    fn starts(&self, index: usize) -> bool {
        self.steps.get(index).is_some_and(|step| step.action.started().is_some())
    }

    /// Whether the machine has the time for a step: for one that starts nothing always, and for any where nothing is done.
    fn may_start(&self, index: usize, all_idle: bool) -> bool {
        let now = Instant::now();
        match (self.starts(index), all_idle) {
            (false, _) => true,
            (true, true) => {
                self.budget.takes(now);
                true
            }
            (true, false) => self.budget.grants(now),
        }
    }

    fn hand_out(&self, index: usize, held: Option<StepError>, state: &mut [State]) -> Option<Task<'_, 'p>> {
        *state.get_mut(index)? = State::InHand { started: false };
        Some(Task { schedule: self, index, step: self.steps.get(index)?, held, ok: false })
    }

    fn turn(&self, index: usize, state: &[State]) -> Turn {
        let waits = self.steps.get(index).map_or(&[][..], |step| &step.after);
        let mut turn = Turn::Now;
        for wait in waits {
            match self.wait(wait, state) {
                Turn::Never(why) => return Turn::Never(why),
                Turn::NotYet => turn = Turn::NotYet,
                Turn::Now => {}
            }
        }
        turn
    }

    fn wait(&self, wait: &Wait, state: &[State]) -> Turn {
        let other = self.by_app.get(&(wait.until == Until::Gone, wait.app.as_str()));
        let Some(state) = other.and_then(|index| state.get(*index)) else { return Turn::Now };
        match (state, wait.until) {
            (State::InHand { started: true } | State::Over { started: true, .. }, Until::Started)
            | (State::Over { ok: true, .. }, _) => Turn::Now,
            (State::Waiting | State::InHand { .. }, _) => Turn::NotYet,
            (State::Over { .. }, Until::Gone) => Turn::Never(StepError::Needed { by: wait.app.clone() }),
            (State::Over { .. }, _) => Turn::Never(StepError::Held { by: wait.app.clone() }),
        }
    }

    /// A worker that panicked has lost its own step only.
    fn lock(&self) -> MutexGuard<'_, Vec<State>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn note(&self, index: usize, change: impl FnOnce(&mut State)) {
        if let Some(state) = self.lock().get_mut(index) {
            change(state);
        }
        self.changed.notify_all();
    }
}

/// A step in hand. It is over when this is dropped, in whatever way: nobody waits for a worker that panicked.
pub(super) struct Task<'s, 'p> {
    schedule: &'s Schedule<'p>,
    /// Which step of the plan.
    pub(super) index: usize,
    pub(super) step: &'p Step,
    /// Why it is not to be taken, if something that it waits for came to nothing.
    pub(super) held: Option<StepError>,
    ok: bool,
}

impl Task<'_, '_> {
    /// PM2 has started all of its processes.
    pub(super) fn started(&self) {
        self.schedule.note(self.index, |state| {
            if let State::InHand { started } = state {
                *started = true;
            }
        });
    }

    /// What came of it.
    pub(super) fn over(mut self, ok: bool) {
        self.ok = ok;
    }
}

impl Drop for Task<'_, '_> {
    fn drop(&mut self) {
        let ok = self.ok;
        self.schedule.note(self.index, |state| {
            let started = matches!(state, State::InHand { started: true });
            *state = State::Over { started, ok };
        });
    }
}

#[cfg(test)]
mod tests;
