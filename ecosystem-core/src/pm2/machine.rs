//! What resolving a definition needs to know of the machine: gathered before, so that resolving stays pure.

use std::collections::BTreeMap;

use camino::{Utf8Path, Utf8PathBuf};

use crate::model::{Owner, Variables};

/// The machine, as far as it matters to definitions.
///
/// What was not looked up counts as not there; [`questions`](super::questions) says what to look up.
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
    /// PM2's own `lib` folder, which holds the file server that `:script "serve"` means.
    pub pm2_lib: Option<Utf8PathBuf>,
    /// The node program that runs PM2's daemon: what PM2 falls back to for scripts without an extension.
    pub node: Utf8PathBuf,
    /// Number of CPUs as PM2 counts them, for `:instances "max"`.
    pub cpus: u32,
    /// Name of the user that PM2's daemon runs as.
    pub username: String,
    /// Whether PM2's daemon runs as root, which `:uid` needs.
    pub is_root: bool,
    /// The environment of PM2's daemon.
    pub daemon_env: BTreeMap<String, String>,
    /// Where each program asked about lies on the daemon's PATH; `None` if nowhere.
    pub programs: BTreeMap<String, Option<Utf8PathBuf>>,
    /// What each path asked about is, and each program found.
    pub files: BTreeMap<Utf8PathBuf, FileKind>,
    /// Contents of each env file asked about, `None` where there is none, or why it could not be read.
    pub env_files: BTreeMap<Utf8PathBuf, Result<Option<String>, String>>,
    /// The environment that references are looked up in: that of the program which reads the tree.
    pub environment: Variables,
    /// Users of this machine by name and by number (as text).
    pub users: BTreeMap<String, User>,
    /// Numbers of the groups of this machine by name and by number (as text).
    pub groups: BTreeMap<String, u32>,
}

impl Machine {
    pub(super) fn file(&self, path: &Utf8Path) -> FileKind {
        self.files.get(path).copied().unwrap_or(FileKind::Missing)
    }

    pub(super) fn program(&self, name: &str) -> Option<&Utf8Path> {
        self.programs.get(name)?.as_deref()
    }

    /// The home folder that `~` stands for in log paths.
    pub(super) fn home(&self) -> Option<&str> {
        let from_env = self.daemon_env.get("HOME").filter(|home| !home.is_empty());
        from_env.or_else(|| self.users.get(&self.username).map(|user| &user.home)).map(String::as_str)
    }

    /// Major version of PM2; a version that is none counts as the newest known.
    pub(super) fn pm2_major(&self) -> u32 {
        self.pm2_version.split('.').next().and_then(|major| major.parse().ok()).unwrap_or(NEWEST_MAJOR)
    }
}

const NEWEST_MAJOR: u32 = 7;

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
    /// A file whose first bytes may not be read.
    Unreadable,
}
