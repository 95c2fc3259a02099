//! The lines of a diff, with the words that differ within them.

use similar::{ChangeTag, TextDiff};

/// Lines of context around a change, as git has them.
const CONTEXT: usize = 3;

/// A run of lines that belong together.
pub(super) struct Hunk {
    /// `@@ -3,7 +3,7 @@`
    pub(super) header: String,
    pub(super) lines: Vec<Line>,
}

/// One line, without its line feed.
pub(super) struct Line {
    pub(super) kind: Kind,
    /// Its text in pieces; those that differ from the line in whose place it stands are marked.
    pub(super) pieces: Vec<(bool, String)>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Same,
    Gone,
    New,
}

impl Kind {
    pub(super) fn symbol(self) -> char {
        match self {
            Kind::Same => ' ',
            Kind::Gone => '-',
            Kind::New => '+',
        }
    }
}

impl Line {
    pub(super) fn text(&self) -> String {
        self.pieces.iter().map(|(_, text)| text.as_str()).collect()
    }
}

/// What differs between two texts.
pub(super) fn hunks(before: &str, after: &str) -> Vec<Hunk> {
    let diff = TextDiff::from_lines(before, after);
    let groups = diff.grouped_ops(CONTEXT);
    let hunk = |ops: &Vec<similar::DiffOp>| {
        let changes = ops.iter().flat_map(|op| diff.iter_inline_changes(op));
        let lines = changes.map(|change| Line {
            kind: match change.tag() {
                ChangeTag::Equal => Kind::Same,
                ChangeTag::Delete => Kind::Gone,
                ChangeTag::Insert => Kind::New,
            },
            pieces: change
                .iter_strings_lossy()
                .map(|(differs, text)| (differs, text.trim_end_matches('\n').to_owned()))
                .collect(),
        });
        Hunk { header: similar::udiff::UnifiedHunkHeader::new(ops).to_string(), lines: lines.collect() }
    };
    groups.iter().map(hunk).collect()
}
