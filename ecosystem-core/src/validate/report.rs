//! Collecting what is wrong with one source, and the words for it.

use crate::diagnostic::{Diagnostic, Origin, Span};
use crate::edn::{Node, Value};
use crate::expand::SourceMap;

use super::codes;

/// Everything found wrong so far with what one daemon, or one file of defaults, is put together from.
pub(super) struct Reporter<'s> {
    map: &'s SourceMap,
    diagnostics: Vec<Diagnostic>,
    /// How many more values apps may take over from defaults.
    inheritable: usize,
}

/// Values that all apps of a source may take over from defaults: those of a thousand apps with two
/// hundred variables each.
const MOST_INHERITED: usize = 400_000;

impl<'s> Reporter<'s> {
    pub(super) fn new(map: &'s SourceMap) -> Self {
        Self { map, diagnostics: Vec::new(), inheritable: MOST_INHERITED }
    }

    pub(super) fn into_diagnostics(self) -> Vec<Diagnostic> {
        self.diagnostics
    }

    /// Notes a problem; the first letter of the code says how bad it is.
    pub(super) fn report(
        &mut self,
        code: &'static str,
        span: Span,
        message: impl Into<String>,
        label: impl Into<String>,
        hint: impl Into<String>,
    ) {
        self.push(problem(code, &self.origin(span), message, label, hint));
    }

    /// Notes a problem that a second place explains.
    pub(super) fn report_with(
        &mut self,
        code: &'static str,
        (span, label): (Span, &str),
        (other, other_label): (Span, &str),
        message: impl Into<String>,
        hint: impl Into<String>,
    ) {
        let other = self.origin(other);
        let problem = problem(code, &self.origin(span), message, label, hint);
        self.push(problem.also(&other.path, other.span, other_label));
    }

    pub(super) fn push(&mut self, diagnostic: Diagnostic) {
        self.diagnostics.push(diagnostic);
    }

    /// Whether so many values more may be taken over from defaults.
    pub(super) fn affords(&mut self, values: usize) -> bool {
        let left = self.inheritable.checked_sub(values);
        self.inheritable = left.unwrap_or(0);
        left.is_some()
    }

    /// Where a span points to, for a problem with several.
    pub(super) fn origin(&self, span: Span) -> Origin {
        self.map.locate(span)
    }

    /// A value that `what` does not take. `expected` completes "takes …".
    pub(super) fn wrong_type(&mut self, what: &str, expected: &str, node: &Node) {
        let (code, message, hint) = match &node.value {
            // Others were told of once, for all places, before anything else was looked at.
            Value::Tagged(_) => {
                super::late::must_be_known(what, node, true, self);
                return;
            }
            Value::Nil => (
                codes::NIL_VALUE,
                format!("`{what}` is nil"),
                "remove the key to leave it at its default".to_owned(),
            ),
            Value::String(text) if expected.contains("true or false") && is_flag_word(text) => (
                codes::FLAG_AS_TEXT,
                format!("`{what}` is the text {text:?}, not a truth value"),
                format!("write {} without quotes", flag_word(text)),
            ),
            _ => (
                codes::WRONG_TYPE,
                format!("`{what}` takes {expected}, not {}", node.value.kind_name()),
                type_hint(expected, node),
            ),
        };
        self.report(code, node.span, message, node.value.kind_name(), hint);
    }
}

/// A problem with its primary place; the first letter of the code says how bad it is.
pub(super) fn problem(
    code: &'static str,
    origin: &Origin,
    message: impl Into<String>,
    label: impl Into<String>,
    hint: impl Into<String>,
) -> Diagnostic {
    let make = if code.starts_with('E') { Diagnostic::error } else { Diagnostic::warning };
    make(code, message.into(), &origin.path, origin.span, label.into()).hint(hint)
}

/// Text as an EDN string, for hints that can be pasted.
pub(super) fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}

fn is_flag_word(text: &str) -> bool {
    ["true", "false", "yes", "no", "on", "off"].contains(&text.to_ascii_lowercase().as_str())
}

fn flag_word(text: &str) -> bool {
    ["true", "yes", "on"].contains(&text.to_ascii_lowercase().as_str())
}

fn type_hint(expected: &str, node: &Node) -> String {
    match &node.value {
        Value::Keyword(name) | Value::Symbol(name) => {
            format!("write it as a string: {}", quoted(&name.to_string()))
        }
        Value::Decimal(digits) => {
            format!("digits followed by M are a decimal number in EDN; for a text write \"{digits}M\"")
        }
        Value::Integer(number) if expected.contains("string") => format!("write \"{number}\""),
        Value::List(_) | Value::Set(_) if expected.contains("vector") => {
            "write it with square brackets: [ … ]".to_owned()
        }
        _ => format!("write {expected}"),
    }
}
