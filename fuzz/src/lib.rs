//! What must hold of any bytes, for each function that reads what others may write.
//!
//! Each law is one function that panics where it is broken. The fuzzers in `fuzz_targets` hand bytes of their making to it;
//! `ecosystem-core/tests/fuzzed` hands it the saved ones in `corpus`, and others made from them, with every run of the tests.

pub mod compiled;
pub mod env_file;
mod judge;
pub mod kept;
pub mod layout;
pub mod loaded;
pub mod reader;
pub mod reply;
