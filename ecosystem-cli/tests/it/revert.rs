//! Changes that fail, on real PM2: what was well is put back, and nothing else is touched.

use serde_json::Value as Json;

use crate::support::world::World;

/// Stays up.
const WELL: &str = "setInterval(() => {}, 1000);\n";
/// Ends at once, and says why.
const CRASHES: &str = "console.error('no such colour'); process.exit(3);\n";

/// A world with programs that stay up and one that does not.
fn world() -> World {
    let world = World::new();
    world.program("well.mjs", WELL);
    world.program("other.mjs", WELL);
    world.program("crashes.mjs", CRASHES);
    world
}

/// Declares a daemon of one app of the same name, with these members besides.
fn declare(world: &World, name: &str, script: &str, members: &str) {
    let app = format!("{{:name \"{name}\" :script \"{script}\" :min-uptime 500 {members}}}");
    world.daemon(name, &format!("{{:apps [{app}]}}"));
}

fn script(world: &World, app: &str) -> String {
    let path = world.record(app)["pm_exec_path"].as_str().unwrap().to_owned();
    path.rsplit_once('/').unwrap().1.to_owned()
}

fn json(world: &World, args: &[&str]) -> Json {
    let output = world.command(args).output();
    serde_json::from_str(&output).unwrap_or_else(|error| panic!("{error}: {output}"))
}

/// A chain of four: the second one's edit crashes.
#[test]
fn a_change_that_crashes_is_put_back_and_nothing_else_is_touched() {
    let world = world();
    declare(&world, "a", "well.mjs", "");
    declare(&world, "b", "well.mjs", ":env {:COLOR \"red\"} :depends-on [\"a\"]");
    declare(&world, "c", "well.mjs", ":depends-on [\"b\"]");
    declare(&world, "d", "well.mjs", ":depends-on [\"c\"]");
    world.sync().succeeds();
    let before = world.pids();
    declare(&world, "b", "crashes.mjs", ":env {:COLOR \"blue\"} :depends-on [\"a\"]");
    let said = world.sync().fails(1);
    assert!(said.contains("it crashed"), "{said}");
    assert!(said.contains("| no such colour"), "its last lines: {said}");
    assert!(
        said.contains("= after script: ") && said.contains("= after env.COLOR: \"red\" → \"blue\""),
        "{said}"
    );
    assert!(said.contains("= put back to generation 1, pid "), "{said}");
    let after = world.pids();
    for app in ["a", "c", "d"] {
        assert_eq!(after[app], before[app], "{app} is touched");
    }
    assert_eq!(script(&world, "b"), "well.mjs");
    assert_eq!(world.record("b")["env"]["COLOR"], "red");
    assert_eq!(world.record("b")["status"], "online");
    // It is told until the file changes.
    let status = world.command(&["status"]).output();
    assert!(status.contains("reverted"), "{status}");
    declare(&world, "b", "other.mjs", ":env {:COLOR \"green\"} :depends-on [\"a\"]");
    world.sync().succeeds();
    assert_eq!(script(&world, "b"), "other.mjs");
    world.nothing_to_do();
}

/// Back to the very text that was well: it runs already.
#[test]
fn taking_the_edit_back_needs_no_step() {
    let world = world();
    declare(&world, "a", "well.mjs", "");
    world.sync().succeeds();
    declare(&world, "a", "crashes.mjs", "");
    let _ = world.sync().fails(1);
    let pids = world.pids();
    declare(&world, "a", "well.mjs", "");
    world.nothing_to_do();
    world.sync().succeeds();
    assert_eq!(world.pids(), pids);
}

#[test]
fn a_first_start_that_fails_is_left_stopped() {
    let world = world();
    declare(&world, "a", "crashes.mjs", ":max-restarts 1000000");
    let said = world.sync().fails(1);
    assert!(said.contains("= left stopped"), "{said}");
    let record = world.record("a");
    assert_eq!((record["status"].as_str(), world.pids()["a"][0]), (Some("stopped"), 0));
    // And mended, it is started.
    declare(&world, "a", "well.mjs", "");
    world.sync().succeeds();
    world.nothing_to_do();
}

