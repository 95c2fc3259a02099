//! Tells when files may have changed: below the root, and wherever else a pass read one.
//!
//! What the kernel says of a file is a hint to look and nothing more: it names places late, in part, or not at all.
//! So no path from here is ever handed on; whoever hears a hint looks at the whole tree. From the kernel to the hint:
//! [`kernel`] takes events down to what can be trusted in them, the debouncer gathers them, [`relevance`] tells
//! which count, and [`listener`] waits for quiet, and for [`git`]. [`places`] says which folders must be watched for
//! that, [`trouble`] what to do where the kernel cannot.

mod event;
mod git;
mod kernel;
mod listener;
mod places;
mod relevance;
mod trouble;

#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Sender, channel};
use std::time::{Duration, Instant};

use camino::{Utf8Path, Utf8PathBuf};
use ecosystem_core::os::state::Mode;
use notify_debouncer_full::notify::{Config, Error, ErrorKind, RecursiveMode};
use notify_debouncer_full::{Debouncer, NoCache, new_debouncer_opt};

use self::kernel::Kernel;
use self::listener::{Heard, Listener, Times};
use self::places::{Identity, Places};
use self::relevance::Relevance;
use self::trouble::Trouble;

/// Why to look at the tree.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum FileHint {
    /// Something that counts may have changed.
    Changed,
    /// Events were lost: the kernel's queue ran over. What changed, and where, nobody knows.
    Rescan,
    /// Changes are heard of late: why, and what to do about it. Said once for each kind, until watching is whole
    /// again. No reason to look; hints go on.
    Trouble(String),
}

/// Watches files for as long as it lives.
///
/// It never fails for good: where the kernel cannot watch, it says so through [`FileHint::Trouble`], hints every two
/// seconds as though something had changed, and tries again at each [`rearm`](Self::rearm).
pub(crate) struct Files {
    root: Utf8PathBuf,
    also: BTreeSet<Utf8PathBuf>,
    times: Times,
    listener: Sender<Heard>,
    /// Set by whoever learns that the kernel's watches no longer cover the places.
    gaps: Arc<AtomicBool>,
    /// What the watches were made for.
    places: Places,
    kernel: Option<Debouncer<Kernel, NoCache>>,
    tried: Tried,
}

/// When watches were last made for all places, and how long that took.
struct Tried {
    at: Instant,
    took: Duration,
}

/// How often a registration is made again because the world changed under it, before it is left for the next time.
const ATTEMPTS: usize = 3;

/// Trying again takes at most this part of the time: near the limit a try makes some ten thousand watches in vain.
const TRY_COST: u32 = 10;

impl Files {
    /// Watches `root`; a hint goes to `sender` once nothing that counts has happened for `quiet`.
    ///
    /// Changes before this returns are not heard of: look at the tree afterwards. Everything ends when this is
    /// dropped.
    pub(crate) fn watch(root: &Utf8Path, quiet: Duration, sender: Sender<FileHint>) -> Self {
        Self::with(root, Times::new(quiet), sender)
    }

    fn with(root: &Utf8Path, times: Times, sender: Sender<FileHint>) -> Self {
        let root = absolute(root);
        let gaps = Arc::new(AtomicBool::new(true));
        let (listener, inbox) = channel();
        Listener::start(inbox, sender, root.clone(), times, Arc::clone(&gaps));
        let mut files = Self {
            root,
            also: BTreeSet::new(),
            times,
            listener,
            gaps,
            places: Places::default(),
            kernel: None,
            tried: Tried { at: Instant::now(), took: Duration::ZERO },
        };
        files.rearm();
        files
    }

    /// Replaces the files that count besides the tree's own, such as env files; they may be missing yet. Call it
    /// after each pass: a link that leads elsewhere than before is noticed here.
    ///
    /// True if a folder is watched that was not: look once more, as nothing was heard of it until now.
    pub(crate) fn also(&mut self, files: &BTreeSet<Utf8PathBuf>) -> bool {
        self.also = files.iter().map(|file| absolute(file)).collect();
        let places = Places::look(&self.root, &self.also);
        if places == self.places {
            return false;
        }
        match self.kernel.take() {
            Some(kernel) if places.tree == self.places.tree => self.exchange(kernel, places),
            kernel => {
                self.kernel = kernel;
                self.rearm()
            }
        }
    }

    /// Makes the watches anew if the root, or a folder on the way to it or to another file, is not the one it was,
    /// or if they have a gap: after an overflow, a failure or a limit. Call it after each hint and at each periodic
    /// pass; otherwise it costs a few system calls.
    ///
    /// True if it did: look once more, as what happened meanwhile made no hint.
    pub(crate) fn rearm(&mut self) -> bool {
        let moved = Places::look(&self.root, &self.also) != self.places;
        let due = moved || (self.gaps.load(Ordering::Acquire) && self.may_try());
        if !due {
            return false;
        }
        let begun = Instant::now();
        let result = self.register();
        self.tried = Tried { at: Instant::now(), took: begun.elapsed() };
        let whole = result.is_ok();
        self.report(result);
        moved || whole
    }

