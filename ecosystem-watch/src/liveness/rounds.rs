//! Whom to ask when, and what the answers come to. Nothing here waits, asks or knows the time.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use ecosystem_core::model::{DaemonId, Probe};
use ecosystem_core::os::liveness::Answer;
use ecosystem_core::plan::Illness;

/// The apps that are asked, each with the question `Q` that is put to it again and again.
#[derive(Debug)]
pub(super) struct Rounds<Q> {
    apps: BTreeMap<String, Round<Q>>,
    /// When whom to ask, of those that answered well last.
    sound: BTreeSet<(Instant, String)>,
    /// The same, of those that did not.
    suspects: BTreeSet<(Instant, String)>,
    /// How many of those are being asked.
    suspects_in_hand: usize,
    rounds: u64,
}

/// Who is asked, and how.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Subject {
    pub(super) daemon: DaemonId,
    pub(super) probe: Probe,
    /// Its processes.
    pub(super) pids: BTreeSet<u32>,
}

#[derive(Debug)]
struct Round<Q> {
    subject: Subject,
    /// Tells it from an earlier one of the same app.
    number: u64,
    /// `None` while it is being asked.
    question: Option<Q>,
    due: Instant,
    /// When the question was first put that nobody has answered yet.
    asked: Option<Instant>,
    /// In a row.
    failures: u32,
    /// The last answer, where it has failed too often.
    ill: Option<String>,
    /// It has just fallen ill, and is not asked before somebody has looked at it.
    rests: bool,
}

/// A question to be asked now.
#[derive(Debug)]
pub(super) struct Task<Q> {
    pub(super) app: String,
    pub(super) question: Q,
    /// How long it may wait for its answer.
    pub(super) timeout: Duration,
    number: u64,
    suspect: bool,
}

/// How many of those that did not answer well last may be asked at once: what hangs is not to keep others from being
/// asked.
pub(super) const SUSPECTS_AT_ONCE: usize = 8;

/// The least between two questions to an app, whatever it says: a question may cost a process.
const LEAST: Duration = Duration::from_millis(100);

/// The shortest and the longest pause where nobody answers yet.
const AGAIN: [Duration; 2] = [Duration::from_millis(50), Duration::from_secs(1)];

impl<Q> Default for Rounds<Q> {
    fn default() -> Self {
        Self {
            apps: BTreeMap::new(),
            sound: BTreeSet::new(),
            suspects: BTreeSet::new(),
            suspects_in_hand: 0,
            rounds: 0,
        }
    }
}

impl<Q> Rounds<Q> {
    /// Asks an app from a time on, after its probe's initial delay. One that is asked already is asked on, unless its
    /// processes or its probe are others now.
    pub(super) fn watch(&mut self, app: &str, subject: Subject, from: Instant, question: impl FnOnce() -> Q) {
        if self.apps.get(app).is_some_and(|round| round.subject == subject) {
            return;
        }
        self.unwatch(app);
        self.rounds += 1;
        let due = later(from, subject.probe.initial_delay);
        let round = Round {
            subject,
            number: self.rounds,
            question: Some(question()),
            due,
            asked: None,
            failures: 0,
            ill: None,
            rests: false,
        };
        self.apps.insert(app.to_owned(), round);
        self.sound.insert((due, app.to_owned()));
    }

    /// Asks an app no more; what it answers to a question that is in hand does not count.
    pub(super) fn unwatch(&mut self, app: &str) {
        if let Some(round) = self.apps.remove(app) {
            let entry = (round.due, app.to_owned());
            let _ = self.sound.remove(&entry) || self.suspects.remove(&entry);
        }
    }

    /// Asks on these very processes of an app that have fallen ill and were looked at since, and are left as they are;
    /// any others no more. Tells whether it is another question now, so that nothing is known of its answer.
    pub(super) fn ask_on(
        &mut self,
        app: &str,
        subject: Subject,
        now: Instant,
        question: impl FnOnce() -> Q,
    ) -> bool {
        match self.apps.get_mut(app).filter(|it| it.ill.is_some() && it.subject.pids == subject.pids) {
            Some(round) if round.subject != subject => {
                self.watch(app, subject, now, question);
                return true;
            }
            Some(round) if round.rests => {
                round.rests = false;
                round.due = later(now, round.subject.probe.interval.max(LEAST));
                self.suspects.insert((round.due, app.to_owned()));
            }
            Some(_) => {}
            None => self.unwatch(app),
        }
        false
    }

