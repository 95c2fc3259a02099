//! Parses and validates a tree that is in memory, and shows every problem with its place.
//!
//! `cargo run -p ecosystem-core --example check`

#![allow(clippy::disallowed_methods, reason = "an example shows its result; the core itself prints nothing")]

use std::io::{self, Write};

use ecosystem_core::compile;
use ecosystem_core::diagnostic::{Diagnostic, Source};

fn main() -> io::Result<()> {
    let sources = [
        Source::new("typo/ecosystem.edn", include_str!("broken/typo/ecosystem.edn")),
        Source::new("twice/ecosystem.edn", include_str!("broken/twice/ecosystem.edn")),
        Source::new("unclosed/ecosystem.edn", include_str!("broken/unclosed/ecosystem.edn")),
        Source::new("services/web/ecosystem.edn", include_str!("daemons/services/web/ecosystem.edn")),
    ];
    let checked = compile(&sources);

    let mut out = io::stdout().lock();
    for diagnostic in &checked.diagnostics {
        show(&mut out, diagnostic, &sources)?;
    }
    // A broken file hides nothing of the others.
    let apps: Vec<&str> = checked.output.apps().map(|(_, app)| app.name.as_str()).collect();
    writeln!(out, "valid: {}", apps.join(", "))
}

/// `path:line: code message`, and what to do below it.
fn show(out: &mut impl Write, diagnostic: &Diagnostic, sources: &[Source]) -> io::Result<()> {
    if let Some(place) = diagnostic.labels.first() {
        let line = line_of(sources, &place.path, place.span.start);
        write!(out, "{}:{line}: ", place.path)?;
    }
    writeln!(out, "{} {}", diagnostic.code, diagnostic.message)?;
    if let Some(hint) = &diagnostic.hint {
        writeln!(out, "    {hint}")?;
    }
    Ok(())
}

/// Spans are byte offsets; lines are counted by whoever shows them.
fn line_of(sources: &[Source], path: &str, offset: usize) -> usize {
    let source = sources.iter().find(|source| source.path == path);
    let before = source.and_then(|source| source.contents.get(..offset)).unwrap_or_default();
    1 + before.iter().filter(|byte| **byte == b'\n').count()
}