/// What becomes of it is its author's choice.
#[test]
fn an_author_may_keep_or_stop_what_fails() {
    let world = world();
    for choice in ["keep", "stop"] {
        declare(&world, choice, "well.mjs", &format!(":on-failure :{choice}"));
    }
    world.sync().succeeds();
    for choice in ["keep", "stop"] {
        declare(&world, choice, "crashes.mjs", &format!(":max-restarts 1 :on-failure :{choice}"));
    }
    let said = world.sync().fails(1);
    assert!(said.contains("= left stopped") && !said.contains("put back"), "{said}");
    assert_eq!(script(&world, "keep"), "crashes.mjs");
    assert_eq!(
        (world.record("stop")["status"].as_str(), script(&world, "stop")),
        (Some("stopped"), "crashes.mjs".to_owned())
    );
}

/// A change that needs another process altogether, and one of the number of processes, are put back too.
#[test]
fn whatever_step_it_was_it_is_put_back() {
    let world = world();
    declare(&world, "a", "well.mjs", ":exec-mode \"cluster\" :instances 2 :env {:COLOR \"red\"}");
    world.sync().succeeds();
    for change in [
        ":exec-mode \"fork\" :instances 1 :env {:COLOR \"blue\"}",
        ":exec-mode \"cluster\" :instances 3 :env {:COLOR \"blue\"}",
        ":exec-mode \"cluster\" :instances 2 :env {:COLOR \"blue\"} :pid-file \"a.pid\"",
    ] {
        declare(&world, "a", "crashes.mjs", change);
        let said = world.sync().fails(1);
        assert!(said.contains("= put back to generation 1"), "{said}");
        let list = world.list();
        assert_eq!(list.len(), 2, "{said}");
        for entry in &list {
            let record = &entry["pm2_env"];
            assert_eq!(
                (record["exec_mode"].as_str(), record["env"]["COLOR"].as_str()),
                (Some("cluster_mode"), Some("red"))
            );
            assert!(record["pm_exec_path"].as_str().unwrap().ends_with("/well.mjs"));
            assert_eq!(record["status"], "online");
        }
    }
    declare(&world, "a", "well.mjs", ":exec-mode \"cluster\" :instances 2 :env {:COLOR \"red\"}");
    world.nothing_to_do();
}

/// Where the definition is the one that was well, there is nothing to put back.
#[test]
fn what_comes_from_outside_is_not_put_back() {
    let world = world();
    world.program(
        "picky.mjs",
        "if (process.env.MODE !== 'good') process.exit(4);\nsetInterval(() => {}, 1000);\n",
    );
    world.program("app.env", "MODE=good\n");
    declare(&world, "a", "picky.mjs", ":env-file \"app.env\" :max-restarts 2");
    world.sync().succeeds();
    world.program("app.env", "MODE=bad\n");
    let said = world.sync().fails(1);
    assert!(said.contains("it was well with this very definition"), "{said}");
    world.program("app.env", "MODE=good\n");
    world.sync().succeeds();
    world.nothing_to_do();
}

/// What somebody started by the generated file, and no pass has seen well, is not stopped for a bad edit.
#[test]
fn what_ran_before_anybody_knew_of_it_is_not_stopped() {
    let world = world();
    declare(&world, "a", "well.mjs", "");
    world.command(&["render"]).succeeds();
    let file = world.root().join("a/dist/ecosystem.config.mjs");
    let mut command = world.pm2.pm2();
    assert!(command.args(["start", file.to_str().unwrap()]).output().unwrap().status.success());
    declare(&world, "a", "crashes.mjs", ":max-restarts 2");
    let said = world.sync().fails(1);
    assert!(said.contains("it is not known with which definition it was well"), "{said}");
    assert_eq!(json(&world, &["status", "--json"])["apps"].as_array().map_or(0, Vec::len), 1);
}

