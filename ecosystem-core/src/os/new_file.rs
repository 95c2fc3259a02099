//! Files of the user's that are begun for them: never over what exists.

use std::fs::{self, OpenOptions, Permissions};
use std::io::{self, Write as _};
use std::os::unix::fs::PermissionsExt as _;

use camino::Utf8Path;

use crate::converge::HostError;

/// What came of a file that was to be begun.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Begun {
    /// It is there now.
    Written,
    /// Something of that name was there: it is as it was.
    Existed,
    /// It was there; what it lacked stands at its end now.
    Completed,
}

/// Writes a file and the folders above it, whole or not at all, unless something of that name exists, be it a
/// link to nowhere.
///
/// # Errors
/// The system refused. Folders may have been made.
pub fn write(path: &Utf8Path, text: &str) -> Result<Begun, HostError> {
    let begun = write_beside(path, text);
    begun.map_err(|error| HostError::new(format!("cannot write {path}: {error}")))
}

/// A reader, such as a watcher, sees the whole text or none: a temporary file is linked to its name.
fn write_beside(path: &Utf8Path, text: &str) -> io::Result<Begun> {
    let folder = path.parent().unwrap_or(path);
    fs::create_dir_all(folder)?;
    if fs::symlink_metadata(path).is_ok() {
        return Ok(Begun::Existed);
    }
    // The user's umask decides who may read it, as it does for the files that they write.
    let readable = Permissions::from_mode(0o666);
    let mut file =
        tempfile::Builder::new().prefix(".ecosystem-").permissions(readable).tempfile_in(folder)?;
    file.write_all(text.as_bytes())?;
    match file.persist_noclobber(path) {
        Ok(_) => Ok(Begun::Written),
        Err(error) if error.error.kind() == io::ErrorKind::AlreadyExists => Ok(Begun::Existed),
        Err(error) => Err(error.error),
    }
}

/// Writes a file of these lines; where there is one, those that it lacks are put at its end.
///
/// Something else of that name, such as a link, is left alone: git reads no `.gitignore` through one either.
///
/// # Errors
/// The system refused.
pub fn write_lines(path: &Utf8Path, lines: &[&str]) -> Result<Begun, HostError> {
    match write(path, &ended(lines))? {
        Begun::Existed if fs::symlink_metadata(path).is_ok_and(|found| found.is_file()) => {
            complete(path, lines).map_err(|error| HostError::new(format!("cannot add to {path}: {error}")))
        }
        begun => Ok(begun),
    }
}

fn complete(path: &Utf8Path, lines: &[&str]) -> io::Result<Begun> {
    let bytes = fs::read(path)?;
    let text = String::from_utf8_lossy(&bytes);
    let missing: Vec<&str> =
        lines.iter().copied().filter(|line| !text.lines().any(|there| there.trim_end() == *line)).collect();
    if missing.is_empty() {
        return Ok(Begun::Existed);
    }
    let gap = if text.is_empty() || text.ends_with('\n') { "" } else { "\n" };
    let mut file = OpenOptions::new().append(true).open(path)?;
    file.write_all(format!("{gap}{}", ended(&missing)).as_bytes())?;
    Ok(Begun::Completed)
}

fn ended(lines: &[&str]) -> String {
    lines.iter().map(|line| format!("{line}\n")).collect()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a failed test may panic")]

    use assert_fs::TempDir;

    use super::*;

    #[test]
    fn what_exists_is_never_overwritten() {
        let folder = TempDir::new().unwrap();
        let root = Utf8Path::from_path(folder.path()).unwrap();
        let path = root.join("a/b/new.txt");
        assert_eq!(write(&path, "mine").unwrap(), Begun::Written);
        assert_eq!(write(&path, "other").unwrap(), Begun::Existed);
        assert_eq!(fs::read_to_string(&path).unwrap(), "mine");
        assert_eq!(fs::read_dir(root.join("a/b")).unwrap().count(), 1);

        let link = root.join("link");
        std::os::unix::fs::symlink(root.join("nowhere"), &link).unwrap();
        assert_eq!(write(&link, "x").unwrap(), Begun::Existed);
        assert_eq!(write_lines(&link, &["x"]).unwrap(), Begun::Existed);
        assert!(!root.join("nowhere").exists());
        assert!(write(&path.join("below"), "x").unwrap_err().message.contains("a/b/new.txt/below"));
    }

    #[test]
    fn missing_lines_are_added() {
        let folder = TempDir::new().unwrap();
        let path = Utf8Path::from_path(folder.path()).unwrap().join(".gitignore");
        let check = |before: Option<&[u8]>, begun: Begun, after: &[u8]| {
            match before {
                Some(before) => fs::write(&path, before).unwrap(),
                None => fs::remove_file(&path).unwrap_or_default(),
            }
            assert_eq!(write_lines(&path, &["dist/", "*.edited"]).unwrap(), begun);
            assert_eq!(fs::read(&path).unwrap(), after);
        };
        check(None, Begun::Written, b"dist/\n*.edited\n");
        check(Some(b""), Begun::Completed, b"dist/\n*.edited\n");
        check(Some(b"x"), Begun::Completed, b"x\ndist/\n*.edited\n");
        check(Some(b"*.edited\r\n\xff\n"), Begun::Completed, b"*.edited\r\n\xff\ndist/\n");
        check(Some(b"*.edited\na\ndist/"), Begun::Existed, b"*.edited\na\ndist/");
    }
}
