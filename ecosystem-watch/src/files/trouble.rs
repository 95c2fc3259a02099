//! What hinders watching, and what to do about it.

use std::fs;
use std::io;
use std::time::Duration;

use camino::Utf8Path;
use notify_debouncer_full::notify::{Error, ErrorKind};
use rustix::io::Errno;

use super::git::Lock;

/// A reason why hints come late.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Trouble {
    /// Two of a kind are said once.
    pub(super) kind: Kind,
    /// For people: what is wrong, what to do, and what happens until then.
    pub(super) text: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Kind {
    Watches,
    Instances,
    RootMissing,
    GitLock,
    Other,
}

impl Trouble {
    /// What the watcher's error means; the tree is looked at every `poll` until it is gone.
    pub(super) fn of(error: &Error, poll: Duration) -> Self {
        let (kind, wrong) = match &error.kind {
            ErrorKind::MaxFilesWatch => (Kind::Watches, too_many_watches()),
            ErrorKind::Io(io) if io.raw_os_error() == Some(Errno::MFILE.raw_os_error()) => {
                (Kind::Instances, too_many_instances())
            }
            _ => (Kind::Other, format!("the kernel cannot tell of all changed files: {error}")),
        };
        Self {
            kind,
            text: format!("{wrong}. Until then the tree is looked at every {} s", poll.as_secs_f64()),
        }
    }

    /// The root is not there, or is no folder.
    pub(super) fn missing(root: &Utf8Path, poll: Duration) -> Self {
        let text = format!("there is no folder {root}: it is looked for every {} s", poll.as_secs_f64());
        Self { kind: Kind::RootMissing, text }
    }

    /// A lock that git has held for so long that something else must be the matter.
    pub(super) fn git(lock: &Lock, held: Duration) -> Self {
        let text = format!(
            "git has not been done for {} s, as {} says: the tree is looked at as it is. Remove that file if no git \
             command is running",
            held.as_secs_f64(),
            lock.path
        );
        Self { kind: Kind::GitLock, text }
    }
}

fn too_many_watches() -> String {
    let limit = Limit::now("watches");
    format!(
        "the kernel gives this user no more file watches, and the tree needs one for each folder: raise the limit, \
         which is {limit}, as in `sysctl {}={}`",
        limit.name,
        limit.doubled()
    )
}

fn too_many_instances() -> String {
    // The kernel answers alike when the process has too many files open (man 2 inotify_init).
    if fs::File::open("/proc/self/limits").is_err_and(|error| no_descriptor(&error)) {
        return "this process may open no more files, and watching needs some: raise its limit, as in \
                `ulimit -n 1024`"
            .to_owned();
    }
    let limit = Limit::now("instances");
    format!(
        "the kernel gives this user no more inotify instances: end other programs that watch files, or raise the \
         limit, which is {limit}, as in `sysctl {}={}`",
        limit.name,
        limit.doubled()
    )
}

fn no_descriptor(error: &io::Error) -> bool {
    error.raw_os_error() == Some(Errno::MFILE.raw_os_error())
}

/// A limit of inotify as it is now.
struct Limit {
    name: String,
    value: Option<u64>,
}

impl Limit {
    /// The limit on `what` ("watches" or "instances"). A container can have a lower one of its own, which then is the
    /// one to raise (man 7 namespaces, `/proc/sys/user`).
    fn now(what: &str) -> Self {
        let of_all = Self::read(format!("fs.inotify.max_user_{what}"));
        let own = Self::read(format!("user.max_inotify_{what}"));
        let own_is_lower = own.value.zip(of_all.value).is_some_and(|(own, all)| own < all);
        if own_is_lower { own } else { of_all }
    }

    fn read(name: String) -> Self {
        let file = format!("/proc/sys/{}", name.replace('.', "/"));
        let value = fs::read_to_string(file).ok().and_then(|text| text.trim().parse().ok());
        Self { name, value }
    }

    /// What to raise it to. The least that is worth it is the kernel's own default for watches.
    fn doubled(&self) -> u64 {
        self.value.map_or(8192, |value| value.saturating_mul(2).max(1))
    }
}

impl std::fmt::Display for Limit {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.value {
            Some(value) => write!(f, "{} = {value}", self.name),
            None => write!(f, "{} (its value cannot be read)", self.name),
        }
    }
}
