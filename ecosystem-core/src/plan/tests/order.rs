//! What waits for what, and what is held for the sake of what it needs.

use std::collections::BTreeMap;

use super::{Desired, Inventory, Pm2Model, Policy, checked_with, desired, only, synced};
use crate::plan::{Action, Applied, Plan, Rest, Until, Violation, Wait, violations};

/// A daemon with one app of its own name, with these keys.
fn daemon(name: &str, keys: &str) -> (String, String) {
    (name.to_owned(), format!("{{:apps [{{:name \"{name}\" :script \"{name}.js\" {keys}}}]}}"))
}

/// A tree of such daemons.
fn tree(daemons: &[(&str, &str)]) -> Vec<(String, String)> {
    daemons.iter().map(|(name, keys)| daemon(name, keys)).collect()
}

fn declared(daemons: &[(String, String)]) -> Desired {
    let borrowed: Vec<(&str, &str)> = daemons.iter().map(|(id, text)| (id.as_str(), text.as_str())).collect();
    desired(&borrowed)
}

fn running(daemons: &[(String, String)]) -> Pm2Model {
    let borrowed: Vec<(&str, &str)> = daemons.iter().map(|(id, text)| (id.as_str(), text.as_str())).collect();
    synced(&borrowed)
}

/// A plan in short: steps with what they wait for, holds with why.
fn short(plan: &Plan) -> Vec<String> {
    let wait = |wait: &Wait| format!("{} {}", wait.app, wait.until.word());
    let steps = plan.steps.iter().map(|step| {
        let after: Vec<String> = step.after.iter().map(wait).collect();
        let after = if after.is_empty() { String::new() } else { format!(" after {}", after.join(", ")) };
        format!("{} {}{after}", step.action.symbol(), step.app)
    });
    let holds =
        plan.holds.iter().map(|hold| format!("! {} {}: {}", hold.app, hold.why.word(), hold.explain()));
    steps.chain(holds).collect()
}

#[track_caller]
fn check(desired: &Desired, pm2: &Pm2Model, policy: &Policy, expected: &[&str]) {
    assert_eq!(short(&checked_with(desired, pm2, &Inventory::default(), policy)), expected);
}

const CHAIN: &[(&str, &str)] = &[
    ("a-web", ":depends-on [\"m-api\"]"),
    ("m-api", ":depends-on [{:name \"z-db\" :condition :started}]"),
    ("z-db", ""),
    ("b", ""),
];

#[test]
fn what_is_needed_comes_first() {
    let nothing = Pm2Model::default();
    check(
        &declared(&tree(CHAIN)),
        &nothing,
        &Policy::default(),
        &["+ b", "+ z-db", "+ m-api after z-db started", "+ a-web after m-api healthy"],
    );
}

#[test]
fn what_needs_several_waits_for_all_of_them() {
    let keys = ":depends-on [\"b\" {:name \"c\" :condition :started}]";
    let desired = declared(&tree(&[("a", keys), ("b", ""), ("c", ":depends-on [\"b\"]")]));
    let expected = ["+ b", "+ c after b healthy", "+ a after b healthy, c started"];
    check(&desired, &Pm2Model::default(), &Policy::default(), &expected);
    let plan = checked_with(&desired, &Pm2Model::default(), &Inventory::default(), &Policy::default());
    let waits: Vec<String> = plan.steps.iter().map(|step| step.waits().unwrap_or_default()).collect();
    assert_eq!(waits, ["", "after b is healthy", "after b is healthy, c is started"]);
}

#[test]
fn what_is_in_sync_is_not_waited_for() {
    let mut pm2 = running(&tree(CHAIN));
    pm2.remove("a-web");
    check(&declared(&tree(CHAIN)), &pm2, &Policy::default(), &["+ a-web"]);
    let mut changed = CHAIN.to_vec();
    changed[2].1 = ":args [\"x\"]";
    changed[0].1 = ":args [\"x\"] :depends-on [\"m-api\" \"z-db\"]";
    pm2 = running(&tree(CHAIN));
    check(&declared(&tree(&changed)), &pm2, &Policy::default(), &["~ z-db", "~ a-web after z-db healthy"]);
}

