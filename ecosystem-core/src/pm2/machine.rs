//! What resolving a definition needs to know of the machine: gathered before, so that resolving stays pure.

use std::collections::{BTreeMap, BTreeSet};

use camino::Utf8PathBuf;

use crate::model::{Ecosystem, Owner};

/// The machine, as far as it matters to definitions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Machine {
    /// Whose apps these are.
    pub owner: Owner,
    /// The folder that relative paths resolve against, absolute.
    pub base: Utf8PathBuf,
    /// PM2's home, absolute.
    pub pm2_home: Utf8PathBuf,
    /// PM2's version, such as `7.0.4`.
    pub pm2_version: String,
    /// The node program that runs PM2's daemon: what PM2 falls back to for scripts without an extension.
    pub node: Utf8PathBuf,
    /// Number of CPUs, for `:instances "max"`.
    pub cpus: u32,
    /// Name of the user that PM2's daemon runs as.
    pub username: String,
    /// Whether PM2's daemon runs as root, which `:uid` needs.
    pub is_root: bool,
    /// The environment of PM2's daemon.
    pub daemon_env: BTreeMap<String, String>,
    /// Where each program asked about lies on the daemon's PATH; `None` if nowhere.
    pub programs: BTreeMap<String, Option<Utf8PathBuf>>,
    /// What each path asked about is.
    pub files: BTreeMap<Utf8PathBuf, FileKind>,
    /// Contents of each env file asked about, or why it could not be read.
    pub env_files: BTreeMap<Utf8PathBuf, Result<String, String>>,
    /// Users of this machine by name and by number (as text).
    pub users: BTreeMap<String, User>,
    /// Numbers of the groups of this machine by name and by number (as text).
    pub groups: BTreeMap<String, u32>,
}

/// One user of the machine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct User {
    /// Number.
    pub uid: u32,
    /// Number of the first group.
    pub gid: u32,
    /// Home folder.
    pub home: String,
}

/// What a path is, as PM2 looks at it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FileKind {
    /// Nothing there (or nothing that may be looked at).
    Missing,
    /// A folder.
    Folder,
    /// A file whose first bytes look like text: run by node unless its extension says otherwise.
    Text,
    /// A file whose first bytes look binary: run as it is.
    Binary,
}

/// What has to be looked up before an ecosystem can be resolved.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Questions {
    /// Programs to look for on the PATH of PM2's daemon (a name without `/`).
    pub programs: BTreeSet<String>,
    /// Paths to look at, absolute.
    pub files: BTreeSet<Utf8PathBuf>,
    /// Env files to read, absolute.
    pub env_files: BTreeSet<Utf8PathBuf>,
}
