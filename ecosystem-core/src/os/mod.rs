//! Everything with effects, behind the feature `os`: the rest of the crate cannot do I/O.
//!
//! Disk, locks, PM2's sockets, the kernel's view of processes, the environment, the clock. [`host`] puts them
//! together into the [`Host`](crate::converge::Host) that a pass works on.

pub mod history;
pub mod host;
pub mod interrupt;
pub mod inventory;
pub mod place;
pub mod pressure;
pub mod processors;
pub mod state;

pub mod agreed_file;
pub mod codes;
pub mod config_file;
pub mod dist;
pub mod edit;
pub mod git;
pub mod new_file;
pub mod program;
pub mod snapshots;
mod surroundings;
pub mod tree;

pub mod kernel;
pub mod liveness;
pub mod machine;
pub mod pm2;

mod apply;
mod budget;
mod fallback;
mod health;
mod lock;
mod log_tail;
mod look;
mod observer;
mod orphans;
mod ownership;
mod probe;
mod regular_file;
mod replace_after;
mod same_daemon;
mod schedule;
mod state_folder;
mod verify;
