//! Taking processes over: as they run where they run as declared, and never another than was taken over.

use serde_json::json;

use super::{Pm2Model, desired, plan, violations, words};
use crate::plan::{Action, Desired, Inventory, Policy};

const WEB: &str = r#"{:apps [{:name "web" :script "web.js" :env {:PORT 80}}]}"#;

/// PM2 in which somebody has started what a tree declares, from a shell with variables of its own.
fn started_by_hand(desired: &Desired) -> Pm2Model {
    let mut pm2 = Pm2Model::default();
    let policy = Policy::default();
    pm2.apply(&plan(desired, &pm2.observed(), &Inventory::default(), &policy));
    for app in desired.apps.keys() {
        pm2.edit(app.as_str(), |record| {
            for name in ["ECOSYSTEM_OWNER", "ECOSYSTEM_SOURCE", "ECOSYSTEM_DIGEST"] {
                record.remove(name);
                record["env"].as_object_mut().unwrap().remove(name);
            }
            record["env"]["SHELL_VARIABLE"] = json!("x");
        });
    }
    pm2
}

/// A tree, PM2, and what is known of what was applied.
struct Scene {
    desired: Desired,
    pm2: Pm2Model,
    inventory: Inventory,
}

impl Scene {
    fn of(text: &str) -> Self {
        let desired = desired(&[("a", text)]);
        let pm2 = started_by_hand(&desired);
        Self { desired, pm2, inventory: Inventory::default() }
    }

    /// Makes a pass; the plan in words.
    #[track_caller]
    fn pass(&mut self, policy: &Policy) -> String {
        let mut observed = self.pm2.observed();
        self.inventory.claim(&mut observed);
        let plan = plan(&self.desired, &observed, &self.inventory, policy);
        assert_eq!(violations(&plan, &self.desired, &observed, policy), []);
        let before = self.inventory.before(&self.desired);
        self.inventory = before.present(&self.desired, &observed).after(
            &self.desired,
            &observed,
            &plan,
            &vec![true; plan.steps.len()],
        );
        self.pm2.apply(&plan);
        words(&plan).trim().to_owned()
    }

    #[track_caller]
    fn check(&mut self, policy: &Policy, expected: &str) {
        assert_eq!(self.pass(policy), expected);
    }
}

fn adopt_all() -> Policy {
    Policy { adopt_all: true, ..Policy::default() }
}

const NOBODYS: &str = "! web: Conflict { owner: None }";

#[test]
fn what_runs_as_declared_is_not_touched() {
    let mut scene = Scene::of(WEB);
    scene.check(&Policy::default(), NOBODYS);
    let before = scene.pm2.observed();
    scene.check(&adopt_all(), "~ web adopt [0]: taken over");
    assert_eq!(scene.pm2.observed(), before);
    scene.check(&Policy::default(), "nothing");
    scene.check(&adopt_all(), "nothing");
    // What it is found to differ in afterwards is drift.
    scene.pm2.edit("web", |record| record["env"]["PORT"] = json!(81));
    let by_hand = "~ web restart [0]: env.PORT: \"81\" → \"80\" (changed outside the tree)";
    scene.check(&Policy::default(), by_hand);
    // That start has brought the stamp.
    assert!(scene.pm2.observed().processes[0].stamp().is_some());
    assert!(scene.inventory.apps["web"].adopted.is_empty());
    scene.check(&Policy::default(), "nothing");
    assert!(scene.inventory.apps["web"].adopted.is_empty());
}

/// A shell's variables, where others come from a file: they cannot have been lost with that.
#[test]
fn what_takes_from_a_file_is_taken_over_as_it_runs_too() {
    let mut scene = Scene::of(&WEB.replace(":env ", ":env-file \".env\" :env "));
    scene.check(&adopt_all(), "~ web adopt [0]: taken over");
    scene.check(&Policy::default(), "nothing");
}

#[test]
fn each_of_several_is_taken_over_as_itself() {
    let both = r#"{:apps [{:name "web" :script "web.js"} {:name "job" :script "job.js"}]}"#;
    let mut scene = Scene::of(both);
    scene.check(&adopt_all(), "~ job adopt [0]: taken over\n~ web adopt [1]: taken over");
    let claimed = ["job", "web"].map(|app| scene.inventory.apps[app].adopted[0].digest.clone());
    let declared = ["job", "web"].map(|app| scene.desired.apps[app].digest.to_string());
    assert_eq!(claimed, declared);
    scene.check(&Policy::default(), "nothing");
}

