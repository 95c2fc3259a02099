//! Which file PM2 runs: `:script` as a path, a command on PATH, or a line for the shell.

use camino::{Utf8Path, Utf8PathBuf};

use super::{FileKind, Machine, Unresolvable, paths};
use crate::model::App;

/// What is run, before an interpreter is chosen for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Command {
    /// Absolute.
    pub(super) exec_path: Utf8PathBuf,
    /// The line given to the shell as `-c`; the app's own `:args` are then lost, as they are in PM2.
    pub(super) shell_line: Option<String>,
}

/// Finds what `:script` names: a file under the working folder first, then a program on PATH.
pub(super) fn locate(app: &App, cwd: &Utf8Path, machine: &Machine) -> Result<Command, Unresolvable> {
    if let (SERVE, Some(lib)) = (app.script.as_str(), &machine.pm2_lib) {
        return Ok(Command { exec_path: lib.join("API/Serve.js"), shell_line: None });
    }
    let shell = shell_for(&app.script, machine);
    let script = shell.unwrap_or(&app.script);
    let path = paths::resolve(cwd, script);
    let exec_path = match machine.file(&path) {
        FileKind::Folder => return Err(Unresolvable::ScriptIsFolder { app: app.name.clone(), path }),
        FileKind::Missing => match machine.program(script) {
            Some(program) => program.to_owned(),
            None => return Err(script_missing(app, script, path)),
        },
        FileKind::Text | FileKind::Binary | FileKind::Unreadable => path,
    };
    Ok(Command { exec_path, shell_line: shell.map(|_| app.script.clone()) })
}

/// What PM2 puts in the place of this script: its own file server.
const SERVE: &str = "serve";

/// A space makes it a shell line, even if a file of that name exists. Without any shell it stays a script.
fn shell_for(script: &str, machine: &Machine) -> Option<&'static str> {
    SHELLS.into_iter().find(|shell| script.contains(' ') && machine.program(shell).is_some())
}

const SHELLS: [&str; 2] = ["bash", "sh"];

fn script_missing(app: &App, script: &str, looked: Utf8PathBuf) -> Unresolvable {
    let on_path =
        if script.contains('/') { "" } else { ", nor a program of that name on the PATH of PM2's daemon" };
    Unresolvable::ScriptMissing { app: app.name.clone(), looked, on_path }
}

/// Everything that may be tried as a script for this app.
pub(super) fn candidates(app: &App) -> Vec<&str> {
    let mut candidates = vec![app.script.as_str()];
    if app.script.contains(' ') {
        candidates.extend(SHELLS);
    }
    candidates
}

/// The file whose presence makes PM2 5 and 6 switch source map support on.
pub(super) fn source_map(exec_path: &Utf8Path) -> Utf8PathBuf {
    Utf8PathBuf::from(format!("{exec_path}.map"))
}
