//! Asking an app whether it is well.
//!
//! Whoever answers may lie, hang or never stop answering: a question takes no longer than its timeout, and no more is
//! read than is needed to judge.

mod exec;
mod http;
mod log;
mod tcp;

#[cfg(test)]
mod tests;

use std::time::{Duration, Instant};

use crate::model::{Probe, Way};

pub(super) use exec::Surroundings;
pub(super) use log::Logs;

/// The app that is asked.
pub(super) struct Patient<'a> {
    /// Where and in what environment its commands run.
    pub(super) surroundings: &'a Surroundings,
    /// What it has written since its start.
    pub(super) logs: &'a Logs,
    /// Whether this program is to end: what it has started to ask must not outlive it.
    pub(super) ends: &'a dyn Fn() -> bool,
}

/// Why an app is not well: the last answer, in words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Ill(pub(super) String);

/// How waiting for a probe to pass ended.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Answer<T> {
    /// The app is well.
    Well,
    /// It is not, after all tries.
    Ill(Ill),
    /// There was something else to see to.
    Interrupted(T),
}

/// One answer to one question.
pub(super) enum Reply {
    Well,
    /// Nobody is there to answer: to be asked again while the question's time lasts.
    Nobody(String),
    Ill(String),
}

/// Asks until the app is well, or has been found ill too often.
///
/// `otherwise` is looked at between questions, and while nobody answers: what it gives ends the waiting.
pub(super) fn wait<T>(
    probe: &Probe,
    patient: &Patient<'_>,
    mut otherwise: impl FnMut() -> Option<T>,
) -> Answer<T> {
    let mut pause = probe.initial_delay;
    let mut tries_left = probe.retries;
    loop {
        if let Some(other) = rest(pause, &mut otherwise) {
            return Answer::Interrupted(other);
        }
        match question(probe, patient, &mut otherwise) {
            Answer::Ill(_) if tries_left > 0 => tries_left -= 1,
            answer => return answer,
        }
        pause = probe.interval;
    }
}

/// Asks one question, within its timeout.
pub(super) fn question<T>(
    probe: &Probe,
    patient: &Patient<'_>,
    otherwise: &mut impl FnMut() -> Option<T>,
) -> Answer<T> {
    let deadline = Instant::now() + probe.timeout;
    loop {
        let left = deadline.saturating_duration_since(Instant::now());
        match ask(&probe.way, patient, left.max(SHORTEST)) {
            Reply::Well => return Answer::Well,
            Reply::Ill(why) => return Answer::Ill(Ill(why)),
            Reply::Nobody(why) if Instant::now() + AGAIN >= deadline => return Answer::Ill(Ill(why)),
            Reply::Nobody(_) => {}
        }
        if let Some(other) = rest(AGAIN, otherwise) {
            return Answer::Interrupted(other);
        }
    }
}

/// Asks once.
pub(super) fn ask(way: &Way, patient: &Patient<'_>, timeout: Duration) -> Reply {
    match way {
        Way::HttpGet { url } => http::get(url, timeout),
        Way::Tcp { host, port } => tcp::connect(host, *port, timeout),
        Way::Exec(command) => exec::run(command, patient, timeout),
        Way::Log { contains } => patient.logs.search(contains),
    }
}

/// Waits, unless there is something else.
fn rest<T>(pause: Duration, otherwise: &mut impl FnMut() -> Option<T>) -> Option<T> {
    let end = Instant::now() + pause;
    loop {
        if let Some(other) = otherwise() {
            return Some(other);
        }
        let left = end.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return None;
        }
        std::thread::sleep(left.min(AGAIN));
    }
}

/// How soon to ask again where nobody answers.
const AGAIN: Duration = Duration::from_millis(50);

/// The least time that a question is given, so that a timeout that is nearly over is not taken for none.
const SHORTEST: Duration = Duration::from_millis(1);
