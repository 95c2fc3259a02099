//! What depends on what, while it is watched.

use crate::support::scene::{Scene, daemon, daemon_with, world};
use crate::support::wait::{LONG, wait_until};
use crate::support::watcher::Watcher;

const CRASHES: &str = "echo no such luck >&2; exit 3\n";

/// The mend alone makes the look that starts what was held: long before the next one at everything is due.
#[test]
fn what_was_held_is_started_once_what_it_needs_runs() {
    let world = world();
    world.program("crash.sh", CRASHES);
    let db = daemon_with(":max-restarts 1 :min-uptime 1000 :on-failure :keep", &[("db", "red")]);
    world.daemon("db", &db.replace("idle.sh", "crash.sh"));
    world.daemon("api", &daemon_with(":depends-on [\"db\"]", &[("api", "red")]));
    world.daemon("web", &daemon_with(":depends-on [\"api\"]", &[("web", "red")]));
    world.daemon("far", &daemon(&[("far", "red")]));
    let watcher = Watcher::start(&world, &["--resync", "3600"]);
    world.stands("db", "start failed");
    world.stands("api", "depends on db");
    world.stands("web", "depends on api");
    wait_until("the other one runs", LONG, || world.pids().get("far").is_some_and(|pids| pids[0] != 0));
    let far = world.pid("far");
    // It is tried again and again, and they are not.
    wait_until("it is tried again", LONG, || begun(&watcher, "db") >= 2);
    assert_eq!((begun(&watcher, "api"), begun(&watcher, "web")), (0, 0));
    assert_eq!(watcher.log.events("held").iter().filter(|it| it["app"] == "api").count(), 1);

    world.daemon("db", &db);
    world.becomes(&[("db", "red"), ("api", "red"), ("web", "red"), ("far", "red")]);
    assert_eq!(world.pid("far"), far);
    for app in ["db", "api", "web"] {
        world.nothing_stands(app);
    }
}

/// Nothing of the tree changes, and no step of ours is taken: only PM2 tells that it runs.
#[test]
fn what_somebody_else_mends_is_seen_too() {
    let world = world();
    world.program("maybe.sh", "[ -e ready ] || exit 3\nexec sleep 100000\n");
    let db = daemon_with(":max-restarts 1 :min-uptime 1000 :on-failure :keep", &[("db", "red")]);
    world.daemon("db", &db.replace("idle.sh", "maybe.sh"));
    world.daemon("web", &daemon_with(":depends-on [\"db\"]", &[("web", "red")]));
    let watcher = Watcher::start(&world, &["--resync", "3600"]);
    world.stands("web", "depends on db");
    // Its tries come ever later: the longer it takes, the less it can be one of them that mends it.
    wait_until("it is tried again", LONG, || begun(&watcher, "db") >= 3);
    world.program("ready", "");
    world.pm2_does(&["restart", "db"]);
    world.becomes(&[("db", "red"), ("web", "red")]);
    world.nothing_stands("web");
}

/// An edit of what others need is followed alone, and they are left as they are.
#[test]
fn what_is_needed_may_change_alone() {
    let world = world();
    world.daemon("db", &daemon(&[("db", "red")]));
    world.daemon("web", &daemon_with(":depends-on [\"db\"]", &[("web", "red")]));
    let _watcher = Watcher::start(&world, &["--resync", "3600"]);
    world.becomes(&[("db", "red"), ("web", "red")]);
    let web = world.pid("web");
    world.daemon("db", &daemon(&[("db", "blue")]));
    world.becomes(&[("db", "blue"), ("web", "red")]);
    assert_eq!(world.pid("web"), web);
}

/// How often a step of an app was begun.
fn begun(watcher: &Watcher, app: &str) -> usize {
    watcher.log.events("step-begins").iter().filter(|it| it["app"] == app).count()
}
