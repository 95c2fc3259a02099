#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test that cannot go on has failed")]

mod adoption;
mod agreed;
mod alive;
mod effective;
mod growth;
mod history;
mod holds;
mod invariants;
mod laws;
mod on_change;
mod order;
mod pm2_model;
mod scenarios;
mod setbacks;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use camino::Utf8PathBuf;

use self::pm2_model::Pm2Model;
use super::{Desired, Inventory, Plan, Policy, plan, violations};
use crate::compile;
use crate::diagnostic::Source;
use crate::model::Owner;
use crate::pm2::{FileKind, Machine, questions};

/// A machine on which every script is a file and every program is installed.
fn machine(ecosystem: &crate::model::Ecosystem) -> Machine {
    let base = Utf8PathBuf::from("/base");
    let questions = questions(ecosystem, &base, &Default::default());
    Machine {
        owner: Owner::new("test"),
        pm2_home: "/home/.pm2".into(),
        pm2_version: "7.0.4".into(),
        node: "/bin/node".into(),
        pm2_lib: None,
        cpus: 2,
        username: "tester".into(),
        is_root: false,
        daemon_env: BTreeMap::from([("PATH".into(), "/bin".into()), ("EDITOR".into(), "vi".into())]),
        programs: questions
            .programs
            .iter()
            .map(|name| (name.clone(), Some(format!("/bin/{name}").into())))
            .collect(),
        files: questions.files.iter().map(|path| (path.clone(), kind(path))).collect(),
        env_files: questions
            .env_files
            .iter()
            .map(|path| (path.clone(), Ok(Some("FROM_FILE=1\n".to_owned()))))
            .collect(),
        environment: BTreeMap::new(),
        users: BTreeMap::new(),
        groups: BTreeMap::new(),
        base,
    }
}

/// What ends like a file is one; folders are what is left.
fn kind(path: &camino::Utf8Path) -> FileKind {
    if path.extension().is_some() { FileKind::Text } else { FileKind::Folder }
}

/// A tree from `(daemon, text)` pairs.
fn desired(tree: &[(&str, &str)]) -> Desired {
    let sources: Vec<Source> =
        tree.iter().map(|(id, text)| Source::new(format!("{id}/ecosystem.edn"), *text)).collect();
    let ecosystem = compile(&sources).output;
    let machine = machine(&ecosystem);
    Desired::new(&ecosystem, &machine)
}

/// Plans, checks that no rule is broken, and gives the plan.
fn checked(desired: &Desired, pm2: &Pm2Model, policy: &Policy) -> Plan {
    checked_with(desired, pm2, &Inventory::default(), policy)
}

/// The same, with what was applied before.
fn checked_with(desired: &Desired, pm2: &Pm2Model, inventory: &Inventory, policy: &Policy) -> Plan {
    let observed = pm2.observed();
    let plan = plan(desired, &observed, inventory, policy);
    assert_eq!(violations(&plan, desired, &observed, policy), []);
    plan
}

/// PM2 after a tree was synced to it.
fn synced(tree: &[(&str, &str)]) -> Pm2Model {
    let mut pm2 = Pm2Model::default();
    let desired = desired(tree);
    pm2.apply(&checked(&desired, &pm2, &Policy::default()));
    let again = checked(&desired, &pm2, &Policy::default());
    assert!(again.is_empty(), "a second pass has something to do: {:#?}", again.steps);
    pm2
}

/// A plan in words, one line for each reason.
fn words(plan: &Plan) -> String {
    let mut text = String::new();
    for step in &plan.steps {
        let reasons: Vec<String> = step.reasons.iter().map(ToString::to_string).collect();
        let ids = step.action.touched();
        writeln!(
            text,
            "{} {} {} {ids:?}: {}",
            step.action.symbol(),
            step.app,
            step.action.verb(),
            reasons.join(" | ")
        )
        .unwrap();
    }
    for hold in &plan.holds {
        writeln!(text, "! {}: {:?}", hold.app, hold.why).unwrap();
    }
    if text.is_empty() { "nothing\n".to_owned() } else { text }
}

/// Syncs `before`, changes the tree to `after`, and compares the plan; then applies it and plans again.
fn check(before: &[(&str, &str)], after: &[(&str, &str)], expected: &str) {
    let mut pm2 = synced(before);
    check_from(&mut pm2, after, &Policy::default(), expected);
}

/// Compares the plan for a tree with what PM2 has; then applies it and plans again.
fn check_from(pm2: &mut Pm2Model, tree: &[(&str, &str)], policy: &Policy, expected: &str) {
    let desired = desired(tree);
    let plan = checked(&desired, pm2, policy);
    let trimmed: Vec<&str> = expected.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    assert_eq!(words(&plan).trim(), trimmed.join("\n"));
    assert_eq!(plan.is_empty(), trimmed.iter().all(|line| line.starts_with('!') || *line == "nothing"));
    pm2.apply(&plan);
    let again = checked(&desired, pm2, policy);
    assert!(again.is_empty(), "a second pass has something to do: {:#?}", again.steps);
}

fn only(ids: &[&str]) -> Option<BTreeSet<crate::model::DaemonId>> {
    Some(ids.iter().map(|id| crate::model::DaemonId::new(*id)).collect())
}
