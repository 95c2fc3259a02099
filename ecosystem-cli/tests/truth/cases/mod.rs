//! Every key of PM2's schema, and every kind of change that makes sense for it.

mod environment;
mod files;
mod node;
mod run;
mod shape;

use crate::behaviour;
use crate::case::Case;

/// All cases.
pub(crate) fn all() -> impl Iterator<Item = &'static Case> {
    let own = [run::CASES, shape::CASES, environment::CASES, files::CASES, node::CASES];
    own.into_iter().chain(behaviour::CASES.iter().copied()).flatten()
}
