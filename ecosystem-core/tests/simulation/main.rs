//! Random trees, edits, faults and people against a model of PM2, with the laws that hold all the same.
//!
//! `ECOSYSTEM_SEEDS` says how many seeds are run, `ECOSYSTEM_SEED` which one alone. See `docs/proof.md`.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout,
    clippy::print_stderr,
    clippy::disallowed_methods,
    clippy::disallowed_types,
    clippy::disallowed_macros,
    missing_docs,
    unreachable_pub,
    reason = "a test: it fails where it finds something, and asks the environment how long to search"
)]

mod ending;
mod executor;
mod files;
mod host;
mod image;
mod laws;
mod pm2_model;
mod random;
#[path = "../../../ecosystem-watch/src/removals.rs"]
mod removals;
#[allow(dead_code, reason = "the watcher asks more of it")]
#[path = "../../../ecosystem-watch/src/retries.rs"]
mod retries;
mod script;
mod shrink;
mod watcher;
mod world;

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use laws::Laws;
use script::{Script, Watching};
use world::World;

/// How many seeds every run of the tests tries.
const SEEDS: u64 = 150;

/// What came of one run.
struct Ran {
    broken: Vec<String>,
    tally: BTreeMap<String, u64>,
}

fn run(watching: Watching, script: &Script) -> Ran {
    let mut world = World::new(watching, Instant::now());
    let ran = catch_unwind(AssertUnwindSafe(|| {
        for event in script {
            world.happen(event);
            if !world.laws.broken.is_empty() {
                return;
            }
        }
        ending::silence(&mut world);
        if world.laws.broken.is_empty() {
            ending::mended(&mut world);
        }
    }));
    if ran.is_err() {
        world.laws.broke("nothing panics", "see above");
    }
    let Laws { broken, tally, .. } = world.laws;
    Ran { broken, tally }
}

/// The law that a run breaks first.
fn law(ran: &Ran) -> Option<String> {
    ran.broken.first().and_then(|broken| broken.split(':').next()).map(str::to_owned)
}

/// What there is to say of a seed that breaks a law: the least script that breaks it too, and how to run it again.
fn told(seed: u64, watching: Watching, script: Script, ran: &Ran) -> String {
    let broken = law(ran);
    let least = shrink::shrink(script, |script| law(&run(watching, script)) == broken);
    let again = run(watching, &least).broken;
    format!(
        "seed {seed} breaks a law\n  {}\nby the least script that does, under {watching:?}:\n{}\nit comes to\n  {}\nagain:\n  \
         ECOSYSTEM_SEED={seed} cargo test -p ecosystem-core --test simulation\n",
        ran.broken.join("\n  "),
        least.iter().map(|event| format!("  {event:?}")).collect::<Vec<_>>().join("\n"),
        again.join("\n  "),
    )
}

fn number(name: &str) -> Option<u64> {
    std::env::var(name).ok()?.parse().ok()
}

#[test]
fn the_laws_hold() {
    let (first, count) = match number("ECOSYSTEM_SEED") {
        Some(seed) => (seed, 1),
        None => (number("ECOSYSTEM_FIRST_SEED").unwrap_or(0), number("ECOSYSTEM_SEEDS").unwrap_or(SEEDS)),
    };
    let began = Instant::now();
    let next = AtomicU64::new(first);
    let failed = Mutex::new(Vec::new());
    let tally = Mutex::new(BTreeMap::<String, u64>::new());
    std::thread::scope(|scope| {
        for _ in 0..std::thread::available_parallelism().map_or(2, usize::from) {
            scope.spawn(|| {
                let mut own = BTreeMap::<String, u64>::new();
                loop {
                    let seed = next.fetch_add(1, Ordering::Relaxed);
                    if seed >= first + count || failed.lock().unwrap().len() >= 3 {
                        break;
                    }
                    let (watching, script) = script::of_seed(seed);
                    let ran = run(watching, &script);
                    for (what, times) in &ran.tally {
                        *own.entry(what.clone()).or_default() += times;
                    }
                    if !ran.broken.is_empty() {
                        failed.lock().unwrap().push((seed, told(seed, watching, script, &ran)));
                    }
                }
                let mut all = tally.lock().unwrap();
                own.into_iter().for_each(|(what, times)| *all.entry(what).or_default() += times);
            });
        }
    });
    let took = began.elapsed();
    println!("{count} seeds in {took:.1?}; what happened in them:");
    for (what, times) in tally.into_inner().unwrap() {
        println!("  {times:>8} {what}");
    }
    let mut failed = failed.into_inner().unwrap();
    failed.sort();
    let told: Vec<String> = failed.into_iter().map(|(_, told)| told).collect();
    assert!(told.is_empty(), "\n{}", told.join("\n"));
}
