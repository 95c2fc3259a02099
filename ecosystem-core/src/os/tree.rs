//! Reading the sources of a tree from disk.

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::MetadataExt as _;
use std::time::{Duration, SystemTime};

use camino::Utf8Path;

use super::codes::{LINKED_FOLDER, NOT_A_FILE, TOO_LARGE, UNREADABLE};
use super::processors::Processors;
use super::regular_file::{self, ReadError};
use crate::converge::{HostError, Tree};
use crate::diagnostic::{Diagnostic, Source, Span};
use crate::model::DaemonId;
use crate::validate::DEFAULTS_FILE;
use crate::workers::Workers as _;

/// The largest source that is read. Real ones have a few kilobytes; the limit keeps a stray dump from being
/// parsed on each pass, and is a hundred times what a daemon of a hundred apps takes.
pub const MAX_SOURCE_BYTES: u64 = 8 * 1024 * 1024;

/// How many folders deep a tree may be; beyond that something made it, not somebody.
pub(super) const MAX_DEPTH: usize = 64;

/// Names of folders that hold no sources: never entered.
pub const SKIPPED: &[&str] = &["node_modules", "dist", ".git", "logs"];

/// Reads every `.edn` file below `root` by so many processors, without following links to folders.
///
/// # Errors
/// The root is missing, or is not a folder that can be listed. Anything below it that cannot be read is in
/// [`Tree::unreadable`]: an I/O error is not an absence.
pub fn read(root: &Utf8Path, processors: Processors) -> Result<Tree, HostError> {
    let entries = fs::read_dir(root).map_err(|error| {
        HostError::new(format!("cannot read the tree at {root}: {error}"))
            .hint("name the folder that holds your daemons; nothing was changed in PM2")
    })?;
    let mut walk = Walk { root, found: Vec::new(), tree: Tree::default() };
    walk.folder("", entries, 0);
    Ok(walk.read(processors))
}

/// Reads the sources of these daemons and the defaults above them, by ascending path; `None` where one of them is not a
/// file that can be read, in folders that are no links.
#[must_use]
pub fn read_some(root: &Utf8Path, daemons: &BTreeSet<DaemonId>) -> Option<Vec<Source>> {
    let own = daemons.iter().map(DaemonId::source_path);
    let folders: BTreeSet<&str> = daemons.iter().flat_map(DaemonId::folders).collect();
    let above = folders.into_iter().map(|folder| DaemonId::new(folder).join(DEFAULTS_FILE));
    let is_there = |path: &String| match fs::symlink_metadata(root.join(path)) {
        Err(error) => error.kind() != std::io::ErrorKind::NotFound,
        Ok(_) => true,
    };
    let paths: BTreeSet<String> = own.chain(above.filter(is_there)).collect();
    paths.into_iter().map(|path| read_plain(root, path)).collect()
}

fn read_plain(root: &Utf8Path, path: String) -> Option<Source> {
    let is_folder = |folder: &Utf8Path| fs::symlink_metadata(root.join(folder)).is_ok_and(|it| it.is_dir());
    let mut folders = Utf8Path::new(&path).ancestors().skip(1).filter(|folder| !folder.as_str().is_empty());
    let contents = if folders.all(is_folder) {
        regular_file::read(&root.join(&path), MAX_SOURCE_BYTES).ok()?
    } else {
        return None;
    };
    Some(Source { path, contents })
}

/// When a daemon's source came to be what it is, if that was after `since`; `None` where there is no source, or it was
/// before.
///
/// The time of the text counts. Where that is older, as for a file that was moved here, the time at which the system
/// noted the change.
#[must_use]
pub fn edited_at(root: &Utf8Path, daemon: &DaemonId, since: SystemTime) -> Option<SystemTime> {
    let metadata = fs::metadata(root.join(daemon.source_path())).ok()?;
    let changed = u64::try_from(metadata.ctime()).ok().zip(u32::try_from(metadata.ctime_nsec()).ok());
    let changed = changed.map(|(seconds, nanos)| SystemTime::UNIX_EPOCH + Duration::new(seconds, nanos));
    [metadata.modified().ok(), changed].into_iter().flatten().find(|time| *time > since)
}

struct Walk<'a> {
    root: &'a Utf8Path,
    /// Sources, by path below the root.
    found: Vec<String>,
    tree: Tree,
}

