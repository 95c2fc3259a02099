//! One layout for EDN, whoever wrote it: [`format()`] changes blanks and line ends, and nothing else.
//!
//! What a text means, its comments, its `#_` and the order of everything stay. The rules, in full:
//!
//! - A collection that the author had on one line stays on one line where that is at most [`WIDTH`] columns wide.
//! - Any other map has one pair a line, with its values one below the other.
//! - Any other vector, list or set of atoms keeps the author's lines, as `"--port" 3000` belongs together; lines that
//!   are too long are broken. If it holds a collection, each of its forms has a line of its own.
//! - What is in a collection stands one column behind its opening delimiter, so that closing delimiters never stand
//!   alone, except behind a comment. What begins beyond [`WIDTH`] is continued there.
//! - Pairs on one line have a comma between them; there are no commas elsewhere.
//! - Of empty lines at most one is kept, and none at the ends of a collection or of the file.
//! - A comment behind something stays behind it, and those of lines that follow each other stand in one column, as far as
//!   the lines are not wider than [`WIDTH`].
//! - `#_` stands right before what it discards. A tag has one space behind it, whatever it means.
//!
//! Formatting what was formatted gives the same text.

mod forms;
mod layout;
mod page;

#[cfg(test)]
mod tests;

use crate::diagnostic::{Checked, Source};
use crate::edn;

/// The widest line that is made by choice: atoms and comments are never broken.
pub const WIDTH: usize = 120;

/// The text of a source in the one layout; nothing where it is no EDN, with what [`edn::read`] has to say of it.
///
/// A byte order mark goes, as it means nothing, and lines end in a line feed.
///
/// ```
/// use ecosystem_core::Source;
///
/// let text = "{:apps [\n  {:name \"web\" ; the site\n   :script \"web.mjs\"}]}";
/// let formatted = ecosystem_core::format::format(&Source::new("ecosystem.edn", text));
/// assert_eq!(
///     formatted.output.as_deref(),
///     Some("{:apps [{:name   \"web\" ; the site\n         :script \"web.mjs\"}]}\n")
/// );
/// ```
pub fn format(source: &Source) -> Checked<Option<String>> {
    let Checked { output, diagnostics } = edn::read(source);
    let text = output.map(|_| layout::layout(&forms::forms(source.readable())));
    Checked { output: text, diagnostics }
}
