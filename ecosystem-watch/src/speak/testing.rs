//! What tests of speech stand on: steps and reports made by hand, and the log as it would be on disk.

#![allow(clippy::unwrap_used, reason = "a failing test panics")]

use std::io::{self, Write};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use ecosystem_core::converge::{Applied, Outcome, Report, StepError};
use ecosystem_core::diagnostic::Source;
use ecosystem_core::model::{DaemonId, Owner};
use ecosystem_core::os::state::Timestamp;
use ecosystem_core::plan::{Action, Desired, Hold, Plan, Reason, Scaling, Step, Why};
use ecosystem_core::{Observed, compile};
use serde_json::json;

use super::line::Line;
use super::log::{Format, Log, subscriber};

/// A fixed time.
pub(super) fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

/// A log that can be looked into.
#[derive(Clone, Default)]
struct Written(Arc<Mutex<Vec<u8>>>);

impl Write for Written {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// What the log says when this happens.
pub(super) fn logged(format: Format, verbose: bool, happens: impl FnOnce()) -> String {
    let written = Written::default();
    let log = Log { format, clock: || at("2026-01-02T03:04:05.006Z"), out: Mutex::new(written.clone()) };
    tracing::subscriber::with_default(subscriber(log, verbose), happens);
    String::from_utf8(written.0.lock().unwrap().clone()).unwrap()
}

/// Lines in both formats, with details.
pub(super) fn both(lines: &[Line]) -> String {
    let say = || lines.iter().for_each(Line::say);
    format!("{}\n{}", logged(Format::Human, true, say), logged(Format::Json, true, say))
}

/// The sentences alone.
pub(super) fn sentences(lines: &[Line]) -> Vec<String> {
    lines.iter().map(|line| format!("{} {}", line.mark, line.message)).collect()
}

pub(super) fn step(app: &str, action: Action, reasons: &[Reason]) -> Step {
    Step {
        app: app.to_owned(),
        daemon: DaemonId::new(format!("services/{app}")),
        action,
        reasons: reasons.to_vec(),
        probes: Vec::new(),
        after: Vec::new(),
        fallback: ecosystem_core::plan::Fallback::Keep,
    }
}

pub(super) fn restart(app: &str) -> Step {
    step(app, Action::Restart(Vec::new(), Scaling::default()), &[Reason::State("errored".to_owned())])
}

pub(super) fn outcome(app: &str, result: Result<&[u32], StepError>) -> Outcome {
    let result = result.map(|pids| Applied { pids: pids.to_vec(), unproven: false });
    Outcome { app: app.to_owned(), result, aftermath: None, took: Duration::from_millis(116) }
}

pub(super) fn crashed(problem: &str) -> StepError {
    StepError::Crashed {
        problem: problem.to_owned(),
        last_lines: vec!["a".to_owned(), "b\n".to_owned(), " ".to_owned()],
    }
}

pub(super) fn hold(app: &str, why: Why) -> Hold {
    Hold { app: app.to_owned(), daemon: DaemonId::new(format!("services/{app}")), why }
}

/// A report in which everything is right.
pub(super) fn report() -> Report {
    Report {
        only: None,
        known: std::collections::BTreeMap::new(),
        sources: Vec::new(),
        diagnostics: Vec::new(),
        written: Vec::new(),
        env_files: [].into(),
        included: [].into(),
        desired: Desired {
            owner: Owner::new("tree"),
            apps: [].into(),
            idle: std::collections::BTreeSet::new(),
            broken: [].into(),
            prune: None,
            unreadable: [].into(),
        },
        observed: Observed::default(),
        plan: Plan::default(),
        stale: Vec::new(),
        outcomes: Vec::new(),
        discarded: Vec::new(),
        remembered: Ok(()),
    }
}

/// A report on a tree of one source.
pub(super) fn report_on(path: &str, text: &str) -> Report {
    let sources = vec![Source::new(path, text)];
    Report { diagnostics: compile(&sources).diagnostics, sources, ..report() }
}

/// A report on an app whose restart came to this, or that is left alone.
pub(super) fn tried(app: &str, result: Result<&[u32], StepError>) -> Report {
    let plan = Plan { steps: vec![restart(app)], ..Plan::default() };
    Report { plan, outcomes: vec![outcome(app, result)], ..report() }
}

pub(super) fn held(holds: Vec<Hold>) -> Report {
    Report { plan: Plan { holds, ..Plan::default() }, ..report() }
}

/// Running processes of these names.
pub(super) fn running(apps: &[&str]) -> Observed {
    let entry = |(id, app): (usize, &&str)| json!({ "pm_id": id, "name": app, "pid": 4711, "pm2_env": { "status": "online" } });
    Observed::read(apps.iter().enumerate().map(entry).collect()).unwrap()
}
