//! PM2 that is ended, killed, updated and resurrected, with a watcher beside it and among its apps.

use std::time::Duration;

use crate::support::process::Process;
use crate::support::scene::{Scene, colors, daemon, daemon_with, world};
use crate::support::wait::{LONG, wait_until};
use crate::support::watcher::Watcher;
use crate::support::world::World;

/// Others have 5 s to bring PM2 back, and a machine under load takes its time.
const VERY_LONG: Duration = Duration::from_secs(60);

fn apps(world: &World) {
    world.daemon("web", &daemon(&[("web", "red"), ("mail", "red")]));
    world.daemon("kept", &daemon(&[("kept", "red")]));
}

#[track_caller]
fn all_run(world: &World) {
    world.becomes_within(VERY_LONG, &colors(&[("web", "red"), ("mail", "red"), ("kept", "red")]));
}

fn is_up(world: &World) -> bool {
    world.listed().is_ok()
}

#[test]
fn a_pm2_that_somebody_ended_is_not_started_and_followed_when_it_is_back() {
    let world = world();
    apps(&world);
    // Each look would start PM2 if it might.
    let watcher = Watcher::start(&world, &["--resync", "0.3"]);
    all_run(&world);
    world.pm2_does(&["kill"]);
    watcher.log.will_say("somebody ended it");
    // A whole look more often than others have seconds to bring it back.
    world.looks_again(25);
    assert!(!is_up(&world), "it started PM2 against somebody who had ended it");
    assert_eq!(watcher.log.says("somebody ended it"), 1, "once");
    world.pm2_does(&["ping"]);
    all_run(&world);
}

#[test]
fn a_pm2_that_was_killed_is_started_and_not_in_a_loop() {
    let world = world();
    apps(&world);
    let watcher = Watcher::start(&world, &["--resync", "0.3"]);
    all_run(&world);
    for _ in 0..3 {
        let before = world.stamped();
        world.pm2.daemon().kill();
        assert_eq!(world.stamped(), before, "PM2's children live on without it");
        wait_until("PM2 is started", VERY_LONG, || is_up(&world));
        all_run(&world);
        assert_eq!(world.stamped().len(), 3, "each runs once: what was left behind has been ended");
    }
    end_by_force(&world, &[]);
    world.looks_again(25);
    assert!(!is_up(&world), "it starts PM2 again and again");
    // Somebody asks for it.
    watcher.signal(rustix::process::Signal::HUP);
    all_run(&world);
}

/// Kills PM2's daemon, and the apps that it leaves behind but for these.
fn end_by_force(world: &World, but: &[u32]) {
    let apps = world.stamped();
    world.pm2.daemon().kill();
    apps.iter().filter(|pid| !but.contains(pid)).for_each(|pid| Process::new(*pid).kill());
}

#[test]
fn an_updated_pm2_runs_everything_once() {
    let world = world();
    apps(&world);
    let _watcher = Watcher::start(&world, &[]);
    all_run(&world);
    let daemon = world.pm2.daemon();
    world.pm2_does(&["update"]);
    assert_ne!(world.pm2.daemon(), daemon);
    all_run(&world);
    is_left_with_nothing_to_do(&world);
}

/// Once what was being tried when PM2 went away has been asked whether it is well.
fn is_left_with_nothing_to_do(world: &World) {
    wait_until("there is nothing to do", LONG, || {
        world.command(&["plan"]).output().contains("nothing to do")
    });
}

/// The watcher as an app of its tree, with these options.
fn own_daemon(world: &World, options: &str) {
    let program = env!("CARGO_BIN_EXE_ecosystem-watch");
    let text = format!(
        r#"{{:apps [{{:name "watcher" :script {program:?} :interpreter "none" :cwd "."
                     :args ["daemons" "--base" "." {options}] :kill-timeout 10000}}]}}"#
    );
    world.daemon("watcher", &text);
}

/// The watcher is one of the apps that come back, and the tree may have changed meanwhile.
#[test]
fn a_resurrected_pm2_has_what_the_tree_says() {
    let world = world();
    apps(&world);
    own_daemon(&world, "\"--save\"");
    world.sync().succeeds();
    world.becomes(&[("web", "red"), ("mail", "red"), ("kept", "red"), ("watcher", "")]);
    let dump = world.pm2.path().join("dump.pm2");
    wait_until("the dump is kept in step", LONG, || dump.exists());

    end_by_force(&world, &[]);
    world.daemon("kept", &daemon(&[("kept", "blue")]));
    world.daemon("new", &daemon(&[("new", "red")]));
    world.pm2_does(&["resurrect"]);
    world.becomes(&[("web", "red"), ("mail", "red"), ("kept", "blue"), ("new", "red"), ("watcher", "")]);
    is_left_with_nothing_to_do(&world);
    let dumped =
        || std::fs::read_to_string(&dump).is_ok_and(|text| text.contains("blue") && text.contains("\"new\""));
    wait_until("the dump has what is new", LONG, dumped);
}

/// It starts the PM2 that starts the next watcher, and leaves the tree to that one.
#[test]
fn a_watcher_that_outlives_its_pm2_brings_it_back() {
    let world = world();
    apps(&world);
    own_daemon(&world, "");
    world.sync().succeeds();
    let all = colors(&[("web", "red"), ("mail", "red"), ("kept", "red"), ("watcher", "")]);
    world.becomes_all(&all);
    let watcher = world.pid("watcher");
    wait_until("it has looked", LONG, || {
        world.state().is_some_and(|state| state.pid == watcher && state.looks > 0)
    });
    world.pm2.daemon().kill();
    world.becomes_within(VERY_LONG, &all);
    assert_ne!(world.pid("watcher"), watcher);
    wait_until("each runs once", LONG, || world.stamped().len() == 4);
    world.daemon("kept", &daemon(&[("kept", "blue")]));
    world.becomes(&[("web", "red"), ("mail", "red"), ("kept", "blue"), ("watcher", "")]);
}

/// Another daemon beside it would run everything a second time, and what it looks after is not left behind.
#[test]
fn a_pm2_that_lives_without_its_socket_is_left_alone() {
    let world = world();
    apps(&world);
    let watcher = Watcher::start(&world, &["--resync", "0.3"]);
    all_run(&world);
    let (daemon, before) = (world.pm2.daemon(), world.stamped());
    std::fs::remove_file(world.pm2.path().join("rpc.sock")).unwrap();
    watcher.log.will_say("nobody answers at its socket");
    world.looks_again(2);
    assert!(daemon.is_alive() && !is_up(&world), "there is one daemon, the one without a socket");
    assert_eq!(world.stamped(), before);
}

/// That it answers again makes no event, and neither does it have to wait for the periodic look.
#[test]
fn a_pm2_that_was_frozen_is_asked_again() {
    let world = world();
    apps(&world);
    let watcher = Watcher::start(&world, &["--resync", "3600"]);
    all_run(&world);
    world.comes_to_rest();
    let daemon = world.pm2.daemon();
    daemon.freeze();
    world.daemon("kept", &daemon_with("", &[("kept", "blue")]));
    watcher.log.will_say("PM2 cannot be used");
    daemon.signal(rustix::process::Signal::CONT);
    world.becomes_within(VERY_LONG, &colors(&[("web", "red"), ("mail", "red"), ("kept", "blue")]));
}
