//! What was applied before, and going back to it, on real PM2.

use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use serde_json::Value as Json;

use crate::support::world::World;

const WELL: &str = "setInterval(() => {}, 1000);\n";

/// A world with an app `web` of this colour, which runs.
fn world(members: &str) -> World {
    let world = World::new();
    world.program("well.mjs", WELL);
    world.program("crashes.mjs", "process.exit(3);\n");
    declare(&world, "well.mjs", members);
    world.sync().succeeds();
    world
}

fn declare(world: &World, script: &str, members: &str) {
    let app = format!("{{:name \"web\" :script \"{script}\" :min-uptime 1000 {members}}}");
    world.daemon("web", &format!("{{:apps [{app}]}}"));
}

fn color(world: &World) -> String {
    world.record("web")["env"]["COLOR"].as_str().unwrap_or("none").to_owned()
}

fn history(world: &World, args: &[&str]) -> String {
    world.command(&[&["history"], args].concat()).succeeds()
}

fn generations(world: &World) -> Vec<(u64, String, String)> {
    let json: Json = serde_json::from_str(&history(world, &["web", "--json"])).unwrap();
    let text = |it: &Json| it.as_str().unwrap().to_owned();
    let all = json["apps"][0]["generations"].as_array().unwrap();
    all.iter().map(|it| (it["number"].as_u64().unwrap(), text(&it["action"]), text(&it["came"]))).collect()
}

fn files_below(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    entries.flat_map(|path| if path.is_dir() { files_below(&path) } else { vec![path] }).collect()
}

fn rollback(world: &World, args: &[&str]) -> crate::support::world::Ran {
    world.command(&[&["rollback", "web"], args].concat())
}

#[test]
fn each_change_is_a_generation() {
    let world = world(":env {:COLOR \"red\"}");
    declare(&world, "well.mjs", ":env {:COLOR \"blue\"}");
    world.sync().succeeds();
    declare(&world, "crashes.mjs", ":env {:COLOR \"green\"}");
    let _ = world.sync().fails(1);
    let step = |number, action: &str, came: &str| (number, action.to_owned(), came.to_owned());
    assert_eq!(
        generations(&world),
        [step(1, "start", "healthy"), step(2, "restart", "healthy"), step(3, "restart", "reverted")]
    );
    let said = history(&world, &["web"]);
    assert!(
        said.contains("env.COLOR: \"red\" → \"blue\"") && said.contains("put back to generation 2"),
        "{said}"
    );
    assert!(said.contains("by ecosystem-cli "), "{said}");
    let diff = history(&world, &["web", "--diff", "2"]);
    assert!(diff.contains("-      COLOR: \"red\"") && diff.contains("+      COLOR: \"blue\""), "{diff}");
    // What only puts right what somebody else did is none.
    let pm2 = |args: &[&str]| assert!(world.pm2.pm2().args(args).output().unwrap().status.success());
    pm2(&["stop", "web"]);
    declare(&world, "well.mjs", ":env {:COLOR \"blue\"}");
    world.sync().succeeds();
    assert_eq!(generations(&world).len(), 3);
    let latest = history(&world, &[]);
    assert!(latest.contains("web") && latest.contains("reverted"), "{latest}");
    world.remove("web");
    world.command(&["sync", "--allow-mass-delete"]).succeeds();
    assert_eq!(generations(&world).last(), Some(&step(4, "delete", "healthy")));
    assert!(history(&world, &["web"]).contains("no longer declared"));
}

/// What comes from the environment and from env files stays where it is; and nobody else can read a history.
#[test]
fn no_secret_is_in_a_history() {
    let secret = "s3cr3t-0f-th3-t3st";
    let world = World::new();
    world.program("well.mjs", WELL);
    world.program("crashes.mjs", "process.exit(3);\n");
    world.program("web.env", &format!("FROM_FILE={secret}\n"));
    let members = ":env {:FROM_ENV \"${THE_SECRET}\" :TAGGED #env THE_SECRET} :env-file \"web.env\"";
    for script in ["well.mjs", "crashes.mjs"] {
        declare(&world, script, members);
        let _ = world.command_with(&[("THE_SECRET", secret)], &["sync"]).output();
    }
    assert_eq!(generations(&world).len(), 2);
    let files = files_below(&world.pm2.path().as_std_path().join("ecosystem"));
    assert!(files.iter().any(|path| path.to_str().unwrap().contains("/history/")), "{files:?}");
    for path in files {
        let text = String::from_utf8_lossy(&std::fs::read(&path).unwrap()).into_owned();
        assert!(!text.contains(secret), "{}: {text}", path.display());
        assert_eq!(
            std::fs::metadata(&path).unwrap().permissions().mode() & 0o777,
            0o600,
            "{}",
            path.display()
        );
    }
    assert!(!history(&world, &["web"]).contains(secret));
    assert!(!history(&world, &["web", "--diff", "2"]).contains(secret));
}

#[test]
fn a_rollback_holds_until_the_file_changes() {
    let world = world(":env {:COLOR \"red\"}");
    declare(&world, "well.mjs", ":env {:COLOR \"blue\"}");
    world.sync().succeeds();
    let said = rollback(&world, &[]).succeeds();
    assert!(said.contains("web is back at generation 1"), "{said}");
    assert_eq!(color(&world), "red");
    let pids = world.pids();
    // A pass leaves it, and says so.
    let plan = world.command(&["plan", "--exit-code"]).succeeds();
    assert!(plan.contains("! web   rolled-back taken back to generation 1"), "{plan}");
    world.sync().succeeds();
    assert_eq!((color(&world), world.pids()), ("red".to_owned(), pids));
    // What somebody else does to it is put right as ever.
    assert!(world.pm2.pm2().args(["delete", "web"]).output().unwrap().status.success());
    world.sync().succeeds();
    assert_eq!(color(&world), "red");
    declare(&world, "well.mjs", ":env {:COLOR \"green\"}");
    world.sync().succeeds();
    assert_eq!(color(&world), "green");
    world.nothing_to_do();
    // To a generation that is named.
    rollback(&world, &["--to", "2"]).succeeds();
    assert_eq!(color(&world), "blue");
    let resumed = world.command(&["resume", "web"]).succeeds();
    assert!(resumed.contains("the next sync brings it to what the tree says"), "{resumed}");
    world.sync().succeeds();
    assert_eq!(color(&world), "green");
}

