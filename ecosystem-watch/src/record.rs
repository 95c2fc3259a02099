//! What the watcher leaves for `ecosystem-cli status` to read.

use ecosystem_core::converge::HostError;
use ecosystem_core::model::Prune;
use ecosystem_core::os::state::{Mode, WatchLock, WatcherState, now};

use crate::speak::Said;

/// The state on disk, and the right to write it.
pub(crate) struct Record {
    lock: WatchLock,
    state: WatcherState,
}

impl Record {
    pub(crate) fn new(lock: WatchLock, prune: Prune) -> Self {
        let state = WatcherState {
            program_version: env!("CARGO_PKG_VERSION").to_owned(),
            pid: std::process::id(),
            started_at: now(),
            looked_at: None,
            looks: 0,
            changed_at: None,
            mode: Mode::Watching,
            prune,
            problems: Vec::new(),
            problems_left_out: 0,
            last_error: None,
        };
        Self { lock, state }
    }

    /// Keeps what is done with apps that the tree has lost.
    pub(crate) fn prunes(&mut self, prune: Prune) {
        self.state.prune = prune;
    }

    /// Writes down a look, whatever came of it.
    ///
    /// # Errors
    /// It could not be written, or the tree may have another watcher by now.
    pub(crate) fn looked(&mut self, acted: bool, mode: Mode, said: &Said) -> Result<(), HostError> {
        let now = now();
        self.state.looks += 1;
        self.state.looked_at = Some(now);
        if acted {
            self.state.changed_at = Some(now);
        }
        self.state.mode = mode;
        self.state.problems = said.problems();
        self.state.last_error = said.last_error().cloned();
        self.lock.write(&self.state)
    }

    /// Whether no other watcher can have taken our place.
    pub(crate) fn is_ours(&self) -> bool {
        self.lock.is_in_place()
    }
}
