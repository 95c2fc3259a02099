//! What stands until somebody mends it, as one look at the world finds it.

use ecosystem_core::converge::{HostError, Report, StepError};
use ecosystem_core::diagnostic::{Diagnostic, Label, Severity};
use ecosystem_core::model::DaemonId;
use ecosystem_core::os::state::{ProblemKind, Timestamp};
use ecosystem_core::plan::{Hold, Why};
use ecosystem_core::pm2::observed::Process;
use ecosystem_core::render::DIST;
use tracing::Level;

use super::happening;
use super::line::Line;

/// One thing that stands.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Standing {
    pub(super) key: Key,
    pub(super) app: Option<String>,
    pub(super) daemon: Option<String>,
    /// What is the matter, for a reader who sees `app` beside it.
    pub(super) text: String,
    /// How it is said when it comes; `None` where something else says it already.
    pub(super) line: Option<Line>,
    /// What is said when it is gone; `None` where that goes without saying.
    pub(super) end: Option<String>,
}

/// What makes it the same thing at the next look, though it may have moved within its file.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Key {
    pub(super) kind: ProblemKind,
    /// The app or the path it is about.
    pub(super) about: String,
    /// What is the matter with that.
    what: String,
}

impl Key {
    fn new(kind: ProblemKind, about: &str, what: impl Into<String>) -> Self {
        Self { kind, about: about.to_owned(), what: what.into() }
    }
}

/// Everything that stands after a pass, in the order in which it is said.
pub(super) fn found(report: &Report) -> Vec<Standing> {
    let diagnostics = report.diagnostics.iter().map(|it| diagnostic(it, report));
    let files = report.written.iter().filter_map(|it| {
        Some(file(&it.path, &generated_for(&it.path), "written", it.result.as_ref().err()?))
    });
    let folders = report
        .discarded
        .iter()
        .filter_map(|it| Some(file(&it.daemon.join(DIST), &it.daemon, "removed", it.result.as_ref().err()?)));
    let remembered = report.remembered.as_ref().err().map(|error| host(ProblemKind::Failed, error));
    let holds = report.plan.holds.iter().map(hold);
    diagnostics.chain(files).chain(folders).chain(remembered).chain(failures(report)).chain(holds).collect()
}

/// What stands after a pass that could not be made.
pub(super) fn trouble(error: &HostError) -> Standing {
    host(ProblemKind::Trouble, error)
}

/// Apps of which it is not known whether what failed before is mended: their step was put off, or they have been up for
/// a moment only.
pub(super) fn put_off(report: &Report, now: Timestamp) -> impl Iterator<Item = &str> {
    let waits = |why: &Why| matches!(why, Why::Resting { .. } | Why::Dependency { .. });
    let resting = report.plan.holds.iter().filter(move |hold| waits(&hold.why));
    let put_off = |error: &StepError| *error == StepError::Interrupted || error.held_by().is_some();
    let skipped = report.outcomes.iter().filter(move |it| it.result.as_ref().is_err_and(put_off));
    // What was put back or stopped is known to have failed: that it is left so says it all.
    let settled = |why: &Why| matches!(why, Why::Reverted { .. } | Why::Failed { .. });
    let settled =
        move |name: &str| report.plan.holds.iter().any(|hold| hold.app == name && settled(&hold.why));
    let verified = |name: &str| report.outcomes.iter().any(|it| it.app == name && it.result.is_ok());
    let new = report.observed.processes.iter();
    let new = new.filter(move |process| {
        has_only_started(process, now) && !verified(&process.name) && !settled(&process.name)
    });
    resting
        .map(|hold| hold.app.as_str())
        .chain(skipped.map(|outcome| outcome.app.as_str()))
        .chain(new.map(|process| process.name.as_str()))
}

/// Whether it cannot be said yet that a process stays up: one that crashes at once runs for a moment each time.
fn has_only_started(process: &Process, now: Timestamp) -> bool {
    let now = u64::try_from(now.as_millisecond()).unwrap_or_default();
    process.started_at.is_some_and(|started| now < started.saturating_add(STAYS_UP_MS))
}

