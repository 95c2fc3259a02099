//! What was applied before, and what the caller has seen: drift, rests, and apps that the tree has lost.

use std::collections::BTreeSet;

use serde_json::json;

use super::{Pm2Model, checked, checked_with, desired, words};
use crate::model::{DaemonId, Prune};
use crate::plan::{Drift, Inventory, Policy, Rest};

const WEB: &str = r#"{:apps [{:name "web" :script "web.js"}]}"#;
const JOB: &str = r#"{:apps [{:name "job" :script "job.js"}]}"#;

/// PM2 and what is known to have been applied, after a tree was synced.
struct Applied {
    pm2: Pm2Model,
    inventory: Inventory,
}

impl Applied {
    fn of(tree: &[(&str, &str)]) -> Self {
        let mut applied = Self { pm2: Pm2Model::default(), inventory: Inventory::default() };
        applied.pass(tree, &Policy::default());
        applied
    }

    /// Plans for a tree, carries it out, and gives the plan in words.
    fn pass(&mut self, tree: &[(&str, &str)], policy: &Policy) -> String {
        self.pass_that(true, tree, policy)
    }

    /// The same where its steps came to what they should, or were carried out and came to nothing.
    fn pass_that(&mut self, succeeds: bool, tree: &[(&str, &str)], policy: &Policy) -> String {
        let desired = desired(tree);
        let plan = checked_with(&desired, &self.pm2, &self.inventory, policy);
        let observed = self.pm2.observed();
        let before = self.inventory.before(&desired);
        self.inventory = before.present(&desired, &observed).after(
            &desired,
            &observed,
            &plan,
            &vec![succeeds; plan.steps.len()],
        );
        self.pm2.apply(&plan);
        words(&plan).trim().to_owned()
    }

    fn forget(&mut self, app: &str) {
        self.pm2.remove(app);
    }
}

#[track_caller]
fn check(applied: &mut Applied, tree: &[(&str, &str)], policy: &Policy, expected: &str) {
    assert_eq!(applied.pass(tree, policy), expected);
}

fn pruned(prune: Prune) -> Policy {
    Policy { prune: Some(prune), ..Policy::default() }
}

#[test]
fn an_app_that_somebody_deleted_is_drift() {
    let mut applied = Applied::of(&[("a", WEB)]);
    applied.forget("web");
    let hold = Policy { drift: Drift::Hold, ..Policy::default() };
    check(&mut applied, &[("a", WEB)], &hold, "! web: Drifted([\"no longer in PM2\"])");
    check(&mut applied, &[("a", WEB)], &Policy::default(), "+ web start []: no longer in PM2");
    check(&mut applied, &[("a", WEB)], &Policy::default(), "nothing");
}

#[test]
fn what_ran_under_another_daemon_of_pm2_was_not_deleted_by_hand() {
    let mut applied = Applied::of(&[("a", WEB)]);
    applied.forget("web");
    applied.inventory = applied.inventory.clone().under_another_daemon();
    let hold = Policy { drift: Drift::Hold, ..Policy::default() };
    assert_eq!(applied.inventory.apps["web"].daemon, "a");
    check(&mut applied, &[("a", WEB)], &hold, "+ web start []: not running");
}

/// Nothing was asked of it, so that it is not known to be ill.
#[test]
fn a_step_that_failed_leaves_known_what_was_applied() {
    let mut applied = Applied::of(&[("a", WEB)]);
    applied.forget("web");
    applied.pass_that(false, &[("a", WEB)], &Policy::default());
    applied.forget("web");
    check(&mut applied, &[("a", WEB)], &Policy::default(), "+ web start []: no longer in PM2");
}

/// The files that were generated for it are there still.
#[test]
fn what_was_known_of_some_daemons_can_be_kept() {
    let before = Applied::of(&[("a", WEB), ("b", JOB)]).inventory;
    let kept = |ids: &[&str]| {
        let ids: Vec<DaemonId> = ids.iter().map(|id| DaemonId::new(*id)).collect();
        let inventory = Inventory::default().with_all_of(&ids.iter().collect(), &before);
        inventory.apps.into_iter().map(|(name, it)| (name, it.daemon, it.digest)).collect::<Vec<_>>()
    };
    let gone = |app: &str, daemon: &str| (app.to_owned(), daemon.to_owned(), String::new());
    assert_eq!(kept(&[]), []);
    assert_eq!(kept(&["b"]), [gone("job", "b")]);
    assert_eq!(kept(&["a", "b"]), [gone("job", "b"), gone("web", "a")]);
    // What is known better is left so.
    let id = DaemonId::new("a");
    assert_eq!(before.clone().with_all_of(&BTreeSet::from([&id]), &before), before);
}

#[test]
fn an_edit_is_no_drift_whatever_somebody_did_besides() {
    let hold = Policy { drift: Drift::Hold, ..Policy::default() };
    let mut applied = Applied::of(&[("a", WEB)]);
    applied.pm2.edit("web", |record| drop(record.insert("kill_timeout".to_owned(), json!(5))));
    check(
        &mut applied,
        &[("a", WEB)],
        &hold,
        "! web: Drifted([\"kill_timeout: 5 removed (changed outside the tree)\"])",
    );
    let edited = WEB.replace("}]", " :env {:A 1}}]");
    let done = applied.pass(&[("a", &edited)], &hold);
    assert!(done.starts_with("~ web restart"), "{done}");
    check(&mut applied, &[("a", &edited)], &hold, "nothing");
}

