//! Snapshots on disk: ours are brought up to date and removed, everything else in their folder is left alone.

use std::collections::BTreeSet;
use std::fs;

use camino::Utf8Path;

use super::dist::{self, DistError};
use crate::model::DaemonId;
use crate::render::GeneratedFile;
use crate::snapshot::{config, daemon_of};

/// What insta puts behind the name of a snapshot that waits to be reviewed.
const PENDING: &str = ".new";

/// How a snapshot on disk stands to what it should say.
#[derive(Debug)]
pub enum State {
    /// It says so.
    Current,
    /// There is none.
    Missing,
    /// It says something else: its config.
    Differs(String),
    /// A file of somebody else's has its name.
    Foreign,
}

/// How a snapshot on disk stands to what it should say.
///
/// # Errors
/// It cannot be looked at, or a link is in the way.
pub fn state(folder: &Utf8Path, wanted: &GeneratedFile) -> Result<State, DistError> {
    Ok(match dist::text(folder, &wanted.path)? {
        None => State::Missing,
        Some(text) => match config(&text) {
            None => State::Foreign,
            found if found == config(&wanted.text) => State::Current,
            Some(config) => State::Differs(config.to_owned()),
        },
    })
}

/// Writes a snapshot whole, or not at all. One that waited to be reviewed has had its answer, and goes.
///
/// # Errors
/// The system refused, or a link is in the way.
pub fn write(folder: &Utf8Path, file: &GeneratedFile) -> Result<(), DistError> {
    dist::put(folder, &file.path, &file.text)?;
    drop_pending(folder, &file.path)
}

/// Writes a snapshot beside the present one, to be reviewed with `cargo insta review`.
///
/// # Errors
/// The system refused, or a link is in the way.
pub fn write_pending(folder: &Utf8Path, file: &GeneratedFile) -> Result<(), DistError> {
    dist::put(folder, &format!("{}{PENDING}", file.path), &file.text)
}

/// Removes the snapshot that waits to be reviewed, if there is one and it is ours.
///
/// # Errors
/// The system refused, or a link is in the way.
pub fn drop_pending(folder: &Utf8Path, path: &str) -> Result<(), DistError> {
    let pending = format!("{path}{PENDING}");
    match dist::text(folder, &pending)? {
        Some(text) if config(&text).is_some() => dist::take_away(folder, &pending),
        _ => Ok(()),
    }
}

/// Removes a snapshot, and the folders above it that are empty then.
///
/// # Errors
/// The system refused, or a link is in the way.
pub fn remove(folder: &Utf8Path, path: &str) -> Result<(), DistError> {
    drop_pending(folder, path)?;
    dist::take_away(folder, path)?;
    for above in Utf8Path::new(path).ancestors().skip(1).filter(|above| !above.as_str().is_empty()) {
        if fs::remove_dir(folder.join(above)).is_err() {
            break;
        }
    }
    Ok(())
}

/// Snapshots of ours whose daemon is none of these, in order: the path, and the config in it.
///
/// What cannot be looked at is passed over: nothing is removed that was not seen to be ours.
#[must_use]
pub fn stale(folder: &Utf8Path, present: &BTreeSet<DaemonId>) -> Vec<(String, String)> {
    let mut found = Vec::new();
    collect(folder, "", 0, &mut found);
    found.sort();
    found.retain(|path| daemon_of(path).is_some_and(|id| !present.contains(&id)));
    let ours = |path: String| {
        let text = dist::text(folder, &path).ok()??;
        config(&text).map(|config| (path, config.to_owned()))
    };
    found.into_iter().filter_map(ours).collect()
}

/// Deeper than any tree: see [`super::tree`].
const MAX_DEPTH: usize = 66;

fn collect(folder: &Utf8Path, below: &str, depth: usize, found: &mut Vec<String>) {
    let Ok(entries) = fs::read_dir(folder.join(below)) else { return };
    for entry in entries.flatten() {
        let (Ok(name), Ok(kind)) = (entry.file_name().into_string(), entry.file_type()) else { continue };
        let path = if below.is_empty() { name } else { format!("{below}/{name}") };
        if kind.is_dir() && depth < MAX_DEPTH {
            collect(folder, &path, depth + 1, found);
        } else if kind.is_file() {
            found.push(path);
        }
    }
}
