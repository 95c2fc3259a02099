//! Waiting until those who write are done.

use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender};
use std::thread;
use std::time::{Duration, Instant};

use camino::Utf8PathBuf;

use super::FileHint;

/// What comes from the system.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Raw {
    /// Something that matters.
    Changed,
    /// Whether nothing may come by itself.
    Poll(bool),
}

/// How often to look where no events come.
const POLL: Duration = Duration::from_secs(2);

/// In place of "for ever", which the standard library's channel has no timeout for.
const LONG: Duration = Duration::from_secs(86_400);

/// What may stop the waiting: a writer that never rests is followed ten times slower.
const STARVATION: u32 = 10;

/// How often to look whether git is done, and for how long at most: what is left of a git that was killed stays.
const GIT_AGAIN: Duration = Duration::from_millis(10);
const GIT_PATIENCE: Duration = Duration::from_secs(30);

/// Turns what comes into hints, for as long as somebody sends and somebody listens.
pub(super) fn spawn(
    raw: Receiver<Raw>,
    hints: Sender<FileHint>,
    quiet: Duration,
    index_lock: Option<Utf8PathBuf>,
) {
    let rest = quiet * 2 / 5;
    let mut waiter = Waiter { raw, hints, rest, bound: quiet * STARVATION, index_lock, polling: false };
    thread::spawn(move || while waiter.once().is_some() {});
}

struct Waiter {
    raw: Receiver<Raw>,
    hints: Sender<FileHint>,
    /// How long nothing may come, after what has been quiet for a while already.
    rest: Duration,
    bound: Duration,
    index_lock: Option<Utf8PathBuf>,
    polling: bool,
}

impl Waiter {
    /// Waits for something that matters and gives one hint; `None` when nobody is there any more.
    fn once(&mut self) -> Option<()> {
        loop {
            match self.raw.recv_timeout(if self.polling { POLL } else { LONG }) {
                Ok(raw) if self.take_in(raw) => break,
                Ok(_) => {}
                Err(RecvTimeoutError::Timeout) if self.polling => break,
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => return None,
            }
        }
        let began = Instant::now();
        self.rest(began)?;
        if self.wait_for_git()? {
            self.rest(Instant::now())?;
        }
        self.hints.send(FileHint::Changed).ok()
    }

    /// Whether it is a change.
    fn take_in(&mut self, raw: Raw) -> bool {
        if let Raw::Poll(polling) = raw {
            self.polling = polling;
        }
        raw == Raw::Changed
    }

    /// Waits until nothing has come for a while.
    fn rest(&mut self, began: Instant) -> Option<()> {
        while began.elapsed() < self.bound {
            match self.raw.recv_timeout(self.rest) {
                Ok(raw) => _ = self.take_in(raw),
                Err(RecvTimeoutError::Timeout) => break,
                Err(RecvTimeoutError::Disconnected) => return None,
            }
        }
        Some(())
    }

    /// Waits while git is at work, and takes in what comes meanwhile; whether it was.
    fn wait_for_git(&mut self) -> Option<bool> {
        let Some(lock) = self.index_lock.clone() else { return Some(false) };
        let began = Instant::now();
        while lock.as_std_path().symlink_metadata().is_ok() {
            if began.elapsed() >= GIT_PATIENCE {
                let text = format!(
                    "{lock} has been there for {} s: not waiting for git any longer",
                    GIT_PATIENCE.as_secs()
                );
                self.hints.send(FileHint::Trouble(text)).ok()?;
                return Some(true);
            }
            match self.raw.recv_timeout(GIT_AGAIN) {
                Ok(raw) => _ = self.take_in(raw),
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => return None,
            }
        }
        Some(began.elapsed() >= GIT_AGAIN)
    }
}