/// PM2 refuses to restart what it is about to start itself.
#[test]
fn what_crashes_and_waits_is_mended_by_an_edit() {
    let world = world();
    for delay in [":restart-delay 3000", ":exp-backoff-restart-delay 3000", ":max-restarts 1000000"] {
        declare(&world, "a", "crashes.mjs", &format!("{delay} :on-failure :keep"));
        let _ = world.sync().fails(1);
        declare(&world, "a", "well.mjs", delay);
        let said = world.sync().succeeds();
        assert!(said.contains("a: restart done"), "{said}");
        assert_eq!(script(&world, "a"), "well.mjs");
        world.remove("a");
        world.command(&["sync", "--allow-mass-delete"]).succeeds();
    }
}

/// Workers go on crashing while those before them are reloaded: that is no fault of the new definition.
#[test]
fn what_crashes_in_a_cluster_is_mended_by_an_edit() {
    let world = world();
    world.program("late.cjs", "setTimeout(() => process.exit(1), 100);\n");
    world.program("well.cjs", WELL);
    let members =
        ":exec-mode \"cluster\" :instances 3 :listen-timeout 50 :max-restarts 1000000 :on-failure :keep";
    declare(&world, "a", "late.cjs", members);
    let _ = world.sync().fails(1);
    declare(&world, "a", "well.cjs", members);
    let said = world.sync().succeeds();
    // If no worker was up when it was looked at, there was none to take over from.
    assert!(["a: reload done", "a: restart done"].iter().any(|step| said.contains(step)), "{said}");
    world.nothing_to_do();
}

/// Whenever the tool is killed, the next pass finds a sound state: what was well runs, or is put back by it.
#[test]
fn a_tool_killed_at_any_step_of_it_is_made_good() {
    let world = world();
    for members in ["", ":exec-mode \"cluster\" :instances 2"] {
        declare(&world, "a", "well.mjs", members);
        world.sync().succeeds();
        let inventory = || {
            let path = std::fs::read_dir(world.pm2.path().join("ecosystem")).unwrap().next().unwrap();
            std::fs::read_to_string(path.unwrap().path().join("inventory.json")).unwrap_or_default()
        };
        let runs = |script: &str| world.list().iter().any(|it| is_script(it, script));
        let restarted = |entry: &Json| entry["pm2_env"]["unstable_restarts"].as_u64().unwrap_or(0) > 0;
        let moments: [(&str, &dyn Fn() -> bool); 5] = [
            ("it is written down", &|| inventory().contains("\"trying\"")),
            ("the change is made", &|| runs("crashes.mjs")),
            ("it has crashed", &|| {
                world.list().iter().any(|it| is_script(it, "crashes.mjs") && restarted(it))
            }),
            ("it is put back", &|| {
                inventory().contains("\"trying\"") && !runs("crashes.mjs") && crashed(&world)
            }),
            ("it is over", &|| inventory().contains("\"reverted\"")),
        ];
        for (name, seen) in moments {
            declare(&world, "a", "crashes.mjs", &format!("{members} :env {{:MOMENT \"{name}\"}}"));
            world.spawn(&["sync"]).killed_once(seen);
            let _ = world.sync().fails(1);
            for entry in world.list() {
                assert!(is_script(&entry, "well.mjs"), "killed when {name}: {entry}");
                assert_eq!(entry["pm2_env"]["status"], "online", "killed when {name}");
            }
            declare(&world, "a", "well.mjs", members);
            world.sync().succeeds();
            world.nothing_to_do();
        }
    }
}

fn is_script(entry: &Json, script: &str) -> bool {
    entry["pm2_env"]["pm_exec_path"].as_str().unwrap().ends_with(&format!("/{script}"))
}

/// Whether the app has crashed since its file was changed last.
fn crashed(world: &World) -> bool {
    let log = world.record("a")["pm_err_log_path"].as_str().unwrap().to_owned();
    std::fs::read_to_string(log).is_ok_and(|text| text.contains("no such colour"))
}
