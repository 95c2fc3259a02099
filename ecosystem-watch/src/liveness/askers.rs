//! Threads that ask: as many as are needed, none where nobody is asked.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::Sender;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use ecosystem_core::os::liveness::{Answer, Question};

use super::rounds::{Rounds, SUSPECTS_AT_ONCE, Task};
use crate::hint::Hint;

/// The most threads at once. More than those that may wait for suspects, so that the others are asked all the same; a
/// question to a local app that is well takes a thousandth of a second.
const MOST: usize = 2 * SUSPECTS_AT_ONCE;

/// How many wait for something to be due: one that goes to ask leaves the other, which goes on before a third is there.
const SPARE: usize = 2;

/// Enough for a question. And so much less than other threads have that glibc never gives them a stack that one of
/// these has left: see `aside`, which counts on theirs.
const STACK: usize = 256 * 1024;

/// How long the end of this program waits for commands in hand to be ended.
const ENDING: Duration = Duration::from_secs(5);

/// All threads that ask, and what they are to ask.
pub(super) struct Askers {
    state: Mutex<State>,
    changed: Condvar,
    ends: AtomicBool,
    hints: Sender<Hint>,
}

#[derive(Default)]
struct State {
    rounds: Rounds<Question>,
    threads: usize,
    idle: usize,
    /// How many commands are at work.
    commands: usize,
}

impl Askers {
    /// Those who tell of every change by these hints; nobody asks yet.
    pub(super) fn new(hints: Sender<Hint>) -> Arc<Self> {
        Arc::new(Self {
            state: Mutex::default(),
            changed: Condvar::new(),
            ends: AtomicBool::new(false),
            hints,
        })
    }

    /// Looks at whom to ask, or changes it.
    pub(super) fn with<T>(self: &Arc<Self>, change: impl FnOnce(&mut Rounds<Question>) -> T) -> T {
        let mut state = self.lock();
        let result = change(&mut state.rounds);
        if state.threads == 0 && !state.rounds.is_empty() {
            self.add(&mut state);
        }
        // Whoever is idle waits for another time now.
        self.changed.notify_all();
        result
    }

    /// Ends it all: what was started to ask is gone then, and what still waits for an answer goes with the program.
    pub(super) fn end(&self) {
        self.ends.store(true, Ordering::Relaxed);
        let mut state = self.lock();
        state.rounds.clear();
        self.changed.notify_all();
        let deadline = Instant::now() + ENDING;
        while state.commands > 0 && Instant::now() < deadline {
            state = self.wait(state, Some(deadline));
        }
    }

    fn add(self: &Arc<Self>, state: &mut State) {
        let askers = Arc::clone(self);
        // One that cannot be had now is asked for again with the next question.
        if thread::Builder::new().stack_size(STACK).spawn(move || askers.serve()).is_ok() {
            state.threads += 1;
        }
    }

    fn serve(self: &Arc<Self>) {
        while let Some(mut task) = self.next() {
            let ends = || self.ends.load(Ordering::Relaxed);
            let answer = task.question.ask(task.timeout, &ends);
            let app = task.app.clone();
            if self.take_in(task, answer) && self.hints.send(Hint::Health { app }).is_err() {
                self.ends.store(true, Ordering::Relaxed);
            }
        }
    }

    fn take_in(&self, task: Task<Question>, answer: Option<Answer>) -> bool {
        let mut state = self.lock();
        if task.question.starts_a_process() {
            state.commands -= 1;
            self.changed.notify_all();
        }
        state.rounds.answered(task, answer, Instant::now())
    }

    /// The next question, once it is due; `None` where this thread is not needed any more.
    fn next(self: &Arc<Self>) -> Option<Task<Question>> {
        let mut state = self.lock();
        loop {
            if let Some(task) = state.rounds.take(Instant::now()) {
                if state.idle == 0 && state.threads < MOST {
                    self.add(&mut state);
                }
                state.commands += usize::from(task.question.starts_a_process());
                return Some(task);
            }
            if state.rounds.is_empty() || state.idle >= SPARE || self.ends.load(Ordering::Relaxed) {
                state.threads -= 1;
                // Those who stay may know of a later time only.
                self.changed.notify_all();
                return None;
            }
            let due = state.rounds.due();
            state.idle += 1;
            state = self.wait(state, due);
            state.idle -= 1;
        }
    }

    fn wait<'s>(&self, state: MutexGuard<'s, State>, until: Option<Instant>) -> MutexGuard<'s, State> {
        match until {
            None => self.changed.wait(state).unwrap_or_else(PoisonError::into_inner),
            Some(until) => {
                let left = until.saturating_duration_since(Instant::now());
                self.changed.wait_timeout(state, left).unwrap_or_else(PoisonError::into_inner).0
            }
        }
    }

    /// A thread that panicked has lost its own question only.
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
