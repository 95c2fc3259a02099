//! Draws diagnostics under the lines they point to.

use std::fmt::Write;

use crate::diagnostic::{Checked, Diagnostic, Label};

pub(super) fn draw<T>(text: &str, checked: &Checked<T>) -> String {
    checked.diagnostics.iter().map(|diagnostic| one(text, diagnostic)).collect::<Vec<_>>().join("\n")
}

fn one(text: &str, diagnostic: &Diagnostic) -> String {
    let mut drawn = format!("{}: {}\n", diagnostic.code, diagnostic.message);
    for label in &diagnostic.labels {
        place(&mut drawn, text, label);
    }
    writeln!(drawn, "  = {}", diagnostic.hint.as_deref().unwrap()).unwrap();
    drawn
}

/// Controls are drawn as what stands for them, so that columns fit.
fn place(drawn: &mut String, text: &str, label: &Label) {
    let start = text[..label.span.start].rfind('\n').map_or(0, |at| at + 1);
    let line = text[start..].split('\n').next().unwrap();
    let number = text[..start].matches('\n').count() + 1;
    let indent = text[start..label.span.start].chars().count();
    let carets = text[label.span.start..label.span.end].chars().count().max(1);
    let visible = line.replace(|c: char| c.is_control() || c == '\u{a0}', "·");
    writeln!(
        drawn,
        "{number:3} | {visible}\n    | {}{} {}",
        " ".repeat(indent),
        "^".repeat(carets),
        label.text
    )
    .unwrap();
}