#[test]
fn a_fault_holds_what_is_behind_it_each_with_its_own_cause() {
    let mut pm2 = Pm2Model::default();
    pm2.start_foreign("z-db");
    let conflict = "! z-db conflict: running, but not ours (no owner stamp); `--adopt z-db` takes it over";
    check(
        &declared(&tree(CHAIN)),
        &pm2,
        &Policy::default(),
        &[
            "+ b",
            "! a-web dependency: depends on m-api, which is held itself (dependency)",
            "! m-api dependency: depends on z-db, which is held itself (conflict)",
            conflict,
        ],
    );
    // What runs as declared is let run.
    pm2 = running(&tree(CHAIN));
    pm2.remove("z-db");
    pm2.remove("a-web");
    pm2.start_foreign("z-db");
    check(&declared(&tree(CHAIN)), &pm2, &Policy::default(), &["+ a-web", conflict]);
}

/// Only what was put back runs as it did before: what is put right does not come to need less.
#[test]
fn a_fault_holds_what_somebody_deleted_too() {
    let desired = declared(&tree(CHAIN));
    let plan = checked_with(&desired, &Pm2Model::default(), &Inventory::default(), &Policy::default());
    let inventory = Inventory::default().after(&desired, &crate::Observed::default(), &plan, &[true; 4]);
    let mut pm2 = running(&tree(CHAIN));
    pm2.remove("m-api");
    pm2.remove("z-db");
    pm2.start_foreign("z-db");
    let plan = checked_with(&desired, &pm2, &inventory, &Policy::default());
    assert_eq!(
        short(&plan),
        [
            "! m-api dependency: depends on z-db, which is held itself (conflict)",
            "! z-db conflict: running, but not ours (no owner stamp); `--adopt z-db` takes it over",
        ]
    );
}

#[test]
fn a_hold_that_somebody_wants_holds_nothing_else() {
    let mut pm2 = running(&tree(CHAIN));
    pm2.edit("z-db", |record| drop(record.insert("status".to_owned(), "stopped".into())));
    pm2.remove("m-api");
    let policy = Policy { stopped: crate::plan::Stopped::Hold, ..Policy::default() };
    check(&declared(&tree(CHAIN)), &pm2, &policy, &["+ m-api", "! z-db held: stopped by hand"]);
}

#[test]
fn what_a_broken_source_keeps_running_may_be_needed() {
    let mut broken = tree(CHAIN);
    broken[2].1 = "{:apps [{:name \"z-db\"".to_owned();
    let mut pm2 = running(&tree(CHAIN));
    pm2.remove("m-api");
    let kept = "! z-db broken: z-db/ecosystem.edn has errors: it stays as it is";
    check(&declared(&broken), &pm2, &Policy::default(), &["+ m-api", kept]);
    pm2.remove("z-db");
    check(
        &declared(&broken),
        &pm2,
        &Policy::default(),
        &["! m-api dependency: depends on z-db, which does not run"],
    );
}

#[test]
fn what_is_out_of_scope_must_run() {
    let part = Policy { only: only(&["m-api"]), ..Policy::default() };
    let not_running = "! m-api dependency: depends on z-db, which does not run";
    check(&declared(&tree(CHAIN)), &Pm2Model::default(), &part, &[not_running]);
    let mut pm2 = running(&tree(CHAIN));
    pm2.remove("m-api");
    check(&declared(&tree(CHAIN)), &pm2, &part, &["+ m-api"]);
    // What has ended by itself has done its work only if that was all it was to do, and went well.
    for (keys, code, expected) in [
        ("", 0, not_running),
        (":autorestart false", 0, "+ m-api"),
        (":autorestart false", 1, not_running),
        (":stop-exit-codes [1]", 1, "+ m-api"),
    ] {
        let mut daemons = CHAIN.to_vec();
        daemons[2].1 = keys;
        let mut pm2 = running(&tree(&daemons));
        pm2.remove("m-api");
        pm2.edit("z-db", |record| {
            record.insert("status".to_owned(), "stopped".into());
            record.insert("exit_code".to_owned(), code.into());
        });
        check(&declared(&tree(&daemons)), &pm2, &part, &[expected]);
    }
}

