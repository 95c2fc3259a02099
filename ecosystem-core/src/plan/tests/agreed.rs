//! Plans that were agreed to: what has changed since is told, and nothing else is.

use std::collections::BTreeSet;

use proptest::prelude::*;
use serde_json::json;

use super::laws::random_tree;
use super::{Pm2Model, checked, machine, synced};
use crate::compile;
use crate::diagnostic::Source;
use crate::model::{CommandLine, Probe, Prune, Way};
use crate::plan::agreed::{Agreed, Asked, Grounds, NotAPlan, Work};
use crate::plan::{Action, Desired, Policy, Scaling, Step, Swap, Update};
use crate::pm2::Attributes;

/// A tree, the env file that its apps take something from, and PM2.
#[derive(Clone)]
struct Scene {
    tree: Vec<(String, String)>,
    env_file: &'static str,
    pm2: Pm2Model,
}

const WEB: &str = r#"{:name "web" :script "web.js" :env_file ".env" :env {:TOKEN "hush"}}"#;
const API: &str = r#"{:name "api" :script "api.js"}"#;

impl Scene {
    /// PM2 runs these apps, and the tree is about to say something else.
    fn of(running: &[&str], declared: &[&str]) -> Self {
        let tree = |apps: &[&str]| format!("{{:apps [{}]}}", apps.join(" "));
        let pm2 = synced(&[("a", &tree(running))]);
        let mut scene = Self { tree: Vec::new(), env_file: "FROM_FILE=1", pm2 };
        scene.declare(&tree(declared));
        scene
    }

    fn declare(&mut self, text: &str) {
        self.tree = vec![("a".to_owned(), text.to_owned())];
    }

    /// Writes something else in the tree.
    fn edit(&mut self, from: &str, to: &str) {
        let text = self.tree[0].1.clone();
        assert!(text.contains(from), "{text}");
        self.declare(&text.replace(from, to));
    }

    fn desired(&self) -> Desired {
        let source =
            |(id, text): &(String, String)| Source::new(format!("{id}/ecosystem.edn"), text.as_str());
        let sources: Vec<Source> = self.tree.iter().map(source).collect();
        let ecosystem = compile(&sources).output;
        let mut machine = machine(&ecosystem);
        machine.env_files.values_mut().for_each(|text| *text = Ok(Some(self.env_file.to_owned())));
        Desired::new(&ecosystem, &machine)
    }

    fn steps(&self) -> Vec<Step> {
        checked(&self.desired(), &self.pm2, &Policy::default()).steps
    }

    fn work(&self) -> Work {
        let desired = self.desired();
        Work::of(&desired, &self.pm2.observed(), &checked(&desired, &self.pm2, &Policy::default()))
    }
}

/// Agrees to the plan of a scene, changes that, and compares.
#[track_caller]
fn check(scene: &Scene, change: impl FnOnce(&mut Scene), expected: &[&str]) {
    let agreed = scene.work();
    assert_eq!(agreed.differences(&scene.work()), [""; 0]);
    let mut now = scene.clone();
    change(&mut now);
    assert_eq!(agreed.differences(&now.work()), expected);
}

fn web_with(more: &str) -> String {
    WEB.replace("}}", &format!("}} {more}}}"))
}

#[test]
fn another_step_or_another_reason() {
    let restart = Scene::of(&[WEB, API], &[&web_with(":kill_timeout 5"), API]);
    check(
        &restart,
        |now| now.edit(":kill_timeout 5", ":kill_timeout 6"),
        &[
            "web: was to be restarted (kill_timeout: set to 5), is to be restarted now (kill_timeout: set to 6)",
        ],
    );
    check(
        &restart,
        |now| now.edit(":kill_timeout 5", ":watch true"),
        &[
            "web: was to be restarted (kill_timeout: set to 5), is to be replaced now (watch: set to true (PM2's own \
           reload would not set it))",
        ],
    );
    check(
        &restart,
        |now| now.edit(" :kill_timeout 5", ""),
        &["web: was to be restarted (kill_timeout: set to 5), nothing is to be done now"],
    );
    check(
        &restart,
        |now| now.edit("api.js", "other.js"),
        &[
            "api: nothing was to be done, is to be restarted now (script: \"/base/api.js\" → \"/base/other.js\" \
           (PM2's own reload would keep the old one))",
        ],
    );
    check(
        &restart,
        |now| now.pm2.remove("api"),
        &["api: nothing was to be done, is to be started now (not running)"],
    );
    check(
        &restart,
        |now| now.edit(API, ""),
        &["api: nothing was to be done, is to be deleted now (no longer declared)"],
    );
}

