//! What makes the watcher look.

use std::collections::BTreeMap;
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::time::{Duration, Instant};

use crate::files::Touched;

/// A reason to do something. None of them is believed in what it says of the world: it is looked at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Hint {
    /// Something below the root may have changed.
    Files(Touched),
    /// File events do not come as they should: what is the matter, and what can be done.
    Trouble(String),
    /// Something happened to a process that may be ours.
    Process {
        /// Its name.
        app: String,
        /// Whether it ended.
        ended: bool,
    },
    /// A running app has failed its liveness probe, or passes it again.
    Health {
        /// Its name.
        app: String,
    },
    /// PM2 is there.
    Pm2Up,
    /// PM2 has ended; `deliberately` if it said farewell before.
    Pm2Gone {
        /// Whether somebody ended it.
        deliberately: bool,
    },
    /// Look at once, and try again what was given up on.
    BeginAnew,
    /// End.
    Stop,
}

/// Processes come in droves when PM2 restarts or reloads: one look is for all of them.
const PROCESSES_QUIET: Duration = Duration::from_millis(150);
/// But not put off for ever, as by an app that crashes again and again.
const PROCESSES_PATIENCE: Duration = Duration::from_secs(2);

/// Who ends an app may be about to end them all, and PM2 with them (`pm2 kill`): what is started in between would
/// outlive it. Longer than PM2 waits for one process to end (`kill_timeout`, 1.6 s).
const ENDS_QUIET: Duration = Duration::from_secs(2);
const ENDS_PATIENCE: Duration = Duration::from_secs(10);

/// Waits for hints until a time, and gives all that have come: none if it is that time.
///
/// Files have been waited for already; what happens to processes is waited out here.
pub(crate) fn next(hints: &Receiver<Hint>, until: Instant) -> Vec<Hint> {
    let mut come = match hints.recv_timeout(until.saturating_duration_since(Instant::now())) {
        Ok(hint) => vec![hint],
        Err(RecvTimeoutError::Timeout) => return Vec::new(),
        // Everybody who could say anything is gone; that includes the listener to signals.
        Err(RecvTimeoutError::Disconnected) => return vec![Hint::Stop],
    };
    let began = Instant::now();
    loop {
        come.extend(hints.try_iter());
        let only_processes = come.iter().all(|hint| matches!(hint, Hint::Process { .. }));
        let (quiet, patience) = match some_stay_ended(&come) {
            true => (ENDS_QUIET, ENDS_PATIENCE),
            false => (PROCESSES_QUIET, PROCESSES_PATIENCE),
        };
        if !only_processes || began.elapsed() >= patience {
            return come;
        }
        match hints.recv_timeout(quiet) {
            Ok(hint) => come.push(hint),
            Err(_) => return come,
        }
    }
}

/// Whether a process ended and nothing has been heard of its app since: PM2 has not started it again.
fn some_stay_ended(hints: &[Hint]) -> bool {
    let mut last = BTreeMap::new();
    for hint in hints {
        if let Hint::Process { app, ended } = hint {
            last.insert(app, *ended);
        }
    }
    last.values().any(|ended| *ended)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a failing test panics")]

    use std::sync::mpsc::channel;

    use super::*;

    fn process() -> Hint {
        Hint::Process { app: "web".to_owned(), ended: false }
    }

    fn soon() -> Instant {
        Instant::now() + Duration::from_millis(20)
    }

    #[test]
    fn nothing_comes_of_nothing() {
        let (_sender, receiver) = channel();
        assert_eq!(next(&receiver, soon()), []);
    }

    #[test]
    fn what_has_piled_up_is_one() {
        let (sender, receiver) = channel();
        for hint in [process(), process(), Hint::Files(Touched::Anything), Hint::Stop] {
            sender.send(hint).unwrap();
        }
        assert_eq!(next(&receiver, soon()).len(), 4);
        assert_eq!(next(&receiver, soon()), []);
    }

    #[test]
    fn processes_are_waited_out() {
        let (sender, receiver) = channel();
        let began = Instant::now();
        sender.send(process()).unwrap();
        assert_eq!(next(&receiver, soon()), [process()]);
        assert!(began.elapsed() >= PROCESSES_QUIET);
    }

    #[test]
    fn an_app_that_ended_is_waited_for_unless_it_is_back() {
        let hint = |app: &str, ended| Hint::Process { app: app.to_owned(), ended };
        assert!(some_stay_ended(&[hint("web", true)]));
        assert!(some_stay_ended(&[hint("web", true), hint("mail", false)]));
        assert!(!some_stay_ended(&[hint("web", true), hint("web", false)]));
        assert!(!some_stay_ended(&[Hint::Stop]));
    }

    #[test]
    fn an_end_of_all_hints_is_an_end() {
        let (sender, receiver) = channel::<Hint>();
        drop(sender);
        assert_eq!(next(&receiver, soon()), [Hint::Stop]);
    }
}
