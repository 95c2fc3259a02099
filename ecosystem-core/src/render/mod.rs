//! From a daemon to the text of its `dist/ecosystem.config.mjs`, which PM2 loads.
//!
//! The text is the same on every machine but for the time in its header: paths are computed from the place
//! of the file when it is loaded. What PM2 asks of such a file was measured on PM2 5.4.3, 6.0.14 and 7.0.4:
//! it `require()`s the module (node ≥ 20.19 or ≥ 22.12), so there is no top-level `await`; it reads the named
//! export `apps`, so a default export alone would not do; and it resolves a relative `cwd` against its
//! caller's folder, so `cwd` is always absolute.

mod aggregate;
mod app;
mod header;
pub(crate) mod javascript;
mod module;
mod references;

pub use aggregate::{ConfigNameError, DEFAULT_AGGREGATE, check_config_name, render_aggregate};
pub use header::{Header, body, inspect, is_current};
pub use module::render;

use crate::model::{Daemon, DaemonId};

/// Who generated a file and when, and where the tree lies: all that a file holds beside the daemon.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GeneratedBy {
    /// Version of the generator, such as `0.1.0`.
    pub version: String,
    /// When, as RFC 3339 in UTC with whole seconds, such as `2026-01-02T03:04:05Z`.
    pub time: String,
    /// Where the tree lies.
    pub layout: Layout,
}

/// Where a tree lies, in words that are the same on every machine.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Layout {
    /// Relative path from the root to the base with `/` as separator, such as `../..`; empty if they are one.
    pub root_to_base: String,
    /// The owner if it was chosen; `None` for the root's absolute path, which the file computes when loaded.
    pub owner: Option<String>,
}

/// The folder below each daemon's that holds what is generated, and nothing else.
pub const DIST: &str = "dist";

/// The name of the generated file. PM2 takes a file for a config by its name alone.
pub const CONFIG_NAME: &str = "ecosystem.config.mjs";

/// A file that should be on disk.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GeneratedFile {
    /// Path below the root with `/` as separator, such as `services/web/dist/ecosystem.config.mjs`.
    pub path: String,
    /// What it should say.
    pub text: String,
}

impl GeneratedFile {
    /// The generated file of a daemon.
    #[must_use]
    pub fn of(daemon: &Daemon, by: &GeneratedBy) -> Self {
        Self { path: config_path(&daemon.id), text: render(daemon, by) }
    }
}

/// Where a daemon's generated file lies below the root.
#[must_use]
pub fn config_path(daemon: &DaemonId) -> String {
    daemon.join(&format!("{DIST}/{CONFIG_NAME}"))
}

#[cfg(test)]
mod tests;
