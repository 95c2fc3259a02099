//! What is known of PM2, without talking to it: how it reads its process list, and what it makes of a
//! definition before it starts a process.
//!
//! The second part, in reading order: [`questions`] says what to look up for a tree, [`Machine`] holds the
//! answers, and [`resolve`] turns one app and the answers into the [`Attributes`] that PM2's daemon takes.

mod account;
mod attributes;
mod command;
mod environment;
mod instance;
mod interpreter;
mod logs;
mod machine;
pub mod observed;
mod paths;
mod questions;
mod settings;
mod sniff;
mod unresolvable;
pub mod verify;

#[cfg(test)]
pub(crate) mod testing;
#[cfg(test)]
mod tests;

pub(crate) use attributes::resolve_with;
pub use attributes::{Attributes, ExecMode, Fingerprint, resolve};
pub use environment::{BASE_ENV, is_base, is_internal};
pub(crate) use logs::file_stem;
pub use machine::{FileKind, Machine, User};
pub(crate) use paths::resolve as resolve_path;
pub use paths::{relative, working_folder};
pub use questions::{Questions, questions, questions_of};
pub use sniff::{SNIFFED_BYTES, looks_binary};
pub use unresolvable::Unresolvable;
