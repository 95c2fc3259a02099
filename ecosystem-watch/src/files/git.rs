//! Whether git is at work on the files around the tree.

use std::fs;
use std::io;
use std::os::unix::fs::MetadataExt as _;
use std::time::SystemTime;

use camino::{Utf8Path, Utf8PathBuf};

/// A git command at work: it holds the index's lock from before the first file that it touches until after the last.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Lock {
    /// The lock's file.
    pub(super) path: Utf8PathBuf,
    inode: u64,
    since: Option<SystemTime>,
}

impl Lock {
    /// The lock of the repository around `root`, if it is held. Looked up from new each time: repositories come, and
    /// the first step is the same few calls anyway.
    pub(super) fn held(root: &Utf8Path) -> Option<Self> {
        let folder = root.ancestors().find_map(git_folder)?;
        let path = folder.join("index.lock");
        let metadata = path.symlink_metadata().ok()?;
        Some(Self { path, inode: metadata.ino(), since: metadata.modified().ok() })
    }
}

/// The folder that holds the index of the working tree at `top`: `.git`, or what the file `.git` of a linked working
/// tree or a submodule names, relative to where it stands (git-scm.com/docs/gitrepository-layout).
fn git_folder(top: &Utf8Path) -> Option<Utf8PathBuf> {
    let git = top.join(".git");
    match fs::read_to_string(&git) {
        Ok(text) => Some(top.join(text.strip_prefix("gitdir:")?.trim())),
        Err(error) if error.kind() == io::ErrorKind::IsADirectory => Some(git),
        Err(_) => None,
    }
}
