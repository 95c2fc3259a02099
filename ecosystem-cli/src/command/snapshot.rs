//! `snapshot`: a copy of every generated config that is made to be reviewed and committed.

use std::collections::BTreeSet;

use camino::{Utf8Path, Utf8PathBuf};
use ecosystem_core::converge::Reading;
use ecosystem_core::diagnostic::Diagnostic;
use ecosystem_core::model::{Daemon, DaemonId};
use ecosystem_core::os::dist::DistError;
use ecosystem_core::os::place::{Place, relative};
use ecosystem_core::os::snapshots::{self, State};
use ecosystem_core::render::{GeneratedFile, Layout};
use ecosystem_core::snapshot::{config, snapshot};
use serde_json::json;

use super::{failed_if, progress};
use crate::args;
use crate::exit::{Exit, Failure};
use crate::place;
use crate::show;

pub(super) fn run(args: &args::Snapshot) -> Result<Exit, Failure> {
    let place = place::find(&args.tree)?;
    let folder = args.dir.clone().unwrap_or_else(|| place.root.join(DEFAULT_FOLDER));
    let folder = std::path::absolute(&folder).ok().and_then(|path| Utf8PathBuf::from_path_buf(path).ok());
    let folder = folder.ok_or_else(|| Failure::Usage("--dir is not a usable path".to_owned()))?;
    let reading = place.reading()?;
    progress(args.json).read(&reading);
    let found: Vec<Found> = look(&place, &folder, &reading);
    let results: Vec<Treated> = found.iter().map(|it| treat(args, &folder, it)).collect();
    show_results(args, &reading, &results)?;
    let broken = reading.diagnostics.iter().any(Diagnostic::is_error);
    let failed = broken || results.iter().any(|it| it.outcome == Outcome::Failed);
    let differs = results.iter().any(|it| matches!(it.outcome, Outcome::Differs | Outcome::Pending));
    Ok(match failed_if(failed) {
        Exit::Done if differs => Exit::Pending,
        exit => exit,
    })
}

/// Below the tree: it moves with it, and a reviewer sees both sides of a change in one place.
const DEFAULT_FOLDER: &str = "snapshots";

/// A snapshot, as it is and as it should be.
struct Found {
    path: String,
    is: Result<State, String>,
    /// `None` for one whose daemon is gone.
    should: Option<GeneratedFile>,
}

fn look(place: &Place, folder: &Utf8Path, reading: &Reading) -> Vec<Found> {
    let root_to_base = relative(&place.root, &place.base);
    let layout = Layout { root_to_base, owner: place.named_owner.clone() };
    let ecosystem = &reading.ecosystem;
    let below_base = relative(&place.base, &place.root);
    let of_daemon = |daemon: &Daemon| {
        let source = Utf8Path::new(&below_base).join(daemon.id.source_path());
        let should = snapshot(daemon, &layout, source.as_str());
        let is = snapshots::state(folder, &should).map_err(|error| error.to_string());
        Found { path: should.path.clone(), is, should: Some(should) }
    };
    let mut found: Vec<Found> = ecosystem.daemons.values().map(of_daemon).collect();
    // What could not be looked at is not gone.
    if ecosystem.unreadable.is_empty() {
        let present: BTreeSet<DaemonId> =
            ecosystem.daemons.keys().chain(ecosystem.broken.keys()).cloned().collect();
        let stale = snapshots::stale(folder, &present).into_iter();
        found.extend(stale.map(|(path, says)| Found { path, is: Ok(State::Differs(says)), should: None }));
    }
    found.sort_by(|a, b| a.path.cmp(&b.path));
    found
}

/// What became of one snapshot.
struct Treated {
    path: String,
    outcome: Outcome,
    /// How it differs, or what went wrong.
    text: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Outcome {
    Current,
    Written,
    Removed,
    Differs,
    Pending,
    Failed,
}

impl Outcome {
    fn word(self) -> &'static str {
        match self {
            Outcome::Current => "current",
            Outcome::Written => "written",
            Outcome::Removed => "removed",
            Outcome::Differs => "differs",
            Outcome::Pending => "pending",
            Outcome::Failed => "failed",
        }
    }
}

fn treat(args: &args::Snapshot, folder: &Utf8Path, found: &Found) -> Treated {
    let path = found.path.clone();
    let (outcome, text) = match &found.is {
        Err(problem) => (Outcome::Failed, problem.clone()),
        Ok(State::Foreign) => (Outcome::Failed, FOREIGN.to_owned()),
        Ok(State::Current) => (Outcome::Current, String::new()),
        Ok(_) if args.check => (Outcome::Differs, diff(found)),
        Ok(_) => match change(args, folder, found) {
            Ok(outcome) => (outcome, String::new()),
            Err(error) => (Outcome::Failed, error.to_string()),
        },
    };
    Treated { path, outcome, text }
}

const FOREIGN: &str =
    "a file of this name is there and is no snapshot of this tool; move it away, or give --dir";

fn change(args: &args::Snapshot, folder: &Utf8Path, found: &Found) -> Result<Outcome, DistError> {
    match &found.should {
        Some(file) if args.pending => snapshots::write_pending(folder, file).map(|()| Outcome::Pending),
        Some(file) => snapshots::write(folder, file).map(|()| Outcome::Written),
        // Nothing waits for a review that only says that it goes: insta knows no such thing.
        None => snapshots::remove(folder, &found.path).map(|()| Outcome::Removed),
    }
}

fn diff(found: &Found) -> String {
    let before = match &found.is {
        Ok(State::Differs(config)) => config.as_str(),
        _ => "",
    };
    let after = found.should.as_ref().and_then(|file| config(&file.text)).unwrap_or_default();
    let ended = |text: &str| if text.is_empty() { String::new() } else { format!("{text}\n") };
    show::diff::unified(&found.path, "committed", &ended(before), &ended(after))
}

fn show_results(args: &args::Snapshot, reading: &Reading, results: &[Treated]) -> Result<(), Failure> {
    if args.json {
        let one = |it: &Treated| json!({ "path": it.path, "outcome": it.outcome.word(), "text": it.text });
        return Ok(show::json::print(&json!({
            "diagnostics": show::json::diagnostics(&reading.diagnostics, &reading.sources),
            "snapshots": results.iter().map(one).collect::<Vec<_>>(),
        }))?);
    }
    for it in results {
        let path = show::printable_line(&it.path);
        match it.outcome {
            Outcome::Current => {}
            Outcome::Differs => show::print(&show::printable(&it.text))?,
            Outcome::Failed => show::tell(&format!("{path}: {}\n", show::printable(&it.text)))?,
            outcome => show::print(&format!("{} {path}\n", outcome.word()))?,
        }
    }
    if results.iter().all(|it| it.outcome == Outcome::Current) {
        show::print("every snapshot is up to date\n")?;
    } else if args.check {
        show::tell("`ecosystem-cli snapshot` brings them up to date: commit what it writes\n")?;
    }
    Ok(())
}
