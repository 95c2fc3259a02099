//! `explain`: the long text of a diagnostic, or what an app has and why.

use std::collections::BTreeSet;

use ecosystem_core::converge::{Host as _, Reading};
use ecosystem_core::explain::{explanation, nearest};
use ecosystem_core::os::host::OsHost;
use ecosystem_core::os::kernel;
use ecosystem_core::plan::Desired;
use ecosystem_core::pm2::questions;

use super::{IDLE, settings};
use crate::args::{self, Subject};
use crate::exit::{Exit, Failure};
use crate::place;
use crate::show;
use crate::show::app::{Asked, human, json};

pub(super) fn run(args: &args::Explain) -> Result<Exit, Failure> {
    match &args.subject {
        Subject::Code(code) => explain(code, args.json),
        Subject::App(name) => app(name, args),
    }
}

fn explain(code: &str, json: bool) -> Result<Exit, Failure> {
    let explanation = explanation(code).ok_or_else(|| unknown(code))?;
    if json {
        show::json::print(&show::explanation::json(&explanation))?;
    } else {
        show::print(&show::explanation::styled(&explanation))?;
    }
    Ok(Exit::Done)
}

fn unknown(code: &str) -> Failure {
    let hint = nearest(code).map(|near| format!("; did you mean {near}?")).unwrap_or_default();
    Failure::Usage(format!("there is no diagnostic {code}{hint}"))
}

fn app(name: &str, args: &args::Explain) -> Result<Exit, Failure> {
    let place = place::find(&args.tree).map_err(|failure| hinted(name, failure))?;
    let reading = place.reading()?;
    let found = reading.ecosystem.apps().find(|(_, app)| app.name.as_str() == name);
    let Some((daemon, app)) = found else { return Err(no_such_app(name, &reading)) };
    let mut host = OsHost::to_look(settings(&place, &args.pm2, &IDLE)?)?;
    let questions = questions(&reading.ecosystem, &place.base, &reading.surroundings.environment);
    let mut desired = Desired::new(&reading.ecosystem, &host.machine(&questions)?);
    desired.hide(&host.inventory()?);
    let observed = host.observe(Some(&BTreeSet::from([name.to_string()])))?;
    let process = observed.processes.iter().find(|process| process.name == name);
    let kernel = process.and_then(|process| process.pid).and_then(kernel::look);
    let Some(resolved) = desired.apps.get(&app.name) else { return Err(no_such_app(name, &reading)) };
    let asked = Asked {
        daemon,
        app,
        origins: reading.ecosystem.origins.get(&app.name),
        sources: &reading.sources,
        values: resolved.effective(process, kernel.as_ref()),
        problems: resolved.attributes.as_ref().err().into_iter().flatten().map(ToString::to_string).collect(),
        process,
    };
    if args.json {
        show::json::print(&json(&asked))?;
    } else {
        show::print(&human(&asked))?;
    }
    Ok(Exit::Done)
}

/// Who meant a code and misspelt it has no tree, perhaps.
fn hinted(name: &str, failure: Failure) -> Failure {
    match nearest(name) {
        Some(near) => Failure::Usage(format!("there is no diagnostic {name}; did you mean {near}?")),
        None => failure,
    }
}

fn no_such_app(name: &str, reading: &Reading) -> Failure {
    let known: Vec<&str> = reading.ecosystem.apps().map(|(_, app)| app.name.as_str()).collect();
    let shown = show::printable_line(name);
    let broken = reading.ecosystem.broken.iter().find(|(_, broken)| broken.mentions(name));
    let there_are = match broken {
        Some((id, _)) => format!("; {} mentions it and has errors: `check` shows them", id.source_path()),
        None if known.is_empty() => "; there are none".to_owned(),
        None => format!("; there are: {}", known.join(", ")),
    };
    Failure::Usage(format!("the tree has no app {shown}{}", show::printable_line(&there_are)))
}
