//! Apps that run as declared and have failed their liveness probe.

use super::{Pm2Model, Policy, checked, checked_with, desired, synced, words};
use crate::plan::{Drift, Illness, Inventory, Rest};

/// Two workers, and what a tree says of them.
fn web(keys: &str) -> String {
    format!("{{:apps [{{:name \"web\" :script \"web.js\" :exec_mode \"cluster\" :instances 2 {keys}}}]}}")
}

fn ill(pids: Option<&[u32]>) -> Policy {
    let illness =
        Illness { pids: pids.map(|pids| pids.iter().copied().collect()), problem: "it hangs".to_owned() };
    Policy { ill: [("web".to_owned(), illness)].into(), ..Policy::default() }
}

/// PM2 with the tree applied, each process as one of these.
fn running(tree: &str, pids: &[u64]) -> Pm2Model {
    let mut pm2 = synced(&[("a", tree)]);
    pm2.set_pids("web", pids);
    pm2
}

/// The plan, where the app was applied before.
fn check(keys: &str, pids: &[u64], policy: &Policy, expected: &str) {
    let (tree, pm2) = (web(keys), running(&web(keys), pids));
    let desired = desired(&[("a", &tree)]);
    let nothing = checked(&desired, &pm2, &Policy::default());
    let inventory = Inventory::default().after(&desired, &pm2.observed(), &nothing, &[]);
    assert_eq!(words(&checked_with(&desired, &pm2, &inventory, policy)).trim(), expected);
}

const RESTART: &str = "~ web restart [0, 1]: not alive: it hangs";

#[test]
fn it_is_restarted_where_the_very_processes_run_that_were_asked() {
    check("", &[7, 8], &ill(Some(&[7, 8])), RESTART);
    check("", &[7, 9], &ill(Some(&[7, 8])), "nothing");
    check("", &[7, 8], &ill(Some(&[7])), "nothing");
    check("", &[7, 8], &ill(Some(&[])), "nothing");
    check("", &[7, 0], &ill(Some(&[7])), "~ web restart [1]: PM2 says online, but there is no process");
}

/// After a restart that did not cure it, whatever runs is ill until it is known to be well.
#[test]
fn it_is_restarted_again_where_that_did_not_help() {
    let (tree, pm2) = (web(":readiness-probe {:tcp 1}"), running(&web(""), &[7, 8]));
    let desired = desired(&[("a", &tree)]);
    assert_eq!(words(&checked(&desired, &pm2, &ill(None))).trim(), RESTART);
    check("", &[7, 8], &ill(None), "nothing");
}

/// PM2 numbers instances only as it starts them.
#[test]
fn it_is_started_anew_where_pm2_cannot_do_with_less() {
    check(
        ":increment_var \"N\" :env {:N 1}",
        &[7, 8],
        &ill(Some(&[7, 8])),
        "~ web replace [0, 1]: not alive: it hangs",
    );
}

#[test]
fn it_is_left_alone_where_that_is_asked_for_or_did_not_help() {
    let policy = Policy { drift: Drift::Hold, ..ill(Some(&[7, 8])) };
    check("", &[7, 8], &policy, "! web: NotAlive { problem: \"it hangs\", tried: None }");
    let tree = web("");
    let definition = desired(&[("a", &tree)]).apps["web"].attributes.clone().unwrap();
    let rest = Rest { definition, tries: 8, given_up: true };
    let policy = Policy { resting: [("web".to_owned(), rest)].into(), ..ill(Some(&[7, 8])) };
    check(
        "",
        &[7, 8],
        &policy,
        "! web: NotAlive { problem: \"it hangs\", tried: Some(Tried { tries: 8, given_up: true }) }",
    );
}

/// A change of the tree is made whatever it answers, and is no drift.
#[test]
fn what_is_to_be_changed_is_changed() {
    let pm2 = running(&web(""), &[7, 8]);
    let edited = web(":env {:A 1}");
    let plan = checked(&desired(&[("a", &edited)]), &pm2, &ill(Some(&[7, 8])));
    assert_eq!(words(&plan).trim(), "~ web reload [0, 1]: env.A: set to \"1\"");
    assert!(!plan.steps[0].is_drift());
}