/// What an app that is found right must have been up for until a failure of its counts as mended.
const STAYS_UP_MS: u64 = 10_000;

fn diagnostic(it: &Diagnostic, report: &Report) -> Standing {
    let place = it.labels.first();
    let path = place.map_or("", |label| label.path.as_str());
    let position = place.and_then(|label| position(label, report));
    let at = position.map_or_else(|| path.to_owned(), |(line, column)| format!("{path}:{line}:{column}"));
    let hint = it.hint.as_ref().map(|hint| format!(" ({hint})")).unwrap_or_default();
    let text = format!("{at} {} {}{hint}", it.code, it.message);
    let (level, kept) = match it.severity {
        Severity::Error => (Level::ERROR, kept(path, report)),
        Severity::Warning => (Level::WARN, Vec::new()),
    };
    let line = Line::new(level, "diagnostic", format!("{}{}", text.trim_start(), keep_running(&kept)))
        .with("code", it.code)
        .maybe("path", place.map(|label| label.path.as_str()))
        .maybe("daemon", place.map(|label| DaemonId::of_source(&label.path).to_string()))
        .maybe("line", position.map(|(line, _)| line))
        .maybe("column", position.map(|(_, column)| column))
        .maybe("hint", it.hint.as_deref())
        .with("apps", kept);
    Standing {
        key: Key::new(ProblemKind::Diagnostic, path, format!("{} {}", it.code, it.message)),
        app: None,
        daemon: place.map(|label| DaemonId::of_source(&label.path).to_string()),
        end: Some(format!("mended: {path} {} {}", it.code, it.message)),
        text: text.trim_start().to_owned(),
        line: Some(line),
    }
}

fn position(label: &Label, report: &Report) -> Option<(usize, usize)> {
    let source = report.sources.iter().find(|source| source.path == label.path)?;
    Some(source.position(label.span.start))
}

/// Running apps that are left as they are because of errors in a source.
fn kept(path: &str, report: &Report) -> Vec<String> {
    let because = |hold: &&Hold| matches!(&hold.why, Why::Broken(id) if id.source_path() == path);
    let runs =
        |hold: &&Hold| report.observed.processes.iter().any(|it| it.name == hold.app && it.pid.is_some());
    let kept = report.plan.holds.iter().filter(because).filter(runs);
    kept.map(|hold| hold.app.clone()).collect()
}

fn keep_running(apps: &[String]) -> String {
    match apps {
        [] => String::new(),
        [app] => format!("; \"{app}\" keeps running as it was"),
        [first, second] => format!("; \"{first}\" and \"{second}\" keep running as they were"),
        more => format!("; {} apps keep running as they were", more.len()),
    }
}

/// The daemon of a generated file, which is in a folder of its own beside the source.
fn generated_for(path: &str) -> DaemonId {
    let folders = path.rsplitn(3, '/').nth(2);
    DaemonId::new(folders.unwrap_or_default())
}

fn file(path: &str, daemon: &DaemonId, what: &str, problem: &str) -> Standing {
    let text = format!("{path} is not {what}: {problem}");
    Standing {
        key: Key::new(ProblemKind::Failed, path, problem),
        app: None,
        daemon: Some(daemon.to_string()),
        line: Some(Line::new(Level::ERROR, "file-failed", &text).with("path", path).with("error", problem)),
        end: Some(format!("mended: {path} is {what}")),
        text,
    }
}

fn host(kind: ProblemKind, error: &HostError) -> Standing {
    let hint = error.hint.as_ref().map(|hint| format!("; {hint}")).unwrap_or_default();
    let text = format!("{}{hint}", error.message);
    Standing {
        key: Key::new(kind, "", &error.message),
        app: None,
        daemon: None,
        line: Some(Line::new(Level::ERROR, "trouble", &text).maybe("hint", error.hint.as_deref())),
        end: Some(format!("over: {}", error.message)),
        text,
    }
}

