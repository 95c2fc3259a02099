//! One pass at a time for each tree and PM2.

use std::fs::{File, TryLockError};
use std::time::{Duration, Instant};

use camino::Utf8Path;
use rustix::fs::OFlags;

use super::state_folder::{self, open_lock};
use crate::converge::HostError;
use crate::model::Owner;

/// Holds a tree's lock until it is dropped. The kernel lets go of it too when the process ends in any way.
#[derive(Debug)]
pub(super) struct Lock {
    _file: File,
}

/// How often to try while somebody else holds the lock: far below what a pass takes.
const RETRY: Duration = Duration::from_millis(20);

impl Lock {
    /// Takes the lock of `owner` under a PM2 home, waiting up to `patience` for whoever has it.
    ///
    /// # Errors
    /// The state folder cannot be made, or the lock is still held when patience ends.
    pub(super) fn take(home: &Utf8Path, owner: &Owner, patience: Duration) -> Result<Self, HostError> {
        let folder = state_folder::of(home, owner);
        let path = folder.join("lock");
        let file = state_folder::make(home, &folder)
            .and_then(|()| open_lock(&path, OFlags::RDWR | OFlags::CREATE))
            .map_err(|error| HostError::new(format!("cannot use the state folder {folder}: {error}")))?;
        let deadline = Instant::now() + patience;
        loop {
            match file.try_lock() {
                Ok(()) => return Ok(Self { _file: file }),
                Err(TryLockError::WouldBlock) if Instant::now() < deadline => std::thread::sleep(RETRY),
                Err(TryLockError::WouldBlock) => {
                    return Err(HostError::new(format!("another run is at work on this tree (lock {path})"))
                        .hint("wait for it to end and try again"));
                }
                Err(TryLockError::Error(error)) => {
                    return Err(HostError::new(format!("cannot lock {path}: {error}")));
                }
            }
        }
    }
}

/// Whether somebody is at work on a tree now.
pub(super) fn is_taken(home: &Utf8Path, owner: &Owner) -> bool {
    let file = open_lock(&state_folder::of(home, owner).join("lock"), OFlags::RDONLY);
    file.is_ok_and(|file| matches!(file.try_lock_shared(), Err(TryLockError::WouldBlock)))
}
