//! The inventory of what was applied, on disk: `$PM2_HOME/ecosystem/<owner>/inventory.json`.

use std::io;
use std::time::Duration;

use camino::{Utf8Path, Utf8PathBuf};
use serde::{Deserialize, Serialize};

use super::lock::Lock;
use super::regular_file::{self, ReadError};
use super::state_folder::{self, replace};
use crate::converge::HostError;
use crate::model::Owner;
use crate::plan::{Claim, Inventory};

/// What the file holds.
#[derive(Debug, Serialize, Deserialize)]
struct Contents {
    /// Of the file's form.
    version: u32,
    /// When PM2's daemon was started under which this was applied, in milliseconds since 1970: another number
    /// means another daemon.
    pm2_started_at: u64,
    #[serde(flatten)]
    inventory: Inventory,
}

const VERSION: u32 = 1;

/// Far beyond what a tree of ten thousand apps needs.
const LIMIT: u64 = 64 * 1024 * 1024;

/// Reads the inventory of a tree; an empty one if there is none.
///
/// # Errors
/// There is a file and it cannot be read or is of another version.
pub(super) fn read(home: &Utf8Path, owner: &Owner, pm2_started_at: u64) -> Result<Inventory, HostError> {
    Ok(match contents(home, owner)? {
        None => Inventory::default(),
        Some(contents) if contents.pm2_started_at == pm2_started_at => contents.inventory,
        Some(contents) => contents.inventory.under_another_daemon(),
    })
}

/// The processes that were taken over under the PM2 that was there last.
///
/// # Errors
/// There is a file and it cannot be read or is of another version.
pub(super) fn last_claims(home: &Utf8Path, owner: &Owner) -> Result<Vec<Claim>, HostError> {
    let apps = contents(home, owner)?.map(|contents| contents.inventory.apps).unwrap_or_default();
    Ok(apps.into_values().flat_map(|applied| applied.adopted).collect())
}

fn contents(home: &Utf8Path, owner: &Owner) -> Result<Option<Contents>, HostError> {
    let path = path(home, owner);
    let bytes = match regular_file::read(&path, LIMIT) {
        Ok(bytes) => bytes,
        Err(ReadError::Io(error)) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(unreadable(&path, &error.to_string())),
    };
    let contents: Contents =
        serde_json::from_slice(&bytes).map_err(|error| unreadable(&path, &error.to_string()))?;
    if contents.version != VERSION {
        return Err(unreadable(&path, &format!("its version is {}, not {VERSION}", contents.version)));
    }
    Ok(Some(contents))
}

fn unreadable(path: &Utf8Path, problem: &str) -> HostError {
    HostError::new(format!("cannot read what was applied before, in {path}: {problem}")).hint(
        "nothing was changed; remove the file to go on without it: apps with `:prune :never` or `:confirm` whose \
         definition is gone lose that protection",
    )
}

/// Writes the inventory, atomically and readable for its owner alone.
///
/// # Errors
/// The system refused.
pub(super) fn write(
    home: &Utf8Path,
    owner: &Owner,
    pm2_started_at: u64,
    inventory: &Inventory,
) -> Result<(), HostError> {
    let path = path(home, owner);
    let contents = Contents { version: VERSION, pm2_started_at, inventory: inventory.clone() };
    let written =
        serde_json::to_vec(&contents).map_err(io::Error::from).and_then(|bytes| replace(&path, &bytes));
    written.map_err(|error| HostError::new(format!("cannot keep what was applied, in {path}: {error}")))
}

/// Changes what is known of a tree's apps beside what runs; PM2 need not be up. `change` says whether it has changed
/// anything. `patience` is how long to wait for another run on the same tree.
///
/// # Errors
/// Another run has the lock, or the inventory cannot be read or written.
pub fn change(
    home: &Utf8Path,
    owner: &Owner,
    patience: Duration,
    change: impl FnOnce(&mut Inventory) -> bool,
) -> Result<(), HostError> {
    let _lock = Lock::take(home, owner, patience)?;
    let (pm2_started_at, mut inventory) =
        contents(home, owner)?.map(|it| (it.pm2_started_at, it.inventory)).unwrap_or_default();
    if change(&mut inventory) { write(home, owner, pm2_started_at, &inventory) } else { Ok(()) }
}

fn path(home: &Utf8Path, owner: &Owner) -> Utf8PathBuf {
    state_folder::of(home, owner).join("inventory.json")
}
