//! How results look: to people on stdout and stderr, to programs as JSON.

pub(crate) mod diagnostics;
pub(crate) mod json;
pub(crate) mod outcome;
pub(crate) mod plan;
pub(crate) mod status;
pub(crate) mod style;
pub(crate) mod table;

use std::io::{self, Write as _};

/// Writes to stdout, where results go.
pub(crate) fn print(text: &str) -> io::Result<()> {
    anstream::stdout().lock().write_all(text.as_bytes())
}

/// Writes to stderr, where problems and progress go.
pub(crate) fn tell(text: &str) -> io::Result<()> {
    anstream::stderr().lock().write_all(text.as_bytes())
}

/// Text that may hold anything, made fit for a terminal: nothing in it is acted on or reorders what follows.
pub(crate) fn printable(text: &str) -> String {
    text.chars().map(|c| if is_disruptive(c) { '\u{fffd}' } else { c }).collect()
}

fn is_disruptive(c: char) -> bool {
    let bidi =
        matches!(c, '\u{200e}' | '\u{200f}' | '\u{061c}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    bidi || (c.is_control() && c != '\n' && c != '\t')
}
