//! The watcher on real PM2, in a PM2_HOME of each test's own.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a failing test panics, and says so best where it happens"
)]

#[path = "../support/mod.rs"]
mod support;

mod adoption;
mod chaos;
mod drift;
mod help;
mod idle;
mod language;
mod liveness;
mod narrow;
mod order;
mod pm2_ends;
mod private;
mod random_edits;
mod removal;
mod revert;
mod signals;
mod under_pm2;
