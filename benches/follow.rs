//! From the save of one `ecosystem.edn` to the first thing that its new process does, in trees of 10, 100 and 1000
//! daemons; beside it, in the same run, what PM2 alone takes (a client that knows the change already, over PM2's
//! socket) and what people do without a watcher (`pm2 reload FILE`).
//!
//! `cargo bench -p ecosystem-watch --bench follow`
//!
//! Each edit is made when the watcher has come to rest. `ECOSYSTEM_ROUNDS` is how often each is measured. PM2 looks every 100 ms whether the old process has ended, which is
//! most of a restart in each of them.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "a bench that cannot go on has failed, and its figures are printed"
)]

#[path = "../ecosystem-watch/tests/support/mod.rs"]
mod support;

use std::time::{Duration, Instant};

use ecosystem_core::os::pm2::Change;
use serde_json::json;
use support::scene::{Scene as _, daemon_with};
use support::wait::{LONG, wait_until};
use support::watcher::Watcher;
use support::world::World;

const DAEMONS: &[usize] = &[10, 100, 1000];
/// The watcher's default of `--debounce`.
const DEBOUNCE: Duration = Duration::from_millis(100);
/// Making known a thousand apps takes PM2 a while.
const FOREVER: Duration = Duration::from_secs(180);

/// Says which round it is of, and stays.
const PROGRAM: &str = "printf %s \"$ROUND\" > \"$0.ran\"\nexec sleep 100000\n";

fn main() {
    // Cargo asks for a list of benches that it can run alone; there are none.
    if std::env::args().any(|arg| arg == "--list") {
        return;
    }
    let rounds = std::env::var("ECOSYSTEM_ROUNDS").ok().and_then(|text| text.parse().ok()).unwrap_or(15);
    let world = World::new();
    for app in ["floor", "today", "edited"] {
        world.program(&format!("{app}.sh"), PROGRAM);
    }
    world.program("idle.sh", "exec sleep 100000\n");
    let (mut floor, mut today) = (floor(&world), today(&world));
    for daemons in DAEMONS {
        let watcher = watched(&world, *daemons);
        let follow = median(rounds, |round| {
            world.rests_for(Duration::from_millis(1500), FOREVER);
            let began = Instant::now();
            edit(&world, round);
            started(&world, "edited", round);
            began.elapsed()
        });
        drop(watcher);
        // PM2 itself takes longer the more it knows.
        let (floor, today) = (median(rounds, &mut floor), median(rounds, &mut today));
        let without = follow.saturating_sub(DEBOUNCE);
        println!(
            "{daemons} daemons: {} from the save, {} without the debounce; PM2 alone {} (ratio {:.2}); \
             `pm2 reload FILE` {} (ratio {:.2})",
            ms(follow),
            ms(without),
            ms(floor),
            ratio(without, floor),
            ms(today),
            ratio(today, floor)
        );
    }
}

/// A watcher of a tree of so many daemons, at rest.
fn watched(world: &World, daemons: usize) -> Watcher {
    edit(world, usize::MAX);
    for number in 1..daemons {
        let text = daemon_with(":autostart false", &[(&format!("app-{number}"), "red")]);
        world.daemon(&format!("group-{}/{number}", number % 20), &text);
    }
    let watcher = Watcher::start(world, &[]);
    wait_until("the first look is over", FOREVER, || !watcher.log.events("looked").is_empty());
    world.rests_for(Duration::from_secs(3), FOREVER);
    watcher
}

fn edit(world: &World, round: usize) {
    let env = format!(":env {{:ROUND \"{round}\"}}");
    let app = format!("{{:apps [{{:name \"edited\" :script \"edited.sh\" :interpreter \"sh\" {env}}}]}}");
    world.daemon("edited", &app);
}

/// A client that knows the change, and asks PM2 for nothing else.
fn floor(world: &World) -> impl FnMut(usize) -> Duration + '_ {
    world.start_foreign("floor", "floor.sh");
    let id = world.record("floor")["pm_id"].as_u64().unwrap();
    let mut client = world.pm2.client();
    let mut times = 0;
    move |_| {
        times += 1;
        let (round, began) = (times, Instant::now());
        let env = json!({ "ROUND": round.to_string() }).as_object().unwrap().clone();
        client.restart(u32::try_from(id).unwrap(), &Change::new(env).unwrap()).unwrap();
        started(world, "floor", round);
        began.elapsed()
    }
}

/// PM2's own command on a config file that has been edited.
fn today(world: &World) -> impl FnMut(usize) -> Duration + '_ {
    let file = world.base().join("today.config.json");
    let write = move |round: usize| {
        let app = json!({
            "name": "today", "script": world.base().join("today.sh"), "interpreter": "sh",
            "env": { "ROUND": round.to_string() },
        });
        std::fs::write(&file, json!({ "apps": [app] }).to_string()).unwrap();
        file.clone()
    };
    world.pm2_does(&["start", write(usize::MAX).to_str().unwrap()]);
    let mut times = 0;
    move |_| {
        times += 1;
        let (round, began) = (times, Instant::now());
        world.pm2_does(&["reload", write(round).to_str().unwrap()]);
        started(world, "today", round);
        began.elapsed()
    }
}

/// Waits until the process of a round has said so.
fn started(world: &World, app: &str, round: usize) {
    let (file, round) = (world.base().join(format!("{app}.sh.ran")), round.to_string());
    let began = Instant::now();
    while std::fs::read_to_string(&file).is_ok_and(|ran| ran != round) || !file.exists() {
        assert!(began.elapsed() < LONG, "{app} of round {round} does not run");
        std::thread::sleep(Duration::from_micros(200));
    }
}

fn median(rounds: usize, measured: impl FnMut(usize) -> Duration) -> Duration {
    let mut times: Vec<Duration> = (0..rounds).map(measured).collect();
    times.sort();
    times[rounds / 2]
}

fn ms(duration: Duration) -> String {
    format!("{:.0} ms", duration.as_secs_f64() * 1000.0)
}

fn ratio(a: Duration, b: Duration) -> f64 {
    a.as_secs_f64() / b.as_secs_f64()
}
