//! Lines as they are written, each with the comment behind it.

use super::WIDTH;
use super::forms::width;

/// A text in the making.
#[derive(Debug)]
pub(super) struct Page {
    /// The last one is being written; there always is one.
    done: Vec<Line>,
    last: Line,
}

#[derive(Debug, Default)]
struct Line {
    /// May hold line ends: those of a string.
    code: String,
    comment: Option<String>,
    /// A comment is all that it holds, or ends it.
    closed: bool,
}

impl Page {
    pub(super) fn new() -> Self {
        Self { done: Vec::new(), last: Line::default() }
    }

    /// Where the next character will stand.
    pub(super) fn column(&self) -> usize {
        self.last.column()
    }

    /// Whether a comment ends the line, so that nothing can follow on it.
    pub(super) fn is_closed(&self) -> bool {
        self.last.closed
    }

    pub(super) fn write(&mut self, text: &str) {
        self.last.code.push_str(text);
    }

    /// Fills the line with blanks up to a column, and with one at least.
    pub(super) fn pad_to(&mut self, column: usize) {
        let blanks = column.saturating_sub(self.column()).max(1);
        self.write(&" ".repeat(blanks));
    }

    pub(super) fn new_line(&mut self, column: usize) {
        self.done.push(std::mem::take(&mut self.last));
        self.write(&" ".repeat(column));
    }

    pub(super) fn empty_line(&mut self) {
        self.done.push(std::mem::take(&mut self.last));
    }

    /// A comment with nothing but what is written before it.
    pub(super) fn comment(&mut self, text: &str) {
        self.write(text);
        self.last.closed = true;
    }

    /// A comment behind what is on the line.
    pub(super) fn comment_behind(&mut self, text: &str) {
        self.last.code.truncate(self.last.code.trim_end_matches(' ').len());
        self.last.comment = Some(text.to_owned());
        self.last.closed = true;
    }

    pub(super) fn finish(mut self) -> String {
        self.done.push(self.last);
        let mut text = String::new();
        // Lines with a comment that follow each other, and lines without one.
        for run in self.done.chunk_by(|a, b| a.comment.is_some() == b.comment.is_some()) {
            // One line of a megabyte would make all others as long.
            let columns = run.iter().map(Line::column).filter(|column| *column <= WIDTH);
            let column = columns.max().unwrap_or_default();
            run.iter().for_each(|line| line.write(column + 1, &mut text));
        }
        text
    }
}

impl Line {
    fn column(&self) -> usize {
        width(self.code.rsplit('\n').next().unwrap_or_default())
    }

    fn write(&self, comment_column: usize, text: &mut String) {
        // No atom ends with a space.
        text.push_str(self.code.trim_end_matches(' '));
        if let Some(comment) = &self.comment {
            text.push_str(&" ".repeat(comment_column.saturating_sub(self.column()).max(1)));
            text.push_str(comment);
        }
        text.push('\n');
    }
}