#[test]
fn scaling_by_hand_is_drift_and_by_the_tree_is_not() {
    let hold = Policy { drift: Drift::Hold, ..Policy::default() };
    let scaled = |count: u32| WEB.replace("}]", &format!(" :instances {count}}}]"));
    let mut applied = Applied::of(&[("a", &scaled(2))]);
    check(&mut applied, &[("a", &scaled(3))], &hold, "~ web scale []: instances: 2 → 3");
    applied.pm2.remove_one("web");
    check(
        &mut applied,
        &[("a", &scaled(3))],
        &hold,
        "! web: Drifted([\"instances: 2 → 3 (changed outside the tree)\"])",
    );
}

#[test]
fn a_rest_ends_with_the_definition() {
    let mut applied = Applied::of(&[]);
    let definition = desired(&[("a", WEB)]).apps["web"].attributes.clone().unwrap();
    let rest = Rest { definition, tries: 3, given_up: true };
    let policy = Policy { resting: [("web".to_owned(), rest)].into(), ..Policy::default() };
    check(&mut applied, &[("a", WEB)], &policy, "! web: Resting { tries: 3, given_up: true }");
    let edited = WEB.replace("web.js", "other.js");
    check(&mut applied, &[("a", &edited)], &policy, "+ web start []: not running");
}

#[test]
fn removal_as_the_caller_wants_it() {
    for (prune, expected) in [
        (Prune::Auto, "- job delete [1]: no longer declared"),
        (Prune::Confirm, "! job: Unconfirmed"),
        (Prune::Never, "! job: NeverPruned"),
    ] {
        let mut applied = Applied::of(&[("a", WEB), ("b", JOB)]);
        // Ids go by the apps' names: job is 0.
        let expected = expected.replace("[1]", "[0]");
        check(&mut applied, &[("a", WEB)], &pruned(prune), &expected);
        // Who says so in so many words has it deleted.
        let mut applied = Applied::of(&[("a", WEB), ("b", JOB)]);
        let confirmed = Policy { confirmed: true, ..pruned(prune) };
        check(&mut applied, &[("a", WEB)], &confirmed, "- job delete [0]: no longer declared");
    }
}

#[test]
fn removal_as_the_app_wanted_it() {
    let with = |prune: &str| JOB.replace("}]", &format!(" :prune {prune}}}]"));
    for (own, expected) in [
        (":auto", "- job delete [0]: no longer declared"),
        (":confirm", "! job: Unconfirmed"),
        (":never", "! job: NeverPruned"),
    ] {
        let mut applied = Applied::of(&[("a", WEB), ("b", &with(own))]);
        check(&mut applied, &[("a", WEB)], &pruned(Prune::Never), expected);
        // It is remembered for as long as it runs.
        let again = if expected.starts_with('!') { expected } else { "nothing" };
        check(&mut applied, &[("a", WEB)], &pruned(Prune::Auto), again);
    }
    let mut applied = Applied::of(&[("a", WEB), ("b", JOB)]);
    let changed_its_mind = [("a", WEB), ("b", &with(":never"))];
    check(&mut applied, &changed_its_mind, &Policy::default(), "nothing");
    check(&mut applied, &[("a", WEB)], &Policy::default(), "! job: NeverPruned");
    let confirmed = Policy { confirmed: true, ..Policy::default() };
    check(&mut applied, &[("a", WEB)], &confirmed, "- job delete [0]: no longer declared");
}

#[test]
fn a_daemon_that_has_just_gone_is_looked_for_again() {
    let missing = |ids: &[&str]| {
        let ids: BTreeSet<DaemonId> = ids.iter().map(|id| DaemonId::new(*id)).collect();
        Policy { missing_for_long: Some(ids), ..Policy::default() }
    };
    let mut applied = Applied::of(&[("a", WEB), ("b", JOB)]);
    check(&mut applied, &[("a", WEB)], &missing(&[]), "! job: MissingForNow");
    check(&mut applied, &[("a", WEB), ("b", JOB)], &missing(&[]), "nothing");
    check(&mut applied, &[("a", WEB)], &missing(&["b"]), "- job delete [0]: no longer declared");
}

#[test]
fn an_app_taken_out_of_a_file_that_stays_goes_at_once() {
    let both = r#"{:apps [{:name "web" :script "web.js"} {:name "job" :script "job.js"}]}"#;
    let mut applied = Applied::of(&[("a", both)]);
    let policy = Policy { missing_for_long: Some(BTreeSet::new()), ..Policy::default() };
    check(&mut applied, &[("a", WEB)], &policy, "- job delete [0]: no longer declared");
    // It is there even if all its apps are switched off.
    let off = r#"{:apps [{:name "web" :script "web.js" :enabled false}]}"#;
    let mut applied = Applied::of(&[("a", WEB), ("b", JOB)]);
    check(&mut applied, &[("a", off), ("b", JOB)], &policy, "- web delete [1]: no longer declared");
}

