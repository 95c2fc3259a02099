//! What the watcher says: a line for each thing that happens, on stdout, where PM2 keeps it as its log.
//!
//! - [`happening`] makes the [`Line`](line::Line) of each thing that happens once: pure functions from what happened to a
//!   sentence and its members.
//! - [`Said`] is the memory of what stands until somebody mends it: said when it comes and when it is gone, however
//!   often the watcher looks in between.
//! - [`log`] writes lines as text or as JSON. Everything goes through `tracing`, so that code anywhere may add an
//!   event of its own.

mod aloud;
pub(crate) mod happening;
mod line;
mod log;
mod problem;
mod said;
#[cfg(test)]
mod testing;

pub(crate) use aloud::Aloud;
pub(crate) use line::say_all;
pub(crate) use log::{Format, listen};
pub(crate) use said::Said;
