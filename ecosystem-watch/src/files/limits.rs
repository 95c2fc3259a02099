//! The kernel's limits of file events, and what can be done about them.

use std::fmt;
use std::io;

use camino::Utf8Path;
use notify::{Error, ErrorKind};

/// Why events do not come for all of a tree.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Trouble {
    /// More folders than one user may watch.
    Watches,
    /// More programs of one user watch than may, or this one has too many files open.
    Instances,
    /// Anything else: on what, and what the system said.
    Other(String),
}

impl Trouble {
    pub(super) fn of(error: &Error, folder: &Utf8Path) -> Self {
        match &error.kind {
            ErrorKind::MaxFilesWatch => Trouble::Watches,
            ErrorKind::Io(error) if error.raw_os_error() == Some(EMFILE) => Trouble::Instances,
            _ => Trouble::Other(format!("{folder}: {error}")),
        }
    }
}

impl fmt::Display for Trouble {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (limit, what, better) = match self {
            Trouble::Watches => ("fs.inotify.max_user_watches", "folders to watch", 524_288),
            Trouble::Instances => (
                "fs.inotify.max_user_instances",
                "programs that watch (or of open files, see ulimit -n)",
                1024,
            ),
            Trouble::Other(problem) => {
                return write!(f, "file events cannot be had ({problem}): looking every 2 s instead");
            }
        };
        let now = std::fs::read_to_string(format!("/proc/sys/{}", limit.replace('.', "/")));
        let now = now.map(|text| format!(" (now {})", text.trim())).unwrap_or_default();
        write!(
            f,
            "the system's number of {what} is used up: looking every 2 s instead; raise {limit}{now}, for example \
             with `sysctl {limit}={better}`"
        )
    }
}

/// `EMFILE` of errno(3).
const EMFILE: i32 = rustix::io::Errno::MFILE.raw_os_error();

/// Whether a limit was reached.
pub(super) fn is_limit(error: &Error) -> bool {
    matches!(error.kind, ErrorKind::MaxFilesWatch)
}

/// Whether there is nothing to be watched.
pub(super) fn is_absence(error: &Error) -> bool {
    match &error.kind {
        ErrorKind::PathNotFound | ErrorKind::WatchNotFound => true,
        ErrorKind::Io(error) => {
            error.kind() == io::ErrorKind::NotFound || error.kind() == io::ErrorKind::NotADirectory
        }
        _ => false,
    }
}
