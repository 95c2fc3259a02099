//! The step that an author wants for changes.

use std::collections::BTreeSet;

use super::{Pm2Model, desired, synced, words};
use crate::plan::{Action, Inventory, Plan, Policy, Swap, plan, violations};
use crate::pm2::Attributes;

/// A tree with an app `web` of these members.
fn tree(members: &str) -> String {
    format!(r#"{{:apps [{{:name "web" :script "web.js" {members}}}]}}"#)
}

/// The plan for `after`, where PM2 has what `before` made it; applied, a second pass has nothing to do.
fn planned(before: &str, after: &str, policy: &Policy) -> String {
    let mut pm2 = synced(&[("a", &tree(before))]);
    let plan = listened(&pm2, &tree(after), policy, &[]);
    pm2.apply(&plan);
    let again = listened(&pm2, &tree(after), policy, &[]);
    assert!(again.is_empty(), "{}", words(&again));
    words(&plan).trim().to_owned()
}

/// The plan where each process listens on these ports.
fn listened(pm2: &Pm2Model, text: &str, policy: &Policy, ports: &[u16]) -> Plan {
    let desired = desired(&[("a", text)]);
    let mut observed = pm2.observed();
    let pids = observed.processes.iter().filter_map(|it| it.pid);
    observed.listening = pids.map(|pid| (pid, ports.iter().copied().collect::<BTreeSet<_>>())).collect();
    let plan = plan(&desired, &observed, &Inventory::default(), policy);
    assert_eq!(violations(&plan, &desired, &observed, policy), []);
    plan
}

/// What becomes of a change of an app whose `:on-change` is this.
#[track_caller]
fn check(choice: &str, before: &str, after: &str, expected: &str) {
    let plan = planned(before, &format!("{after} :on-change :{choice}"), &Policy::default());
    let first = plan.lines().next().unwrap_or_default();
    assert!(first.starts_with(expected), "{choice}: {before} → {after}: {plan}");
}

const RED: &str = ":env {:COLOR \"red\"}";
const BLUE: &str = ":env {:COLOR \"blue\"}";

fn cluster(members: &str) -> String {
    format!(":exec-mode \"cluster\" :instances 2 {members}")
}

#[test]
fn a_step_can_be_forced_where_it_takes_effect() {
    let (red, blue) = (cluster(RED), cluster(BLUE));
    check("reload", &red, &blue, "~ web reload [0, 1]");
    check("restart", &red, &blue, "~ web restart [0, 1]");
    check("replace", &red, &blue, "~ web replace [0, 1]");
    check("replace-after", &red, &blue, "~ web replace-after [0, 1]");
    check("restart", RED, BLUE, "~ web restart [0]");
    check("replace", RED, BLUE, "~ web replace [0]");
    check("replace-after", RED, BLUE, "~ web replace-after [0]");
}

#[test]
fn a_step_that_would_not_make_it_true_is_refused() {
    check(
        "reload",
        RED,
        BLUE,
        "! web: CannotTakeEffect { step: \"reload\", because: [\"only an app in cluster mode",
    );
    check(
        "reload",
        &cluster(RED),
        &cluster(&format!("{RED} :autostart false")),
        "! web: CannotTakeEffect { step: \"reload\", because: [\"autostart: true removed",
    );
    // All of what is in the way is told, and nothing else.
    let because = |status: &str, pids: &[u64], before: &str, after: &str| {
        let mut pm2 = synced(&[("a", &tree(&cluster(before)))]);
        pm2.edit("web", |record| drop(record.insert("status".to_owned(), status.into())));
        pm2.set_pids("web", pids);
        let after = tree(&format!("{} :on-change :reload", cluster(after)));
        words(&listened(&pm2, &after, &Policy::default(), &[])).trim().to_owned()
    };
    let cannot = |why: &str| format!("! web: CannotTakeEffect {{ step: \"reload\", because: [\"{why}\"] }}");
    let autostart = "autostart: true removed (PM2's own reload of a cluster would end PM2)";
    assert_eq!(because("online", &[7, 8], RED, &format!("{RED} :autostart false")), cannot(autostart));
    assert_eq!(because("online", &[7, 0], RED, BLUE), cannot("not all of its processes run"));
    let waits = |color: &str| format!("{color} :autostart false");
    for (status, pids, why) in [
        ("stopped", [0, 0], "not all of its processes run"),
        ("stopping", [7, 8], "not all of its processes run"),
        ("online", [7, 8], "it is not to be started by itself"),
    ] {
        assert_eq!(because(status, &pids, &waits(RED), &waits(BLUE)), cannot(why));
    }
    check(
        "restart",
        RED,
        &format!("{RED} :instance-var \"N\""),
        "! web: CannotTakeEffect { step: \"restart\", because: [\"instance_var: ",
    );
    // Who wants it done whatever it takes has it done.
    check("replace", RED, &format!("{RED} :instance-var \"N\""), "~ web replace [0]");
}

#[test]
fn what_is_to_be_kept_waits_until_somebody_says_so() {
    check("keep", RED, BLUE, "! web: KeptAsItIs([\"env.COLOR: \\\"red\\\" → \\\"blue\\\"\"])");
    // To move it is to change it: its processes are to carry another stamp.
    let kept = tree(&format!("{RED} :on-change :keep"));
    let moved = words(&listened(&synced(&[("b", &kept)]), &kept, &Policy::default(), &[]));
    assert_eq!(moved, "! web: KeptAsItIs([\"moved: b → a\"])\n");
    let policy = Policy { change: BTreeSet::from(["web".to_owned()]), ..Policy::default() };
    let plan = planned(RED, &format!("{BLUE} :on-change :keep"), &policy);
    assert!(plan.starts_with("~ web restart"), "{plan}");
}

/// What somebody else did is put right, and processes come and go, as ever.
#[test]
fn only_changes_of_the_definition_are_meant() {
    for choice in ["keep", "replace", "replace-after", "reload"] {
        let text = tree(&format!("{RED} :on-change :{choice}"));
        let mut pm2 = synced(&[("a", &text)]);
        pm2.edit("web", |record| drop(record.insert("status".to_owned(), "errored".into())));
        assert!(
            words(&listened(&pm2, &text, &Policy::default(), &[])).starts_with("~ web restart [0]: errored")
        );
        pm2.remove("web");
        assert!(words(&listened(&pm2, &text, &Policy::default(), &[])).starts_with("+ web start"));
    }
    check("keep", &cluster(RED), &cluster(RED).replace('2', "3"), "~ web scale");
    check("replace", &cluster(RED), &cluster(RED).replace('2', "1"), "~ web scale [1]");
}

fn swap_of(plan: &Plan) -> &Swap {
    let swap = plan.steps.iter().find_map(|step| match &step.action {
        Action::ReplaceAfter(swap) => Some(swap),
        _ => None,
    });
    swap.unwrap()
}

/// A pass that was ended in the middle has left both; the next one goes on with them, whichever has the lower ids.
#[test]
fn what_runs_beside_already_is_kept_and_the_others_go() {
    let new = tree(&format!("{BLUE} :instances 2 :exec-mode \"cluster\" :on-change :replace-after"));
    for started in 0..=2 {
        let mut pm2 = synced(&[("a", &tree(&cluster(RED)))]);
        let plan = listened(&pm2, &new, &Policy::default(), &[]);
        let swap = swap_of(&plan);
        if let Some(add) = swap.scaling.add.as_ref().filter(|_| started > 0) {
            let mut half = plan.clone();
            half.steps[0].action = Action::Start(add.with_instances(started));
            pm2.apply(&half);
        }
        let plan = listened(&pm2, &new, &Policy::default(), &[]);
        let swap = swap_of(&plan);
        let kept: Vec<u32> = (2..2 + started).collect();
        assert_eq!((&swap.scaling.remove, &swap.new), (&vec![0, 1], &kept));
        let missing = (started < 2).then_some(2 - started);
        assert_eq!(swap.scaling.add.as_ref().map(Attributes::instances), missing);
        pm2.apply(&plan);
        assert!(listened(&pm2, &new, &Policy::default(), &[]).is_empty());
    }
}

/// It matters on which ports they listen.
#[test]
fn what_may_get_a_new_one_beside_it_is_known() {
    let api = r#"{:apps [{:name "api" :script "api.js"}]}"#;
    let replaced = tree(":on-change :replace-after :instances 2 :exec-mode \"cluster\"");
    let tree = [("a", replaced.as_str()), ("b", api)];
    let observed = synced(&tree).observed();
    let web = observed.processes.iter().filter(|it| it.name == "web").filter_map(|it| it.pid);
    let web: BTreeSet<u32> = web.collect();
    assert_eq!((web.len(), observed.processes.len()), (2, 3));
    assert_eq!(desired(&tree).beside(&observed), web);
}

/// Whether both may run for a while, where the old one listens on these ports.
#[track_caller]
fn shares(before: &str, after: &str, ports: &[u16], expected: Option<u16>) {
    let pm2 = synced(&[("a", &tree(before))]);
    let plan =
        listened(&pm2, &tree(&format!("{after} :on-change :replace-after")), &Policy::default(), ports);
    let said = words(&plan);
    let expected = match expected {
        Some(port) => format!("! web: SharedPort({port})"),
        None => "~ web replace-after".to_owned(),
    };
    assert!(said.starts_with(&expected), "{before} → {after}: {said}");
}

#[test]
fn two_that_would_hold_one_port_do_not_run_together() {
    let port = |number: &str| format!(":env {{:PORT {number}}}");
    // By what is declared, listened on or not yet.
    shares(&port("8080"), &format!("{} :args \"x\"", port("8080")), &[], Some(8080));
    shares(&port("8080"), &port("8081"), &[], None);
    shares(&port("0"), &format!("{} :args \"x\"", port("0")), &[40123], None);
    shares(&port("0"), &port("8081"), &[40123], Some(40123));
    // By what the old one does.
    shares(RED, BLUE, &[3000], Some(3000));
    shares(&port("8080"), &port("8081"), &[8080], None);
    shares(&port("8080"), &port("8081"), &[8080, 9229], Some(9229));
    shares(":args \"--listen=127.0.0.1:8080\"", ":args \"--listen=127.0.0.1:8081\"", &[8080], None);
    shares(":args \"--listen=127.0.0.1:8080\"", ":args \"--listen=0.0.0.0:8080\"", &[8080], Some(8080));
    // PM2 shares the port of a cluster among its workers.
    shares(&cluster(&port("8080")), &cluster(&format!("{} :args \"x\"", port("8080"))), &[], None);
}
