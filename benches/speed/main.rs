//! How long users wait, beside what it could take at least and what people do today, in the same run.
//!
//! `cargo bench --bench speed -- edit` (or `read`, `start`, `render`, `sync`, `rest`, `program`; all of them without a name)
//!
//! `ECOSYSTEM_ROUNDS` is how often each is measured; with `ECOSYSTEM_FIGURES=write` the pictures in `docs/speed` are
//! drawn anew. As a part of `cargo test` everything is done once at the least size.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "a bench that cannot go on has failed, and its figures are printed"
)]

#[path = "../figures/mod.rs"]
mod figures;
#[path = "../../ecosystem-watch/tests/support/mod.rs"]
mod support;

mod edit;
mod program;
mod read;
mod render;
mod rest;
mod sync;

fn main() {
    let parts: [(&str, fn()); 7] = [
        ("read", read::measure),
        ("edit", edit::of_a_running_app),
        ("start", edit::that_adds_a_daemon),
        ("render", render::measure),
        ("sync", sync::measure),
        ("rest", rest::measure),
        ("program", program::measure),
    ];
    for (name, measure) in parts {
        if figures::is_asked_for(name) {
            measure();
        }
    }
}
