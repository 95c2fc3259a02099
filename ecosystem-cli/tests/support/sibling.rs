//! Programs of other packages of the workspace: `CARGO_BIN_EXE_…` names only those of the package under test.

use std::path::{Path, PathBuf};
use std::process::Command;

/// The program of another package, built if need be, and in the way this test is.
pub(crate) fn program(package: &str) -> PathBuf {
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).parent().unwrap();
    let (folder, profile) =
        if cfg!(debug_assertions) { ("debug", None) } else { ("release", Some("--release")) };
    let mut cargo = Command::new(env!("CARGO"));
    cargo.args(["build", "--quiet", "-p", package]).args(profile).arg("--target-dir").arg(target);
    assert!(cargo.current_dir(env!("CARGO_MANIFEST_DIR")).status().unwrap().success());
    target.join(folder).join(package)
}
