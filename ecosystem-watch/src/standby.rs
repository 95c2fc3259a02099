//! One watcher for each tree: a second one waits until the first has ended.

use std::sync::mpsc::Receiver;
use std::time::{Duration, Instant};

use camino::Utf8Path;
use ecosystem_core::converge::HostError;
use ecosystem_core::model::Owner;
use ecosystem_core::os::state::{Taken, WatchLock};

use crate::hint::{self, Hint};
use crate::speak::happening;

/// The kernel tells nobody who waits for a lock and for signals at once.
const TRY_AGAIN: Duration = Duration::from_secs(1);

/// Makes this process the tree's watcher, however long that takes; `None` if it is told to end before.
///
/// # Errors
/// The lock cannot be used.
pub(crate) fn take(
    home: &Utf8Path,
    owner: &Owner,
    hints: &Receiver<Hint>,
) -> Result<Option<WatchLock>, HostError> {
    let mut said = None;
    loop {
        let holder = match WatchLock::try_take(home, owner)? {
            Taken::Ours(lock) => return Ok(Some(lock)),
            Taken::Theirs(holder) => holder,
        };
        if said != Some(holder.pid) {
            happening::standby(holder.pid).say();
            said = Some(holder.pid);
        }
        if hint::next(hints, Instant::now() + TRY_AGAIN).contains(&Hint::Stop) {
            return Ok(None);
        }
    }
}
