//! The whole story on real PM2: a tree is synced, edited in every way, and PM2 follows; bystanders keep their pids.

use crate::support::pm2_program::DEFAULT;
use crate::support::world::World;

/// Three apps of one daemon each; everything they print is in their arguments.
const ALPHA: &str =
    r#"{:apps [{:name "alpha" :script "idle.mjs" :args ["one"] :env {:COLOR "red" :SIZE "big"}}]}"#;
const BETA: &str = r#"{:apps [{:name "beta" :script "idle.sh" :interpreter "sh" :env {:KEPT "yes"}}]}"#;
const GAMMA: &str = r#"{:apps [{:name "gamma" :script "idle.mjs" :exec_mode "cluster" :instances 2}]}"#;

/// A world in which the three run, on the version of PM2 that tests use unless they say otherwise.
fn running() -> World {
    running_on(DEFAULT)
}

fn running_on(version: &str) -> World {
    let world = World::of_version(version);
    world.program("idle.mjs", "setInterval(() => {}, 1000);\n");
    world.program("other.mjs", "setInterval(() => {}, 1000);\n");
    world.program("sub/idle.mjs", "setInterval(() => {}, 1000);\n");
    world.program("idle.sh", "#!/bin/sh\nwhile :; do sleep 1; done\n");
    world.program("crash.mjs", "console.error('no such luck'); process.exit(3);\n");
    world.daemon("alpha", ALPHA);
    world.daemon("group/beta", BETA);
    world.daemon("gamma", GAMMA);
    world.sync().succeeds();
    world.nothing_to_do();
    world
}

/// Edits a daemon, syncs, and checks that exactly these apps have new pids.
fn follows(world: &World, id: &str, text: &str, changed: &[&str]) {
    let before = world.pids();
    world.daemon(id, text);
    world.sync().succeeds();
    let after = world.pids();
    for (app, pids) in &before {
        if !changed.contains(&app.as_str()) {
            assert_eq!(after.get(app), Some(pids), "{app} was not to be touched");
        }
    }
    for app in changed {
        assert_ne!(after.get(*app), before.get(*app), "{app} was to change");
    }
    world.nothing_to_do();
}

#[test]
fn a_fork_app_follows_every_edit() {
    fork_app_on(DEFAULT);
}

#[test]
fn a_fork_app_follows_every_edit_on_6() {
    fork_app_on("6.0.14");
}

#[test]
fn a_fork_app_follows_every_edit_on_5() {
    fork_app_on("5.4.3");
}

fn fork_app_on(version: &str) {
    let world = running_on(version);
    follows(&world, "alpha", &ALPHA.replace("one", "two"), &["alpha"]);
    assert_eq!(world.record("alpha")["args"], serde_json::json!(["two"]));

    let script = ALPHA.replace("idle.mjs", "other.mjs");
    follows(&world, "alpha", &script, &["alpha"]);
    assert!(world.process("alpha").environ()["pm_exec_path"].ends_with("/other.mjs"));

    let cwd = ALPHA.replace(":script", ":cwd \"sub\" :script");
    follows(&world, "alpha", &cwd, &["alpha"]);
    assert_eq!(world.process("alpha").cwd(), Some(world.base().join("sub")));

    follows(&world, "alpha", &ALPHA.replace(":SIZE \"big\"", ""), &["alpha"]);
    let environ = world.process("alpha").environ();
    assert!(!environ.contains_key("SIZE"), "a removed variable is still in the process");
    assert_eq!(environ["COLOR"], "red");

    follows(&world, "group/beta", &BETA.replace(":env", ":args [\"x\" \"y z\"] :env"), &["beta"]);
    let command = world.process("beta").cmdline();
    assert_eq!(command[command.len() - 2..], ["x", "y z"]);
}

#[test]
fn instances_and_cluster_workers_follow() {
    cluster_on(DEFAULT);
}

#[test]
fn instances_and_cluster_workers_follow_on_6() {
    cluster_on("6.0.14");
}

#[test]
fn instances_and_cluster_workers_follow_on_5() {
    cluster_on("5.4.3");
}

fn cluster_on(version: &str) {
    let world = running_on(version);
    let before = world.pids()["gamma"].clone();
    world.daemon("gamma", &GAMMA.replace(":instances 2", ":instances 3"));
    world.sync().succeeds();
    let more = world.pids()["gamma"].clone();
    assert_eq!(more.len(), 3);
    assert!(before.iter().all(|pid| more.contains(pid)), "scaling up touched {before:?}: {more:?}");
    world.nothing_to_do();

    follows(&world, "gamma", &GAMMA.replace(":instances 2", ":instances 1"), &["gamma"]);
    assert_eq!(world.pids()["gamma"].len(), 1);

    follows(&world, "gamma", &GAMMA.replace(":instances 2", ":instances 1 :env {:NEW \"1\"}"), &["gamma"]);
    assert_eq!(world.record("gamma")["NEW"], "1");
    follows(&world, "gamma", &GAMMA.replace(":instances 2", ":instances 1"), &["gamma"]);
    assert!(world.record("gamma").get("NEW").is_none());
}

