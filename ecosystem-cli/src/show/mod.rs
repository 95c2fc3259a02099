//! How results look: to people on stdout and stderr, to programs as JSON.

pub(crate) mod agreed;
pub(crate) mod app;
pub(crate) mod bar;
pub(crate) mod diagnostics;
pub(crate) mod diff;
pub(crate) mod explanation;
pub(crate) mod github;
pub(crate) mod history;
pub(crate) mod json;
pub(crate) mod outcome;
pub(crate) mod place;
pub(crate) mod plan;
pub(crate) mod quoting;
pub(crate) mod review;
pub(crate) mod sarif;
pub(crate) mod shell;
pub(crate) mod status;
pub(crate) mod style;
pub(crate) mod table;
pub(crate) mod watcher;

use std::io::{self, Write as _};

pub(crate) use ecosystem_core::printable::{printable, printable_json, printable_line};

/// Writes to stdout, where results go.
pub(crate) fn print(text: &str) -> io::Result<()> {
    unless_closed(anstream::stdout().lock().write_all(text.as_bytes()))
}

/// Writes to stdout as it is, even what a terminal would take for a command: for texts that go back to their author.
pub(crate) fn raw(text: &str) -> io::Result<()> {
    unless_closed(io::stdout().lock().write_all(text.as_bytes()))
}

/// Writes to stderr, where problems and progress go.
pub(crate) fn tell(text: &str) -> io::Result<()> {
    unless_closed(anstream::stderr().lock().write_all(text.as_bytes()))
}

/// Whoever read it has seen enough, which is no error, and no reason to end otherwise than with the result.
fn unless_closed(written: io::Result<()>) -> io::Result<()> {
    match written {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        other => other,
    }
}
