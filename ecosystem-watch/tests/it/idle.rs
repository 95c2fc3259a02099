//! What a watcher of a large tree costs while nothing happens.
//!
//! `ECOSYSTEM_IDLE` is the number of seconds that it is looked at. The figures are printed; in a release build the
//! memory is held to a limit.

#![allow(clippy::print_stdout, reason = "the figures are what somebody runs this for")]

use std::time::{Duration, Instant};

use crate::support::cost::Cost;
use crate::support::scene::{Scene, daemon_with, world};
use crate::support::wait::wait_until;
use crate::support::watcher::Watcher;

const DAEMONS: usize = 1000;
/// Resident while nothing happens.
const MOST_KB: u64 = 20 * 1024;
/// Without a look for so long, it waits for the next periodic one.
const RESTS: Duration = Duration::from_secs(3);
const RESYNC: Duration = Duration::from_secs(60);
/// Making known a thousand apps takes PM2 a while.
const FOREVER: Duration = Duration::from_secs(180);

#[test]
fn a_large_tree_costs_next_to_nothing_while_nothing_happens() {
    let world = world();
    for number in 0..DAEMONS {
        let name = format!("app-{number}");
        // Known to PM2, and no process: a thousand of those would be what is measured.
        let text = daemon_with(":autostart false", &[(&name, "red")]);
        world.daemon(&format!("group-{}/{number}", number % 20), &text);
    }
    let watcher = Watcher::start(&world, &["--resync", "60"]);
    let started = || watcher.log.events("looked").iter().any(|it| it["steps"] == DAEMONS);
    wait_until("all apps are made known", FOREVER, started);
    // PM2 tells of what was done to it a little later, and that is looked at too.
    world.rests_for(RESTS, FOREVER);

    let window = Duration::from_secs(number("ECOSYSTEM_IDLE").unwrap_or(15));
    let (looks, before, began) = (world.looks(), Cost::of(watcher.process()), Instant::now());
    wait_until("the time is over", window + FOREVER, || began.elapsed() >= window);
    let after = Cost::of(watcher.process());
    let looked = world.looks() - looks;
    println!(
        "{DAEMONS} daemons, {window:?}: {looked} looks, {} ms of cpu, {} switches, {} kB resident, {} kB at its highest",
        after.cpu_ms - before.cpu_ms,
        after.switches - before.switches,
        after.resident_kb,
        after.highest_kb
    );
    let periodic = 1 + window.as_secs() / RESYNC.mul_f64(0.9).as_secs();
    assert!(looked <= periodic, "{looked} looks in {window:?}");
    assert!(cfg!(debug_assertions) || after.resident_kb < MOST_KB, "{} kB", after.resident_kb);
}

fn number(variable: &str) -> Option<u64> {
    Some(std::env::var(variable).ok()?.parse().unwrap())
}
