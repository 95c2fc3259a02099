//! Where git says that it is at work.

use camino::{Utf8Path, Utf8PathBuf};

/// The file that is there while git changes the files of the repository around a folder; `None` outside of any.
///
/// `.git` is a folder, or in a worktree or submodule a file that names one (gitrepository-layout(5)).
pub(super) fn index_lock(folder: &Utf8Path) -> Option<Utf8PathBuf> {
    let (around, git) = folder.ancestors().find_map(|folder| {
        let git = folder.join(".git");
        git.exists().then_some((folder, git))
    })?;
    if git.is_dir() {
        return Some(git.join("index.lock"));
    }
    // What is neither folder nor file, such as a FIFO, would be waited for.
    let text = std::fs::read_to_string(Some(&git).filter(|git| git.is_file())?).ok()?;
    let named = text.strip_prefix("gitdir:")?.trim();
    Some(around.join(named).join("index.lock"))
}
