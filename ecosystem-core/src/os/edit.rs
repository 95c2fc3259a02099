//! Files of the user's whose text is replaced: whole or not at all, and never over an edit that was not seen.

use std::fs;
use std::io::{self, Write as _};
use std::os::unix::fs::{MetadataExt as _, fchown};

use camino::Utf8Path;

use super::regular_file;
use super::tree::MAX_SOURCE_BYTES;
use crate::converge::HostError;
use crate::diagnostic::Source;

/// Reads one file; its path becomes the source's.
///
/// # Errors
/// It cannot be read, is no regular file, or is larger than any source.
pub fn read(path: &Utf8Path) -> Result<Source, HostError> {
    let contents = regular_file::read(path, MAX_SOURCE_BYTES)
        .map_err(|error| HostError::new(format!("cannot format {path}: {error}")))?;
    Ok(Source { path: path.to_string(), contents })
}

/// Gives the file at the source's path a new text; links stay links, and owner and mode stay as they are.
///
/// # Errors
/// The file holds something else by now than the source, or the system refused; it is as it was then.
pub fn replace(source: &Source, text: &str) -> Result<(), HostError> {
    let path = Utf8Path::new(&source.path);
    if read(path)?.contents != source.contents {
        let message = format!("{path} was changed by somebody else meanwhile, and is left as it is");
        return Err(HostError::new(message).hint("run the command again"));
    }
    put(path, text).map_err(|error| HostError::new(format!("cannot write {path}: {error}")))
}

/// A reader, such as a watcher, sees the old text or the new one.
fn put(path: &Utf8Path, text: &str) -> io::Result<()> {
    let target = path.canonicalize_utf8()?;
    let metadata = fs::metadata(&target)?;
    let folder = target.parent().unwrap_or(&target);
    let mut file = tempfile::Builder::new().prefix(".ecosystem-").tempfile_in(folder)?;
    file.write_all(text.as_bytes())?;
    let made = file.as_file().metadata()?;
    if (made.uid(), made.gid()) != (metadata.uid(), metadata.gid()) {
        fchown(file.as_file(), Some(metadata.uid()), Some(metadata.gid()))?;
    }
    file.as_file().set_permissions(metadata.permissions())?;
    file.persist(&target).map(drop).map_err(|error| error.error)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a failed test may panic")]

    use std::os::unix::fs::{PermissionsExt as _, symlink};

    use assert_fs::TempDir;

    use super::*;

    #[test]
    fn links_and_modes_stay() {
        let folder = TempDir::new().unwrap();
        let root = Utf8Path::from_path(folder.path()).unwrap();
        let (file, link) = (root.join("real.edn"), root.join("link.edn"));
        fs::write(&file, "old").unwrap();
        fs::set_permissions(&file, fs::Permissions::from_mode(0o640)).unwrap();
        symlink("real.edn", &link).unwrap();

        replace(&read(&link).unwrap(), "new").unwrap();
        assert_eq!(fs::read_to_string(&file).unwrap(), "new");
        assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o640);
        assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
        assert_eq!(fs::read_dir(root).unwrap().count(), 2);
    }

    #[test]
    fn an_edit_that_was_not_seen_stays() {
        let folder = TempDir::new().unwrap();
        let file = Utf8Path::from_path(folder.path()).unwrap().join("a.edn");
        fs::write(&file, "seen").unwrap();
        let source = read(&file).unwrap();
        fs::write(&file, "edited").unwrap();
        assert!(replace(&source, "new").unwrap_err().message.contains("meanwhile"));
        assert_eq!(fs::read_to_string(&file).unwrap(), "edited");
    }
}
