//! `check`: read and validate, show every problem.

use camino::{Utf8Path, Utf8PathBuf};
use ecosystem_core::converge::Reading;
use ecosystem_core::diagnostic::Diagnostic;
use ecosystem_core::model::DaemonId;
use serde_json::json;

use super::failed_if;
use crate::args::{self, Format};
use crate::exit::{Exit, Failure};
use crate::place;
use crate::show::{self, place::Places};

pub(super) fn run(args: &args::Check) -> Result<Exit, Failure> {
    let place = place::find(&args.tree)?;
    let reading = place.reading()?;
    show(args.format(), &reading, &place.root)?;
    Ok(failed_if(reading.diagnostics.iter().any(Diagnostic::is_error)))
}

fn show(format: Format, reading: &Reading, root: &Utf8Path) -> std::io::Result<()> {
    let Reading { sources, diagnostics, .. } = reading;
    let here = working_folder();
    let places = Places::new(sources, root, here.as_deref());
    match format {
        Format::Human => {
            show::diagnostics::show(diagnostics, sources)?;
            show::print(&summary(reading))
        }
        Format::Json => show::json::print(&json(reading)),
        Format::Sarif => show::json::print(&show::sarif::log(diagnostics, &places)),
        Format::Github => {
            show::print(&show::github::commands(diagnostics, &places))?;
            show::print(&summary(reading))
        }
    }
}

/// Absolute, links resolved, as the tree's root is.
fn working_folder() -> Option<Utf8PathBuf> {
    Utf8Path::new(".").canonicalize_utf8().ok()
}

fn json(reading: &Reading) -> serde_json::Value {
    let Reading { sources, ecosystem, diagnostics, surroundings: _ } = reading;
    let daemons: Vec<&str> = ecosystem.daemons.keys().map(DaemonId::as_str).collect();
    let broken: Vec<&str> = ecosystem.broken.keys().map(DaemonId::as_str).collect();
    let diagnostics = show::json::diagnostics(diagnostics, sources);
    json!({ "daemons": daemons, "broken": broken, "diagnostics": diagnostics })
}

fn summary(reading: &Reading) -> String {
    let (daemons, apps) = (reading.ecosystem.daemons.len(), reading.ecosystem.apps().count());
    let broken = reading.ecosystem.broken.len();
    let broken = if broken == 0 { String::new() } else { format!(", {broken} with errors") };
    let plural = |n: usize| if n == 1 { "" } else { "s" };
    format!("{daemons} valid daemon{} with {apps} app{}{broken}\n", plural(daemons), plural(apps))
}
