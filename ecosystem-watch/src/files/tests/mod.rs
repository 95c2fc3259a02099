//! Files as editors, git and people really change them.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on has failed")]
#![allow(clippy::print_stdout, reason = "figures, and what a child says, for those who ask by --nocapture")]

mod beside;
mod child;
mod costs;
mod editors;
mod folders;
mod git;
mod limits;
mod overflow;
mod random;
mod roots;
mod silence;
mod starvation;

use std::collections::BTreeMap;
use std::fs;
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::Duration;

use camino::{Utf8Path, Utf8PathBuf};
use tempfile::TempDir;

use super::quiet::Times;
use super::{FileHint, Files, Mode};

/// As short as it is by default.
const QUIET: Duration = Duration::from_millis(100);

/// When a hint that has not come is not going to, on a machine that has much else to do.
const DEADLINE: Duration = Duration::from_secs(20);

/// What a look finds: each source, and what is in it.
type View = BTreeMap<Utf8PathBuf, String>;

/// A tree that is followed as the watcher does.
struct Tree {
    /// A folder that holds all of it, three above the root.
    base: Utf8PathBuf,
    root: Utf8PathBuf,
    files: Files,
    hints: Receiver<FileHint>,
    /// What the last look found.
    view: View,
    _folder: TempDir,
}

impl Tree {
    /// A tree of one daemon.
    fn new() -> Self {
        Self::prepared(|_| {})
    }

    /// A tree of one daemon and of what is made before it is followed.
    fn prepared(prepare: impl FnOnce(&Utf8Path)) -> Self {
        Self::timed(Times::of(QUIET), prepare)
    }

    fn timed(times: Times, prepare: impl FnOnce(&Utf8Path)) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let base = Utf8PathBuf::from_path_buf(folder.path().canonicalize().unwrap()).unwrap();
        let root = base.join("grand/parent/daemons");
        write(&root.join("web/ecosystem.edn"), "{}");
        prepare(&root);
        let (sender, hints) = channel();
        let files = Files::timed(&root, Utf8Path::new("/nowhere"), times, sender);
        Self { view: read(&root), base, root, files, hints, _folder: folder }
    }

    fn daemon(&self) -> Utf8PathBuf {
        self.root.join("web/ecosystem.edn")
    }

    /// The next hint; it must come.
    fn hint(&self) -> FileHint {
        self.hints.recv_timeout(DEADLINE).unwrap_or_else(|_| panic!("no hint"))
    }

    /// Looks, as the watcher does at a hint.
    fn look(&mut self) {
        self.view = read(&self.root);
        while self.files.rearm() {
            self.view = read(&self.root);
        }
    }

    /// A change makes the follower see what is there then.
    fn sees(&mut self, change: impl FnOnce(&Utf8Path)) {
        change(&self.root);
        let there = read(&self.root);
        loop {
            assert!(matches!(self.hint(), FileHint::Changed(_)));
            self.look();
            if self.view == there {
                return;
            }
        }
    }

    /// Nothing comes for long enough that it would have.
    fn is_silent(&self) {
        assert_eq!(self.hints.recv_timeout(QUIET * 5), Err(RecvTimeoutError::Timeout));
    }

    /// Waits until what was done before has made its hints.
    fn comes_to_rest(&mut self) {
        while self.hints.recv_timeout(QUIET * 5).is_ok() {
            self.look();
        }
    }

    /// A change makes no hint, and one that matters after it makes one.
    fn does_not_mind(&mut self, change: impl FnOnce(&Utf8Path)) {
        change(&self.root);
        self.is_silent();
        self.sees(|root| write(&root.join("proof.edn"), &format!("{:?}", std::time::Instant::now())));
        self.is_silent();
    }
}

/// Writes a file in place, and the folders above it where they are missing.
fn write(path: &Utf8Path, text: &str) {
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, text).unwrap();
}

/// Everything below a root, written by somebody who does not know what the tree's reader skips.
fn read(root: &Utf8Path) -> View {
    let mut view = View::new();
    gather(root, &mut view);
    view
}

fn gather(folder: &Utf8Path, view: &mut View) {
    for entry in folder.read_dir_utf8().into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() {
            gather(path, view);
        } else if path.extension() == Some("edn")
            && let Ok(text) = fs::read_to_string(path)
        {
            view.insert(path.to_owned(), text);
        }
    }
}