/// What crashes again and again is online for a moment each time.
#[test]
fn what_failed_a_moment_ago_is_not_relied_on() {
    let desired = declared(&tree(CHAIN));
    let mut pm2 = running(&tree(CHAIN));
    pm2.remove("m-api");
    let definition = desired.apps["z-db"].attributes.clone().unwrap();
    let resting = |given_up| {
        let rest = Rest { definition: definition.clone(), tries: 1, given_up };
        Policy { resting: BTreeMap::from([("z-db".to_owned(), rest)]), ..Policy::default() }
    };
    let held = "! m-api dependency: depends on z-db, which failed a moment ago and has yet to stay up";
    check(&desired, &pm2, &resting(false), &[held]);
    // There will be no further look at it for that reason.
    check(&desired, &pm2, &resting(true), &["+ m-api"]);
}

/// Without a watcher that knows of its tries, PM2's own count tells.
#[test]
fn what_has_crashed_must_stay_up_before_it_is_relied_on() {
    let desired = declared(&tree(CHAIN));
    let mut pm2 = running(&tree(CHAIN));
    pm2.remove("m-api");
    let held = "! m-api dependency: depends on z-db, which failed a moment ago and has yet to stay up";
    // The last one was started before the clock was set back: it would be held until that time comes again.
    let cases = [(0, 9_500, "+ m-api"), (1, 9_500, held), (1, 9_000, "+ m-api"), (1, 90_000_000, "+ m-api")];
    for (crashes, started, expected) in cases {
        pm2.at = Some(10_000);
        pm2.edit("z-db", |record| {
            record.insert("unstable_restarts".to_owned(), crashes.into());
            record.insert("pm_uptime".to_owned(), started.into());
        });
        check(&desired, &pm2, &Policy::default(), &[expected]);
    }
}

/// PM2 is not to start it again, so it is as declared.
#[test]
fn a_job_must_have_ended_well() {
    let daemons =
        tree(&[("web", ":depends-on [\"job\"]"), ("job", ":autorestart false :stop-exit-codes [4]")]);
    for (code, expected) in
        [(0, "+ web"), (4, "+ web"), (3, "! web dependency: depends on job, which ended with exit code 3")]
    {
        let mut pm2 = running(&daemons);
        pm2.remove("web");
        pm2.edit("job", |record| {
            record.insert("status".to_owned(), "stopped".into());
            record.insert("exit_code".to_owned(), code.into());
        });
        check(&declared(&daemons), &pm2, &Policy::default(), &[expected]);
    }
    // One that is not to be started is not waited for.
    let daemons = tree(&[("web", ":depends-on [\"job\"]"), ("job", ":autostart false")]);
    let mut pm2 = running(&daemons);
    pm2.remove("web");
    check(&declared(&daemons), &pm2, &Policy::default(), &["+ web"]);
}

#[test]
fn nothing_waits_for_the_process_that_runs_us() {
    let daemons = [("own", ":args [\"x\"]"), ("web", ":depends-on [\"own\"]")];
    let pm2 = running(&tree(&[("own", "")]));
    let pid = pm2.observed().processes[0].pid.unwrap();
    let policy = Policy { own_pids: [pid].into(), ..Policy::default() };
    check(&declared(&tree(&daemons)), &pm2, &policy, &["+ web", "~ own"]);
    let daemons = [("own", ":args [\"x\"] :depends-on [\"web\"]"), ("web", "")];
    check(&declared(&tree(&daemons)), &pm2, &policy, &["+ web", "~ own after web healthy"]);
}

fn applied(needs: &[(&str, &[&str])]) -> Inventory {
    let app = |(name, needs): &(&str, &[&str])| {
        let depends_on = needs.iter().map(ToString::to_string).collect();
        ((*name).to_owned(), Applied { depends_on, ..Applied::default() })
    };
    Inventory { apps: needs.iter().map(app).collect(), ..Inventory::default() }
}

