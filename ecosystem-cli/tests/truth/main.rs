//! The truth table: every change of every field takes effect in the real process, on every version of PM2.
//!
//! Each case is one app in a real PM2, changed by `sync`, and compared with a fresh start of the new definition in
//! another PM2. A third is changed by PM2's own reload, to tell what that would have done.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a failing test panics, and says so best where it happens"
)]
#![allow(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "who asks for the whole table, or for one field, wants to see"
)]

#[allow(dead_code, reason = "shared with other test programs, which use more of it")]
#[path = "../support/mod.rs"]
mod support;

mod agreement;
mod asked;
mod batches;
mod behaviour;
mod case;
mod cases;
mod cheaper;
mod coverage;
mod look;
mod measure;
mod programs;
mod stage;
mod subject;
mod synced;
mod table;
mod verdict;
mod waste;
mod why;

use crate::asked::Asked;
use crate::batches::{FEW, MANY, Place};
use crate::case::Case;

/// See [`Asked`] for how much of it is tried.
#[test]
fn every_change_takes_effect() {
    let asked = Asked::from_environment();
    let cases: Vec<&Case> = cases::all().filter(|case| asked.has(case)).collect();
    let places = batches::places(&cases);
    let mut results = batches::run(&places, MANY);
    // Dozens of processes that start at once can make a machine too slow for what a case waits for. What is wrong is
    // wrong twice.
    let doubtful: Vec<Place> =
        places.iter().copied().filter(|place| !verdict::faults_of(*place, &results).is_empty()).collect();
    results.extend(batches::run(&doubtful, FEW));
    let mut faults = verdict::faults(&places, &results);
    faults.extend(agreement::disagreements(&cases, &results, asked.is_whole()));
    match asked {
        Asked::Fields(_) => table::rows(&cases, &results).iter().for_each(|row| println!("{row}")),
        Asked::Write => std::fs::write(table::path(), table::page(&cases, &results)).unwrap(),
        Asked::Full => faults.extend(table::difference(&table::page(&cases, &results))),
        Asked::Slice => faults.extend(table::missing(&table::rows(&cases, &results))),
    }
    assert!(faults.is_empty(), "{} faults:\n{}", faults.len(), faults.join("\n\n"));
}