    /// How changes are heard of now.
    pub(crate) fn mode(&self) -> Mode {
        if self.gaps.load(Ordering::Acquire) { Mode::Polling } else { Mode::Watching }
    }

    fn may_try(&self) -> bool {
        self.tried.at.elapsed() >= self.tried.took * TRY_COST
    }

    /// Makes all watches, again if the world moved while they were made.
    fn register(&mut self) -> Result<(), Error> {
        let mut result = Ok(());
        for _ in 0..ATTEMPTS {
            // Cleared first: a gap that shows while the watches are made must not be forgotten.
            self.gaps.store(false, Ordering::Release);
            self.places = Places::look(&self.root, &self.also);
            result = self.register_places();
            let vanished = matches!(&result, Err(error) if matches!(error.kind, ErrorKind::PathNotFound));
            if !vanished && self.places == Places::look(&self.root, &self.also) {
                break;
            }
        }
        result
    }

    /// All from new: the watcher's own account of what it watches cannot be stale then.
    fn register_places(&mut self) -> Result<(), Error> {
        self.forget();
        let _ = self.listener.send(Heard::Counts(Relevance::of(&self.places)));
        let listener = self.listener.clone();
        let forward = move |heard| {
            // Nobody listens any more only when this is about to be dropped.
            let _ = listener.send(Heard::from(heard));
        };
        let config = Config::default().with_follow_symlinks(false);
        let tick = self.times.tick;
        let kernel = new_debouncer_opt::<_, Kernel, NoCache>(tick, Some(tick), forward, NoCache, config)?;
        let kernel = self.kernel.insert(kernel);
        // A folder that fails leaves the others watched: late hints for one place, not for all.
        let folders = watch_all(kernel, self.places.folders.keys());
        let tree = self
            .places
            .tree
            .as_ref()
            .map_or(Ok(()), |(tree, _)| kernel.watch(tree, RecursiveMode::Recursive));
        tree.and(folders)
    }

    /// Gives the kernel its watches back before others are asked for: the watcher's thread that holds them ends some
    /// time after it is told to, and near the limit there is no room for both.
    fn forget(&mut self) {
        if let (Some(mut kernel), Some((tree, _))) = (self.kernel.take(), &self.places.tree) {
            let _ = kernel.unwatch(tree);
        }
    }

    /// Exchanges single folders, where the tree is the same.
    fn exchange(&mut self, mut kernel: Debouncer<Kernel, NoCache>, places: Places) -> bool {
        let _ = self.listener.send(Heard::Counts(Relevance::of(&places)));
        for gone in missing_in(&self.places.folders, &places.folders) {
            // One that is gone from the disk has lost its watch already.
            let _ = kernel.unwatch(gone);
        }
        let new: Vec<&Utf8PathBuf> = missing_in(&places.folders, &self.places.folders).collect();
        let watched_more = !new.is_empty();
        let result = watch_all(&mut kernel, new.into_iter());
        self.kernel = Some(kernel);
        self.places = places;
        if result.is_err() {
            self.report(result);
        }
        watched_more
    }

    /// Tells the listener how the watching stands: it polls while that is not well.
    fn report(&self, result: Result<(), Error>) {
        let trouble = match result {
            Err(error) => {
                self.gaps.store(true, Ordering::Release);
                Some(Trouble::of(&error, self.times.poll))
            }
            Ok(()) if self.places.tree.is_none() => Some(Trouble::missing(&self.root, self.times.poll)),
            Ok(()) => None,
        };
        let _ = self.listener.send(Heard::Stands(trouble));
    }
}

fn watch_all<'a>(
    kernel: &mut Debouncer<Kernel, NoCache>,
    folders: impl Iterator<Item = &'a Utf8PathBuf>,
) -> Result<(), Error> {
    folders.map(|folder| kernel.watch(folder, RecursiveMode::NonRecursive)).fold(Ok(()), Result::and)
}

/// The folders of `these` that `those` lack, or know as another folder of the same name.
fn missing_in<'a>(
    these: &'a BTreeMap<Utf8PathBuf, Identity>,
    those: &'a BTreeMap<Utf8PathBuf, Identity>,
) -> impl Iterator<Item = &'a Utf8PathBuf> {
    these.iter().filter(|(path, identity)| those.get(*path) != Some(identity)).map(|(path, _)| path)
}

/// Events name absolute paths; without a current folder, the path as it is will have to do.
fn absolute(path: &Utf8Path) -> Utf8PathBuf {
    camino::absolute_utf8(path).unwrap_or_else(|_| path.to_owned())
}
