//! The folders that watches stand on: a watch belongs to a folder, and a path may lead to another one tomorrow.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, Metadata};
use std::io;
use std::os::unix::fs::MetadataExt as _;
use std::time::SystemTime;

use camino::{Utf8Path, Utf8PathBuf};

/// What there was at the paths that decide what is watched.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Footing {
    root: Utf8PathBuf,
    beside: BTreeSet<Utf8PathBuf>,
    root_identity: Option<Identity>,
    /// Folders above the root, of files beside the tree, and above those.
    folders: BTreeMap<Utf8PathBuf, Option<Identity>>,
}

/// Which folder a path leads to: number and device are given out again at once, the time of birth is not.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Identity {
    device: u64,
    inode: u64,
    born: Option<SystemTime>,
}

impl Footing {
    /// What there is now for a root and for folders beside it.
    pub(super) fn of(root: &Utf8Path, beside: &BTreeSet<Utf8PathBuf>) -> Self {
        let above = beside.iter().map(Utf8PathBuf::as_path).chain([root]).flat_map(above);
        let folders = above.chain(beside.iter().map(Utf8PathBuf::as_path));
        Self {
            root: root.to_owned(),
            beside: beside.clone(),
            // A link in its place is not followed, as nothing is below the root.
            root_identity: Identity::of(fs::symlink_metadata(root)),
            folders: folders.map(|it| (it.to_owned(), Identity::of(fs::metadata(it)))).collect(),
        }
    }

    /// Whether it is the same now.
    pub(super) fn holds(&self) -> bool {
        *self == Self::of(&self.root, &self.beside)
    }

    /// Whether the root is there.
    pub(super) fn has_root(&self) -> bool {
        self.root_identity.is_some()
    }

    /// The folders that are there, without the root.
    pub(super) fn folders(&self) -> BTreeSet<Utf8PathBuf> {
        self.folders.iter().filter(|(_, identity)| identity.is_some()).map(|(path, _)| path.clone()).collect()
    }
}

impl Identity {
    /// The identity of a folder; nothing for what is none.
    fn of(metadata: io::Result<Metadata>) -> Option<Self> {
        let metadata = metadata.ok()?;
        let born = metadata.created().ok();
        metadata.is_dir().then_some(Self { device: metadata.dev(), inode: metadata.ino(), born })
    }
}

/// The two folders above a folder, and the nearest that is there: one of them sees it return.
fn above(folder: &Utf8Path) -> impl Iterator<Item = &Utf8Path> {
    let nearest = folder.ancestors().skip(1).find(|it| it.is_dir());
    folder.ancestors().skip(1).take(2).chain(nearest)
}
