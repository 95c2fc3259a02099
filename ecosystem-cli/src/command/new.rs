//! `new`: a daemon that runs a command.

use camino::{Utf8Path, Utf8PathBuf};
use ecosystem_core::converge::HostError;
use ecosystem_core::model::DaemonId;
use ecosystem_core::os::new_file::Begun;
use ecosystem_core::os::place::{self, Named, Place};
use ecosystem_core::os::program;
use ecosystem_core::scaffold::{Command, NewApp};
use serde_json::json;

use super::begin;
use crate::args;
use crate::exit::{Exit, Failure};
use crate::show;

pub(super) fn run(args: &args::New) -> Result<Exit, Failure> {
    let named = Named {
        root: args.dir.as_deref(),
        base: args.base.as_deref(),
        owner: args.owner.as_deref(),
        profile: None,
    };
    let place = Place::find(&named)?;
    let id = begin::new_daemon(&place.root, &args.id)?;
    let path = place.root.join(id.source_path());
    if std::fs::symlink_metadata(&path).is_ok() {
        return Err(exists(&path));
    }
    let app = app(args, &place, &id)?;
    let text = app.to_edn();
    let judged = begin::judge(&place, &id, &text)?;
    let written = !judged.has_errors();
    if written && begin::write(&place.root, &id, &text)? != Begun::Written {
        return Err(exists(&path));
    }
    let next = next(args, &place, &id);
    if args.json {
        show::json::print(&json!({
            "daemon": id,
            "app": app.name,
            "written": written.then_some(path.as_str()),
            "diagnostics": judged.json(),
            "next": if written { vec![next] } else { Vec::new() },
        }))?;
    } else {
        judged.show()?;
        show::print(&if written { told(&path, &text, next) } else { "nothing was written\n".to_owned() })?;
    }
    Ok(super::failed_if(!written))
}

fn exists(path: &Utf8Path) -> Failure {
    Failure::Usage(format!("{path} exists, left as it is: edit it, or name another folder"))
}

fn app(args: &args::New, place: &Place, id: &DaemonId) -> Result<NewApp, Failure> {
    let here = here()?;
    let cwd = match &args.cwd {
        Some(cwd) => cwd
            .canonicalize_utf8()
            .map_err(|error| Failure::Usage(format!("the command cannot run in {cwd}: {error}")))?,
        None => here.clone(),
    };
    let folder = id.as_str().rsplit('/').next().unwrap_or_default();
    Ok(NewApp {
        name: args.name.clone().unwrap_or_else(|| folder.to_owned()),
        cwd: from_base(&place.base, &cwd),
        command: Shell { here: &here, cwd: &cwd, moved: args.cwd.is_some() }.command(&args.command)?,
        env: args.env.clone(),
        instances: args.instances.clone(),
    })
}

/// The current folder, links resolved: so is the base that it is compared with.
fn here() -> Result<Utf8PathBuf, Failure> {
    let here = Utf8Path::new(".").canonicalize_utf8();
    Ok(here.map_err(|error| HostError::new(format!("cannot tell the current folder: {error}")))?)
}

/// A folder as `:cwd` names it: relative within base, else absolute; `None` for base.
fn from_base(base: &Utf8Path, folder: &Utf8Path) -> Option<String> {
    match folder.strip_prefix(base) {
        Err(_) => Some(folder.as_str().to_owned()),
        Ok(below) if below.as_str().is_empty() => None,
        // PM2 would be taken to mean a home folder.
        Ok(below) if below.as_str().starts_with('~') => Some(format!("./{below}")),
        Ok(below) => Some(below.as_str().to_owned()),
    }
}

/// Where the command was typed, and where it is to run.
struct Shell<'a> {
    here: &'a Utf8Path,
    cwd: &'a Utf8Path,
    /// Whether `cwd` was asked for.
    moved: bool,
}

impl Shell<'_> {
    fn command(&self, words: &[String]) -> Result<Command, Failure> {
        let (word, args) =
            words.split_first().ok_or_else(|| Failure::Usage("there is no command".to_owned()))?;
        if word.is_empty() {
            return Err(Failure::Usage("the command is empty".to_owned()));
        }
        let script = if word.contains('/') { self.path(word) } else { self.bare(word) };
        let found = if script.contains('/') { program::at(&script, self.cwd) } else { self.found(&script) };
        let interpreted = Command::interpreted(&script, args);
        match found {
            Some(found) if found.runs_by_itself => Ok(Command::program(&script, args)),
            Some(_) => interpreted.ok_or_else(|| Failure::Usage(not_by_itself(word))),
            None => {
                missing(word)?;
                Ok(interpreted.unwrap_or_else(|| Command::program(&script, args)))
            }
        }
    }

    /// A path means what it means here, wherever the command is to run.
    fn path(&self, word: &str) -> String {
        if !self.moved || word.starts_with('/') {
            return word.to_owned();
        }
        match place::relative(self.cwd, &self.here.join(word)) {
            path if path.contains('/') => path,
            path => format!("./{path}"),
        }
    }

    /// A bare word is a program on PATH, as in a shell. PM2 would prefer what the working folder has of that name,
    /// and takes `serve` for a file server of its own: there the program's path is written.
    fn bare(&self, word: &str) -> String {
        let misread = self.cwd.join(word).exists() || word == "serve";
        match begin::on_path(word) {
            Some(found) if misread => found.path.into_string(),
            _ => word.to_owned(),
        }
    }

    /// What PM2 finds for a bare word: a file in the working folder too.
    fn found(&self, word: &str) -> Option<program::Program> {
        program::at(word, self.cwd).or_else(|| begin::on_path(word))
    }
}

fn missing(word: &str) -> Result<(), Failure> {
    let (warning, word) = (show::style::WARNING, show::printable_line(word));
    let text = if word.contains('/') { "there is no such file" } else { "there is no such program on PATH" };
    Ok(show::tell(&format!("{warning}warning{warning:#}: {word}: {text}, so it cannot be started yet\n"))?)
}

fn not_by_itself(word: &str) -> String {
    let word = show::printable_line(word);
    format!(
        "{word} has a space in its path and does not run by itself; name what runs it, such as `-- node {}`",
        show::shell::line([word.as_str()])
    )
}

fn next(args: &args::New, place: &Place, id: &DaemonId) -> String {
    let root = args.dir.as_deref().map_or(place::DEFAULT_ROOT, Utf8Path::as_str);
    let base = args.base.as_deref().map(Utf8Path::as_str);
    let tree = begin::tree_words(root, base, place.named_owner.as_deref());
    begin::own_line(["sync"].into_iter().chain(tree).chain(["--only", id.as_str()]))
}

fn told(path: &Utf8Path, text: &str, next: String) -> String {
    format!(
        "wrote {}\n\n{}\nA running watcher starts it; without one:\n\n{}",
        show::printable_line(path.as_str()),
        show::printable(&show::quoting::quotable(text)),
        begin::shown(&[next])
    )
}
