//! What becomes of apps that the tree declares no longer.

use std::path::Path;

use crate::support::scene::{Scene, daemon, daemon_with, world};
use crate::support::watcher::Watcher;
use crate::support::world::World;

/// Three daemons of one app each, watched.
fn watched(options: &[&str]) -> (World, Watcher) {
    let world = world();
    for app in ["web", "mail", "kept"] {
        world.daemon(app, &daemon(&[(app, "red")]));
    }
    let watcher = Watcher::start(&world, options);
    all_run(&world);
    (world, watcher)
}

#[track_caller]
fn all_run(world: &World) {
    world.becomes(&[("web", "red"), ("mail", "red"), ("kept", "red")]);
}

#[test]
fn what_waits_for_a_yes_goes_when_it_is_given() {
    let (world, watcher) = watched(&["--prune-grace", "0.3", "--prune", "confirm"]);
    let before = world.pids();
    world.remove("web");
    world.stands("web", "ecosystem-cli prune");
    world.looks_when_asked(&watcher);
    assert_eq!(world.pids(), before);
    let status = world.command(&["status"]).output();
    assert!(status.contains("`ecosystem-cli prune web`"), "{status}");
    world.command(&["prune", "web"]).succeeds();
    world.becomes(&[("mail", "red"), ("kept", "red")]);
    world.nothing_stands("web");
    assert_eq!((&world.pids()["mail"], &world.pids()["kept"]), (&before["mail"], &before["kept"]));
}

#[test]
fn without_a_grace_it_goes_at_once() {
    let (world, _watcher) = watched(&["--prune-grace", "0"]);
    world.remove("web");
    world.becomes(&[("mail", "red"), ("kept", "red")]);
}

#[test]
fn what_is_never_pruned_stays() {
    let (world, watcher) = watched(&["--prune-grace", "0.3", "--prune", "never"]);
    let before = world.pids();
    world.remove("web");
    world.stands("web", "never pruned");
    world.looks_when_asked(&watcher);
    assert_eq!(world.pids(), before);
}

/// What an app said of itself counts for more than the option, although the file that said it is gone.
#[test]
fn each_app_says_what_becomes_of_it() {
    let (world, _watcher) = watched(&["--prune-grace", "0.3", "--prune", "never"]);
    world.daemon("asks", &daemon_with(":prune :confirm", &[("asks", "red")]));
    world.daemon("goes", &daemon_with(":prune :auto", &[("goes", "red")]));
    world.becomes(&[("web", "red"), ("mail", "red"), ("kept", "red"), ("asks", "red"), ("goes", "red")]);
    let before = world.pids();
    world.remove("goes");
    world.remove("asks");
    world.remove("web");
    world.becomes(&[("web", "red"), ("mail", "red"), ("kept", "red"), ("asks", "red")]);
    world.stands("asks", "ecosystem-cli prune");
    world.stands("web", "never pruned");
    world.command(&["prune", "asks"]).succeeds();
    all_run(&world);
    assert!(world.pids().iter().all(|(app, pids)| before[app] == *pids));
}

#[test]
fn most_of_what_runs_is_not_deleted_unless_somebody_says_so() {
    let (world, watcher) = watched(&["--prune-grace", "0.3"]);
    let before = world.pids();
    for app in ["web", "mail", "kept"] {
        world.remove(app);
    }
    world.stands("web", "--allow-mass-delete");
    world.looks_when_asked(&watcher);
    assert_eq!(world.pids(), before);
    // A tree that is gone as a whole is no tree without daemons.
    world.remove_root();
    world.looks_when_asked(&watcher);
    assert_eq!(world.pids(), before);
    world.make_root();
    world.command(&["sync", "--allow-mass-delete"]).succeeds();
    world.becomes(&[]);
    // What comes then is followed.
    world.daemon("web", &daemon(&[("web", "blue")]));
    world.becomes(&[("web", "blue")]);
}

#[test]
fn what_is_back_in_time_was_never_gone() {
    let (world, watcher) = watched(&["--prune-grace", "20"]);
    let before = world.pids();
    let away = |from: &Path, to: &Path| std::fs::rename(from, to).unwrap();
    away(&world.root().join("web"), &world.base().join("elsewhere"));
    world.stands("web", "looking again before it is deleted");
    // Neither do more looks make the wait any shorter.
    world.looks_when_asked(&watcher);
    away(&world.base().join("elsewhere"), &world.root().join("web"));
    world.nothing_stands("web");
    world.looks_when_asked(&watcher);
    all_run(&world);
    assert_eq!(world.pids(), before);
    assert_eq!(watcher.log.steps("web", "delete") + watcher.log.steps("web", "restart"), 0);
}

/// The daemon is still there, and so is what else it has.
#[test]
fn an_app_that_its_daemon_has_lost_goes_when_somebody_says_yes() {
    let (world, _watcher) = watched(&["--prune-grace", "0.3", "--prune", "confirm"]);
    world.daemon("web", &daemon(&[("web", "red"), ("api", "red")]));
    world.becomes(&[("web", "red"), ("api", "red"), ("mail", "red"), ("kept", "red")]);
    let before = world.pids();
    world.daemon("web", &daemon(&[("web", "red")]));
    world.stands("api", "`ecosystem-cli prune web`");
    world.command(&["prune", "web"]).succeeds();
    all_run(&world);
    assert_eq!(world.pids()["web"], before["web"]);
    world.command(&["prune", "web"]).fails(2);
}

/// An edit of what is left of its daemon does not make it forgotten.
#[test]
fn what_waits_for_a_yes_goes_on_waiting_while_its_daemon_is_edited() {
    let (world, watcher) = watched(&["--prune", "confirm"]);
    world.daemon("web", &daemon(&[("web", "red"), ("old", "red")]));
    world.becomes(&[("web", "red"), ("old", "red"), ("mail", "red"), ("kept", "red")]);
    world.daemon("web", &daemon(&[("web", "red")]));
    world.stands("old", "ecosystem-cli prune");
    for color in ["blue", "green"] {
        world.daemon("web", &daemon(&[("web", color)]));
        world.becomes(&[("web", color), ("old", "red"), ("mail", "red"), ("kept", "red")]);
        world.comes_to_rest();
        world.stands("old", "ecosystem-cli prune");
    }
    let healed = watcher.log.events("healed");
    assert!(healed.is_empty(), "{healed:?}");
}
