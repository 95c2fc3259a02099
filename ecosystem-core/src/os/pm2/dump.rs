//! PM2's dump, `$PM2_HOME/dump.pm2`: what `pm2 resurrect` starts, usually when the machine boots.
//!
//! [`save`] does what `pm2 save` does, with four differences. The file is replaced in one step and flushed, so
//! neither a power cut nor a `pm2 resurrect` beside it meets half a dump. It is readable by its owner alone, since it
//! holds the whole environment of each app. And an empty set is saved too, where PM2 would keep the last app of
//! all and start it again at the next boot. And what others have saved stays saved: after PM2 was killed and started again
//! it knows none of their apps, and a dump without them would make that last.
//!
//! Source: `dump` and `resurrect` in `lib/API/Startup.js`, the same in PM2 5.4.3, 6.0.14 and 7.0.4.

mod records;
#[cfg(test)]
mod tests;

use std::fs;
use std::io::{self, Write as _};
use std::os::unix::fs::MetadataExt as _;

use camino::{Utf8Path, Utf8PathBuf};
use rustix::process::geteuid;
use serde_json::Value as Json;
use thiserror::Error;

use super::frame::MAX_FRAME;
use crate::model::Owner;
use crate::os::regular_file::{self, ReadError};
use crate::pm2::observed::UnreadableList;

/// The name of the dump in PM2_HOME.
const DUMP: &str = "dump.pm2";

/// The name of the dump before it, to which PM2 turns if the dump cannot be read.
const BACKUP: &str = "dump.pm2.bak";

/// What came of a dump.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Saved {
    /// The dump that was there brings up the same; it was not touched.
    Unchanged,
    /// It was written, and what was there before is the backup now.
    Written,
}

/// Why the dump was not written. The one before it is still there.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum DumpError {
    /// The list is not one of PM2's.
    #[error("cannot write PM2's dump: {0}")]
    List(#[from] UnreadableList),
    /// Something else than a file is in its place, or it cannot be read.
    #[error("cannot write PM2's dump: {path}: {what}")]
    Unreadable {
        /// The dump.
        path: Utf8PathBuf,
        /// What is wrong with it.
        what: String,
    },
    /// A link that another user made: it could lead anywhere.
    #[error("cannot write PM2's dump: {path} is a link of user {uid}, who is neither this user nor root")]
    ForeignLink {
        /// The link.
        path: Utf8PathBuf,
        /// Its owner.
        uid: u32,
    },
    /// The system refused to write.
    #[error("cannot write PM2's dump {path}: {source}")]
    Write {
        /// The file.
        path: Utf8PathBuf,
        /// The system's reason.
        source: io::Error,
    },
}

/// Writes the dump of PM2's process list (what [`Client::list`](super::Client::list) gives), and keeps the one
/// before it as `dump.pm2.bak`, as PM2 does.
///
/// Nothing is written where the dump already brings up the same apps, in the same order and from the same
/// attributes: what PM2 counts and measures by itself is not looked at, nor which of the running states an app is
/// in. A dump that others can read, such as PM2 writes it, is written again.
///
/// `owner` is whose set is being saved. A record of the dump that belongs to another owner or to none stays, unless
/// PM2's list has an app of its name: whoever deletes such an app says so with `pm2 save`, as without us.
///
/// A link is followed if it belongs to this user or root: some keep the dump on a volume that outlives PM2_HOME, and
/// replacing their link would lose it without a word.
///
/// # Errors
/// [`DumpError`]: the list is of another form, or the files cannot be read or written.
pub fn save(home: &Utf8Path, list: &[Json], owner: &Owner) -> Result<Saved, DumpError> {
    let mut records = records::of(list)?;
    let path = behind_links(home.join(DUMP))?;
    let before = read(&path)?;
    records.extend(
        before.as_deref().map_or_else(Vec::new, |before| records::of_others(before, &records, owner)),
    );
    if before.as_deref().is_some_and(|before| records::are_saved_in(&records, before)) && is_private(&path) {
        return Ok(Saved::Unchanged);
    }
    if let Some(before) = before {
        replace(&behind_links(home.join(BACKUP))?, &before)?;
    }
    replace(&path, &records::encode(&records))?;
    Ok(Saved::Written)
}

/// The file itself where `path` is a link, be it one to a file that does not exist yet.
fn behind_links(path: Utf8PathBuf) -> Result<Utf8PathBuf, DumpError> {
    let Some(link) = fs::symlink_metadata(&path).ok().filter(fs::Metadata::is_symlink) else {
        return Ok(path);
    };
    if ![geteuid().as_raw(), 0].contains(&link.uid()) {
        return Err(DumpError::ForeignLink { path, uid: link.uid() });
    }
    let followed = match path.canonicalize_utf8() {
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            path.read_link_utf8().map(|target| path.parent().unwrap_or(&path).join(target))
        }
        followed => followed,
    };
    followed.map_err(|error| DumpError::Unreadable { path, what: error.to_string() })
}

fn read(path: &Utf8Path) -> Result<Option<Vec<u8>>, DumpError> {
    match regular_file::read(path, MAX_FRAME as u64) {
        Ok(bytes) => Ok(Some(bytes)),
        Err(ReadError::Io(error)) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(DumpError::Unreadable { path: path.to_owned(), what: error.to_string() }),
    }
}

fn is_private(path: &Utf8Path) -> bool {
    fs::metadata(path).is_ok_and(|metadata| metadata.mode() & 0o077 == 0)
}

/// Gives a file these contents in one step. Temporary files are of mode 0600. Flushed first: the dump is there for
/// the next boot, and on some file systems a rename outlives a power cut that the bytes do not.
fn replace(path: &Utf8Path, bytes: &[u8]) -> Result<(), DumpError> {
    let write = || {
        let folder = path.parent().unwrap_or(path);
        let mut file = tempfile::Builder::new().prefix(".dump.pm2-").tempfile_in(folder)?;
        file.write_all(bytes)?;
        file.as_file().sync_all()?;
        file.persist(path).map(drop).map_err(|error| error.error)
    };
    write().map_err(|source| DumpError::Write { path: path.to_owned(), source })
}