#[test]
fn deletions_go_the_other_way_round() {
    let pm2 = running(&tree(CHAIN));
    let policy = Policy { allow_mass_delete: true, ..Policy::default() };
    let check = |inventory: &Inventory, expected: &[&str]| {
        assert_eq!(short(&checked_with(&declared(&[]), &pm2, inventory, &policy)), expected);
    };
    check(
        &applied(&[("a-web", &["m-api"]), ("m-api", &["z-db", "b"])]),
        &["- a-web", "- m-api after a-web gone", "- b after m-api gone", "- z-db after m-api gone"],
    );
    // Applied one after the other, and never at the same time.
    check(
        &applied(&[("a-web", &["m-api"]), ("m-api", &["a-web"])]),
        &["- b", "- z-db", "- a-web", "- m-api after a-web gone"],
    );
    // Neither itself nor what stays is waited for.
    check(&applied(&[("a-web", &["a-web", "gone"])]), &["- a-web", "- b", "- m-api", "- z-db"]);
}

#[test]
fn what_was_needed_is_remembered_and_nothing_where_nothing_was() {
    let desired = declared(&tree(CHAIN));
    let plan = checked_with(&desired, &Pm2Model::default(), &Inventory::default(), &Policy::default());
    let inventory = Inventory::default().after(&desired, &crate::Observed::default(), &plan, &[true; 4]);
    let apps = serde_json::to_value(&inventory).unwrap()["apps"].clone();
    assert_eq!(apps["a-web"]["depends_on"], serde_json::json!(["m-api"]));
    assert!(apps["b"].get("depends_on").is_none() && apps["b"].get("generation").is_none());
    let old = serde_json::json!({ "apps": { "b": { "daemon": "b", "digest": "d", "instances": 1 } } });
    let mut old = serde_json::from_value::<Inventory>(old).unwrap();
    assert!(old.apps["b"].depends_on.is_empty());
    old.apps.get_mut("b").unwrap().generation = 7;
    assert_eq!(serde_json::to_value(&old).unwrap()["apps"]["b"]["generation"], 7);
}

/// What it did under another definition says nothing of this one.
#[test]
fn what_waits_to_be_started_by_hand_has_not_ended_badly() {
    let daemons = tree(&[("a-web", ":depends-on [\"z-db\"]"), ("z-db", ":autostart false")]);
    let mut pm2 = running(&daemons);
    pm2.remove("a-web");
    pm2.edit("z-db", |record| drop(record.insert("exit_code".to_owned(), 1.into())));
    check(&declared(&daemons), &pm2, &Policy::default(), &["+ a-web"]);
}

/// The rules about waits see what breaks them.
#[test]
fn a_plan_that_waits_wrongly_is_seen() {
    let (desired, pm2) = (declared(&tree(CHAIN)), Pm2Model::default());
    let good = checked_with(&desired, &pm2, &Inventory::default(), &Policy::default());
    let seen = |change: &dyn Fn(&mut Plan)| {
        let mut plan = good.clone();
        change(&mut plan);
        violations(&plan, &desired, &pm2.observed(), &Policy::default())
    };
    let in_vain = |app: &str, awaited: &str| Violation::WaitsInVain {
        app: app.to_owned(),
        awaited: awaited.to_owned(),
    };
    assert_eq!(seen(&|plan| plan.steps.swap(1, 2)), [in_vain("m-api", "z-db")]);
    let itself = Wait { app: "b".to_owned(), until: Until::Healthy };
    assert_eq!(seen(&|plan| plan.steps[0].after.push(itself.clone())), [in_vain("b", "b")]);
    let early = Violation::TooEarly { app: "a-web".to_owned(), needed: "m-api".to_owned() };
    assert_eq!(seen(&|plan| plan.steps[3].after.clear()), [early]);
    assert!(good.steps.iter().all(|step| matches!(step.action, Action::Start(_))));
}
