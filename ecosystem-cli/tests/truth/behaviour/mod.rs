//! What PM2 does with an app when it ends, grows, is watched or is told to go: seen by making that happen.
//!
//! A look may end its app's process or leave the app stopped: it is the last thing that is done to it. Each tells
//! what happened in coarse words, so that a loaded machine says the same. Where nothing happened, something that
//! surely happens is tried on the same app afterwards, or PM2's daemon has answered often enough in that time to
//! show that it was not merely slow.
//!
//! PM2's daemon must have been started with the variables in [`DAEMON`].

#![allow(
    clippy::redundant_closure_for_method_calls,
    reason = "a method's own path is of one lifetime of its subject, and a look of any"
)]

mod cron;
mod git;
mod limits;
mod memory;
mod obedient;
mod restarting;
mod seen;
mod starting;
mod stopping;
mod tests;
mod watching;

use crate::case::Case;
use crate::subject::Subject;
use crate::support::world::World;

/// What PM2's daemon needs in its environment: its worker looks at memory this often (30 seconds without), and PM2 7
/// looks at git only then.
pub(crate) const DAEMON: &[(&str, &str)] =
    &[("PM2_WORKER_INTERVAL", "500"), ("PM2_ENABLE_GIT_PARSING", "true")];

/// Puts into the base folder what these cases need.
pub(crate) fn furnish(world: &World) {
    for (file, text) in [&[obedient::FILE], watching::FILES_OF_ALL, git::FILES].into_iter().flatten() {
        world.program(file, text);
    }
    git::furnish(world);
}

/// All cases.
pub(crate) const CASES: &[&[Case]] = &[
    memory::CASES,
    restarting::CASES,
    limits::CASES,
    cron::CASES,
    stopping::CASES,
    starting::CASES,
    watching::CASES,
    git::CASES,
];
