//! What somebody does to apps by PM2's own commands, and what becomes of it.

use crate::support::scene::{Scene, daemon, daemon_with, world};
use crate::support::wait::{LONG, wait_until};
use crate::support::watcher::Watcher;
use crate::support::world::World;

/// Two apps that are watched, and a third that nothing is to happen to.
fn watched(options: &[&str]) -> (World, Watcher) {
    let world = world();
    world.daemon("web", &daemon(&[("web", "red"), ("mail", "red")]));
    world.daemon("kept", &daemon(&[("kept", "red")]));
    let watcher = Watcher::start(&world, options);
    all_run(&world);
    world.nothing_stands("web");
    (world, watcher)
}

#[track_caller]
fn all_run(world: &World) {
    world.becomes(&[("web", "red"), ("mail", "red"), ("kept", "red")]);
}

#[test]
fn what_was_deleted_comes_back_and_what_was_stopped_stays_so() {
    let (world, watcher) = watched(&[]);
    let before = world.pids();
    world.pm2_does(&["delete", "web"]);
    all_run(&world);
    world.pm2_does(&["stop", "mail"]);
    world.stands("mail", "stopped by hand");
    let status = world.command(&["status"]).output();
    assert!(status.contains("stopped by hand"), "{status}");
    // An edit of another app of the same daemon is followed, and leaves it stopped.
    world.daemon("web", &daemon(&[("web", "blue"), ("mail", "red")]));
    wait_until("the edit is followed", LONG, || watcher.log.says("COLOR") > 0);
    assert_eq!(world.pids()["mail"], [0]);
    world.daemon("web", &daemon(&[("web", "red"), ("mail", "red")]));
    world.pm2_does(&["restart", "mail"]);
    world.nothing_stands("mail");
    all_run(&world);
    assert_eq!(world.pids()["kept"], before["kept"]);
}

/// PM2 says of those that they wait for a restart, for a moment.
#[test]
fn what_waits_before_it_is_restarted_stays_stopped_too() {
    let world = world();
    world.daemon("web", &daemon_with(":exp-backoff-restart-delay 200", &[("web", "red")]));
    world.daemon("mail", &daemon_with(":restart-delay 200", &[("mail", "red")]));
    let watcher = Watcher::start(&world, &[]);
    world.becomes(&[("web", "red"), ("mail", "red")]);
    // Who stops what is being verified may be taken for a crash.
    world.comes_to_rest();
    for app in ["web", "mail"] {
        world.pm2_does(&["stop", app]);
        world.stands(app, "stopped by hand");
        world.looks_when_asked(&watcher);
        assert_eq!(world.pids()[app], [0]);
    }
}

#[test]
fn what_was_stopped_is_started_where_that_is_asked_for() {
    let (world, _watcher) = watched(&["--heal-stopped"]);
    let before = world.pids();
    world.pm2_does(&["stop", "mail"]);
    all_run(&world);
    assert_eq!((&world.pids()["web"], &world.pids()["kept"]), (&before["web"], &before["kept"]));
}

#[test]
fn what_was_changed_is_put_back() {
    let (world, _watcher) = watched(&[]);
    let before = world.pids();
    // A restart that changes nothing is nothing.
    world.pm2_does(&["restart", "mail"]);
    let mail = world.pid("mail");
    assert_ne!([mail], *before["mail"]);

    let mut command = world.pm2.pm2();
    command.args(["restart", "web", "--update-env"]).env("COLOR", "black");
    assert!(command.output().unwrap().status.success());
    all_run(&world);
    world.pm2_does(&["scale", "web", "3"]);
    all_run(&world);
    assert_eq!((world.pid("mail"), &world.pids()["kept"]), (mail, &before["kept"]));
    world.nothing_to_do();
}

#[test]
fn drift_is_said_and_left_where_that_is_asked_for() {
    let (world, watcher) = watched(&["--self-heal", "off"]);
    world.pm2_does(&["delete", "web"]);
    world.stands("web", "changed by hand");
    world.looks_when_asked(&watcher);
    assert!(!world.pids().contains_key("web"));
    // The tree's own changes are followed.
    world.daemon("web", &daemon(&[("web", "blue"), ("mail", "blue")]));
    world.becomes(&[("web", "blue"), ("mail", "blue"), ("kept", "red")]);
}

#[test]
fn what_somebody_keeps_deleting_is_put_back_ever_more_rarely() {
    let (world, watcher) = watched(&[]);
    let kept = world.pid("kept");
    // Three times in a row, as soon as it is there: 1 s and 2 s lie between.
    for times in 1..=3 {
        world.pm2_does(&["delete", "web"]);
        wait_until("it is put back", LONG, || watcher.log.steps("web", "start") > times);
    }
    world.pm2_does(&["delete", "web"]);
    world.stands("web", "tried 3 times");
    let times: Vec<_> = watcher.log.events("step").iter().filter(|it| it["app"] == "web").map(time).collect();
    let pauses: Vec<i64> = times.windows(2).map(|pair| pair[1] - pair[0]).collect();
    assert!(pauses.len() == 3 && pauses[1] >= 900 && pauses[2] >= 1900, "{pauses:?}");
    // Whoever has looked into it says so.
    watcher.signal(rustix::process::Signal::HUP);
    all_run(&world);
    assert_eq!(world.pid("kept"), kept);
}

fn time(line: &serde_json::Value) -> i64 {
    line["time"].as_str().unwrap().parse::<ecosystem_core::os::state::Timestamp>().unwrap().as_millisecond()
}

/// Restarting what crashes is PM2's work, and once PM2 has given up there is no use in going on as fast as it did.
#[test]
fn what_crashes_is_not_restarted_in_a_loop() {
    let (world, watcher) = watched(&[]);
    let before = world.pids();
    world.program("crash.sh", "echo no such luck >&2; exit 3\n");
    let crashing = daemon_with(":max-restarts 2 :min-uptime 1000 :on-failure :keep", &[("crash", "red")]);
    world.daemon("crash", &crashing.replace("idle.sh", "crash.sh"));
    world.stands("crash", "start failed");
    watcher.log.will_say("no such luck");
    wait_until("it has been tried again", LONG, || watcher.log.events("step-begins").len() >= 3 + 2);
    let tried = |line: &&serde_json::Value| line["app"] == "crash";
    let times: Vec<_> = watcher.log.events("step-begins").iter().filter(tried).map(time).collect();
    let pauses: Vec<i64> = times.windows(2).map(|pair| pair[1] - pair[0]).collect();
    assert!(pauses.iter().all(|pause| *pause >= 900), "{pauses:?}");
    // What is mended runs at once.
    world.daemon("crash", &daemon(&[("crash", "red")]));
    world.becomes(&[("web", "red"), ("mail", "red"), ("kept", "red"), ("crash", "red")]);
    for app in ["web", "mail", "kept"] {
        assert_eq!(world.pids()[app], before[app]);
    }
}
