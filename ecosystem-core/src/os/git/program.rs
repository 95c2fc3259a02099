//! Running the `git` program.

use std::process::{Command, Stdio};

use camino::Utf8Path;

use crate::converge::HostError;

/// `git` at a folder. What of our environment says which repository is meant is taken out: the folder says it.
pub(super) fn git(at: &Utf8Path) -> Command {
    let mut command = Command::new("git");
    command.current_dir(at).stdin(Stdio::null()).stderr(Stdio::piped());
    for variable in ["GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_PREFIX", "GIT_COMMON_DIR"] {
        command.env_remove(variable);
    }
    // A look takes no lock, asks nobody for a password, and takes paths for what they are.
    command.env("GIT_OPTIONAL_LOCKS", "0").env("GIT_TERMINAL_PROMPT", "0").env("LC_ALL", "C");
    command.env("GIT_LITERAL_PATHSPECS", "1").env("GIT_NO_REPLACE_OBJECTS", "1");
    command
}

/// What git prints; what it complains about where it fails.
pub(super) fn bytes(command: &mut Command) -> Result<Vec<u8>, String> {
    let output = command.output().map_err(|error| not_run(&error).to_string())?;
    if output.status.success() { Ok(output.stdout) } else { Err(complaint(&output.stderr)) }
}

/// The same as text.
pub(super) fn text(command: &mut Command) -> Result<String, String> {
    String::from_utf8(bytes(command)?).map_err(|_| "its answer is not UTF-8".to_owned())
}

/// The first line of what git says, without its `fatal:`.
pub(super) fn complaint(stderr: &[u8]) -> String {
    let text = String::from_utf8_lossy(stderr);
    let line = text.lines().next().unwrap_or("git failed and said nothing");
    line.strip_prefix("fatal: ").unwrap_or(line).to_owned()
}

pub(super) fn not_run(error: &std::io::Error) -> HostError {
    HostError::new(format!("cannot run git: {error}")).hint("install git, and have it on PATH")
}
