//! What the first word of a command stands for.

use std::fs;

use camino::{Utf8Path, Utf8PathBuf};

use super::machine::{find_program, is_executable, read_start};
use crate::pm2::looks_binary;

/// A file that a command names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Program {
    /// Where it is.
    pub path: Utf8PathBuf,
    /// Whether the kernel can run it as it is: it is executable, and a binary or a script with a `#!` line.
    pub runs_by_itself: bool,
}

/// The file that a path names as seen from a folder; `None` if there is none.
#[must_use]
pub fn at(path: &str, folder: &Utf8Path) -> Option<Program> {
    let path = folder.join(path);
    let found = fs::metadata(&path).ok()?;
    (!found.is_dir()).then(|| Program { runs_by_itself: runs_by_itself(&path), path })
}

/// The program that a shell finds for a bare word on a search path such as `$PATH`.
#[must_use]
pub fn on_path(word: &str, search: &str) -> Option<Program> {
    let path = find_program(word, search)?;
    Some(Program { runs_by_itself: runs_by_itself(&path), path })
}

/// A program that may be run and not read is no script: its interpreter could not read it either.
fn runs_by_itself(path: &Utf8Path) -> bool {
    let may_begin = |start: Vec<u8>| start.starts_with(b"#!") || looks_binary(&start);
    is_executable(path) && read_start(path).map_or(true, may_begin)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a failed test may panic")]

    use std::os::unix::fs::PermissionsExt as _;

    use assert_fs::TempDir;

    use super::*;

    #[test]
    fn what_runs_by_itself_is_known() {
        let folder = TempDir::new().unwrap();
        let root = Utf8Path::from_path(folder.path()).unwrap();
        let check = |name: &str, contents: &[u8], mode: u32, expected: bool| {
            fs::write(root.join(name), contents).unwrap();
            fs::set_permissions(root.join(name), fs::Permissions::from_mode(mode)).unwrap();
            assert_eq!(at(name, root).unwrap().runs_by_itself, expected, "{name}");
            assert_eq!(on_path(name, root.as_str()).is_some(), mode & 0o111 != 0, "{name}");
        };
        check("binary", b"\x7FELF\0", 0o755, true);
        check("script", b"#!/bin/sh\n", 0o755, true);
        check("server.mjs", b"export {}\n", 0o755, false);
        check("plain.sh", b"#!/bin/sh\n", 0o644, false);
        assert_eq!((at("gone", root), at(".", root), on_path("gone", root.as_str())), (None, None, None));
    }
}
