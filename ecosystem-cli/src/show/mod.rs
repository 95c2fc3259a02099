//! How results look: to people on stdout and stderr, to programs as JSON.

pub(crate) mod diagnostics;
pub(crate) mod json;
pub(crate) mod outcome;
pub(crate) mod plan;
pub(crate) mod quoting;
pub(crate) mod shell;
pub(crate) mod status;
pub(crate) mod style;
pub(crate) mod table;

use std::io::{self, Write as _};

/// Writes to stdout, where results go.
pub(crate) fn print(text: &str) -> io::Result<()> {
    unless_closed(anstream::stdout().lock().write_all(text.as_bytes()))
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

/// Text that may hold anything, made fit for a terminal: nothing in it is acted on or reorders what follows.
pub(crate) fn printable(text: &str) -> String {
    text.chars().map(|c| if is_disruptive(c) { '\u{fffd}' } else { c }).collect()
}

/// The same for a name or a path, which must not look like a line of ours.
pub(crate) fn printable_line(text: &str) -> String {
    printable(text).replace(['\n', '\t'], "\u{fffd}")
}

/// Text of JSON with what a terminal would act on as escapes. Such characters occur only within its strings.
pub(crate) fn printable_json(text: &str) -> String {
    let mut printable = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            c if is_disruptive(c) => printable.push_str(&format!("\\u{:04x}", u32::from(c))),
            c => printable.push(c),
        }
    }
    printable
}

fn is_disruptive(c: char) -> bool {
    let bidi =
        matches!(c, '\u{200e}' | '\u{200f}' | '\u{061c}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    bidi || (c.is_control() && c != '\n' && c != '\t')
}
