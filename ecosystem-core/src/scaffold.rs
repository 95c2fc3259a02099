//! Texts that begin a tree or a daemon: what `init` and `new` of the command line write.
//!
//! They are the user's from then on: nothing here is ever written over what exists.

mod app;
mod readme;

#[cfg(test)]
mod tests;

pub use app::{Command, NewApp, Watcher, literal};
pub use readme::readme;

/// The daemon of the watcher, as a folder below the root.
pub const WATCHER: &str = "devops/ecosystem-watch";

/// The watcher's program, and the name of its app.
pub const WATCHER_PROGRAM: &str = "ecosystem-watch";

/// What git is to leave out of a tree: what is generated, edits of it that were put aside, and what exists only
/// while a file is being written.
///
/// Each `dist` folder keeps itself out of git as well; the aggregate of `render --aggregate` has no folder.
pub const GITIGNORE: [&str; 4] = ["dist/", "*.edited", ".ecosystem-*", "/ecosystem.enhanced.config.mjs"];