#[test]
fn a_new_definition_brings_the_stamp_and_a_clean_environment() {
    let mut scene = Scene::of(WEB);
    scene.pass(&adopt_all());
    scene.desired = desired(&[("a", &WEB.replace("80", "90"))]);
    let plan = scene.pass(&Policy::default());
    assert!(plan.starts_with("~ web restart [0]: env.PORT: \"80\" → \"90\""), "{plan}");
    assert!(plan.contains("env.SHELL_VARIABLE: removed"), "{plan}");
    scene.check(&Policy::default(), "nothing");
    assert!(!scene.pm2.observed().processes[0].is_unowned());
}

#[test]
fn what_differs_is_restarted_and_says_why() {
    let mut scene = Scene::of(WEB);
    scene.pm2.edit("web", |record| drop(record.insert("kill_timeout".to_owned(), json!(9))));
    let why = "~ web restart [0]: taken over | kill_timeout: 9 removed (PM2's own reload would keep it)";
    scene.check(&adopt_all(), why);
    scene.check(&Policy::default(), "nothing");
}

#[test]
fn another_process_is_never_taken_for_it() {
    let mut scene = Scene::of(WEB);
    scene.pass(&adopt_all());
    let adopted = scene.inventory.clone();
    // PM2 makes a new name for each start, be it under the same id.
    scene.pm2.edit("web", |record| record["env"]["unique_id"] = json!("another start"));
    scene.check(&Policy::default(), NOBODYS);
    // An app that is not declared any more is not deleted for a claim on a process that is gone.
    scene.inventory = adopted.clone();
    scene.desired = desired(&[("a", r#"{:apps [{:name "other" :script "o.js"}]}"#)]);
    scene.check(&Policy::default(), "+ other start []: not running");
    // Another daemon of PM2 knows nothing of what was taken over under this one.
    let mut scene = Scene::of(WEB);
    scene.inventory = adopted.under_another_daemon();
    scene.check(&Policy::default(), NOBODYS);
}

#[test]
fn what_was_taken_over_is_ours_when_it_goes() {
    let mut scene = Scene::of(WEB);
    scene.pass(&adopt_all());
    scene.desired = desired(&[("b", r#"{:apps [{:name "other" :script "o.js"}]}"#)]);
    scene.check(&Policy::default(), "- web delete [0]: no longer declared\n+ other start []: not running");
}

#[test]
fn instances_are_taken_over_one_by_one() {
    let two = r#"{:apps [{:name "web" :script "web.js" :instances 2}]}"#;
    let mut scene = Scene::of(two);
    scene.desired = desired(&[("a", &two.replace('2', "3"))]);
    scene.check(&adopt_all(), "~ web scale []: instances: 2 → 3 | taken over");
    assert_eq!(scene.inventory.apps["web"].adopted.len(), 2);
    scene.check(&Policy::default(), "nothing");
}

#[test]
fn all_means_what_nobody_owns() {
    let mut scene = Scene::of(WEB);
    scene.pm2.edit("web", |record| {
        for name in ["ECOSYSTEM_OWNER", "ECOSYSTEM_SOURCE", "ECOSYSTEM_DIGEST"] {
            record["env"][name] = json!("theirs");
        }
    });
    scene.check(&adopt_all(), "! web: Conflict { owner: Some(\"theirs\") }");
    let named = Policy { adopt: ["web".to_owned()].into(), ..Policy::default() };
    let plan = scene.pass(&named);
    assert!(plan.starts_with("~ web restart [0]: taken over"), "{plan}");
    scene.check(&Policy::default(), "nothing");
}

#[test]
fn what_is_saved_of_it_carries_the_stamp() {
    let mut scene = Scene::of(WEB);
    scene.pass(&adopt_all());
    let entry = |unique_id: &str| json!({ "pm_id": 0, "name": "web", "pm2_env": { "env": { "unique_id": unique_id, "A": "1" } } });
    let mut list = [entry("u"), entry("another")];
    scene.inventory.stamp_all(&mut list);
    assert_eq!(list[0]["pm2_env"]["env"]["ECOSYSTEM_OWNER"], json!("test"));
    assert_eq!(list[0]["pm2_env"]["env"]["ECOSYSTEM_SOURCE"], json!("a"));
    assert_eq!(list[1], entry("another"));
    // An action that has nothing to ask of PM2 names what it is about.
    assert_eq!(Action::Adopt(vec![0]).touched(), [0]);
}
