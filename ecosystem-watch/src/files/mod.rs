//! Hints from the file system: that something which matters may have changed, and nothing more.
//!
//! ```text
//! events ─▶ relevance ─▶ quiet (and git) ─▶ hint
//! ```
//! What an event says of paths and kinds decides whether to look, never what is believed: some are lost, and some come
//! too early. The root is watched as a whole, the folders above it for its coming and going, and the folders of files
//! beside the tree for those files.

mod armed;
mod git;
mod limits;
mod quiet;
mod relevance;

#[cfg(test)]
mod tests;

use std::collections::BTreeSet;
use std::sync::mpsc::{Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use camino::{Utf8Path, Utf8PathBuf};
use ecosystem_core::os::state::Mode;

use self::armed::{Armed, Identity};
use self::limits::Trouble;
use self::quiet::Raw;
use self::relevance::Relevance;

/// What the loop is told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum FileHint {
    /// Something may have changed.
    Changed,
    /// Events do not come as they should: what is the matter, and what can be done.
    Trouble(String),
}

/// Follows the files of a tree for as long as it lives.
pub(crate) struct Files {
    root: Utf8PathBuf,
    quiet: Duration,
    relevance: Arc<Mutex<Relevance>>,
    raw: Sender<Raw>,
    hints: Sender<FileHint>,
    state: State,
    /// The last trouble that was told of.
    told: Option<Trouble>,
}

/// Whether events come.
enum State {
    /// They do, for the root of this identity.
    Watching(Identity, Armed),
    /// The root is not there; folders above it are watched.
    Waiting(Option<Armed>),
    /// The system gives no events, or not for all of the tree, since then.
    Polling(Instant, Option<Armed>),
}

/// How often to try for events again where the system refused them.
const TRY_AGAIN: Duration = Duration::from_secs(60);

impl Files {
    /// Begins to follow the files below `root`. Where events cannot be had it polls, and says so.
    ///
    /// A hint comes when nothing that matters has changed for `quiet`, or for ten times as long at most; and never
    /// while git is at work on the files.
    pub(crate) fn watch(root: &Utf8Path, quiet: Duration, hints: Sender<FileHint>) -> Self {
        let (raw, received) = channel();
        quiet::spawn(received, hints.clone(), quiet, git::index_lock(root));
        let mut files = Self {
            root: root.to_owned(),
            quiet,
            relevance: Arc::new(Mutex::new(Relevance::of(root))),
            raw,
            hints,
            state: State::Waiting(None),
            told: None,
        };
        files.arm();
        files
    }

    /// Follows these files too, and none beside the tree that were named before.
    pub(crate) fn also(&mut self, files: BTreeSet<Utf8PathBuf>) {
        let mut relevance = self.relevance.lock().unwrap_or_else(PoisonError::into_inner);
        if relevance.also == files {
            return;
        }
        relevance.also = files;
        let folders = relevance.folders();
        drop(relevance);
        let armed = match &mut self.state {
            State::Watching(_, armed) | State::Waiting(Some(armed)) | State::Polling(_, Some(armed)) => armed,
            State::Waiting(None) | State::Polling(_, None) => return,
        };
        if let Err(trouble) = armed.watch_folders(folders) {
            self.poll(trouble);
        }
    }

    /// Watches the root that is there now, if it is another one than before or could not be watched; whether it did.
    ///
    /// What happened until then made no event: the caller looks once more.
    pub(crate) fn rearm(&mut self) -> bool {
        if matches!(&self.state, State::Watching(_, armed) if armed.is_limited()) {
            self.poll(Trouble::Watches);
            return false;
        }
        let there = Identity::of(&self.root);
        let due = match &self.state {
            State::Watching(identity, _) => there != Some(*identity),
            State::Waiting(_) => true,
            State::Polling(since, _) => since.elapsed() >= TRY_AGAIN,
        };
        due && self.arm()
    }

    /// How edits are learned of now.
    pub(crate) fn mode(&self) -> Mode {
        match self.state {
            State::Watching(..) | State::Waiting(_) => Mode::Watching,
            State::Polling(..) => Mode::Polling,
        }
    }

    /// Begins anew with what is there; whether the root is watched then.
    fn arm(&mut self) -> bool {
        // What is watched now goes first: it may be what a limit is reached by.
        self.state = State::Waiting(None);
        let identity = Identity::of(&self.root);
        let (armed, trouble) = Armed::new(&self.root, self.quiet, &self.relevance, &self.raw);
        self.state = match (trouble, identity, armed) {
            (None, Some(identity), Some(armed)) => State::Watching(identity, armed),
            (None, None, armed) => State::Waiting(armed),
            (Some(trouble), _, armed) => {
                self.tell(trouble);
                State::Polling(Instant::now(), armed)
            }
            (None, Some(_), None) => State::Polling(Instant::now(), None),
        };
        // The other side goes only when this program ends.
        let _ = self.raw.send(Raw::Poll(self.mode() == Mode::Polling));
        if matches!(self.state, State::Watching(..)) {
            self.told = None;
        }
        matches!(self.state, State::Watching(..))
    }

    /// Goes on with the events that come, and looks without.
    fn poll(&mut self, trouble: Trouble) {
        let armed = match std::mem::replace(&mut self.state, State::Waiting(None)) {
            State::Watching(_, armed) => Some(armed),
            State::Waiting(armed) | State::Polling(_, armed) => armed,
        };
        self.state = State::Polling(Instant::now(), armed);
        let _ = self.raw.send(Raw::Poll(true));
        self.tell(trouble);
    }

    fn tell(&mut self, trouble: Trouble) {
        if self.told.as_ref() != Some(&trouble) {
            let _ = self.hints.send(FileHint::Trouble(trouble.to_string()));
            self.told = Some(trouble);
        }
    }
}
