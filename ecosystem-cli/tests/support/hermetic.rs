//! Commands that see nothing of the machine but PATH: two runs of a test differ in nothing.

use std::path::Path;
use std::process::{Command, Stdio};

use tempfile::TempDir;

/// Longest folder in which a socket of PM2 still has a path that Linux takes (108 bytes with the final zero).
const LONGEST_HOME: usize = 80;

/// A new folder whose path is short enough for sockets in it.
pub(crate) fn short_temp_dir() -> TempDir {
    let usual = std::env::temp_dir();
    let parent =
        if usual.as_os_str().len() < LONGEST_HOME - 20 { usual.as_path() } else { Path::new("/tmp") };
    tempfile::Builder::new().prefix("eco-").tempdir_in(parent).unwrap()
}

/// `program` with `home` as HOME and PM2_HOME, PATH, and no other variable; without input.
///
/// PM2 asks its maker's server whether it is up to date unless told otherwise and unless a file `touch` is there.
pub(crate) fn command(program: impl AsRef<Path>, home: &Path) -> Command {
    std::fs::write(home.join("touch"), "").unwrap();
    let mut command = Command::new(program.as_ref());
    command.env_clear().current_dir(home).stdin(Stdio::null());
    command.env("PATH", std::env::var_os("PATH").unwrap()).env("HOME", home).env("PM2_HOME", home);
    command.env("PM2_DISABLE_VERSION_CHECK", "true");
    command
}
