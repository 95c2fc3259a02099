//! Hints from the file system: that something which matters may have changed, and nothing more.
//!
//! ```text
//! events ─▶ relevance ─▶ quiet (and git) ─▶ hint
//! ```
//! What an event says of paths and kinds decides whether and where to look, never what is believed: some are lost, and
//! some come too early. The root is watched as a whole, the folders above it for its coming and going, and the folders of files
//! beside the tree for those files.

mod armed;
mod footing;
mod git;
mod kernel;
mod limits;
mod quiet;
mod relevance;
mod touched;

#[cfg(test)]
mod tests;

use std::collections::BTreeSet;
use std::sync::mpsc::{Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use camino::{Utf8Path, Utf8PathBuf};
use ecosystem_core::os::state::Mode;

use self::armed::Armed;
use self::limits::Trouble;
use self::quiet::{Raw, Times};
use self::relevance::Relevance;
pub(crate) use self::touched::Touched;

/// What the loop is told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum FileHint {
    /// Something may have changed.
    Changed(Touched),
    /// Events do not come as they should: what is the matter, and what can be done.
    Trouble(String),
}

/// Follows the files of a tree for as long as it lives.
pub(crate) struct Files {
    root: Utf8PathBuf,
    times: Times,
    relevance: Arc<Mutex<Relevance>>,
    raw: Sender<Raw>,
    hints: Sender<FileHint>,
    state: State,
    /// The last trouble that was told of.
    told: Option<Trouble>,
}

/// Whether events come.
enum State {
    /// They do: of the root, or where it is not there of the folders above it.
    Watching(Armed),
    /// The system gives no events, or not for all of the tree, since then.
    Polling(Instant, Option<Armed>),
}

/// How often to begin again where the folders that matter come and go while they are being watched.
const ATTEMPTS: usize = 10;

impl Files {
    /// Begins to follow the files below `root`, without those of PM2 in its `home`, both without links. Where events cannot be had it polls, and says so.
    ///
    /// A hint comes when nothing that matters has changed for `quiet`, or for ten times as long at most; and never
    /// while git is at work on the files.
    pub(crate) fn watch(root: &Utf8Path, home: &Utf8Path, quiet: Duration, hints: Sender<FileHint>) -> Self {
        Self::timed(root, home, Times::of(quiet), hints)
    }

    fn timed(root: &Utf8Path, home: &Utf8Path, times: Times, hints: Sender<FileHint>) -> Self {
        let (raw, received) = channel();
        quiet::spawn(received, hints.clone(), times, root.to_owned());
        let mut files = Self {
            root: root.to_owned(),
            times,
            relevance: Arc::new(Mutex::new(Relevance::of(root, home))),
            raw,
            hints,
            state: State::Polling(Instant::now(), None),
            told: None,
        };
        files.arm();
        files
    }

    /// Takes in which folders of the tree hold sources. What has gone from one of them since it was read has not been
    /// heard of: whether the caller is to look again.
    pub(crate) fn knows(&self, folders: BTreeSet<Utf8PathBuf>) -> bool {
        let mut relevance = self.relevance.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(before) = relevance.known.replace(folders) else { return false };
        let now = relevance.known.iter().flatten();
        now.filter(|folder| !before.contains(*folder)).any(|folder| !folder.is_dir())
    }

    /// Whether these files beside the tree are all followed.
    pub(crate) fn follows(&self, files: &BTreeSet<Utf8PathBuf>) -> bool {
        files.is_subset(&self.relevance.lock().unwrap_or_else(PoisonError::into_inner).also)
    }

    /// Follows these files too, and none beside the tree that were named before.
    ///
    /// A hint follows where they are others than before: they may have changed since they were read.
    pub(crate) fn also(&mut self, files: BTreeSet<Utf8PathBuf>) {
        let mut relevance = self.relevance.lock().unwrap_or_else(PoisonError::into_inner);
        if relevance.also == files {
            return;
        }
        relevance.also = files;
        let folders = relevance.folders();
        drop(relevance);
        let (State::Watching(armed) | State::Polling(_, Some(armed))) = &mut self.state else { return };
        if let Err(trouble) = armed.watch_folders(&folders) {
            self.poll(trouble);
        }
        let _ = self.raw.send(Raw::Changed(Touched::Anything));
    }

    /// Watches what is not watched and is there now: another root than before, new folders, or all of it where the
    /// system refused; whether it did.
    ///
    /// What happened until then made no event: the caller looks once more.
    pub(crate) fn rearm(&mut self) -> bool {
        match &mut self.state {
            State::Polling(since, _) => since.elapsed() >= self.times.try_again && self.arm(),
            State::Watching(armed) if armed.is_limited() => self.poll(Trouble::Watches),
            State::Watching(armed) if armed.is_shaken() => self.arm(),
            State::Watching(armed) if armed.is_grown() => match armed.watch_root() {
                Ok(()) => true,
                Err(trouble) => self.poll(trouble),
            },
            State::Watching(_) => false,
        }
    }

    /// How edits are learned of now.
    pub(crate) fn mode(&self) -> Mode {
        match self.state {
            State::Watching(_) => Mode::Watching,
            State::Polling(..) => Mode::Polling,
        }
    }

    /// Begins anew with what is there; whether the root is watched then.
    fn arm(&mut self) -> bool {
        for _ in 0..ATTEMPTS {
            // What is watched now goes first: it may be what a limit is reached by.
            self.state = State::Polling(Instant::now(), None);
            self.state = match Armed::new(&self.root, self.times.gathering(), &self.relevance, &self.raw) {
                (Some(armed), None) => State::Watching(armed),
                (armed, trouble) => {
                    trouble.into_iter().for_each(|it| self.tell(it));
                    State::Polling(Instant::now(), armed)
                }
            };
            if !matches!(&self.state, State::Watching(armed) if armed.is_shaken()) {
                break;
            }
        }
        // The other side goes only when this program ends.
        let _ = self.raw.send(Raw::Poll(self.mode() == Mode::Polling));
        let watches = matches!(&self.state, State::Watching(armed) if armed.has_root());
        if watches {
            self.told = None;
        }
        watches
    }

    /// Goes on with the events that come, and looks without; nothing new is watched.
    fn poll(&mut self, trouble: Trouble) -> bool {
        let now = Instant::now();
        self.state = match std::mem::replace(&mut self.state, State::Polling(now, None)) {
            State::Watching(armed) => State::Polling(now, Some(armed)),
            State::Polling(_, armed) => State::Polling(now, armed),
        };
        let _ = self.raw.send(Raw::Poll(true));
        self.tell(trouble);
        false
    }

    fn tell(&mut self, trouble: Trouble) {
        if self.told.as_ref() != Some(&trouble) {
            let _ = self.hints.send(FileHint::Trouble(trouble.to_string()));
            self.told = Some(trouble);
        }
    }
}