fn failures(report: &Report) -> impl Iterator<Item = Standing> {
    report.plan.steps.iter().zip(&report.outcomes).filter_map(|(step, outcome)| {
        let error = outcome.result.as_ref().err().filter(|error| **error != StepError::Interrupted)?;
        let verb = step.action.verb();
        if let Some(by) = error.held_by() {
            return Some(held_by(by, &step.app, &step.daemon, &format!("{verb} {error}")));
        }
        Some(Standing {
            key: Key::new(
                ProblemKind::Failed,
                &step.app,
                format!("{verb} {}", without_numbers(&error.to_string())),
            ),
            app: Some(step.app.clone()),
            daemon: Some(step.daemon.to_string()),
            text: format!("{verb} failed: {error}"),
            line: Some(happening::failed(step, outcome, error)),
            end: Some(format!("mended: {}, whose {verb} had failed", step.app)),
        })
    })
}

/// An app that waits for another one: the same thing whether it was found when the plan was made or when it was
/// carried out.
fn held_by(by: &str, app: &str, daemon: &DaemonId, text: &str) -> Standing {
    let line = Line::new(Level::WARN, "held", format!("{app} {DEPENDENCY}: {text}"))
        .with("app", app)
        .with("daemon", daemon.as_str())
        .with("why", DEPENDENCY)
        .with("by", by);
    Standing {
        key: Key::new(ProblemKind::Held, app, format!("{DEPENDENCY} {by}")),
        app: Some(app.to_owned()),
        daemon: Some(daemon.to_string()),
        line: Some(line),
        end: Some(format!("{app} is no longer held ({DEPENDENCY})")),
        text: format!("{DEPENDENCY}: {text}"),
    }
}

/// The word of `Why::Dependency`.
const DEPENDENCY: &str = "dependency";

/// Ids, times and counts differ from one try to the next, and it is the same failure still.
fn without_numbers(text: &str) -> String {
    let mut kept = String::new();
    for c in text.chars() {
        match c {
            '0'..='9' if kept.ends_with('#') => {}
            '0'..='9' => kept.push('#'),
            c => kept.push(c),
        }
    }
    kept
}

fn no_longer(Hold { app, why, .. }: &Hold) -> String {
    let word = why.word();
    if says_kind(why) {
        format!("{app} is no longer {word}")
    } else {
        format!("{app} is no longer held ({word})")
    }
}

/// Whether its word is that of its kind of problem.
fn says_kind(why: &Why) -> bool {
    matches!(why, Why::StoppedByHand | Why::Unconfirmed)
}

fn hold(hold: &Hold) -> Standing {
    if let Why::Dependency { app: by, .. } = &hold.why {
        return held_by(by, &hold.app, &hold.daemon, &hold.explain());
    }
    let kind = if hold.why == Why::Unconfirmed { ProblemKind::Pending } else { ProblemKind::Held };
    let (word, text) = (hold.why.word(), hold.explain());
    let level = if hold.why.is_failure() { Level::WARN } else { Level::INFO };
    let line = Line::new(level, "held", format!("{} {word}: {text}", hold.app))
        .with("app", hold.app.as_str())
        .with("daemon", hold.daemon.as_str())
        .with("why", word);
    // The diagnostic of a source with errors says what becomes of its apps, the helper that is started for ourselves
    // is said by itself, and what was put off or waited for ends with a step.
    let silent = matches!(hold.why, Why::Broken(_) | Why::RunsUs);
    let passes = silent || matches!(hold.why, Why::Resting { .. } | Why::MissingForNow);
    Standing {
        key: Key::new(kind, &hold.app, text.as_str()),
        app: Some(hold.app.clone()),
        daemon: Some(hold.daemon.to_string()),
        line: (!silent).then_some(line),
        end: (!passes).then(|| no_longer(hold)),
        text: if says_kind(&hold.why) { text } else { format!("{word}: {text}") },
    }
}
