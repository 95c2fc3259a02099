#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::collections::{BTreeMap, BTreeSet};

use ecosystem_core::compile;
use ecosystem_core::converge::{Applied, Outcome};
use ecosystem_core::diagnostic::Source;
use ecosystem_core::model::{DaemonId, Owner};
use ecosystem_core::plan::{Action, Desired, Hold, Plan, Reason, Step};
use ecosystem_core::pm2::observed::Observed;
use ecosystem_core::pm2::{FileKind, Machine, questions};

use super::*;

/// A tree of one app with this script.
fn desired(script: &str) -> Desired {
    let text = format!(r#"{{:apps [{{:name "web" :script "{script}"}}]}}"#);
    let ecosystem = compile(&[Source::new("web/ecosystem.edn", text)]).output;
    let asked = questions(&ecosystem, "/base".into(), &[].into());
    let machine = Machine {
        owner: Owner::new("test"),
        base: "/base".into(),
        pm2_home: "/home".into(),
        pm2_version: "7.0.4".into(),
        pm2_lib: None,
        node: "/bin/node".into(),
        cpus: 1,
        username: "tester".into(),
        is_root: false,
        daemon_env: BTreeMap::new(),
        programs: asked
            .programs
            .iter()
            .map(|name| (name.clone(), Some(format!("/bin/{name}").into())))
            .collect(),
        files: asked.files.iter().map(|path| (path.clone(), kind(path))).collect(),
        env_files: BTreeMap::new(),
        environment: [].into(),
        users: BTreeMap::new(),
        groups: BTreeMap::new(),
    };
    Desired::new(&ecosystem, &machine)
}

/// What ends like a file is one.
fn kind(path: &camino::Utf8Path) -> FileKind {
    if path.extension().is_some() { FileKind::Text } else { FileKind::Folder }
}

/// A pass with one step for a reason, and what came of it.
fn pass(script: &str, reason: Reason, result: Result<Applied, StepError>) -> Report {
    let desired = desired(script);
    let attributes = desired.apps["web"].attributes.clone().unwrap();
    let step = Step {
        app: "web".to_owned(),
        daemon: DaemonId::new("web"),
        action: Action::Start(attributes),
        reasons: vec![reason],
        probes: Vec::new(),
        after: Vec::new(),
        fallback: ecosystem_core::plan::Fallback::Keep,
    };
    let outcome = Outcome { app: "web".to_owned(), result, aftermath: None, took: Duration::ZERO };
    let plan = Plan { steps: vec![step], ..Plan::default() };
    report(desired, plan, vec![outcome])
}

/// A pass that had nothing to do.
fn nothing(script: &str) -> Report {
    let plan = Plan { in_sync: vec!["web".to_owned()], ..Plan::default() };
    report(desired(script), plan, Vec::new())
}

fn report(desired: Desired, plan: Plan, outcomes: Vec<Outcome>) -> Report {
    Report {
        only: None,
        known: BTreeMap::new(),
        sources: Vec::new(),
        diagnostics: Vec::new(),
        written: Vec::new(),
        env_files: BTreeSet::new(),
        included: [].into(),
        desired,
        observed: Observed::default(),
        plan,
        stale: Vec::new(),
        outcomes,
        discarded: Vec::new(),
        remembered: Ok(()),
    }
}

fn failed() -> Result<Applied, StepError> {
    Err(StepError::Pm2("no".to_owned()))
}

fn at(start: Instant, seconds: u64) -> Instant {
    start + Duration::from_secs(seconds)
}

#[test]
fn each_rest_is_twice_as_long_and_the_last_has_no_end() {
    let (start, mut retries) = (Instant::now(), Retries::default());
    let mut now = start;
    let mut rests = Vec::new();
    while let Some(due) = {
        retries.note(&pass("a.js", Reason::NotRunning, failed()), now);
        retries.due(now)
    } {
        assert!(!retries.resting(now)["web"].given_up);
        assert!(retries.resting(due).is_empty());
        rests.push((due - now).as_secs());
        now = due;
    }
    assert_eq!(rests, [1, 2, 4, 8, 16, 32, 64]);
    assert!(retries.resting(at(now, 100_000))["web"].given_up);
    retries.forget();
    assert!(retries.resting(now).is_empty());
}

#[test]
fn what_counts_as_a_try() {
    let done = || Ok(Applied::default());
    let held = || Err(StepError::Held { by: "db".to_owned() });
    let cases = [
        (Reason::NotRunning, done(), 0),
        (Reason::NotRunning, failed(), 1),
        (Reason::NotRunning, Err(StepError::Interrupted), 0),
        // It was not even begun, for the sake of another one.
        (Reason::NotRunning, held(), 0),
        (Reason::Vanished, held(), 0),
        // Somebody deleted it; should they do so again at once, they mean it.
        (Reason::Vanished, done(), 1),
        (Reason::State("errored".to_owned()), done(), 1),
    ];
    for (reason, result, expected) in cases {
        let mut retries = Retries::default();
        retries.note(&pass("a.js", reason.clone(), result), Instant::now());
        let tries = retries.resting(Instant::now()).get("web").map_or(0, |rest| rest.tries);
        assert_eq!(tries, expected, "{reason:?}");
    }
}

/// Nothing else would tell that it has stayed up.
#[test]
fn what_others_wait_for_is_looked_at_again() {
    let (start, mut retries) = (Instant::now(), Retries::default());
    let why = Why::Dependency { app: "db".to_owned(), obstacle: Obstacle::OnProbation };
    let hold = Hold { app: "web".to_owned(), daemon: DaemonId::new("web"), why };
    let plan = Plan { holds: vec![hold], ..Plan::default() };
    retries.note(&report(desired("a.js"), plan, Vec::new()), start);
    assert_eq!(retries.due(start), Some(at(start, 1)));
    assert_eq!(retries.due(at(start, 1)), None);
    retries.note(&nothing("a.js"), at(start, 1));
    assert_eq!(retries.due(start), None);
}

#[test]
fn another_definition_begins_anew() {
    let (start, mut retries) = (Instant::now(), Retries::default());
    retries.note(&pass("a.js", Reason::NotRunning, failed()), start);
    retries.note(&pass("b.js", Reason::NotRunning, failed()), at(start, 1));
    assert_eq!(retries.resting(at(start, 1))["web"].tries, 1);
    retries.note(&nothing("c.js"), at(start, 2));
    assert!(retries.resting(at(start, 2)).is_empty());
}

#[test]
fn what_has_been_right_for_long_is_forgotten() {
    let (start, mut retries) = (Instant::now(), Retries::default());
    for _ in 0..3 {
        retries.note(&pass("a.js", Reason::Vanished, Ok(Applied::default())), start);
    }
    retries.note(&nothing("a.js"), at(start, 500));
    assert_eq!(retries.apps["web"].count, 3);
    retries.note(&nothing("a.js"), at(start, 601));
    assert!(retries.apps.is_empty());
}

/// An app that the tree has lost: its deletion is due again, and held by nothing.
#[test]
fn a_deletion_that_failed_is_tried_again() {
    let start = Instant::now();
    let deletion = |result| {
        let mut report = pass("a.js", Reason::Undeclared, result);
        report.desired.apps.clear();
        report.plan.steps[0].action = Action::Delete(vec![7]);
        report
    };
    let mut retries = Retries::default();
    retries.note(&deletion(failed()), start);
    assert_eq!(retries.due(start), Some(at(start, 1)));
    assert!(retries.resting(start).is_empty());
    retries.note(&deletion(failed()), at(start, 1));
    assert_eq!(retries.due(at(start, 1)), Some(at(start, 3)));
    retries.note(&deletion(Ok(Applied::default())), at(start, 3));
    assert_eq!(retries.due(at(start, 3)), None);
}
