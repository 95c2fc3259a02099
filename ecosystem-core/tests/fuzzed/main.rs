//! The laws of `fuzz/`, held to the saved inputs and to others made from them; the fuzzers themselves need a nightly compiler.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a law that is broken panics")]
#![allow(
    clippy::disallowed_methods,
    clippy::disallowed_types,
    reason = "the inputs are files, and node is a process"
)]
#![cfg(feature = "os")]

mod inputs;

#[path = "../../../fuzz/src/lib.rs"]
#[allow(unreachable_pub, reason = "it is a crate of its own for the fuzzers")]
mod laws;

use inputs::{check, check_edn};

#[test]
fn compiled() {
    check_edn("compiled", laws::compiled::compiled);
}

#[test]
fn env_file() {
    check("env_file", laws::env_file::env_file);
}

#[test]
fn kept() {
    check("kept", laws::kept::kept);
}

#[test]
fn layout() {
    check_edn("layout", laws::layout::layout);
}

#[test]
fn loaded() {
    check_edn("loaded", laws::loaded::loaded);
}

#[test]
fn reader() {
    check_edn("reader", laws::reader::reader);
}

#[test]
fn reply() {
    check("reply", laws::reply::reply);
}
