//! What a watcher costs while nothing happens.
//!
//! Most daemons are switched off: what PM2 would cost with thousands of processes is not the question, and every source
//! is read and watched all the same.

use std::time::{Duration, Instant};

use crate::figures::{chart, full_or_trial, machine};
use crate::support::cost::Cost;
use crate::support::scene::{Scene as _, daemon_with, world};
use crate::support::wait::wait_until;
use crate::support::watcher::Watcher;

const DAEMONS: &[usize] = &[100, 1000, 10_000];
/// As many of them run.
const RUNNING: usize = 12;
const FOREVER: Duration = Duration::from_secs(180);

pub(crate) fn measure() {
    println!("\nA watcher at rest, `--resync` as it is by default\n{}", machine::line());
    let window = Duration::from_secs(full_or_trial(130, 1));
    let mut memory = chart::Line { name: "resident memory", points: Vec::new() };
    for daemons in full_or_trial(DAEMONS, &[100]) {
        let cost = at_rest(*daemons, window);
        let per_hour = cost.cpu_ms as f64 / 1000.0 * 3600.0 / window.as_secs_f64();
        println!(
            "{daemons:>7} daemons: {:.1} MB resident, {:.1} MB at its highest, {:.1} s of cpu and {:.0} wakings an hour",
            cost.resident_kb as f64 / 1000.0,
            cost.highest_kb as f64 / 1000.0,
            per_hour,
            cost.switches as f64 * 3600.0 / window.as_secs_f64(),
        );
        memory.points.push((*daemons as f64, cost.resident_kb as f64 / 1000.0));
    }
    chart::growth(&[&memory].map(|it| chart::Line { name: it.name, points: it.points.clone() }));
    chart::draw("rest", "A watcher at rest", "daemons", "MB", &[memory]);
}

/// What a watcher used within so long, and what it holds at the end.
fn at_rest(daemons: usize, window: Duration) -> Cost {
    let world = world();
    for number in 0..daemons {
        let more = if number < RUNNING { "" } else { ":enabled false" };
        let text = daemon_with(more, &[(&format!("app-{number}"), "red")]);
        world.daemon(&format!("group-{}/{number}", number / 100), &text);
    }
    let watcher = Watcher::start(&world, &["--resync", "60"]);
    wait_until("the first look is over", FOREVER, || !watcher.log.events("looked").is_empty());
    world.rests_for(Duration::from_secs(3), FOREVER);
    let (before, began) = (Cost::of(watcher.process()), Instant::now());
    wait_until("the time is over", window + FOREVER, || began.elapsed() >= window);
    let after = Cost::of(watcher.process());
    Cost { cpu_ms: after.cpu_ms - before.cpu_ms, switches: after.switches - before.switches, ..after }
}
