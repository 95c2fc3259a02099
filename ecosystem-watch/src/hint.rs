//! What makes the watcher look.

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
    /// Something happened to a process of this name that may be ours.
    Process(String),
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
    let patience = Instant::now() + PROCESSES_PATIENCE;
    loop {
        come.extend(hints.try_iter());
        let only_processes = come.iter().all(|hint| matches!(hint, Hint::Process(_)));
        if !only_processes || Instant::now() >= patience {
            return come;
        }
        match hints.recv_timeout(PROCESSES_QUIET) {
            Ok(hint) => come.push(hint),
            Err(_) => return come,
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a failing test panics")]

    use std::sync::mpsc::channel;

    use super::*;

    fn process() -> Hint {
        Hint::Process("web".to_owned())
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
    fn an_end_of_all_hints_is_an_end() {
        let (sender, receiver) = channel::<Hint>();
        drop(sender);
        assert_eq!(next(&receiver, soon()), [Hint::Stop]);
    }
}