#[test]
fn a_rollback_that_fails_changes_nothing() {
    let world = world(":env {:COLOR \"red\"} :args [\"1\"]");
    world.program("well.mjs", "import { existsSync } from 'node:fs';\nif (process.env.COLOR === 'red' && existsSync(process.argv[2])) process.exit(1);\nsetInterval(() => {}, 1000);\n");
    let flag = world.base().join("flag");
    declare(&world, "well.mjs", &format!(":env {{:COLOR \"red\"}} :args [\"{}\"]", flag.display()));
    world.sync().succeeds();
    declare(&world, "well.mjs", &format!(":env {{:COLOR \"blue\"}} :args [\"{}\"]", flag.display()));
    world.sync().succeeds();
    std::fs::write(&flag, "").unwrap();
    let said = rollback(&world, &["--to", "2"]).fails(1);
    assert!(said.contains("put back to generation 3"), "{said}");
    assert_eq!(color(&world), "blue");
    world.nothing_to_do();
    for (args, expected) in
        [(&["--to", "9"][..], "there is no generation 9; there are 1 to 4"), (&[][..], "web")]
    {
        let said = rollback(&world, args).output();
        assert!(said.contains(expected), "{said}");
    }
    let said = world.command(&["rollback", "nobody"]).fails(2);
    assert!(said.contains("the tree declares no app nobody"), "{said}");
}

#[test]
fn what_is_suspended_is_left_alone() {
    let world = world(":env {:COLOR \"red\"}");
    let suspend = |args: &[&str]| world.command(&[&["suspend", "--reason", "an incident"], args].concat());
    suspend(&["web"]).succeeds();
    let pids = world.pids();
    declare(&world, "well.mjs", ":env {:COLOR \"blue\"}");
    let said = world.sync().succeeds();
    assert!(said.contains("left as it is: an incident"), "{said}");
    assert_eq!(world.pids(), pids);
    // Neither its deletion nor what somebody else does to it is an exception.
    let source = std::fs::read_to_string(world.root().join("web/ecosystem.edn")).unwrap();
    world.daemon("other", r#"{:apps [{:name "other" :script "well.mjs" :min-uptime 300}]}"#);
    world.remove("web");
    world.sync().succeeds();
    assert_eq!(world.pids()["web"], pids["web"]);
    world.daemon("web", &source);
    world.command(&["resume", "web"]).succeeds();
    world.sync().succeeds();
    assert_eq!(color(&world), "blue");
    suspend(&["--all"]).succeeds();
    world.daemon("third", r#"{:apps [{:name "third" :script "well.mjs" :min-uptime 300}]}"#);
    declare(&world, "well.mjs", ":env {:COLOR \"green\"}");
    world.sync().succeeds();
    assert_eq!((color(&world), world.pids().len()), ("blue".to_owned(), 2));
    world.command(&["resume", "--all"]).succeeds();
    world.sync().succeeds();
    assert_eq!((color(&world), world.pids().len()), ("green".to_owned(), 3));
    let said = suspend(&["nobody"]).fails(2);
    assert!(said.contains("the tree has no app nobody"), "{said}");
}

/// A history that cannot be read keeps nothing from being done, and nobody from being told.
#[test]
fn a_history_that_is_no_history_is_told_of() {
    let world = world(":env {:COLOR \"red\"}");
    let files = files_below(&world.pm2.path().as_std_path().join("ecosystem"));
    let file = files.iter().find(|path| path.to_str().unwrap().contains("/history/")).unwrap();
    std::fs::write(file, "{\"version\": 99}").unwrap();
    declare(&world, "well.mjs", ":env {:COLOR \"blue\"}");
    let said = world.sync().fails(1);
    assert!(
        said.contains("cannot read what was applied before") && said.contains("= hint: remove the file"),
        "{said}"
    );
    assert_eq!(color(&world), "blue");
    let said = world.command(&["history", "web"]).fails(4);
    assert!(said.contains("cannot read what was applied before"), "{said}");
    std::fs::remove_file(file).unwrap();
    world.sync().succeeds();
    declare(&world, "crashes.mjs", "");
    let said = world.sync().fails(1);
    assert!(said.contains("put back to generation 1"), "what was found running is what was well: {said}");
}

/// Where neither could be kept that it was changed nor that it is well, the next pass finds it so: what comes after is put
/// back to that.
#[test]
fn what_was_applied_on_a_full_disk_is_what_is_put_back() {
    let world = world(":env {:COLOR \"red\"}");
    declare(&world, "well.mjs", ":env {:COLOR \"blue\"}");
    let said = world.on_full_disk(&["sync"]);
    assert!(said.contains("cannot keep what was applied"), "{said}");
    assert_eq!(color(&world), "blue");
    let said = world.sync().succeeds();
    assert!(said.contains("1 unchanged"), "{said}");
    declare(&world, "crashes.mjs", ":env {:COLOR \"green\"}");
    let _ = world.sync().fails(1);
    assert_eq!(color(&world), "blue");
    let kinds: Vec<String> = generations(&world).into_iter().map(|(_, action, _)| action).collect();
    assert_eq!(kinds, ["start", "found", "restart"]);
}