#[test]
fn a_tree_that_vanishes_file_by_file_meets_the_guard() {
    let texts: Vec<(String, String)> =
        (0..6).map(|n| (format!("d{n}"), WEB.replace("web", &format!("app{n}")))).collect();
    let tree: Vec<(&str, &str)> = texts.iter().map(|(id, text)| (id.as_str(), text.as_str())).collect();
    let applied = Applied::of(&tree);
    let policy =
        Policy { missing_for_long: Some(BTreeSet::from([DaemonId::new("d0")])), ..Policy::default() };
    let plan = checked(&desired(&tree[4..]), &applied.pm2, &policy);
    assert!(plan.is_empty(), "{plan:#?}");
    assert_eq!(plan.holds.len(), 4);
}

#[test]
fn a_daemon_has_ended_when_nothing_of_it_is_left() {
    let two = r#"{:apps [{:name "x" :script "x.js"} {:name "y" :script "y.js" :prune :never}]}"#;
    for (text, expected) in [(two, vec![]), (JOB, vec![DaemonId::new("b")])] {
        let applied = Applied::of(&[("a", WEB), ("b", text)]);
        let desired = desired(&[("a", WEB)]);
        let plan = checked_with(&desired, &applied.pm2, &applied.inventory, &Policy::default());
        assert_eq!(plan.ended(&desired, &[], &vec![true; plan.steps.len()]), expected);
        assert_eq!(plan.ended(&desired, &[], &vec![false; plan.steps.len()]), []);
    }
}

/// Somebody else deleted it, or nobody came to remove its files: only what is remembered of it tells.
#[test]
fn a_daemon_of_which_nothing_runs_is_lost_when_its_source_is_gone() {
    let mut applied = Applied::of(&[("a", WEB), ("b", JOB)]);
    applied.forget("job");
    let lost = |tree: &[(&str, &str)], unreadable: &[&str]| {
        let mut desired = desired(tree);
        desired.unreadable = unreadable.iter().map(|path| (*path).to_owned()).collect();
        let plan = checked_with(&desired, &applied.pm2, &applied.inventory, &Policy::default());
        let observed = applied.pm2.observed();
        let present = applied.inventory.present(&desired, &observed);
        let after = present.after(&desired, &observed, &plan, &[]);
        plan.ended(&desired, &applied.inventory.lost(&after, &desired), &[])
    };
    assert_eq!(lost(&[("a", WEB)], &[]), [DaemonId::new("b")]);
    assert_eq!(lost(&[("a", WEB)], &["c"]), []);
    assert_eq!(lost(&[("a", WEB), ("b", "{")], &[]), []);
    assert_eq!(lost(&[("a", WEB), ("c", JOB)], &[]), [], "moved, and known still");
}

/// PM2 may still be starting it, or have lost it.
#[test]
fn only_what_runs_can_be_asked() {
    let tree = "{:apps [{:name \"web\" :script \"web.js\" :readiness-probe {:tcp 80}}]}";
    for (status, pid, expected) in
        [("online", 7, "? web ask []: not known to be well yet"), ("launching", 7, "nothing")]
    {
        let mut pm2 = Applied::of(&[("a", tree)]).pm2;
        pm2.edit("web", |record| drop(record.insert("status".to_owned(), json!(status))));
        pm2.set_pids("web", &[pid]);
        let plan = checked(&desired(&[("a", tree)]), &pm2, &Policy::default());
        assert_eq!(words(&plan).trim(), expected, "{status}");
    }
}

/// It is asked again and left as it runs, until it has passed; whatever was known of it before.
#[test]
fn what_was_not_well_is_asked_again() {
    let tree = |rest: &str| {
        format!("{{:apps [{{:name \"web\" :script \"web.js\" :readiness-probe {{:tcp 80}} {rest}}}]}}")
    };
    let (first, second) = (tree(""), tree(":kill-timeout 5"));
    let mut applied = Applied::of(&[("a", &first)]);
    check(&mut applied, &[("a", &first)], &Policy::default(), "nothing");
    let tried = applied.pass_that(false, &[("a", &second)], &Policy::default());
    assert_eq!(tried, "~ web restart [0]: kill_timeout: set to 5");
    let asked = "? web ask []: not known to be well yet";
    assert_eq!(applied.pass_that(false, &[("a", &second)], &Policy::default()), asked);
    check(&mut applied, &[("a", &second)], &Policy::default(), asked);
    check(&mut applied, &[("a", &second)], &Policy::default(), "nothing");
    // And under a definition that was well once.
    applied.pm2.edit("web", |record| drop(record.insert("kill_timeout".to_owned(), json!(7))));
    applied.pass_that(false, &[("a", &second)], &Policy::default());
    check(&mut applied, &[("a", &second)], &Policy::default(), asked);
    applied.inventory = applied.inventory.clone().under_another_daemon();
    check(&mut applied, &[("a", &second)], &Policy::default(), asked);
}
