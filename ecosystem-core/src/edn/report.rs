//! The list of what is wrong with one file, with an upper limit.

use crate::diagnostic::{Diagnostic, Span};

use super::codes;

/// Most diagnostics for one file: who has more mends these first.
pub const MAX_DIAGNOSTICS: usize = 100;

/// Something to say about the text, before it is known which file the text is from.
#[derive(Debug)]
pub(super) struct Problem {
    code: &'static str,
    span: Span,
    message: String,
    label: String,
    others: Vec<(Span, String)>,
    hint: String,
}

/// A problem as functions return it: boxed, so that the good case stays small.
pub(super) type Refusal = Box<Problem>;

impl Problem {
    /// What is wrong, where, and what to do: every problem of the reader has all of them.
    pub(super) fn new(
        code: &'static str,
        span: Span,
        message: impl Into<String>,
        label: impl Into<String>,
        hint: impl Into<String>,
    ) -> Refusal {
        let (message, label, hint) = (message.into(), label.into(), hint.into());
        Box::new(Self { code, span, message, label, others: Vec::new(), hint })
    }

    /// Whether it is of this code.
    pub(super) fn is(&self, code: &str) -> bool {
        self.code == code
    }

    /// Adds a further place.
    pub(super) fn also(mut self: Box<Self>, span: Span, text: impl Into<String>) -> Refusal {
        self.others.push((span, text.into()));
        self
    }

    fn into_diagnostic(self, path: &str) -> Diagnostic {
        let first = Diagnostic::error(self.code, self.message, path, self.span, self.label);
        let all = self.others.into_iter().fold(first, |so_far, (span, text)| so_far.also(path, span, text));
        all.hint(self.hint)
    }
}

impl From<Refusal> for Problem {
    fn from(refusal: Refusal) -> Self {
        *refusal
    }
}

/// The problems of one file so far.
pub(super) struct Report<'a> {
    path: &'a str,
    diagnostics: Vec<Diagnostic>,
}

impl<'a> Report<'a> {
    pub(super) fn new(path: &'a str) -> Self {
        Self { path, diagnostics: Vec::new() }
    }

    /// Adds a problem; the one beyond the limit is replaced by the word that there are more.
    pub(super) fn add(&mut self, problem: impl Into<Problem>) {
        let problem = problem.into();
        if self.diagnostics.len() < MAX_DIAGNOSTICS {
            self.diagnostics.push(problem.into_diagnostic(self.path));
        } else if !self.is_full() {
            self.diagnostics.push(left_out(problem.span).into_diagnostic(self.path));
        }
    }

    /// Whether further problems would be lost: then reading on is of no use.
    pub(super) fn is_full(&self) -> bool {
        self.diagnostics.len() > MAX_DIAGNOSTICS
    }

    pub(super) fn is_empty(&self) -> bool {
        self.diagnostics.is_empty()
    }

    pub(super) fn into_diagnostics(self) -> Vec<Diagnostic> {
        self.diagnostics
    }
}

fn left_out(span: Span) -> Refusal {
    Problem::new(
        codes::TOO_MANY,
        span,
        format!("more than {MAX_DIAGNOSTICS} problems in this file; the rest is left out"),
        "reading stopped here",
        "mend the problems above, or check that this file is meant to be EDN",
    )
}

/// The beginning of a text, short enough for a message.
pub(super) fn shown(text: &str) -> String {
    const MOST: usize = 40;
    match text.char_indices().nth(MOST) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or(text)),
        None => text.to_owned(),
    }
}
