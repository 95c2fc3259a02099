//! Tests against real PM2, in its own PM2_HOME, of every version that is supported.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a failing test panics, and says so best where it happens"
)]

#[path = "../support/mod.rs"]
mod support;

mod agreed;
mod attributes;
mod by_hand;
mod check_formats;
mod client;
mod examples;
mod explain;
mod fmt;
mod forgotten;
mod health;
mod history;
mod hostile;
mod import;
mod init;
mod many;
mod on_change;
mod order;
mod recording;
mod revert;
mod review;
mod simulated;
mod sniff;
mod story;
mod watcher;
mod zero_downtime;
