//! Which folders must be watched so that nothing that counts goes unheard.

use std::collections::{BTreeMap, BTreeSet};
use std::os::unix::fs::MetadataExt as _;
use std::time::SystemTime;

use camino::{Utf8Path, Utf8PathBuf};

/// What has to be watched, as the disk is now. Two that are equal need the same watches.
///
/// All paths lead through no links: inotify has one watch for a folder however it is called, and the watcher reports
/// it under the name that was given last.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Places {
    /// The tree, watched with all below it; none where the root is missing or no folder.
    pub(super) tree: Option<(Utf8PathBuf, Identity)>,
    /// Folders outside the tree, watched alone: the two above the root, where it would return, and those of further
    /// files. Where one is missing, the nearest above it that is there.
    pub(super) folders: BTreeMap<Utf8PathBuf, Identity>,
    /// The root and the further files, each under its own name and, where it is a link, that of what it leads to.
    pub(super) spots: BTreeSet<Utf8PathBuf>,
}

/// What tells a folder from another of the same name. An inode's number is given to the next folder at once, so the
/// time of birth belongs to it; file systems that keep none have to do without.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Identity {
    device: u64,
    inode: u64,
    born: Option<SystemTime>,
}

/// How many folders above the root are watched. A root is often moved with the folder that it stands in; one that is
/// moved from farther up is noticed by the next periodic pass.
const ABOVE_ROOT: usize = 2;

impl Places {
    /// Looks at the disk. `root` and `also` are absolute.
    pub(super) fn look(root: &Utf8Path, also: &BTreeSet<Utf8PathBuf>) -> Self {
        let roots = spots(root);
        let files: BTreeSet<Utf8PathBuf> = also.iter().flat_map(|file| spots(file)).collect();
        let tree = root.canonicalize_utf8().ok().and_then(identified);
        let around_root = roots.iter().flat_map(|spot| existing(spot).take(ABOVE_ROOT));
        let around_files = files.iter().flat_map(|spot| existing(spot).take(1));
        let around: BTreeSet<Utf8PathBuf> = around_root.chain(around_files).map(Utf8Path::to_owned).collect();
        let outside = |path: &Utf8PathBuf| !tree.as_ref().is_some_and(|(tree, _)| path.starts_with(tree));
        let folders = around.into_iter().filter(outside).filter_map(identified).collect();
        Self { folders, spots: roots.into_iter().chain(files).collect(), tree }
    }
}

/// The names that a path goes by: its own, and that of what it leads to.
fn spots(path: &Utf8Path) -> BTreeSet<Utf8PathBuf> {
    [own_name(path), path.canonicalize_utf8().ok()].into_iter().flatten().collect()
}

/// The path with no links before its last name. What is missing has no links.
fn own_name(path: &Utf8Path) -> Option<Utf8PathBuf> {
    let real = |above: &Utf8Path| Some(above.canonicalize_utf8().ok()?.join(path.strip_prefix(above).ok()?));
    path.ancestors().skip(1).find_map(real)
}

/// The folders above a path that are there, nearest first.
fn existing(path: &Utf8Path) -> impl Iterator<Item = &Utf8Path> {
    path.ancestors().skip(1).skip_while(|above| !above.is_dir())
}

fn identified(path: Utf8PathBuf) -> Option<(Utf8PathBuf, Identity)> {
    let metadata = path.metadata().ok().filter(std::fs::Metadata::is_dir)?;
    let born = metadata.created().ok();
    Some((path, Identity { device: metadata.dev(), inode: metadata.ino(), born }))
}
