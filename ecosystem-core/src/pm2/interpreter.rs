//! Which program PM2 runs the script with.

use camino::Utf8Path;
use serde_json::Value as Json;

use super::{FileKind, Machine, Unresolvable, paths};
use crate::model::App;

/// The interpreter as PM2 records it: `none`, a name on PATH, or a path.
pub(super) fn choose(
    app: &App,
    exec_path: &Utf8Path,
    cwd: &Utf8Path,
    machine: &Machine,
) -> Result<String, Unresolvable> {
    let interpreter = match written(app) {
        Some(name) => name.to_owned(),
        None => match of_extension(paths::extension(exec_path)) {
            Some(name) => installed(name, machine).to_owned(),
            None => return by_contents(app, exec_path, machine),
        },
    };
    refuse_special(app, &interpreter)?;
    if interpreter == "none" || is_there(&interpreter, cwd, machine) {
        Ok(interpreter)
    } else {
        Err(missing(app, &interpreter, exec_path))
    }
}

fn written(app: &App) -> Option<&str> {
    app.setting("exec_interpreter").and_then(Json::as_str).filter(|name| !name.is_empty())
}

/// Source: `lib/API/interpreter.json` of PM2 7.0.4, identical in 6.0.14 and 5.4.3.
fn of_extension(extension: &str) -> Option<&'static str> {
    Some(match extension {
        ".sh" => "bash",
        ".py" => "python",
        ".rb" => "ruby",
        ".php" => "php",
        ".pl" => "perl",
        ".js" => "node",
        ".coffee" => "coffee",
        ".ls" => "lsc",
        ".ts" | ".tsx" => "bun",
        _ => return None,
    })
}

/// `python3` stands in for a missing `python`, nothing else for anything.
fn installed<'a>(name: &'a str, machine: &Machine) -> &'a str {
    if name == "python" && machine.program("python").is_none() && machine.program("python3").is_some() {
        "python3"
    } else {
        name
    }
}

/// Without a known extension a binary runs as it is, and any text (a `.mjs`, a script with a `#!` line) by node:
/// the one that runs PM2, or for PM2 5 the one on PATH.
fn by_contents(app: &App, exec_path: &Utf8Path, machine: &Machine) -> Result<String, Unresolvable> {
    match machine.file(exec_path) {
        FileKind::Binary => Ok("none".to_owned()),
        FileKind::Unreadable => {
            Err(Unresolvable::ScriptUnreadable { app: app.name.clone(), path: exec_path.to_owned() })
        }
        _ if machine.pm2_major() >= 6 => Ok(machine.node.to_string()),
        _ if machine.program("node").is_some() => Ok("node".to_owned()),
        _ => Err(missing(app, "node", exec_path)),
    }
}

/// Interpreters that PM2 has its own way with, none of which can be followed from outside of it.
fn refuse_special(app: &App, interpreter: &str) -> Result<(), Unresolvable> {
    let reason = if interpreter.contains("node@") {
        "PM2 looks such a version up in nvm, and installs it while starting the app"
    } else if matches!(interpreter, "coffee" | "lsc") {
        "PM2 looks for it inside its own node_modules only"
    } else {
        return Ok(());
    };
    let interpreter = interpreter.to_owned();
    Err(Unresolvable::InterpreterUnsupported { app: app.name.clone(), interpreter, reason })
}

/// A path is looked at where the process will be: PM2 spawns it from the working folder.
fn is_there(interpreter: &str, cwd: &Utf8Path, machine: &Machine) -> bool {
    machine.program(&question(interpreter, cwd)).is_some()
}

fn question(interpreter: &str, cwd: &Utf8Path) -> String {
    if interpreter.contains('/') {
        paths::resolve(cwd, interpreter).into_string()
    } else {
        interpreter.to_owned()
    }
}

fn missing(app: &App, interpreter: &str, exec_path: &Utf8Path) -> Unresolvable {
    // PM2 7 would try whether the node on PATH can strip types; saying it in the definition holds for any PM2.
    let hint = match paths::extension(exec_path) {
        ".ts" | ".tsx" if written(app).is_none() => {
            "install bun, or say what runs TypeScript, such as :interpreter \"node\" with node 22.18 or newer"
        }
        _ => "install it, start PM2's daemon with a PATH that has it, or give :interpreter an absolute path",
    };
    Unresolvable::InterpreterMissing { app: app.name.clone(), interpreter: interpreter.to_owned(), hint }
}

/// Every program that may be asked about for this app, as [`Machine::programs`] is keyed.
pub(super) fn candidates(app: &App, cwd: &Utf8Path) -> Vec<String> {
    let by_extension = of_extension(paths::extension(Utf8Path::new(&app.script)));
    let mut candidates: Vec<&str> = vec!["node"];
    candidates.extend(by_extension);
    if by_extension == Some("python") {
        candidates.push("python3");
    }
    let written = written(app).map(|name| question(name, cwd));
    candidates.into_iter().map(str::to_owned).chain(written).collect()
}