#[test]
fn names_and_places_follow() {
    let world = running();
    let before = world.pids();
    world.daemon("alpha", &ALPHA.replace("\"alpha\"", "\"delta\""));
    world.sync().succeeds();
    let renamed = world.pids();
    assert!(!renamed.contains_key("alpha") && renamed.contains_key("delta"), "{renamed:?}");
    assert_eq!((&renamed["beta"], &renamed["gamma"]), (&before["beta"], &before["gamma"]));
    world.nothing_to_do();

    world.remove("group/beta");
    world.daemon("elsewhere/beta", BETA);
    world.sync().succeeds();
    assert_eq!(world.process("beta").environ()["ECOSYSTEM_SOURCE"], "elsewhere/beta");
    assert_eq!(world.pids()["gamma"], before["gamma"]);
    world.nothing_to_do();
}

#[test]
fn what_is_removed_goes_and_what_is_foreign_stays() {
    let world = running();
    let foreign = world.start_foreign("bystander", "idle.sh");
    let before = world.pids();
    world.remove("group/beta");
    world.sync().succeeds();
    let after = world.pids();
    assert!(!after.contains_key("beta"));
    assert_eq!((&after["alpha"], &after["gamma"]), (&before["alpha"], &before["gamma"]));
    assert_eq!(after["bystander"], [foreign]);

    // A daemon that claims the name of a foreign app does not get it.
    world.daemon("claim", &ALPHA.replace("\"alpha\"", "\"bystander\""));
    let output = world.sync().fails(1);
    assert!(output.contains("running, but not ours"), "{output}");
    assert_eq!(world.pids()["bystander"], [foreign]);
    world.remove("claim");

    world.command(&["down"]).succeeds();
    let left = world.pids();
    assert_eq!(left.keys().collect::<Vec<_>>(), ["bystander"]);
    assert_eq!(left["bystander"], [foreign]);
}

#[test]
fn a_broken_file_changes_nothing() {
    let world = running();
    let before = world.pids();
    world.daemon("alpha", "{:apps [{:name \"alpha\" :script \"idle.mjs\" :argz [1]}]}");
    let output = world.sync().fails(1);
    assert!(output.contains("argz") && output.contains("args"), "{output}");
    assert_eq!(world.pids(), before);

    world.daemon("alpha", "{:apps [");
    world.sync().fails(1);
    assert_eq!(world.pids(), before);

    // The others are still looked after, and it heals when it is mended.
    world.daemon("group/beta", &BETA.replace("yes", "no"));
    world.sync().fails(1);
    assert_eq!(world.process("beta").environ()["KEPT"], "no");
    world.daemon("alpha", ALPHA);
    world.sync().succeeds();
    assert_eq!(world.pids()["alpha"], before["alpha"]);
}

#[test]
fn an_empty_tree_deletes_nothing_unless_told() {
    let world = running();
    let before = world.pids();
    for id in ["alpha", "group/beta", "gamma"] {
        world.remove(id);
    }
    let output = world.sync().fails(1);
    assert!(output.contains("--allow-mass-delete"), "{output}");
    assert_eq!(world.pids(), before);
    world.remove_root();
    world.sync().fails(4);
    assert_eq!(world.pids(), before);
    world.make_root();
    world.command(&["sync", "--allow-mass-delete"]).succeeds();
    assert!(world.pids().is_empty());
}

#[test]
fn a_crash_is_a_failure_with_its_last_lines() {
    let world = running();
    let before = world.pids();
    world.daemon("alpha", &ALPHA.replace("idle.mjs", "crash.mjs"));
    let output = world.sync().fails(1);
    assert!(output.contains("no such luck"), "{output}");
    assert_eq!(world.pids()["beta"], before["beta"]);
    // One that lives for a moment is online at most looks; that it was restarted meanwhile gives it away.
    world.program("short.mjs", "setTimeout(() => { console.error('too short'); process.exit(3); }, 400);\n");
    world.daemon("alpha", &ALPHA.replace("idle.mjs", "short.mjs"));
    let output = world.sync().fails(1);
    // A look may as well come between its end and its restart.
    let seen = ["crashed", "it ended with exit code 3"].iter().any(|it| output.contains(it));
    assert!(output.contains("too short") && seen, "{output}");
    // What cannot be started at all is left as it is.
    world.daemon("alpha", &ALPHA.replace("idle.mjs", "missing.mjs"));
    let output = world.sync().fails(1);
    assert!(output.contains("missing.mjs"), "{output}");
}

#[test]
fn two_at_once_and_an_interruption_end_well() {
    let world = running();
    world.daemon("alpha", &ALPHA.replace("one", "two"));
    world.daemon("new", &ALPHA.replace("\"alpha\"", "\"delta\""));
    let (first, second) = (world.spawn(&["sync"]), world.spawn(&["sync"]));
    first.succeeds();
    second.succeeds();
    assert_eq!(world.pids()["delta"].len(), 1);
    world.nothing_to_do();

    // Killed as soon as it has begun to act: the next run finishes.
    world.daemon("alpha", ALPHA);
    world.daemon("group/beta", &BETA.replace("yes", "no"));
    world.daemon("gamma", &GAMMA.replace(":instances 2", ":instances 4"));
    let before = world.pids();
    world.spawn(&["sync", "--jobs", "1"]).killed_once(|| world.pids()["alpha"] != before["alpha"]);
    world.sync().succeeds();
    assert_eq!(world.pids()["gamma"].len(), 4);
    assert_eq!(world.process("beta").environ()["KEPT"], "no");
    world.nothing_to_do();
}
