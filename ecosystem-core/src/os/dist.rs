//! Generated files on disk: written whole or not at all, and only where they belong.

mod prune;

use std::fs::{self, File};
use std::io::{self, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, PermissionsExt as _};

use camino::{Utf8Component, Utf8Path, Utf8PathBuf};
use tempfile::NamedTempFile;

pub use prune::{Removal, remove_dist, stale};

use super::processors::Processors;
use super::regular_file::{self, ReadError};
use crate::render::{DIST, GeneratedFile, inspect, is_current};
use crate::workers::Workers as _;

/// What was done about a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// It said the same but for the time: neither text nor time of change were touched.
    Unchanged,
    /// There was none.
    Written,
    /// It said something else.
    Overwritten {
        /// Somebody had changed the file after it was generated, or put a file of their own there: what it said is
        /// beside it, with [`EDITED`] behind its name.
        hand_edited: bool,
    },
}

/// Why a file in `dist` was not written or removed. What was there before is still there, whole.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DistError {
    /// The path is absolute or climbs with `..`.
    #[error("`{0}` is not a path below the root; give the path of a file in the tree")]
    Outside(String),
    /// A link could lead anywhere, out of the tree too.
    #[error("`{0}` is a symbolic link, and generated files are not written through links; remove the link")]
    Symlink(Utf8PathBuf),
    /// Something is where a folder is needed.
    #[error("`{0}` is not a folder, and generated files are kept in a folder of that name; move it away")]
    NotAFolder(Utf8PathBuf),
    /// Something is where the file should be.
    #[error("`{0}` is not a file, and the generated file has that name; move it away")]
    NotAFile(Utf8PathBuf),
    /// The system refused.
    #[error("cannot {action} `{path}`: {source}; check the folder's permissions and the space on its disk")]
    Io {
        /// What was tried: read, create, write, remove.
        action: &'static str,
        /// On what.
        path: Utf8PathBuf,
        /// What the system said.
        source: io::Error,
    },
}

/// Brings each file to its text; the results are in the order of the files.
///
/// A `dist` folder that is missing is created, with a `.gitignore` in it that keeps its contents out of git.
/// Other folders are not: that of a daemon exists, as its source is in it. One file's failure leaves the
/// others alone.
///
/// Before a file is overwritten that somebody had edited, `edited` is told its path.
pub fn write(
    root: &Utf8Path,
    files: &[GeneratedFile],
    processors: Processors,
    edited: &(dyn Fn(&str) + Sync),
) -> Vec<Result<Outcome, DistError>> {
    processors.each(files, |file| write_one(root, file, edited, &fill))
}

/// What stands behind the name of a file that somebody had edited.
pub const EDITED: &str = ".edited";

fn is_by_hand(text: &str) -> bool {
    !inspect(text).is_some_and(|header| header.intact)
}

/// Keeps an edited file under another name. A hard link: what is there already under that name is replaced and
/// never followed, and the bytes are the very ones.
fn keep_edit(path: &Utf8Path) -> Result<(), DistError> {
    let kept = Utf8PathBuf::from(format!("{path}{EDITED}"));
    match fs::remove_file(&kept) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(failed("replace", &kept)(error)),
        _ => {}
    }
    fs::hard_link(path, &kept).map_err(failed("keep the edited file as", &kept))
}

/// Puts text into a file just created; tests put a full disk in its place.
type Fill = dyn Fn(&mut File, &str) -> io::Result<()>;

fn fill(file: &mut File, text: &str) -> io::Result<()> {
    file.write_all(text.as_bytes())
}

/// What a generated file says now; `None` if there is none.
///
/// # Errors
/// The path leads through a link, or is no file, or cannot be read.
pub fn text(root: &Utf8Path, below: &str) -> Result<Option<String>, DistError> {
    text_on_disk(&checked_path(root, below)?)
}

/// Puts a text below a folder, which is made if it is not there; what was there of that name is replaced.
pub(super) fn put(root: &Utf8Path, below: &str, text: &str) -> Result<(), DistError> {
    let path = checked_path(root, below)?;
    let folder = path.parent().unwrap_or(root);
    fs::create_dir_all(folder).map_err(failed("create", folder))?;
    replace(folder, &path, text, &fill)
}

/// Removes a file below a folder.
pub(super) fn take_away(root: &Utf8Path, below: &str) -> Result<(), DistError> {
    let path = checked_path(root, below)?;
    fs::remove_file(&path).map_err(failed("remove", &path))
}

fn write_one(
    root: &Utf8Path,
    file: &GeneratedFile,
    edited: &dyn Fn(&str),
    fill: &Fill,
) -> Result<Outcome, DistError> {
    let path = checked_path(root, &file.path)?;
    let outcome = match text_on_disk(&path)? {
        None => Outcome::Written,
        Some(text) if is_current(&text, &file.text) => return Ok(Outcome::Unchanged),
        Some(text) => Outcome::Overwritten { hand_edited: is_by_hand(&text) },
    };
    let folder = path.parent().unwrap_or(root);
    if folder.file_name() == Some(DIST) {
        prepare_dist(folder, fill)?;
    }
    let temporary = write_beside(folder, &path, &file.text, fill)?;
    if outcome == (Outcome::Overwritten { hand_edited: true }) {
        edited(&file.path);
        keep_edit(&path)?;
    }
    put_in_place(temporary, &path)?;
    Ok(outcome)
}

