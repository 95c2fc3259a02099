//! The last lines of a log file.

use std::io::{Read as _, Seek as _, SeekFrom};

use camino::Utf8Path;

use super::regular_file::open;
use crate::printable::printable;

/// How many lines are shown of a crash: enough for a message and the top of its trace.
const LINES: usize = 12;

/// How much of the file's end is read for them.
const BYTES: u64 = 16 * 1024;

/// The last lines that were written behind the byte `from`, oldest first; none where the file cannot be read.
pub(super) fn lines(path: &Utf8Path, from: u64) -> Vec<String> {
    tail(path, from).unwrap_or_default()
}

fn tail(path: &Utf8Path, from: u64) -> std::io::Result<Vec<String>> {
    let mut file = open(path).map_err(std::io::Error::other)?;
    let length = file.metadata()?.len();
    // A file that is shorter than it was has been cut or replaced: all of it is new.
    let from = if from > length { 0 } else { from };
    file.seek(SeekFrom::Start(from.max(length.saturating_sub(BYTES))))?;
    let mut bytes = Vec::new();
    file.take(BYTES).read_to_end(&mut bytes)?;
    let text = String::from_utf8_lossy(&bytes);
    let lines: Vec<&str> = text.lines().map(str::trim_end).filter(|line| !line.is_empty()).collect();
    Ok(lines[lines.len().saturating_sub(LINES)..].iter().map(|line| printable(line)).collect())
}
