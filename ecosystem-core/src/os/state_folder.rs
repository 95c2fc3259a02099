//! Where what is kept of one tree lives: `$PM2_HOME/ecosystem/<owner>/`, for its owner's eyes alone.

use std::fs;
use std::io::{self, Write as _};
use std::os::unix::fs::DirBuilderExt as _;

use camino::{Utf8Path, Utf8PathBuf};

use crate::model::Owner;

/// The folder of one tree: a name that can be read, made distinct by a digest of the whole owner id.
pub(super) fn of(home: &Utf8Path, owner: &Owner) -> Utf8PathBuf {
    home.join("ecosystem").join(owner.file_name())
}

/// Makes the folder where there is none.
pub(super) fn make(folder: &Utf8Path) -> io::Result<()> {
    fs::DirBuilder::new().recursive(true).mode(0o700).create(folder)
}

/// Gives a file in it new contents, by a temporary file of mode 0600 and a rename: a reader sees the old text or
/// the new one, and a link is replaced and not followed.
pub(super) fn replace(path: &Utf8Path, bytes: &[u8]) -> io::Result<()> {
    let folder = path.parent().unwrap_or(path);
    let prefix = format!(".{}-", path.file_stem().unwrap_or_default());
    let mut file = tempfile::Builder::new().prefix(&prefix).tempfile_in(folder)?;
    file.write_all(bytes)?;
    file.persist(path).map(drop).map_err(|error| error.error)
}
