//! One watcher for each tree and PM2, and telling whether there is one.

use std::fs::{self, File, TryLockError};
use std::io::{self, Read as _, Seek as _, Write as _};
use std::os::unix::fs::MetadataExt as _;
use std::time::{Duration, Instant};

use camino::{Utf8Path, Utf8PathBuf};
use rustix::fs::OFlags;

use super::{FILE, WatcherState, is_absent, text};
use crate::converge::HostError;
use crate::model::Owner;
use crate::os::kernel;
use crate::os::state_folder::{self, open_lock};

/// Makes this process the one watcher of a tree, until it is dropped or the process ends in any way.
///
/// It is not the lock that each pass takes: a `sync` by hand beside a watcher is everyday work.
#[derive(Debug)]
pub struct WatchLock {
    folder: Utf8PathBuf,
    file: File,
}

/// What came of asking for a [`WatchLock`].
#[derive(Debug)]
#[must_use = "dropping the lock lets go of it"]
pub enum Taken {
    /// It is ours.
    Ours(WatchLock),
    /// Another watcher has it.
    Theirs(Holder),
}

/// A watcher that is alive.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Holder {
    /// Its process; unknown in the instant between its taking the lock and saying so.
    pub pid: Option<u32>,
}

/// How long to try for: whoever asks whether there is a watcher holds the lock for microseconds, and must not
/// make a watcher believe that it is the second one.
const PATIENCE: Duration = Duration::from_millis(250);
const RETRY: Duration = Duration::from_millis(10);

impl WatchLock {
    /// Takes the lock of `owner` under a PM2 home, if no other watcher has it.
    ///
    /// # Errors
    /// The state folder or the lock in it cannot be used.
    pub fn try_take(home: &Utf8Path, owner: &Owner) -> Result<Taken, HostError> {
        let folder = state_folder::of(home, owner);
        let path = folder.join(LOCK);
        let failed = |error: io::Error| HostError::new(format!("cannot use the lock {path}: {error}"));
        state_folder::make(home, &folder).map_err(failed)?;
        let mut file = open_lock(&path, OFlags::RDWR | OFlags::CREATE).map_err(failed)?;
        if is_locked(&file).map_err(failed)? {
            return Ok(Taken::Theirs(Holder { pid: pid_in(&mut file) }));
        }
        introduce(&mut file).map_err(failed)?;
        Ok(Taken::Ours(Self { folder, file }))
    }

    /// Writes what [`read`](super::read) gives: atomically, for its owner alone to read.
    ///
    /// # Errors
    /// The system refused, or the lock has been removed or replaced: another watcher may be at work then, and
    /// going on is not safe.
    pub fn write(&self, state: &WatcherState) -> Result<(), HostError> {
        let path = self.folder.join(FILE);
        if !self.is_in_place() {
            let message = format!("the lock {} was removed under a watcher that is alive", self.path());
            return Err(HostError::new(message).hint("start the watcher again"));
        }
        let written = text(state).map_err(io::Error::from);
        written
            .and_then(|bytes| state_folder::replace(&path, &bytes))
            .map_err(|error| HostError::new(format!("cannot write the watcher's state to {path}: {error}")))
    }

    /// The tree's state folder, which the lock is in.
    #[must_use]
    pub fn folder(&self) -> &Utf8Path {
        &self.folder
    }

    /// Whether the lock is still what another watcher would find.
    #[must_use]
    pub fn is_in_place(&self) -> bool {
        let id = |metadata: std::fs::Metadata| (metadata.dev(), metadata.ino());
        let there = std::fs::symlink_metadata(self.path()).map(id);
        matches!((there, self.file.metadata().map(id)), (Ok(there), Ok(ours)) if there == ours)
    }

    fn path(&self) -> Utf8PathBuf {
        self.folder.join(LOCK)
    }
}

/// The watcher of a tree that is alive now, if there is one.
///
/// # Errors
/// The lock is there and cannot be looked at.
pub fn watcher(home: &Utf8Path, owner: &Owner) -> Result<Option<Holder>, HostError> {
    let path = state_folder::of(home, owner).join(LOCK);
    let failed = |error: io::Error| HostError::new(format!("cannot look at the lock {path}: {error}"));
    let mut file = match open_lock(&path, OFlags::RDONLY) {
        Err(error) if is_absent(&error) => return Ok(None),
        other => other.map_err(failed)?,
    };
    // Shared, so that two who ask do not take each other for a watcher.
    match file.try_lock_shared() {
        Ok(()) => Ok(None),
        Err(TryLockError::WouldBlock) => Ok(Some(Holder { pid: pid_in(&mut file) })),
        Err(TryLockError::Error(error)) => Err(failed(error)),
    }
}

/// The process of the watcher that is alive now, if it is sure to be it.
///
/// Who has just taken the lock has not yet put its own pid over the one of before, which may be anybody's by now: only who
/// has the file open can be the watcher.
pub(super) fn proven_watcher(home: &Utf8Path, owner: &Owner) -> Option<u32> {
    let lock = fs::symlink_metadata(state_folder::of(home, owner).join(LOCK)).ok()?;
    let pid = watcher(home, owner).ok()??.pid?;
    kernel::has_open(pid, &lock).then_some(pid)
}

const LOCK: &str = "watch.lock";

/// Whether somebody else has the lock; else it is ours now.
fn is_locked(file: &File) -> io::Result<bool> {
    let deadline = Instant::now() + PATIENCE;
    loop {
        match file.try_lock() {
            Ok(()) => return Ok(false),
            Err(TryLockError::WouldBlock) if Instant::now() < deadline => std::thread::sleep(RETRY),
            Err(TryLockError::WouldBlock) => return Ok(true),
            Err(TryLockError::Error(error)) => return Err(error),
        }
    }
}

/// Says in the lock whose it is.
fn introduce(file: &mut File) -> io::Result<()> {
    file.set_len(0)?;
    file.rewind()?;
    writeln!(file, "{}", std::process::id())
}

fn pid_in(file: &mut File) -> Option<u32> {
    let mut text = String::new();
    file.take(MOST_DIGITS).read_to_string(&mut text).ok()?;
    text.strip_suffix('\n')?.parse().ok()
}

/// Those of 2³² and a line feed.
const MOST_DIGITS: u64 = 11;
