//! A point in time by which something must have happened.

use std::time::{Duration, Instant};

/// A limit, counted from when it was set.
#[derive(Debug, Clone, Copy)]
pub(super) struct Deadline {
    started: Instant,
    limit: Duration,
}

impl Deadline {
    /// Starts counting now.
    pub(super) fn after(limit: Duration) -> Self {
        Self { started: Instant::now(), limit }
    }

    /// What is left; `None` once it has passed, never zero, as sockets take zero for "no timeout".
    pub(super) fn remaining(&self) -> Option<Duration> {
        self.limit.checked_sub(self.started.elapsed()).filter(|left| !left.is_zero())
    }

    /// The whole limit.
    pub(super) fn limit(&self) -> Duration {
        self.limit
    }
}
