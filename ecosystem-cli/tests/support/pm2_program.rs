//! Real PM2 of a given version, installed from npm once and kept in the target folder.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use camino::Utf8PathBuf;

/// One version of each supported major, newest first.
pub(crate) const VERSIONS: &[&str] = ecosystem_core::os::host::TESTED_PM2;

/// The version that tests use unless they say otherwise.
pub(crate) const DEFAULT: &str = VERSIONS[0];

/// The `pm2` program of that version, absolute. Installs it at the first call; needs npm and a registry then.
pub(crate) fn pm2_program(version: &str) -> Utf8PathBuf {
    let folder = cache().join(version);
    let program = folder.join("node_modules/pm2/bin/pm2");
    if !program.exists() {
        install_once(version, &folder, &program);
    }
    Utf8PathBuf::from_path_buf(program.canonicalize().unwrap()).unwrap()
}

fn cache() -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).parent().unwrap().join("pm2")
}

/// Other threads and other test programs wait here for the first to finish, then find its work done.
fn install_once(version: &str, folder: &Path, program: &Path) {
    fs::create_dir_all(cache()).unwrap();
    let lock = File::create(cache().join(format!("{version}.lock"))).unwrap();
    lock.lock().unwrap();
    if !program.exists() {
        install(version, folder);
    }
}

/// Into a folder of another name first: an interrupted installation must not look like a whole one.
fn install(version: &str, folder: &Path) {
    let partial = folder.with_file_name(format!("{version}.partial"));
    let _ = fs::remove_dir_all(&partial);
    fs::create_dir_all(&partial).unwrap();
    let output = Command::new("npm")
        .args(["install", "--no-audit", "--no-fund", "--no-update-notifier", "--ignore-scripts", "--prefix"])
        .arg(&partial)
        .arg(format!("pm2@{version}"))
        .stdin(Stdio::null())
        .output()
        .expect("npm is needed to install pm2");
    assert!(
        output.status.success(),
        "npm install pm2@{version}: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    fs::rename(partial, folder).unwrap();
}
