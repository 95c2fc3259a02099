//! Asking an app whether it is alive, for as long as it runs: one question at a time, for whoever watches it.
//!
//! Nothing here waits but for an answer. When to ask, how often, and what becomes of it is the watcher's.

use std::time::Duration;

use camino::{Utf8Path, Utf8PathBuf};
use serde_json::Value as Json;

use super::health::surroundings;
use super::probe::{self, Logs, Patient, Reply, Surroundings};
use crate::model::{Probe, Way};
use crate::pm2::Attributes;
use crate::pm2::observed::Process;

/// What is asked of one app, with what it takes to ask. It holds the app's environment, secrets included, where a
/// command is to be run in it.
#[derive(Debug)]
pub struct Question {
    way: Way,
    surroundings: Surroundings,
    log_files: Vec<Utf8PathBuf>,
    /// How far they have been read.
    logs: Logs,
}

/// What was answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// It is alive.
    Alive,
    /// Nobody is there to answer: to be asked again while the question's time lasts. What is missing, in words.
    NotYet(String),
    /// It is not alive: the answer in words.
    Ill(String),
}

impl Question {
    /// A question to these processes of an app. Of its logs counts what is written from now on, and after each line that
    /// was looked for what is written after that: a line is a sign of life once.
    #[must_use]
    pub fn new(probe: &Probe, app: &Attributes, processes: &[&Process]) -> Self {
        let (runs, reads) = (matches!(probe.way, Way::Exec(_)), matches!(probe.way, Way::Log { .. }));
        let log_files = if reads { log_files(processes) } else { Vec::new() };
        Self {
            way: probe.way.clone(),
            surroundings: if runs { surroundings(app) } else { Surroundings::default() },
            logs: from_their_ends(&log_files),
            log_files,
        }
    }

    /// Whether asking starts a process, which must not be left behind.
    #[must_use]
    pub fn starts_a_process(&self) -> bool {
        matches!(self.way, Way::Exec(_))
    }

    /// Asks once, for at most so long; `None` where `ends` told before that this program is to end. Whatever was started
    /// to ask is gone then.
    pub fn ask(&mut self, timeout: Duration, ends: &dyn Fn() -> bool) -> Option<Answer> {
        let patient = Patient { surroundings: &self.surroundings, logs: &self.logs, ends };
        let reply = probe::ask(&self.way, &patient, timeout);
        let answer = match reply {
            _ if ends() => return None,
            Reply::Well => Answer::Alive,
            Reply::Nobody(problem) => Answer::NotYet(problem),
            Reply::Ill(problem) => Answer::Ill(problem),
        };
        if answer == Answer::Alive {
            self.logs = from_their_ends(&self.log_files);
        }
        Some(answer)
    }
}

fn log_files(processes: &[&Process]) -> Vec<Utf8PathBuf> {
    let both = |process: &&Process| {
        ["pm_out_log_path", "pm_err_log_path"]
            .map(|log| process.attribute(log).and_then(Json::as_str).map(Utf8PathBuf::from))
    };
    let mut files: Vec<Utf8PathBuf> = processes.iter().flat_map(both).flatten().collect();
    files.sort();
    files.dedup();
    files
}

fn from_their_ends(files: &[Utf8PathBuf]) -> Logs {
    let length = |path: &Utf8Path| std::fs::metadata(path).map_or(0, |metadata| metadata.len());
    Logs::new(files.iter().map(|path| (path.clone(), length(path))))
}

#[cfg(test)]
mod tests;