    /// Asks nobody any more.
    pub(super) fn clear(&mut self) {
        self.apps.clear();
        self.sound.clear();
        self.suspects.clear();
    }

    pub(super) fn is_empty(&self) -> bool {
        self.apps.is_empty()
    }

    /// Everybody who is asked.
    pub(super) fn subjects(&self) -> impl Iterator<Item = (&str, &Subject)> {
        self.apps.iter().map(|(app, round)| (app.as_str(), &round.subject))
    }

    /// Everybody who is ill.
    pub(super) fn ill(&self) -> BTreeMap<String, Illness> {
        let ill = |(app, round): (&String, &Round<Q>)| {
            let (pids, problem) = (Some(round.subject.pids.clone()), round.ill.clone()?);
            Some((app.clone(), Illness { pids, problem }))
        };
        self.apps.iter().filter_map(ill).collect()
    }

    /// When the next question is to be asked; `None` where none is before an answer has come.
    pub(super) fn due(&self) -> Option<Instant> {
        let suspects = self.suspects.first().filter(|_| self.suspects_in_hand < SUSPECTS_AT_ONCE);
        self.sound.first().into_iter().chain(suspects).map(|(due, _)| *due).min()
    }

    /// A question whose time has come, the one that has waited longest.
    pub(super) fn take(&mut self, now: Instant) -> Option<Task<Q>> {
        let due = self.due().filter(|due| *due <= now)?;
        let suspect = self.sound.first().is_none_or(|(first, _)| *first > due);
        let queue = if suspect { &mut self.suspects } else { &mut self.sound };
        let (_, app) = queue.pop_first()?;
        let round = self.apps.get_mut(&app)?;
        let question = round.question.take()?;
        let asked = *round.asked.get_or_insert(now);
        self.suspects_in_hand += usize::from(suspect);
        let left = later(asked, round.subject.probe.timeout).saturating_duration_since(now);
        Some(Task { app, question, timeout: left.max(AGAIN[0]), number: round.number, suspect })
    }

    /// Takes in the answer to a question that was handed out; `None` where it could not be asked to its end. Tells
    /// whether the app has fallen ill by it, or is well again.
    pub(super) fn answered(&mut self, task: Task<Q>, answer: Option<Answer>, now: Instant) -> bool {
        self.suspects_in_hand -= usize::from(task.suspect);
        let Some(round) = self.apps.get_mut(&task.app).filter(|round| round.number == task.number) else {
            return false;
        };
        let turned = answer.is_some_and(|answer| round.note(answer, now));
        round.question = Some(task.question);
        round.rests = turned && round.ill.is_some();
        match (round.rests, round.failures) {
            (true, _) => {}
            (false, 0) => drop(self.sound.insert((round.due, task.app))),
            (false, _) => drop(self.suspects.insert((round.due, task.app))),
        }
        turned
    }
}

impl<Q> Round<Q> {
    /// Whether the answer makes a difference.
    fn note(&mut self, answer: Answer, now: Instant) -> bool {
        let Probe { timeout, interval, retries, .. } = self.subject.probe;
        let problem = match answer {
            Answer::Alive => None,
            Answer::Ill(problem) => Some(problem),
            Answer::NotYet(problem) => {
                let pause = (timeout / 10).clamp(AGAIN[0], AGAIN[1]);
                if self.asked.is_some_and(|asked| now + pause < later(asked, timeout)) {
                    self.due = now + pause;
                    return false;
                }
                Some(problem)
            }
        };
        self.asked = None;
        self.due = later(now, interval.max(LEAST));
        let Some(problem) = problem else {
            self.failures = 0;
            return self.ill.take().is_some();
        };
        self.failures = self.failures.saturating_add(1);
        self.failures > retries && self.ill.replace(problem).is_none()
    }
}

/// Times of the machine's clock end somewhere.
fn later(time: Instant, duration: Duration) -> Instant {
    time.checked_add(duration).unwrap_or(time + Duration::from_secs(365 * 24 * 60 * 60))
}

#[cfg(test)]
mod tests;
