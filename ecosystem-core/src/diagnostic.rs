//! What the tools say about a tree: a [`Source`], a place in it, and a [`Diagnostic`] that points there.
//!
//! Diagnostics are data. How they look at a terminal or in JSON is decided by whoever shows them.

mod code_table;

pub(crate) use code_table::code_table;

use serde::Serialize;

/// One file of the tree, as read: the input of everything in this crate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Source {
    /// Path below the root with `/` as separator, such as `services/web/ecosystem.edn`.
    pub path: String,
    /// The bytes of the file; whether they are UTF-8 is for the reader to say.
    pub contents: Vec<u8>,
}

impl Source {
    /// A source from text, as tests and embedders have it.
    pub fn new(path: impl Into<String>, text: impl Into<String>) -> Self {
        Self { path: path.into(), contents: text.into().into_bytes() }
    }

    /// What of it is UTF-8, from its beginning.
    #[must_use]
    pub fn readable(&self) -> &str {
        match std::str::from_utf8(&self.contents) {
            Ok(text) => text,
            Err(error) => {
                let valid = self.contents.get(..error.valid_up_to());
                valid.and_then(|valid| std::str::from_utf8(valid).ok()).unwrap_or_default()
            }
        }
    }

    /// Line and column of an offset, both from 1, the column in characters. What lies behind the readable part is
    /// at its end.
    #[must_use]
    pub fn position(&self, offset: usize) -> (usize, usize) {
        let text = self.readable();
        let before = text.get(..text.floor_char_boundary(offset)).unwrap_or_default();
        let line = before.matches('\n').count() + 1;
        let column = before.rsplit('\n').next().map_or(0, |line| line.chars().count()) + 1;
        (line, column)
    }
}

/// A half-open range of byte offsets into one source.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize)]
pub struct Span {
    /// Offset of the first byte.
    pub start: usize,
    /// Offset just behind the last byte; never below `start`.
    pub end: usize,
}

impl Span {
    /// The bytes from `start` up to but not including `end`.
    #[must_use]
    pub fn new(start: usize, end: usize) -> Self {
        Self { start, end: end.max(start) }
    }
}

/// Where something was written: a source, and a place in it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize)]
pub struct Origin {
    /// The [`Source::path`] it points into.
    pub path: String,
    /// The bytes it takes there.
    pub span: Span,
}

/// How bad it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// The daemon cannot be used as written: it keeps running as it was.
    Error,
    /// It can be used, and is probably not what the author meant.
    Warning,
}

/// A place and what is to be said of it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Label {
    /// The [`Source::path`] it points into.
    pub path: String,
    /// The bytes it underlines.
    pub span: Span,
    /// What stands beside the underline; may be empty for the primary label.
    pub text: String,
}

/// One problem: a stable code, one sentence, the places, and what to do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Diagnostic {
    /// Stable identifier such as `E0101`; `E` for errors, `W` for warnings.
    pub code: &'static str,
    /// How bad it is.
    pub severity: Severity,
    /// What is wrong, in one sentence without a full stop.
    pub message: String,
    /// The primary place first, then others that explain it. Empty where the whole tree is meant.
    pub labels: Vec<Label>,
    /// What the author can do about it.
    pub hint: Option<String>,
}

impl Diagnostic {
    /// An error with its primary place.
    pub fn error(
        code: &'static str,
        message: impl Into<String>,
        path: &str,
        span: Span,
        label: impl Into<String>,
    ) -> Self {
        Self::with_severity(Severity::Error, code, message, path, span, label)
    }

    /// A warning with its primary place.
    pub fn warning(
        code: &'static str,
        message: impl Into<String>,
        path: &str,
        span: Span,
        label: impl Into<String>,
    ) -> Self {
        Self::with_severity(Severity::Warning, code, message, path, span, label)
    }

    fn with_severity(
        severity: Severity,
        code: &'static str,
        message: impl Into<String>,
        path: &str,
        span: Span,
        label: impl Into<String>,
    ) -> Self {
        let primary = Label { path: path.to_owned(), span, text: label.into() };
        Self { code, severity, message: message.into(), labels: vec![primary], hint: None }
    }

    /// Adds a further place.
    #[must_use]
    pub fn also(mut self, path: &str, span: Span, text: impl Into<String>) -> Self {
        self.labels.push(Label { path: path.to_owned(), span, text: text.into() });
        self
    }

    /// Says what to do.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// Whether the daemon it is about cannot be used.
    #[must_use]
    pub fn is_error(&self) -> bool {
        self.severity == Severity::Error
    }

    /// Order in which problems are shown: by place, then errors first, then by code.
    #[must_use]
    pub fn sort_key(&self) -> (Option<(&str, Span)>, Severity, &'static str, &str) {
        let place = self.labels.first().map(|label| (label.path.as_str(), label.span));
        (place, self.severity, self.code, &self.message)
    }
}

/// A result together with everything there is to say about its input.
///
/// Both are always there: one broken file never hides what is right about the others.
#[derive(Debug, Clone, PartialEq, Eq)]
#[must_use = "the diagnostics say what is wrong with the input"]
pub struct Checked<T> {
    /// What could be made of the input.
    pub output: T,
    /// Every problem found, in [`Diagnostic::sort_key`] order.
    pub diagnostics: Vec<Diagnostic>,
}

impl<T> Checked<T> {
    /// Sorts the problems and pairs them with the output.
    pub fn new(output: T, mut diagnostics: Vec<Diagnostic>) -> Self {
        diagnostics.sort_by(|a, b| a.sort_key().cmp(&b.sort_key()));
        Self { output, diagnostics }
    }

    /// Whether any problem is an error.
    #[must_use]
    pub fn has_errors(&self) -> bool {
        self.diagnostics.iter().any(Diagnostic::is_error)
    }
}
