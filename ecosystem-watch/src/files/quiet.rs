//! Waiting until those who write are done.

use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender};
use std::thread;
use std::time::{Duration, Instant, SystemTime};

use camino::{Utf8Path, Utf8PathBuf};

use super::{FileHint, Touched, git};

/// What comes from the system.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Raw {
    /// Something that matters.
    Changed(Touched),
    /// Whether nothing may come by itself.
    Poll(bool),
}

/// In place of "for ever", which the standard library's channel has no timeout for.
const LONG: Duration = Duration::from_secs(86_400);

/// What may stop the waiting: a writer that never rests is followed ten times slower.
const STARVATION: u32 = 10;

/// How often to look whether git is done.
const GIT_AGAIN: Duration = Duration::from_millis(10);

/// The least rest after git was at work: the last of hundreds of events may be a while on their way.
const AFTER_GIT: Duration = Duration::from_millis(60);

/// How long to wait for what.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Times {
    /// Nothing that matters comes for so long before a hint.
    pub(super) quiet: Duration,
    /// How often to look where no events come.
    pub(super) poll: Duration,
    /// How often to try for events again where the system refused them.
    pub(super) try_again: Duration,
    /// How long git may take: what is left of one that was killed stays.
    pub(super) git: Duration,
}

impl Times {
    /// The usual ones with this quiet.
    pub(super) fn of(quiet: Duration) -> Self {
        let [poll, git, try_again] = [2, 30, 60].map(Duration::from_secs);
        Self { quiet, poll, try_again, git }
    }

    /// How long the debouncer gathers, and how often it hands on: what happens is known between once and twice as long
    /// after. Each time wakes the program up, whether anything happened or not.
    pub(super) fn gathering(self) -> Duration {
        self.quiet / 3
    }

    /// How long nothing may come besides: longer than from one handing on to the next.
    fn rest(self) -> Duration {
        self.quiet - self.gathering()
    }
}

/// Turns what comes into hints, for as long as somebody sends and somebody listens.
pub(super) fn spawn(raw: Receiver<Raw>, hints: Sender<FileHint>, times: Times, root: Utf8PathBuf) {
    let mut waiter =
        Waiter { raw, hints, times, root, touched: Touched::nothing(), stale: None, polling: false };
    thread::spawn(move || while waiter.once().is_some() {});
}

struct Waiter {
    raw: Receiver<Raw>,
    hints: Sender<FileHint>,
    times: Times,
    root: Utf8PathBuf,
    /// What has come since the last hint.
    touched: Touched,
    /// A lock that was waited for in vain, by when it was made: not again.
    stale: Option<SystemTime>,
    polling: bool,
}

impl Waiter {
    /// Waits for something that matters and gives one hint; `None` when nobody is there any more.
    fn once(&mut self) -> Option<()> {
        loop {
            match self.raw.recv_timeout(if self.polling { self.times.poll } else { LONG }) {
                Ok(raw) => {
                    if self.take_in(raw) {
                        break;
                    }
                }
                Err(RecvTimeoutError::Timeout) if self.polling => {
                    self.touched = Touched::Anything;
                    break;
                }
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => return None,
            }
        }
        self.rest(self.times.rest())?;
        if self.wait_for_git()? {
            self.rest(self.times.rest().max(AFTER_GIT))?;
        }
        let touched = std::mem::replace(&mut self.touched, Touched::nothing());
        // Whatever came by itself: where not everything is watched, a poll that it put off is made up for.
        let touched = if self.polling { Touched::Anything } else { touched };
        self.hints.send(FileHint::Changed(touched)).ok()
    }

    /// Whether it is a change.
    fn take_in(&mut self, raw: Raw) -> bool {
        match raw {
            Raw::Poll(polling) => {
                self.polling = polling;
                false
            }
            Raw::Changed(touched) => {
                let before = std::mem::replace(&mut self.touched, Touched::Anything);
                self.touched = before.and(touched);
                true
            }
        }
    }

    /// Waits until nothing has come for so long.
    fn rest(&mut self, rest: Duration) -> Option<()> {
        let began = Instant::now();
        while began.elapsed() < self.times.quiet * STARVATION {
            match self.raw.recv_timeout(rest) {
                Ok(raw) => _ = self.take_in(raw),
                Err(RecvTimeoutError::Timeout) => break,
                Err(RecvTimeoutError::Disconnected) => return None,
            }
        }
        Some(())
    }

    /// Waits while git is at work, and takes in what comes meanwhile; whether it was.
    ///
    /// Where the repository is, is asked each time: it may have been made a moment ago.
    fn wait_for_git(&mut self) -> Option<bool> {
        let Some(lock) = git::index_lock(&self.root) else { return Some(false) };
        let began = Instant::now();
        while let Some(made) = made(&lock).filter(|made| self.stale != Some(*made)) {
            if began.elapsed() >= self.times.git {
                self.stale = Some(made);
                self.tell_of_stale(&lock)?;
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

    fn tell_of_stale(&self, lock: &Utf8Path) -> Option<()> {
        let text = format!(
            "{lock} has been there for {} s: not waiting for git any longer; remove it if no git is at work",
            self.times.git.as_secs()
        );
        self.hints.send(FileHint::Trouble(text)).ok()
    }
}

/// When a file was last written; nothing where there is none.
fn made(lock: &Utf8Path) -> Option<SystemTime> {
    lock.symlink_metadata().ok()?.modified().ok()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

    use std::sync::mpsc::channel;

    use ecosystem_core::model::DaemonId;

    use super::*;

    /// What comes of a change of one daemon, where events come of everything or not.
    fn check(polling: bool, expected: Touched) {
        let ((raw, raws), (hints, hint)) = (channel(), channel());
        let one = Touched::Daemons([DaemonId::new("web")].into());
        raw.send(Raw::Poll(polling)).unwrap();
        raw.send(Raw::Changed(one)).unwrap();
        spawn(raws, hints, Times::of(Duration::from_millis(1)), "/nowhere".into());
        assert_eq!(hint.recv().unwrap(), FileHint::Changed(expected));
    }

    /// Or a stream of them would put off the poll for good.
    #[test]
    fn what_comes_by_itself_while_polling_is_as_good_as_a_poll() {
        check(false, Touched::Daemons([DaemonId::new("web")].into()));
        check(true, Touched::Anything);
    }
}
