//! Reading a file that somebody else names: never for ever, and never without end.

use std::fs::File;
use std::io::{self, Read as _};

use camino::Utf8Path;

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
    let mut file = open_without_waiting(path)?;
    let metadata = file.metadata()?;
    if !metadata.is_file() {
        return Err(ReadError::NotAFile);
    }
    let mut contents = Vec::new();
    file.by_ref().take(limit + 1).read_to_end(&mut contents)?;
    let read = contents.len() as u64;
    if read > limit {
        Err(ReadError::TooLarge { size: metadata.len().max(read), limit })
    } else {
        Ok(contents)
    }
}

/// Sockets cannot be opened at all (`ENXIO`), which says less than that they are no files.
fn open_without_waiting(path: &Utf8Path) -> Result<File, ReadError> {
    use rustix::fs::{Mode, OFlags, open};
    let flags = OFlags::RDONLY | OFlags::NONBLOCK | OFlags::CLOEXEC | OFlags::NOCTTY;
    match open(path.as_std_path(), flags, Mode::empty()) {
        Ok(file) => Ok(File::from(file)),
        Err(rustix::io::Errno::NXIO) => Err(ReadError::NotAFile),
        Err(error) => Err(ReadError::Io(error.into())),
    }
}