impl Walk<'_> {
    /// Reads what was found.
    fn read(mut self, processors: Processors) -> Tree {
        let mut found = std::mem::take(&mut self.found);
        found.sort_unstable();
        let read =
            processors.each(&found, |path| regular_file::read(&self.root.join(path), MAX_SOURCE_BYTES));
        for (path, contents) in found.into_iter().zip(read) {
            match contents {
                Ok(contents) => self.tree.sources.push(Source { path, contents }),
                Err(problem) => self.unreadable(&path, code(&problem), &problem.to_string()),
            }
        }
        self.tree
    }

    fn folder(&mut self, below: &str, entries: fs::ReadDir, depth: usize) {
        for entry in entries {
            match entry {
                Ok(entry) => self.entry(below, &entry, depth),
                Err(error) => {
                    self.unreadable(below, UNREADABLE, &format!("cannot list this folder: {error}"));
                }
            }
        }
    }

    fn entry(&mut self, below: &str, entry: &fs::DirEntry, depth: usize) {
        // A name that is not UTF-8 cannot be a source's, nor stand in a daemon's id.
        let Ok(name) = entry.file_name().into_string() else { return };
        let path = if below.is_empty() { name.clone() } else { format!("{below}/{name}") };
        match entry.file_type() {
            Err(error) => self.unreadable(&path, UNREADABLE, &format!("cannot look at it: {error}")),
            Ok(kind) if is_source_name(&name) => self.source(path, kind),
            Ok(kind) if SKIPPED.contains(&name.as_str()) || !(kind.is_dir() || kind.is_symlink()) => {}
            Ok(kind) if kind.is_symlink() => self.link(&path),
            Ok(_) if depth >= MAX_DEPTH => {
                self.unreadable(&path, UNREADABLE, &format!("more than {MAX_DEPTH} folders deep"));
            }
            Ok(_) => match fs::read_dir(self.root.join(&path)) {
                Ok(entries) => self.folder(&path, entries, depth + 1),
                Err(error) => {
                    self.unreadable(&path, UNREADABLE, &format!("cannot list this folder: {error}"));
                }
            },
        }
    }

    fn source(&mut self, path: String, kind: fs::FileType) {
        let full = self.root.join(&path);
        if kind.is_symlink() && fs::metadata(&full).is_ok_and(|target| target.is_dir()) {
            return self.unreadable(&path, NOT_A_FILE, "a link to a folder, where a file is expected");
        }
        if !kind.is_file() && !kind.is_symlink() {
            let what = if kind.is_dir() { "a folder" } else { "no regular file" };
            return self.unreadable(&path, NOT_A_FILE, &format!("{what}, where a file is expected"));
        }
        self.found.push(path);
    }

    fn link(&mut self, path: &str) {
        if fs::metadata(self.root.join(path)).is_ok_and(|target| target.is_dir()) {
            self.tree.notes.push(linked_folder(path));
        }
    }

    fn unreadable(&mut self, path: &str, code: &'static str, problem: &str) {
        self.tree.unreadable.insert(path.to_owned(), unreadable(path, code, problem));
    }
}

/// What there is to say of a place that cannot be looked at.
pub(super) fn unreadable(path: &str, code: &'static str, problem: &str) -> Diagnostic {
    Diagnostic::error(code, format!("{path}: {problem}"), path, Span::default(), "")
        .hint("until it can be read, nothing is taken for removed and no process is deleted")
}

/// What there is to say of a link to a folder.
pub(super) fn linked_folder(path: &str) -> Diagnostic {
    let message = format!("{path}: a link to a folder is not followed");
    Diagnostic::warning(LINKED_FOLDER, message, path, Span::default(), "")
        .hint("put the folder itself into the tree, or name its real place as the root of another tree")
}

fn code(problem: &ReadError) -> &'static str {
    match problem {
        ReadError::Io(_) => UNREADABLE,
        ReadError::NotAFile => NOT_A_FILE,
        ReadError::TooLarge { .. } => TOO_LARGE,
    }
}

/// Whether a file of this name is a source: it ends in `.edn`, and is not what an editor leaves beside one while it
/// writes.
#[must_use]
pub fn is_source_name(name: &str) -> bool {
    name.ends_with(".edn") && !name.starts_with(".#") && !name.starts_with('#')
}
