//! `check`: read and validate, show every problem.

use ecosystem_core::converge::{Reading, read};
use ecosystem_core::diagnostic::Diagnostic;
use ecosystem_core::model::DaemonId;
use serde_json::json;

use super::failed_if;
use crate::args;
use crate::exit::{Exit, Failure};
use crate::place;
use crate::show;

pub(super) fn run(args: &args::Check) -> Result<Exit, Failure> {
    let place = place::find(&args.tree)?;
    let reading = read(place.tree()?);
    let Reading { sources, ecosystem, diagnostics, surroundings: _ } = &reading;
    if args.json {
        let daemons: Vec<&str> = ecosystem.daemons.keys().map(DaemonId::as_str).collect();
        let broken: Vec<&str> = ecosystem.broken.keys().map(DaemonId::as_str).collect();
        let diagnostics = show::json::diagnostics(diagnostics, sources);
        show::json::print(&json!({ "daemons": daemons, "broken": broken, "diagnostics": diagnostics }))?;
    } else {
        show::diagnostics::show(diagnostics, sources)?;
        show::print(&summary(&reading))?;
    }
    Ok(failed_if(diagnostics.iter().any(Diagnostic::is_error)))
}

fn summary(reading: &Reading) -> String {
    let (daemons, apps) = (reading.ecosystem.daemons.len(), reading.ecosystem.apps().count());
    let broken = reading.ecosystem.broken.len();
    let broken = if broken == 0 { String::new() } else { format!(", {broken} with errors") };
    let plural = |n: usize| if n == 1 { "" } else { "s" };
    format!("{daemons} valid daemon{} with {apps} app{}{broken}\n", plural(daemons), plural(apps))
}
