//! PM2 at its worst: frozen, or killed in the middle.

use std::time::{Duration, Instant};

use rustix::process::Signal;

use super::tree::idle;
use crate::support::pm2_program::{DEFAULT, pm2_program};
use crate::support::wait::{LONG, wait_until};
use crate::support::world::World;

#[test]
fn a_frozen_pm2_is_told_in_time_and_nothing_is_lost() {
    let world = World::new();
    world.daemon("alpha", &idle("alpha"));
    world.command(&["sync", "--patience", "0"]).succeeds();
    let before = world.pids();
    world.remove("alpha");
    world.daemon("beta", &idle("beta"));
    let daemon = world.pm2.daemon();
    daemon.freeze();
    let began = Instant::now();
    let commands = ["sync", "plan", "status", "down"].map(|command| world.spawn(&[command]));
    for command in commands {
        let output = command.fails(4);
        assert!(output.contains("PM2 did not answer") && output.contains("nothing was changed"), "{output}");
    }
    assert!(began.elapsed() < Duration::from_secs(25), "{:?}", began.elapsed());
    daemon.signal(Signal::CONT);
    wait_until("PM2 answers again", LONG, || world.pids() == before);
    world.daemon("alpha", &idle("alpha"));
    world.command(&["sync", "--patience", "0"]).succeeds();
    assert_eq!(world.pids()["alpha"], before["alpha"]);
    world.nothing_to_do();
}

#[test]
fn pm2_killed_in_the_middle_is_a_failure_that_the_next_run_mends() {
    let world = World::new();
    let ids = ["a1", "a2", "a3", "a4", "a5", "a6"];
    for id in ids {
        // Watched for a second each, so that the kill meets a run that has most of its work before it.
        world.daemon(id, &idle(id).replace(":args", ":min_uptime 1000 :args"));
    }
    let sync = world.spawn(&["sync", "--jobs", "1"]);
    wait_until("the first app runs", LONG, || !world.pids().is_empty());
    world.pm2.daemon().kill();
    let output = sync.fails(1);
    assert!(output.contains("PM2") && output.contains("failed"), "{output}");

    // The socket is still there, and nobody listens on it.
    assert!(world.pm2.path().join("rpc.sock").exists());
    let output = world.command(&["plan"]).succeeds();
    assert!(output.contains("PM2 is not running") && output.contains("6 to start"), "{output}");
    let pm2 = pm2_program(DEFAULT);
    world.command(&["sync", "--pm2", pm2.as_str()]).succeeds();
    let pids = world.pids();
    assert_eq!(pids.keys().collect::<Vec<_>>(), ids.each_ref());
    assert!(pids.values().all(|pids| pids.len() == 1 && pids[0] != 0), "{pids:?}");
    world.nothing_to_do();
}
