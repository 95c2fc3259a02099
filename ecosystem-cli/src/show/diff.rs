//! Two texts as a unified diff.

use similar::TextDiff;

use super::printable_line;

/// What makes `new` of `old`, with a header that says what the old one is.
pub(crate) fn unified(path: &str, what_old_is: &str, old: &str, new: &str) -> String {
    let path = printable_line(path);
    let header = format!("{path} ({what_old_is})");
    TextDiff::from_lines(old, new).unified_diff().header(&header, &path).to_string()
}