/// The path of a file in the tree, none of whose steps below the root is a link.
fn checked_path(root: &Utf8Path, below: &str) -> Result<Utf8PathBuf, DistError> {
    let mut path = root.to_owned();
    let mut steps = Utf8Path::new(below).components().peekable();
    while let Some(step) = steps.next() {
        let Utf8Component::Normal(name) = step else { return Err(DistError::Outside(below.to_owned())) };
        path.push(name);
        match kind(&path)? {
            Some(Kind::Symlink) => return Err(DistError::Symlink(path)),
            Some(Kind::File | Kind::Other) if steps.peek().is_some() => {
                return Err(DistError::NotAFolder(path));
            }
            Some(Kind::Folder | Kind::Other) if steps.peek().is_none() => {
                return Err(DistError::NotAFile(path));
            }
            _ => {}
        }
    }
    Ok(path)
}

/// What a path is, without following it if it is a link.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    File,
    Folder,
    Symlink,
    Other,
}

/// `None` if nothing is there; that it cannot be looked at is an error, not an absence.
fn kind(path: &Utf8Path) -> Result<Option<Kind>, DistError> {
    let kind = match fs::symlink_metadata(path) {
        Ok(found) if found.is_symlink() => Kind::Symlink,
        Ok(found) if found.is_dir() => Kind::Folder,
        Ok(found) if found.is_file() => Kind::File,
        Ok(_) => Kind::Other,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(failed("look at", path)(error)),
    };
    Ok(Some(kind))
}

/// Bytes that are not UTF-8 were not written by us; replaced, they make a text that is not ours either. The path was
/// looked at before; by now it may be something else.
fn text_on_disk(path: &Utf8Path) -> Result<Option<String>, DistError> {
    match regular_file::read_unlinked(path, LARGEST) {
        Ok((bytes, _)) => Ok(Some(
            String::from_utf8(bytes)
                .unwrap_or_else(|error| String::from_utf8_lossy(error.as_bytes()).into_owned()),
        )),
        Err(ReadError::Io(error)) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(ReadError::Io(error)) => Err(failed("read", path)(error)),
        Err(ReadError::NotAFile) => Err(DistError::NotAFile(path.to_owned())),
        Err(error @ ReadError::TooLarge { .. }) => Err(failed("read", path)(io::Error::other(error))),
    }
}

/// Far beyond what is generated of the largest source.
const LARGEST: u64 = 256 * 1024 * 1024;

/// Keeps everything in the folder out of git, this file included.
const GITIGNORE: &str = "*\n";

fn prepare_dist(dist: &Utf8Path, fill: &Fill) -> Result<(), DistError> {
    if kind(dist)?.is_none() {
        // PM2 runs what stands in there: open to nobody else, whatever the umask.
        fs::DirBuilder::new().mode(0o755).create(dist).map_err(failed("create", dist))?;
    }
    let gitignore = dist.join(".gitignore");
    // One that is there may be somebody's own.
    if kind(&gitignore)?.is_some() { Ok(()) } else { replace(dist, &gitignore, GITIGNORE, fill) }
}

/// Through a temporary file beside it and a rename, so that a reader sees the old text or the new one.
///
/// Not flushed to the disk: after a power cut the next run finds whatever is there, compares and repairs it.
fn replace(folder: &Utf8Path, path: &Utf8Path, text: &str, fill: &Fill) -> Result<(), DistError> {
    put_in_place(write_beside(folder, path, text, fill)?, path)
}

/// The whole text in a temporary file, which is removed when dropped: an early return leaves nothing behind.
fn write_beside(
    folder: &Utf8Path,
    path: &Utf8Path,
    text: &str,
    fill: &Fill,
) -> Result<NamedTempFile, DistError> {
    let named = tempfile::Builder::new().prefix(TEMPORARY).tempfile_in(folder);
    let mut file = named.map_err(failed("write", path))?;
    fill(file.as_file_mut(), text)
        // Temporary files are 0600; these hold no secrets, and other users' tools may read them.
        .and_then(|()| file.as_file().set_permissions(fs::Permissions::from_mode(0o644)))
        .map_err(failed("write", path))?;
    Ok(file)
}

fn put_in_place(file: NamedTempFile, path: &Utf8Path) -> Result<(), DistError> {
    file.persist(path).map(drop).map_err(|error| failed("write", path)(error.error))
}

/// Begins the names of files that exist while another is being written.
const TEMPORARY: &str = ".ecosystem-";

fn failed(action: &'static str, path: &Utf8Path) -> impl FnOnce(io::Error) -> DistError {
    let path = path.to_owned();
    move |source| DistError::Io { action, path, source }
}

#[cfg(test)]
mod tests;
