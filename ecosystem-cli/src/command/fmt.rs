//! `fmt`: sources in the one layout.

use std::io::Read as _;

use camino::Utf8Path;
use ecosystem_core::Source;
use ecosystem_core::converge::HostError;
use ecosystem_core::diagnostic::Diagnostic;
use ecosystem_core::format::format;
use ecosystem_core::os::place::{DEFAULT_ROOT, Named, Place};
use ecosystem_core::os::processors::Processors;
use ecosystem_core::os::{edit, tree};
use serde_json::json;

use super::failed_if;
use crate::args;
use crate::exit::{Exit, Failure};
use crate::show;

/// Files of a tree that are its own; what else ends in `.edn` there is formatted where it is named.
const NAMES: [&str; 2] = ["ecosystem.edn", "defaults.edn"];

/// What is read and written instead of files.
const STDIN: &str = "-";

pub(super) fn run(args: &args::Fmt) -> Result<Exit, Failure> {
    if args.paths.iter().any(|path| path == STDIN) {
        return stdin(args);
    }
    let mut work = Work::default();
    if args.paths.is_empty() {
        if !Utf8Path::new(DEFAULT_ROOT).is_dir() {
            // Says what to do where there is none.
            Place::find(&Named::default())?;
        }
        work.take(Utf8Path::new(DEFAULT_ROOT))?;
    }
    for path in &args.paths {
        work.take(path)?;
    }
    work.format();
    if !args.check {
        work.write();
    }
    work.show(args)?;
    Ok(work.exit(args.check))
}

/// From stdin to stdout, for editors: what is no EDN gives nothing on stdout.
fn stdin(args: &args::Fmt) -> Result<Exit, Failure> {
    if args.paths.len() > 1 || args.json {
        return Err(Failure::Usage("`-` goes with neither files nor --json: it prints the text".to_owned()));
    }
    let mut contents = Vec::new();
    std::io::stdin().lock().read_to_end(&mut contents)?;
    let mut work = Work::default();
    work.sources.push(Source { path: "stdin".to_owned(), contents });
    work.format();
    if args.check || work.has_errors() {
        work.show(args)?;
        return Ok(work.exit(args.check));
    }
    let source = work.sources.first();
    let text = work.changed.first().map(|changed| changed.text.as_str());
    // Not made fit for a terminal: this is the user's text, on its way to where it came from.
    show::raw(text.or(source.map(Source::readable)).unwrap_or_default())?;
    Ok(Exit::Done)
}

/// All files of one run.
#[derive(Default)]
struct Work {
    /// Each under the path that it is read and shown by.
    sources: Vec<Source>,
    diagnostics: Vec<Diagnostic>,
    changed: Vec<Changed>,
}

/// A file that is not in the layout.
struct Changed {
    source: usize,
    text: String,
    written: Option<Result<(), HostError>>,
}

impl Work {
    /// Reads a file, or the sources of a folder.
    fn take(&mut self, path: &Utf8Path) -> Result<(), Failure> {
        if !path.is_dir() {
            self.sources.push(edit::read(path)?);
            return Ok(());
        }
        let tree = tree::read(path, Processors::all())?;
        let named =
            |source: &Source| source.path.rsplit('/').next().is_some_and(|name| NAMES.contains(&name));
        let in_place = |source: Source| Source { path: path.join(&source.path).into_string(), ..source };
        self.sources.extend(tree.sources.into_iter().filter(named).map(in_place));
        self.diagnostics.extend(tree.unreadable.into_values());
        Ok(())
    }

    fn format(&mut self) {
        // One that is named twice is one file.
        self.sources.sort_by(|a, b| a.path.cmp(&b.path));
        self.sources.dedup_by(|a, b| a.path == b.path);
        for (index, source) in self.sources.iter().enumerate() {
            let formatted = format(source);
            self.diagnostics.extend(formatted.diagnostics);
            let text = formatted.output.filter(|text| text.as_bytes() != source.contents);
            self.changed.extend(text.map(|text| Changed { source: index, text, written: None }));
        }
    }

    fn write(&mut self) {
        for changed in &mut self.changed {
            let source = self.sources.get(changed.source);
            changed.written = source.map(|source| edit::replace(source, &changed.text));
        }
    }

    fn has_errors(&self) -> bool {
        self.diagnostics.iter().any(Diagnostic::is_error)
    }

    fn exit(&self, check: bool) -> Exit {
        let failed = self.changed.iter().any(|changed| matches!(changed.written, Some(Err(_))));
        match failed_if(self.has_errors() || failed) {
            Exit::Done if check && !self.changed.is_empty() => Exit::Pending,
            exit => exit,
        }
    }

    fn show(&self, args: &args::Fmt) -> std::io::Result<()> {
        if args.json {
            return show::json::print(&self.json());
        }
        show::diagnostics::show(&self.diagnostics, &self.sources)?;
        let lines: String = self.changed.iter().map(|changed| self.shown(changed)).collect();
        show::print(&show::printable(&lines))?;
        if self.changed.is_empty() && !self.has_errors() {
            show::print("every file is in the layout\n")?;
        }
        Ok(())
    }

    /// What was done to a file, or what is to be done.
    fn shown(&self, changed: &Changed) -> String {
        let Some(source) = self.sources.get(changed.source) else { return String::new() };
        match &changed.written {
            None => show::diff::unified(&source.path, "as it is", source.readable(), &changed.text),
            Some(Ok(())) => format!("formatted {}\n", show::printable_line(&source.path)),
            Some(Err(error)) => format!("not formatted: {}\n", error.message),
        }
    }

    fn json(&self) -> serde_json::Value {
        let path = |changed: &Changed| self.sources.get(changed.source).map(|source| source.path.as_str());
        let one = |changed: &Changed| {
            let error = changed.written.as_ref().and_then(|written| written.as_ref().err());
            json!({ "path": path(changed), "error": error.map(|error| error.message.as_str()) })
        };
        let diff: String =
            self.changed.iter().filter(|it| it.written.is_none()).map(|it| self.shown(it)).collect();
        json!({
            "files": self.sources.len(),
            "changed": self.changed.iter().map(one).collect::<Vec<_>>(),
            "diff": diff,
            "diagnostics": show::json::diagnostics(&self.diagnostics, &self.sources),
        })
    }
}
