//! What was generated for daemons that are no more.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::{fs, io};

use camino::Utf8Path;

use super::{DistError, GITIGNORE, Kind, checked_path, failed, kind, text_on_disk};
use crate::model::DaemonId;
use crate::render::{DIST, config_path, inspect};

/// Daemons that have a generated file and no source any more, in order.
///
/// `present` are the daemons whose sources were just read. A folder that cannot be looked at gives none: the
/// worst that follows is that a file stays. Links are not followed, and `node_modules` and `.git` are skipped.
#[must_use]
pub fn stale(root: &Utf8Path, present: &BTreeSet<DaemonId>) -> Vec<DaemonId> {
    let mut found = BTreeSet::new();
    let mut folders = vec![DaemonId::new("")];
    while let Some(id) = folders.pop() {
        if !present.contains(&id) && source_is_gone(root, &id) && holds_generated(root, &id) {
            found.insert(id.clone());
        }
        folders.extend(folders_in(root, &id));
    }
    found.into_iter().collect()
}

/// What became of a stale `dist` folder.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Removal {
    /// It is gone.
    Removed,
    /// The generated file is gone; the folder holds files of others and stays, with its `.gitignore`.
    FolderKept,
    /// Somebody changed the generated file, or put their own in its place: nothing was removed.
    EditKept,
    /// The daemon's source is there again: nothing was removed.
    SourceIsBack,
    /// There was no generated file.
    Nothing,
}

/// Removes what was generated for a daemon that [`stale`] named, and nothing else.
///
/// # Errors
/// If `dist` or the file is a link, or the system refuses to look or to remove.
pub fn remove_dist(root: &Utf8Path, daemon: &DaemonId) -> Result<Removal, DistError> {
    if kind(&root.join(daemon.source_path()))?.is_some() {
        return Ok(Removal::SourceIsBack);
    }
    let config = checked_path(root, &config_path(daemon))?;
    match text_on_disk(&config)? {
        None => Ok(Removal::Nothing),
        Some(text) if inspect(&text).is_some_and(|header| header.intact) => {
            fs::remove_file(&config).map_err(failed("remove", &config))?;
            remove_folder(&root.join(daemon.join(DIST)))
        }
        Some(_) => Ok(Removal::EditKept),
    }
}

/// Removes the folder if nothing is in it but our `.gitignore`.
fn remove_folder(dist: &Utf8Path) -> Result<Removal, DistError> {
    let gitignore = dist.join(".gitignore");
    let left = paths_in(dist).map_err(failed("read", dist))?;
    let is_ours = left.iter().all(|path| path == gitignore.as_std_path()) && is_our_gitignore(&gitignore)?;
    if !is_ours {
        return Ok(Removal::FolderKept);
    }
    if !left.is_empty() {
        fs::remove_file(&gitignore).map_err(failed("remove", &gitignore))?;
    }
    fs::remove_dir(dist).map_err(failed("remove", dist))?;
    Ok(Removal::Removed)
}

/// Nor is there one that could be lost.
fn is_our_gitignore(path: &Utf8Path) -> Result<bool, DistError> {
    Ok(match kind(path)? {
        None => true,
        Some(Kind::File) => text_on_disk(path)?.is_none_or(|text| text == GITIGNORE),
        Some(_) => false,
    })
}

/// Seen to be gone: a source that cannot be looked at is there.
fn source_is_gone(root: &Utf8Path, id: &DaemonId) -> bool {
    matches!(kind(&root.join(id.source_path())), Ok(None))
}

fn holds_generated(root: &Utf8Path, id: &DaemonId) -> bool {
    let text = checked_path(root, &config_path(id)).and_then(|path| text_on_disk(&path));
    matches!(text, Ok(Some(text)) if inspect(&text).is_some())
}

/// Folders in which daemons may be; names that are not UTF-8 name no daemon.
fn folders_in(root: &Utf8Path, id: &DaemonId) -> Vec<DaemonId> {
    let paths = paths_in(&root.join(id.as_str())).unwrap_or_default();
    let paths = paths.iter().filter_map(|path| Utf8Path::from_path(path));
    paths
        .filter(|path| matches!(kind(path), Ok(Some(Kind::Folder))))
        .filter_map(Utf8Path::file_name)
        .filter(|name| !SKIPPED.contains(name))
        .map(|name| DaemonId::new(id.join(name)))
        .collect()
}

/// Folders of others, large ones among them.
const SKIPPED: &[&str] = &["node_modules", ".git", DIST];

fn paths_in(folder: &Utf8Path) -> io::Result<Vec<PathBuf>> {
    fs::read_dir(folder)?.map(|entry| Ok(entry?.path())).collect()
}
