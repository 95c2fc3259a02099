//! Draws diagnostics under the lines they point to, for snapshots: plainly, without a terminal in mind.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::fmt::Write;

use crate::diagnostic::{Diagnostic, Label, Source};

pub(crate) fn draw(sources: &[Source], diagnostics: &[Diagnostic]) -> String {
    diagnostics.iter().map(|diagnostic| one(sources, diagnostic)).collect::<Vec<_>>().join("\n")
}

fn one(sources: &[Source], diagnostic: &Diagnostic) -> String {
    let mut drawn = format!("{}: {}\n", diagnostic.code, diagnostic.message);
    for label in &diagnostic.labels {
        let source = sources.iter().find(|source| source.path == label.path).unwrap();
        place(&mut drawn, &String::from_utf8_lossy(&source.contents), label);
    }
    writeln!(drawn, "  = {}", diagnostic.hint.as_deref().unwrap()).unwrap();
    drawn
}

/// A span over several lines is drawn on its first. Controls are drawn as what stands for them, so that columns fit.
fn place(drawn: &mut String, text: &str, label: &Label) {
    let start = text[..label.span.start].rfind('\n').map_or(0, |at| at + 1);
    let line = text[start..].split('\n').next().unwrap();
    let number = text[..start].matches('\n').count() + 1;
    let indent = text[start..label.span.start].chars().count();
    let end = label.span.end.min(start + line.len());
    let carets = text[label.span.start..end.max(label.span.start)].chars().count().max(1);
    writeln!(drawn, "  {}:{number}", label.path).unwrap();
    writeln!(drawn, "  | {}", line.replace(|c: char| c.is_control() || c == '\u{a0}', "·")).unwrap();
    writeln!(drawn, "  | {}{} {}", " ".repeat(indent), "^".repeat(carets), label.text).unwrap();
}
