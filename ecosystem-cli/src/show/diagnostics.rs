//! Diagnostics as rustc draws them: the source line, the span under it, the hint below.

use std::io;

use annotate_snippets::{AnnotationKind, Group, Level, Renderer, Snippet};
use ecosystem_core::diagnostic::{Diagnostic, Label, Severity, Source, Span};

use super::{printable, printable_line, quoting};

/// Shows every diagnostic on stderr, then one line that counts them.
pub(crate) fn show(diagnostics: &[Diagnostic], sources: &[Source]) -> io::Result<()> {
    if diagnostics.is_empty() {
        return Ok(());
    }
    let renderer = Renderer::styled();
    let mut text = String::new();
    for diagnostic in diagnostics {
        text.push_str(&draw(diagnostic, sources, &renderer));
        text.push_str("\n\n");
    }
    text.push_str(&count(diagnostics));
    text.push('\n');
    super::tell(&text)
}

/// `2 errors, 1 warning`
pub(crate) fn count(diagnostics: &[Diagnostic]) -> String {
    let errors = diagnostics.iter().filter(|it| it.is_error()).count();
    let warnings = diagnostics.len() - errors;
    let part = |n: usize, word: &str| (n > 0).then(|| format!("{n} {word}{}", if n == 1 { "" } else { "s" }));
    [part(errors, "error"), part(warnings, "warning")].into_iter().flatten().collect::<Vec<_>>().join(", ")
}

fn draw(diagnostic: &Diagnostic, sources: &[Source], renderer: &Renderer) -> String {
    let level = match diagnostic.severity {
        Severity::Error => Level::ERROR,
        Severity::Warning => Level::WARNING,
    };
    let message = printable_line(&diagnostic.message);
    let mut group = Group::with_title(level.primary_title(message).id(diagnostic.code));
    for snippet in snippets(diagnostic, sources) {
        group = group.element(snippet);
    }
    if let Some(hint) = &diagnostic.hint {
        group = group.element(Level::HELP.with_name("hint").message(printable(hint)));
    }
    renderer.render(&[group])
}

/// One snippet for each source that the labels point into, the primary label's first.
fn snippets<'a>(
    diagnostic: &'a Diagnostic,
    sources: &'a [Source],
) -> Vec<Snippet<'a, annotate_snippets::Annotation<'a>>> {
    let mut paths: Vec<&str> = Vec::new();
    for label in &diagnostic.labels {
        if !paths.contains(&label.path.as_str()) {
            paths.push(&label.path);
        }
    }
    let source_of = |path: &str| sources.iter().find(|source| source.path == path);
    paths.into_iter().filter_map(|path| Some(snippet(diagnostic, source_of(path)?))).collect()
}

fn snippet<'a>(
    diagnostic: &'a Diagnostic,
    source: &'a Source,
) -> Snippet<'a, annotate_snippets::Annotation<'a>> {
    let text = source.readable();
    let labels = diagnostic.labels.iter().enumerate().filter(|(_, label)| label.path == source.path);
    let annotations = labels.map(|(index, label)| {
        let kind = if index == 0 { AnnotationKind::Primary } else { AnnotationKind::Context };
        kind.span(clamped(label.span, text)).label(text_of(label))
    });
    Snippet::source(quoting::quotable(text)).path(printable_line(&source.path)).annotations(annotations)
}

fn text_of(label: &Label) -> Option<String> {
    (!label.text.is_empty()).then(|| printable(&label.text))
}

/// The drawing library panics on spans out of range or inside a character.
fn clamped(span: Span, text: &str) -> std::ops::Range<usize> {
    let start = text.floor_char_boundary(span.start.min(text.len()));
    let end = text.ceil_char_boundary(span.end.min(text.len()));
    start..end.max(start)
}