#[test]
fn a_plan_of_nothing() {
    let nothing = Scene::of(&[WEB], &[WEB]);
    assert_eq!(nothing.work(), Work::default());
    check(
        &nothing,
        |now| now.pm2.edit("web", |record| drop(record.insert("restart_time".into(), json!(9)))),
        &[],
    );
    check(
        &nothing,
        |now| now.pm2.remove("web"),
        &["web: nothing was to be done, is to be started now (not running)"],
    );
}

#[test]
fn an_app_that_is_left_alone() {
    let mut taken = Scene::of(&[WEB], &[WEB, API]);
    taken.pm2.start_foreign("api");
    check(
        &taken,
        |now| now.pm2.remove("api"),
        &[
            "api: was to be left alone (running, but not ours (no owner stamp); `--adopt api` takes it over), is to be \
           started now (not running)",
        ],
    );
    check(&taken, |now| now.edit("api.js", "other.js"), &[]);
    let mut behind = Scene::of(&[WEB], &[WEB, r#"{:name "db" :script "d.js" :depends-on ["api"]}"#, API]);
    behind.pm2.start_foreign("api");
    check(
        &behind,
        |now| now.pm2.start_foreign("db"),
        &[
            "db: was to be left alone (depends on api, which is held itself (conflict)), is to be left alone now \
           (running, but not ours (no owner stamp); `--adopt db` takes it over)",
        ],
    );
    let free = Scene::of(&[WEB], &[WEB, API]);
    check(
        &free,
        |now| now.pm2.start_foreign("api"),
        &[
            "api: was to be started (not running), is to be left alone now (running, but not ours (no owner stamp); \
           `--adopt api` takes it over)",
        ],
    );
    check(
        &free,
        |now| now.declare("{:apps [}"),
        &[
            "api: was to be started (not running), nothing is to be done now",
            "web: nothing was to be done, is to be left alone now (a/ecosystem.edn has errors: it stays as it is)",
        ],
    );
}

#[test]
fn a_process_that_is_not_the_same() {
    let restart = Scene::of(&[WEB], &[&web_with(":kill_timeout 5")]);
    let again =
        |now: &mut Scene| now.pm2.edit("web", |record| drop(record.insert("restart_time".into(), json!(1))));
    check(&restart, again, &["web: process 0 (pid 100) has been restarted since, and is pid 1 now"]);
    // Somebody has deleted it and started it anew.
    let mut anew = restart.clone();
    anew.pm2.remove("web");
    let started = Scene { tree: Scene::of(&[WEB], &[WEB]).tree, ..anew.clone() };
    anew.pm2.apply(&checked(&started.desired(), &started.pm2, &Policy::default()));
    check(
        &restart,
        |now| now.pm2 = anew.pm2,
        &[
            "web: process 0 (pid 100) is gone, or is to be left alone now",
            "web: process 1 (pid 101) has come, or was to be left alone",
        ],
    );
    let ended = |now: &mut Scene| {
        now.pm2.edit("web", |record| drop(record.insert("status".into(), json!("stopped"))));
    };
    check(&Scene::of(&[API, WEB], &[API]), ended, &["web: process 1 (pid 101) has ended since"]);
    let mut stopped = Scene::of(&[API, WEB], &[API]);
    ended(&mut stopped);
    let started = |now: &mut Scene| {
        now.pm2.edit("web", |record| drop(record.insert("status".into(), json!("online"))));
    };
    check(&stopped, started, &["web: process 1 has been started since, as pid 1"]);
    check(&stopped, again, &["web: process 1 has been started since, and has ended again"]);
}

#[test]
fn restarts_that_are_counted_anew_are_no_restart() {
    let mut restart = Scene::of(&[WEB], &[&web_with(":kill_timeout 5")]);
    let count = |scene: &mut Scene, times: u32| {
        scene.pm2.edit("web", |record| drop(record.insert("restart_time".into(), json!(times))));
    };
    count(&mut restart, 7);
    check(&restart, |now| count(now, 0), &[]);
    check(
        &restart,
        |now| count(now, 8),
        &["web: process 0 (pid 1) has been restarted since, and is pid 1 now"],
    );
}

#[test]
fn what_is_not_shown() {
    let unseen = "web: what it takes from env files, the environment or this machine has changed";
    let start = Scene::of(&[], &[WEB]);
    check(&start, |now| now.env_file = "FROM_FILE=2", &[unseen]);
    check(&start, |now| now.edit("hush", "quiet"), &["web: its definition has been changed"]);
    check(&start, |now| now.edit("web.js", "x.js"), &["web: its definition has been changed"]);
    check(
        &start,
        |now| now.edit("}}", "} :instances 2}"),
        &["web: it is to have 2 processes now, and was to have 1"],
    );
    check(
        &start,
        |now| now.edit("}}", "} :readiness-probe {:tcp 80}}"),
        &["web: its probes have been changed"],
    );
    let probed = Scene::of(&[], &[&web_with(":readiness-probe {:tcp 80}")]);
    check(&probed, |now| now.edit("80", "81"), &["web: its probes have been changed"]);
    check(&start, |now| now.edit("}}", "} :description \"x\"}"), &[]);
    let text = WEB.replace("{:TOKEN \"hush\"}", "{:B 2 :TOKEN \"hush\"}");
    let start = Scene::of(&[], &[&text]);
    check(&start, |now| now.edit("{:B 2 :TOKEN \"hush\"}", "{:TOKEN \"hush\" ; comment\n :B 2}"), &[]);
    check(
        &start,
        |now| now.edit(":name \"web\" :script \"web.js\"", ":script \"web.js\", :name \"web\""),
        &[],
    );
    // A masked secret changes, and then changes once more.
    let restart = Scene::of(&[WEB], &[&WEB.replace("hush", "quiet")]);
    assert!(restart.work().steps[0].reasons[0].contains("•••"));
    check(&restart, |now| now.edit("quiet", "silent"), &["web: its definition has been changed"]);
    check(
        &restart,
        |now| now.env_file = "FROM_FILE=1\nB=1",
        &["web: was to be restarted (env.TOKEN: ••• → •••), is to \
        be restarted now (env.B: set to •••; env.TOKEN: ••• → •••)"],
    );
}

/// PM2's own word for a process is kept over a restart, and is no reason for one.
#[test]
fn what_pm2_has() {
    let known_as = |scene: &mut Scene, id: &str| {
        scene.pm2.edit("web", |record| record["env"]["unique_id"] = json!(id));
    };
    let mut restart = Scene::of(&[WEB], &[&web_with(":kill_timeout 5")]);
    known_as(&mut restart, "u");
    check(&restart, |now| known_as(now, "v"), &["web: what PM2 has of it has changed"]);
}

#[test]
fn another_daemon_and_another_order() {
    let start = Scene::of(&[], &[WEB, API]);
    check(
        &start,
        |now| now.edit("}}", "} :depends-on [\"api\"]}"),
        &["web: was to wait for nothing, is to wait until api is healthy now"],
    );
    let moved = |now: &mut Scene| now.tree[0].0 = "b".to_owned();
    check(&Scene::of(&[], &[API]), moved, &["api: its definition stands in b now, and stood in a"]);
}

fn grounds() -> Grounds {
    Grounds {
        program: "0.1.0".to_owned(),
        root: "/tree".to_owned(),
        base: "/".to_owned(),
        owner: "mine".to_owned(),
        profile: None,
        pm2_home: "/home/.pm2".to_owned(),
        pm2_version: Some("7.0.4".to_owned()),
        pm2_started_at: 1,
    }
}

#[test]
fn other_grounds() {
    let check = |change: fn(&mut Grounds), expected: &[&str]| {
        let mut now = grounds();
        change(&mut now);
        assert_eq!(grounds().differences(&now), expected);
    };
    check(|_| (), &[]);
    check(|now| now.program = "0.2.0".into(), &["this program's version is 0.2.0, and was 0.1.0"]);
    check(|now| now.root = "/other".into(), &["the tree is /other, and was /tree"]);
    check(|now| now.base = "/b".into(), &["the tree's base is /b, and was /"]);
    check(|now| now.owner = "theirs".into(), &["the tree's owner is theirs, and was mine"]);
    check(|now| now.profile = Some("dev".into()), &["the profile is dev, and was none"]);
    check(|now| now.pm2_started_at = 2, &["PM2 has been started anew"]);
    check(|now| now.pm2_started_at = 0, &["PM2 does not run any more"]);
    let other_home = |now: &mut Grounds| {
        now.pm2_home = "/x".into();
        now.pm2_started_at = 2;
    };
    check(other_home, &["PM2's home is /x, and was /home/.pm2"]);
    // Where it was not up, it has to be started before anything can be done.
    let down = Grounds { pm2_started_at: 0, ..grounds() };
    assert_eq!(down.differences(&grounds()), [""; 0]);
}

#[test]
fn what_was_asked_for_comes_back() {
    let policy = Policy {
        only: super::only(&["a", "b/c"]),
        adopt: BTreeSet::from(["web".to_owned()]),
        adopt_all: true,
        change: BTreeSet::from(["api".to_owned()]),
        allow_mass_delete: true,
        prune: Some(Prune::Confirm),
        own_pids: BTreeSet::from([1]),
        retry: true,
        ..Policy::default()
    };
    for policy in [policy, Policy { retry: true, ..Policy::default() }] {
        assert_eq!(Asked::of(&policy).policy(policy.own_pids.clone()), policy);
    }
}

#[test]
fn an_agreed_plan_as_it_is_kept() {
    let mut scene =
        Scene::of(&[WEB, API], &[&WEB.replace("hush", "quiet"), r#"{:name "new" :script "n.js"}"#]);
    scene.pm2.start_foreign("new");
    let agreed = agreed(scene.work());
    let text = agreed.text().unwrap();
    assert!(!text.contains("hush") && !text.contains("quiet"), "{text}");
    insta::assert_snapshot!(text);
    assert_eq!(Agreed::read(text.as_bytes()), Ok(agreed));
    assert_eq!(Agreed::read(b"{}"), Err(NotAPlan::SomethingElse));
    let later = text.replacen(": 1,", ": 99,", 1);
    assert_eq!(Agreed::read(later.as_bytes()), Err(NotAPlan::OtherForm("99".to_owned())));
}

fn agreed(work: Work) -> Agreed {
    Agreed::new("2026-01-02T03:04:05Z".to_owned(), grounds(), Asked::default(), work)
}

/// Actions that differ in one thing each.
fn actions() -> Vec<Action> {
    let attributes = |text: &str| -> Attributes {
        let desired = super::desired(&[("a", &format!("{{:apps [{text}]}}"))]);
        desired.apps.into_values().next().unwrap().attributes.unwrap()
    };
    let (app, other) = (attributes(WEB), attributes(&WEB.replace("hush", "quiet")));
    let add = |app: &Attributes| Scaling { remove: Vec::new(), add: Some(app.clone()) };
    let remove = |ids: &[u32]| Scaling { remove: ids.to_vec(), add: None };
    let update = Update { pm_id: 1, conf: serde_json::Map::new(), unwatch: false, app: app.clone() };
    let updates = [
        update.clone(),
        Update { pm_id: 2, ..update.clone() },
        Update { conf: json!({"A": "1"}).as_object().unwrap().clone(), ..update.clone() },
        Update { unwatch: true, ..update.clone() },
        Update { app: other.clone(), ..update },
    ];
    let scalings = [Scaling::default(), add(&app), add(&other), remove(&[1]), remove(&[1, 2])];
    let mut actions = vec![Action::Start(app.clone()), Action::Start(other.clone())];
    for ids in [vec![1], vec![2], vec![1, 2]] {
        actions.extend([Action::Adopt(ids.clone()), Action::Delete(ids.clone())]);
        for app in [&app, &other] {
            actions
                .extend([Action::Ask(ids.clone(), app.clone()), Action::Replace(ids.clone(), app.clone())]);
        }
    }
    for scaling in scalings {
        actions.push(Action::Scale(scaling.clone()));
        for (new, app) in [(vec![], &app), (vec![3], &app), (vec![], &other)] {
            let swap = Swap { scaling: scaling.clone(), new, app: app.clone() };
            actions.push(Action::ReplaceAfter(swap));
        }
        for update in &updates {
            let updates = vec![update.clone()];
            actions.push(Action::Reload(updates.clone(), scaling.clone()));
            actions.push(Action::Restart(updates, scaling.clone()));
        }
    }
    actions
}

fn probes() -> Vec<Probe> {
    let second = std::time::Duration::from_secs(1);
    let probe = Probe::new(Way::Log { contains: "up".to_owned() });
    let of = |way: Way| Probe { way, ..probe.clone() };
    vec![
        Probe { timeout: second * 9, ..probe.clone() },
        Probe { interval: second * 9, ..probe.clone() },
        Probe { initial_delay: second * 9, ..probe.clone() },
        Probe { retries: 9, ..probe.clone() },
        of(Way::Log { contains: "on".to_owned() }),
        of(Way::HttpGet { url: "http://h".to_owned() }),
        of(Way::Tcp { host: "h".to_owned(), port: 1 }),
        of(Way::Tcp { host: "h".to_owned(), port: 2 }),
        of(Way::Exec(CommandLine::Shell("a".to_owned()))),
        of(Way::Exec(CommandLine::Words(vec!["a".to_owned()]))),
        probe,
    ]
}

/// Whatever of a step's action or probes is another, the fingerprint is.
#[test]
fn every_part_of_an_action_has_its_share_in_the_fingerprint() {
    let step = Scene::of(&[], &[API]).steps().remove(0);
    let scene = Scene::of(&[], &[API]);
    let fingerprint = |step: Step| {
        let plan = super::Plan { steps: vec![step], ..Default::default() };
        Work::of(&scene.desired(), &scene.pm2.observed(), &plan).steps.remove(0).fingerprint
    };
    let of_actions = actions().into_iter().map(|action| Step { action, ..step.clone() });
    let of_probes = probes().into_iter().map(|probe| Step { probes: vec![probe], ..step.clone() });
    let steps: Vec<Step> = of_actions.chain(of_probes).collect();
    let fingerprints: BTreeSet<String> = steps.iter().cloned().map(fingerprint).collect();
    assert_eq!(fingerprints.len(), steps.len());
}

/// One of the texts of a tree with something else in it.
fn edited(tree: &[(String, String)], at: usize, from: &str, to: &str) -> Vec<(String, String)> {
    let mut tree = tree.to_vec();
    if let Some((_, text)) = (!tree.is_empty()).then(|| at % tree.len()).and_then(|at| tree.get_mut(at)) {
        *text = text.replacen(from, to, 1);
    }
    tree
}

const EDITS: &[(&str, &str)] = &[
    ("x", "z"),
    (":A 1", ":A 2"),
    ("s.js", "t.js"),
    (":instances 2", ":instances 3"),
    (":kill_timeout 100", ""),
    (":condition :started", ":condition :healthy"),
    ("{:name \"app1\"", "{:name \"app9\""),
    ("", " "),
];

proptest! {
    /// There is no difference between two plans over one list of PM2's exactly where they take the very same steps and
    /// leave the same apps alone for the same reason.
    #[test]
    fn no_difference_is_the_same_plan(
        before in random_tree(),
        then in random_tree(),
        at in 0..3_usize,
        edit in prop::sample::select(EDITS),
        env_file in prop::sample::select(vec!["FROM_FILE=1", "FROM_FILE=2"]),
    ) {
        let mut pm2 = Pm2Model::default();
        let running = Scene { tree: before, env_file: "FROM_FILE=1", pm2: pm2.clone() };
        pm2.apply(&checked(&running.desired(), &pm2, &Policy::default()));
        let then = Scene { tree: then, pm2, ..running };
        let now = Scene { tree: edited(&then.tree, at, edit.0, edit.1), env_file, ..then.clone() };
        let words = |scene: &Scene| -> Vec<(String, &'static str)> {
            let plan = checked(&scene.desired(), &scene.pm2, &Policy::default());
            plan.holds.into_iter().map(|hold| (hold.app, hold.why.word())).collect()
        };
        let (agreed, again) = (agreed(then.work()), then.work());
        let kept = Agreed::read(agreed.text().unwrap().as_bytes()).unwrap();
        prop_assert_eq!(kept.work.differences(&again), Vec::<String>::new());
        let differences = kept.work.differences(&now.work());
        let same = then.steps() == now.steps() && words(&then) == words(&now);
        prop_assert_eq!(differences.is_empty(), same, "{:#?}", differences);
    }
}
