//! Waiting for a condition instead of for a time.

use std::thread;
use std::time::{Duration, Instant};

/// Long enough for anything that a machine under load does in a test.
pub(crate) const LONG: Duration = Duration::from_secs(30);

/// Returns once `condition` holds; fails after `limit` and says `what` did not happen.
#[track_caller]
pub(crate) fn wait_until(what: &str, limit: Duration, mut condition: impl FnMut() -> bool) {
    let started = Instant::now();
    while !condition() {
        assert!(started.elapsed() < limit, "not within {limit:?}: {what}");
        thread::sleep(Duration::from_millis(5));
    }
}
