//! Reading a file that somebody else names: never for ever, and never without end.

use std::fs::{File, Metadata};
use std::io::{self, Read as _};
use std::os::unix::fs::MetadataExt as _;

use camino::Utf8Path;
use rustix::fs::{Mode, OFlags};
use rustix::io::Errno;

/// Why a file was not read.
#[derive(Debug, thiserror::Error)]
pub(super) enum ReadError {
    /// The system refused.
    #[error("cannot read it: {0}")]
    Io(#[from] io::Error),
    /// A folder, a FIFO, a socket or a device.
    #[error("no regular file, where a file is expected")]
    NotAFile,
    /// Larger than allowed.
    #[error("{size} bytes, more than the {limit} it may have")]
    TooLarge { size: u64, limit: u64 },
}

/// The bytes of a regular file of at most `limit` bytes; links are followed.
///
/// What it is is asked of the open file, as a path may lead elsewhere a moment later; and opening does not wait
/// for the other end of a FIFO.
pub(super) fn read(path: &Utf8Path, limit: u64) -> Result<Vec<u8>, ReadError> {
    contents(open_without_waiting(path, OFlags::empty())?, limit).map(|(contents, _)| contents)
}

/// The same, with the id of the user whom the file belongs to.
pub(super) fn read_with_owner(path: &Utf8Path, limit: u64) -> Result<(Vec<u8>, u32), ReadError> {
    let file = open_without_waiting(path, OFlags::empty())?;
    contents(file, limit).map(|(contents, metadata)| (contents, metadata.uid()))
}

/// The same of a file that the path itself names, with the id of the user whom it belongs to; a link is no file.
pub(super) fn read_unlinked(path: &Utf8Path, limit: u64) -> Result<(Vec<u8>, u32), ReadError> {
    let file = open_without_waiting(path, OFlags::NOFOLLOW)?;
    contents(file, limit).map(|(contents, metadata)| (contents, metadata.uid()))
}

/// A regular file to be read in parts; links are followed. A log of an author's may be a FIFO, whose opening would wait.
pub(super) fn open(path: &Utf8Path) -> Result<File, ReadError> {
    let file = open_without_waiting(path, OFlags::empty())?;
    if file.metadata()?.is_file() { Ok(file) } else { Err(ReadError::NotAFile) }
}

fn contents(mut file: File, limit: u64) -> Result<(Vec<u8>, Metadata), ReadError> {
    let metadata = file.metadata()?;
    if !metadata.is_file() {
        return Err(ReadError::NotAFile);
    }
    // Room for all of it, and for the end to be seen.
    let expected = metadata.len().min(limit) + 1;
    let mut contents = Vec::with_capacity(usize::try_from(expected).unwrap_or_default());
    file.by_ref().take(limit + 1).read_to_end(&mut contents)?;
    let read = contents.len() as u64;
    if read > limit {
        Err(ReadError::TooLarge { size: metadata.len().max(read), limit })
    } else {
        Ok((contents, metadata))
    }
}

/// Sockets cannot be opened at all (`ENXIO`), and links cannot where they are not followed (`ELOOP`), which says
/// less than that they are no files.
fn open_without_waiting(path: &Utf8Path, more: OFlags) -> Result<File, ReadError> {
    let flags = OFlags::RDONLY | OFlags::NONBLOCK | OFlags::CLOEXEC | OFlags::NOCTTY | more;
    match rustix::fs::open(path.as_std_path(), flags, Mode::empty()) {
        Ok(file) => Ok(File::from(file)),
        Err(Errno::NXIO) => Err(ReadError::NotAFile),
        Err(Errno::LOOP) if more.contains(OFlags::NOFOLLOW) => Err(ReadError::NotAFile),
        Err(error) => Err(ReadError::Io(error.into())),
    }
}
