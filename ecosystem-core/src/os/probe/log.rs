//! Asking by what the app writes.

use std::cell::RefCell;
use std::io::{BufRead as _, BufReader, Read as _, Seek as _, SeekFrom};

use camino::Utf8PathBuf;

use super::Reply;
use crate::os::regular_file;

/// Log files of an app, and how far each has been read: at first to where it ended before the app was started.
#[derive(Debug, Clone, Default)]
pub(in crate::os) struct Logs(RefCell<Vec<(Utf8PathBuf, u64)>>);

impl Logs {
    pub(in crate::os) fn new(files: impl IntoIterator<Item = (Utf8PathBuf, u64)>) -> Self {
        Self(RefCell::new(files.into_iter().collect()))
    }

    /// Whether a line that was written since the last look contains the text. That none does yet is no answer.
    pub(super) fn search(&self, text: &str) -> Reply {
        let mut files = self.0.borrow_mut();
        // A log that cannot be read may only not be there yet.
        let found = files.iter_mut().any(|(path, from)| contains(path, from, text).unwrap_or(false));
        if found { Reply::Well } else { Reply::Nobody(format!("no line in its logs contains {text:?}")) }
    }
}

/// Reads on from there. A line without an end is read again, since more of it may follow.
fn contains(path: &Utf8PathBuf, from: &mut u64, text: &str) -> std::io::Result<bool> {
    let mut file = regular_file::open(path).map_err(std::io::Error::other)?;
    // A file that is shorter than it was has been cut or replaced: all of it is new.
    if *from > file.metadata()?.len() {
        *from = 0;
    }
    file.seek(SeekFrom::Start(*from))?;
    let mut new = BufReader::new(file.take(AT_ONCE));
    let mut line = Vec::new();
    loop {
        line.clear();
        let read = (&mut new).take(LONGEST_LINE).read_until(b'\n', &mut line)? as u64;
        if String::from_utf8_lossy(&line).contains(text) {
            return Ok(true);
        }
        if read < LONGEST_LINE && line.last() != Some(&b'\n') {
            return Ok(false);
        }
        *from += read;
    }
}

/// How much is read at a look: an app that writes faster than this must not keep who asks from its other work.
const AT_ONCE: u64 = 4 * 1024 * 1024;

/// A longer line is looked at in pieces.
const LONGEST_LINE: u64 = 64 * 1024;
