//! Two texts as a unified diff.

use similar::TextDiff;

use super::printable_line;
use super::quoting::without_secrets;

/// What makes `new` of `old`, with a header that says what the old one is. What looks secret is covered on both sides.
pub(crate) fn unified(path: &str, what_old_is: &str, old: &str, new: &str) -> String {
    let path = printable_line(path);
    let header = format!("{path} ({what_old_is})");
    let (shown_old, shown_new) = (without_secrets(old), without_secrets(new));
    if shown_old == shown_new && old != new {
        return format!("--- {header}\n+++ {path}\n(what differs looks secret)\n");
    }
    TextDiff::from_lines(&shown_old, &shown_new).unified_diff().header(&header, &path).to_string()
}
