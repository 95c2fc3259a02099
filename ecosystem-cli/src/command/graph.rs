//! `graph`: what depends on what.

use ecosystem_core::diagnostic::Diagnostic;
use ecosystem_core::graph::Graph;

use super::{failed_if, progress};
use crate::args::{self, GraphFormat};
use crate::exit::{Exit, Failure};
use crate::place;
use crate::show;

pub(super) fn run(args: &args::Graph) -> Result<Exit, Failure> {
    let reading = place::find(&args.tree)?.reading()?;
    progress(false).read(&reading);
    let graph = Graph::of(&reading.ecosystem);
    show::print(&match args.format {
        GraphFormat::Text => graph.to_text(),
        GraphFormat::Dot => graph.to_dot(),
        GraphFormat::Mermaid => graph.to_mermaid(),
    })?;
    Ok(failed_if(reading.diagnostics.iter().any(Diagnostic::is_error)))
}
