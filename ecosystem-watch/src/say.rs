//! What the watcher says: a line for each thing that happened, on stdout, where PM2 keeps it as its log.

use std::io::Write as _;

/// Says one line.
pub(crate) fn line(text: &str) {
    // A closed log is no reason to stop keeping processes as they should be.
    let _ = writeln!(std::io::stdout().lock(), "{text}");
}
