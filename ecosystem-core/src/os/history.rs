//! The histories of apps on disk: `$PM2_HOME/ecosystem/<owner>/history/<app>.json`, one file for each app that ever ran.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::time::SystemTime;

use camino::{Utf8Path, Utf8PathBuf};
use serde::{Deserialize, Serialize};

use super::regular_file::{self, ReadError};
use super::state::now;
use super::state_folder::{self, replace};
use crate::converge::HostError;
use crate::history::{self, Change, Generation};
use crate::model::{AppName, Owner};

/// Generations that are kept of each app: months of edits, and a few dozen kilobytes.
const MOST_GENERATIONS: usize = 50;

/// Histories that are kept, of apps that are gone most likely where there are that many.
const MOST_HISTORIES: usize = 20_000;

/// Far beyond what [`MOST_GENERATIONS`] need.
const LIMIT: u64 = 16 * 1024 * 1024;

#[derive(Debug, Serialize, Deserialize)]
struct Contents {
    /// Of the file's form.
    version: u32,
    app: AppName,
    generations: Vec<Generation>,
}

const VERSION: u32 = 1;

/// What was applied to an app, oldest first; nothing where there is no record of it.
///
/// # Errors
/// There is a record and it cannot be read or is of another version.
pub fn read(home: &Utf8Path, owner: &Owner, app: &AppName) -> Result<Vec<Generation>, HostError> {
    let path = path(home, owner, app);
    let bytes = match regular_file::read(&path, LIMIT) {
        Ok(bytes) => bytes,
        Err(ReadError::Io(error)) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(unreadable(&path, &error.to_string())),
    };
    let contents: Contents =
        serde_json::from_slice(&bytes).map_err(|error| unreadable(&path, &error.to_string()))?;
    if contents.version != VERSION {
        return Err(unreadable(&path, &format!("its version is {}, not {VERSION}", contents.version)));
    }
    if contents.app != *app {
        return Err(unreadable(&path, &format!("it is about {}", contents.app)));
    }
    Ok(contents.generations)
}

/// What was applied to every app of a tree of which there is a record, by name.
///
/// # Errors
/// One of them cannot be read.
pub fn read_all(home: &Utf8Path, owner: &Owner) -> Result<BTreeMap<AppName, Vec<Generation>>, HostError> {
    let folder = folder(home, owner);
    let mut all = BTreeMap::new();
    for path in files(&folder).map_err(|error| unreadable(&folder, &error.to_string()))? {
        let bytes =
            regular_file::read(&path, LIMIT).map_err(|error| unreadable(&path, &error.to_string()))?;
        let contents: Contents =
            serde_json::from_slice(&bytes).map_err(|error| unreadable(&path, &error.to_string()))?;
        all.insert(contents.app, contents.generations);
    }
    Ok(all)
}

/// Adds a generation to the history of its app; gives its number.
///
/// # Errors
/// The history could not be read or written.
pub(super) fn add(home: &Utf8Path, owner: &Owner, by: &str, change: Change) -> Result<u64, HostError> {
    let app = change.app.clone();
    let mut generations = read(home, owner, &app)?;
    let number = history::next_number(&generations);
    let at = u64::try_from(now().as_millisecond()).unwrap_or(0);
    history::add(&mut generations, Generation { number, at, by: by.to_owned(), change }, MOST_GENERATIONS);
    let (path, folder) = (path(home, owner, &app), folder(home, owner));
    let contents = Contents { version: VERSION, app, generations };
    let write = || {
        let bytes = serde_json::to_vec(&contents)?;
        let is_new = !path.exists();
        state_folder::make(home, &folder)?;
        replace(&path, &bytes)?;
        if is_new { forget_oldest(&folder) } else { Ok(()) }
    };
    write().map_err(|error: io::Error| {
        HostError::new(format!("cannot keep the history of {}, in {path}: {error}", contents.app))
    })?;
    Ok(number)
}

fn forget_oldest(folder: &Utf8Path) -> io::Result<()> {
    let mut paths = files(folder)?;
    let surplus = paths.len().saturating_sub(MOST_HISTORIES);
    if surplus > 0 {
        let changed = |path: &Utf8PathBuf| {
            fs::metadata(path).and_then(|it| it.modified()).unwrap_or(SystemTime::UNIX_EPOCH)
        };
        paths.sort_by_cached_key(changed);
        paths.truncate(surplus);
        paths.iter().try_for_each(fs::remove_file)?;
    }
    Ok(())
}

fn files(folder: &Utf8Path) -> io::Result<Vec<Utf8PathBuf>> {
    let entries = match folder.read_dir_utf8() {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        entries => entries?,
    };
    let paths = entries.map(|entry| entry.map(|entry| entry.path().to_owned()));
    let mut paths: Vec<Utf8PathBuf> = paths.collect::<io::Result<_>>()?;
    paths.retain(|path| path.extension() == Some("json") && !is_hidden(path));
    paths.sort();
    Ok(paths)
}

/// What a write that was interrupted has left.
fn is_hidden(path: &Utf8Path) -> bool {
    path.file_name().is_some_and(|name| name.starts_with('.'))
}

fn unreadable(path: &Utf8Path, problem: &str) -> HostError {
    HostError::new(format!("cannot read what was applied before, in {path}: {problem}"))
        .hint("remove the file to go on without it: the app cannot be put back to what it was before then")
}

fn folder(home: &Utf8Path, owner: &Owner) -> Utf8PathBuf {
    state_folder::of(home, owner).join("history")
}

fn path(home: &Utf8Path, owner: &Owner, app: &AppName) -> Utf8PathBuf {
    folder(home, owner).join(format!("{}.json", app.file_name()))
}
