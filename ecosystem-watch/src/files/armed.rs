//! What the kernel has been asked to tell of.

use std::collections::BTreeSet;
use std::os::unix::fs::MetadataExt as _;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::Sender;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use camino::{Utf8Path, Utf8PathBuf};
use notify_debouncer_full::notify::{self, RecommendedWatcher, RecursiveMode};
use notify_debouncer_full::{DebounceEventResult, Debouncer, NoCache, new_debouncer_opt};

use super::limits::{self, Trouble};
use super::quiet::Raw;
use super::relevance::Relevance;

/// Which folder a path leads to: number and device are given out again at once, the time of birth is not.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Identity {
    device: u64,
    inode: u64,
    born: Option<SystemTime>,
}

impl Identity {
    /// The identity of a folder; `None` where there is none.
    pub(super) fn of(path: &Utf8Path) -> Option<Self> {
        let metadata = std::fs::symlink_metadata(path).ok().filter(std::fs::Metadata::is_dir)?;
        Some(Self { device: metadata.dev(), inode: metadata.ino(), born: metadata.created().ok() })
    }
}

/// Watches of the kernel, for as long as it lives.
pub(super) struct Armed {
    debouncer: Debouncer<RecommendedWatcher, NoCache>,
    /// Folders of files beside the tree.
    folders: BTreeSet<Utf8PathBuf>,
    /// Raised when a new folder could not be watched.
    limited: Arc<AtomicBool>,
}

impl Armed {
    /// Watches a root, the folders above it, and those of files beside the tree, as far as they are there and the
    /// system lets us.
    ///
    /// No cache of file ids: it serves to follow renames by path, and paths are not believed here.
    pub(super) fn new(
        root: &Utf8Path,
        quiet: Duration,
        relevance: &Arc<Mutex<Relevance>>,
        raw: &Sender<Raw>,
    ) -> (Option<Self>, Option<Trouble>) {
        // The debouncer would leave a thread behind if it could not be made.
        if let Some(trouble) = limits::no_instance() {
            return (None, Some(trouble));
        }
        let limited = Arc::new(AtomicBool::new(false));
        let forward = forwarder(Arc::clone(relevance), Arc::clone(&limited), raw.clone());
        // The rest of the time is waited for over all paths, in `quiet`.
        let (timeout, tick) = (quiet * 3 / 5, quiet * 3 / 10);
        let config = notify::Config::default().with_follow_symlinks(false);
        let debouncer = match new_debouncer_opt(timeout, Some(tick), forward, NoCache::new(), config) {
            Ok(debouncer) => debouncer,
            Err(error) => return (None, Some(Trouble::of(&error, root))),
        };
        let mut armed = Self { debouncer, folders: BTreeSet::new(), limited };
        let folders = relevance.lock().unwrap_or_else(PoisonError::into_inner).folders();
        let trouble = armed.watch_all(root, folders).err();
        (Some(armed), trouble)
    }

    fn watch_all(&mut self, root: &Utf8Path, folders: BTreeSet<Utf8PathBuf>) -> Result<(), Trouble> {
        for folder in above(root) {
            self.watch(folder, RecursiveMode::NonRecursive)?;
        }
        self.watch(root, RecursiveMode::Recursive)?;
        self.watch_folders(folders)
    }

    /// Watches the folders of files beside the tree: these, and none that were named before.
    pub(super) fn watch_folders(&mut self, folders: BTreeSet<Utf8PathBuf>) -> Result<(), Trouble> {
        for folder in self.folders.difference(&folders) {
            // It may be gone, and its watch with it.
            let _ = self.debouncer.unwatch(folder.as_std_path());
        }
        let added: Vec<Utf8PathBuf> = folders.difference(&self.folders).cloned().collect();
        self.folders = folders;
        added.iter().try_for_each(|folder| self.watch(folder, RecursiveMode::NonRecursive))
    }

    /// Whether a new folder could not be watched.
    pub(super) fn is_limited(&self) -> bool {
        self.limited.load(Ordering::Relaxed)
    }

    /// A folder that is not there is no trouble: what is above it is watched, or the periodic look finds it.
    fn watch(&mut self, folder: &Utf8Path, mode: RecursiveMode) -> Result<(), Trouble> {
        match self.debouncer.watch(folder.as_std_path(), mode) {
            Err(error) if !limits::is_absence(&error) => Err(Trouble::of(&error, folder)),
            _ => Ok(()),
        }
    }
}

/// The two folders above a root, and where they are not there the nearest one that is: one of them sees it return.
fn above(root: &Utf8Path) -> BTreeSet<&Utf8Path> {
    let nearest = root.ancestors().skip(1).find(|folder| folder.is_dir());
    root.ancestors().skip(1).take(2).filter(|folder| folder.is_dir()).chain(nearest).collect()
}

/// What the debouncer calls with each batch of events, or of errors.
fn forwarder(
    relevance: Arc<Mutex<Relevance>>,
    limited: Arc<AtomicBool>,
    raw: Sender<Raw>,
) -> impl FnMut(DebounceEventResult) + Send + 'static {
    move |result| {
        let relevance = relevance.lock().unwrap_or_else(PoisonError::into_inner);
        let matters = match &result {
            Ok(events) => events.iter().any(|event| relevance.concerns(event)),
            // What an error hid has to be looked at.
            Err(_) => true,
        };
        drop(relevance);
        if result.as_ref().err().into_iter().flatten().any(limits::is_limit) {
            limited.store(true, Ordering::Relaxed);
        }
        if matters {
            // Nobody listens any more only when the program ends.
            let _ = raw.send(Raw::Changed);
        }
    }
}
