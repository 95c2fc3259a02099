//! What the kernel has been asked to tell of.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::Sender;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use camino::{Utf8Path, Utf8PathBuf};
use notify_debouncer_full::notify::{Config, Error, RecursiveMode};
use notify_debouncer_full::{DebounceEventResult, Debouncer, NoCache, new_debouncer_opt};

use super::Touched;
use super::footing::Footing;
use super::kernel::Kernel;
use super::limits::{self, Trouble};
use super::quiet::Raw;
use super::relevance::{Matter, Relevance};

/// Watches of the kernel, for as long as it lives.
///
/// The debouncer gathers events, and [`super::quiet`] waits until no more come on any path. No cache of file ids: it
/// serves to follow renames by path, and the folders on both sides of a rename are looked at here.
pub(super) struct Armed {
    watcher: Debouncer<Kernel, NoCache>,
    root: Utf8PathBuf,
    /// Folders watched without what is in their folders.
    folders: BTreeSet<Utf8PathBuf>,
    /// What there was when they were asked for.
    footing: Footing,
    found: Arc<Found>,
}

/// What events have said of the watches themselves.
#[derive(Debug, Default)]
struct Found {
    /// A new folder could not be watched.
    limited: AtomicBool,
    /// There are new folders, which may have been filled before they were watched.
    grown: AtomicBool,
    /// Folders that watches were asked for have come or gone, or events were lost.
    shaken: AtomicBool,
}

/// How often to begin again where folders go while they are being watched.
const ATTEMPTS: usize = 10;

impl Armed {
    /// Watches a root, the folders above it, and those of files beside the tree, as far as they are there and the
    /// system lets us.
    pub(super) fn new(
        root: &Utf8Path,
        gathering: Duration,
        relevance: &Arc<Mutex<Relevance>>,
        raw: &Sender<Raw>,
    ) -> (Option<Self>, Option<Trouble>) {
        let found = Arc::new(Found::default());
        let forward = forwarder(Arc::clone(relevance), Arc::clone(&found), raw.clone());
        let config = Config::default().with_follow_symlinks(false);
        let watcher = match new_debouncer_opt(gathering, Some(gathering), forward, NoCache::new(), config) {
            Ok(watcher) => watcher,
            Err(error) => return (None, Some(Trouble::of(&error, root))),
        };
        let beside = relevance.lock().unwrap_or_else(PoisonError::into_inner).folders();
        let (root, footing) = (root.to_owned(), Footing::of(root, &beside));
        let mut armed = Self { watcher, root, folders: BTreeSet::new(), footing, found };
        let trouble = armed.watch_all(&beside).err();
        (Some(armed), trouble)
    }

    /// The folders first: what happens to the root from here on is seen.
    fn watch_all(&mut self, beside: &BTreeSet<Utf8PathBuf>) -> Result<(), Trouble> {
        self.watch_folders(beside)?;
        self.watch_root()
    }

    /// Watches the folders above the root and of files beside the tree: these, and none that were named before.
    pub(super) fn watch_folders(&mut self, beside: &BTreeSet<Utf8PathBuf>) -> Result<(), Trouble> {
        // What has changed until now must not be forgotten with the old footing.
        self.found.shaken.fetch_or(!self.footing.holds(), Ordering::Relaxed);
        self.footing = Footing::of(&self.root, beside);
        let folders = self.footing.folders();
        for folder in self.folders.difference(&folders) {
            // It may be gone, and its watch with it.
            let _ = self.watcher.unwatch(folder.as_std_path());
        }
        let added: Vec<Utf8PathBuf> = folders.difference(&self.folders).cloned().collect();
        self.folders = folders;
        for folder in added {
            match self.watcher.watch(folder.as_std_path(), RecursiveMode::NonRecursive) {
                // Whoever may not list a folder above may still follow what is below it.
                Err(error) if limits::is_limit(&error) || beside.contains(&folder) => {
                    unless_absent(&error, &folder)?;
                }
                _ => {}
            }
        }
        Ok(())
    }

    /// Watches the root and every folder in it; again, whatever is watched already stays so.
    pub(super) fn watch_root(&mut self) -> Result<(), Trouble> {
        self.found.grown.store(false, Ordering::Relaxed);
        for _ in 0..ATTEMPTS {
            match self.watcher.watch(self.root.as_std_path(), RecursiveMode::Recursive) {
                Ok(()) => return Ok(()),
                // A folder that went meanwhile ends the walk, and those after it are not watched.
                Err(error) => unless_absent(&error, &self.root)?,
            }
            if !self.root.is_dir() {
                return Ok(());
            }
        }
        self.found.shaken.store(true, Ordering::Relaxed);
        Ok(())
    }

    /// Whether the root was there when it was to be watched.
    pub(super) fn has_root(&self) -> bool {
        self.footing.has_root()
    }

    /// Whether a new folder could not be watched.
    pub(super) fn is_limited(&self) -> bool {
        self.found.limited.load(Ordering::Relaxed)
    }

    /// Whether there are new folders.
    pub(super) fn is_grown(&self) -> bool {
        self.found.grown.load(Ordering::Relaxed)
    }

    /// Whether watches may be missing, or be those of folders that are elsewhere by now.
    pub(super) fn is_shaken(&self) -> bool {
        self.found.shaken.load(Ordering::Relaxed) || !self.footing.holds()
    }
}

/// A folder that is not there is no trouble: what is above it is watched.
fn unless_absent(error: &Error, folder: &Utf8Path) -> Result<(), Trouble> {
    if limits::is_absence(error) { Ok(()) } else { Err(Trouble::of(error, folder)) }
}

/// What the debouncer calls with what it has gathered.
fn forwarder(
    relevance: Arc<Mutex<Relevance>>,
    found: Arc<Found>,
    raw: Sender<Raw>,
) -> impl FnMut(DebounceEventResult) + Send + 'static {
    move |result| {
        let matters: Vec<Matter> = match &result {
            Ok(events) => {
                let relevance = relevance.lock().unwrap_or_else(PoisonError::into_inner);
                events.iter().flat_map(|event| relevance.matters(event)).collect()
            }
            // What an error hid has to be looked at.
            Err(errors) => {
                found.limited.fetch_or(errors.iter().any(limits::is_limit), Ordering::Relaxed);
                vec![Matter::Content]
            }
        };
        found.grown.fetch_or(matters.contains(&Matter::NewFolder), Ordering::Relaxed);
        found.shaken.fetch_or(matters.contains(&Matter::Footing), Ordering::Relaxed);
        if let Some(touched) = matters.into_iter().map(Matter::touched).reduce(Touched::and) {
            // Nobody listens any more only when the program ends.
            let _ = raw.send(Raw::Changed(touched));
        }
    }
}
