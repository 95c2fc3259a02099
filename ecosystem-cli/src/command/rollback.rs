//! `rollback`: take one app back to what it was, in PM2 alone.

use std::collections::BTreeSet;

use ecosystem_core::converge::{Host as _, HostError, Report, converge};
use ecosystem_core::history::{Definition, Generation, Verdict, running};
use ecosystem_core::model::AppName;
use ecosystem_core::os::host::OsHost;
use ecosystem_core::os::kernel::own_pids;
use ecosystem_core::plan::{Instead, Policy, StandIn, Why};
use serde_json::json;

use super::{failed_if, history, pass, progress, settings};
use crate::args;
use crate::exit::{Exit, Failure};
use crate::place;
use crate::show;

pub(super) fn run(args: &args::Rollback) -> Result<Exit, Failure> {
    let place = place::find(&args.tree)?;
    let mut settings = settings(&place, &args.pm2, &args.pace)?;
    settings.by.push_str(" rollback");
    let mut host = super::sync::open(settings, &args.pm2, &place, &args.pace)?;
    let policy = only(&args.app);
    let looked = converge(&mut host, &pass(&place, policy.clone(), true)?, progress(args.json).as_ref())?;
    let app = declared(&args.app, &looked)?;
    let (to, definition) = target(&app, args.to, &host.history(&app)?)?;
    intend(&mut host, &looked, &app, to, definition)?;
    let report = converge(&mut host, &pass(&place, policy, false)?, progress(args.json).as_ref())?;
    if args.json {
        show::json::print(&json!({
            "to": to,
            "plan": show::json::plan(&report.plan),
            "outcomes": show::json::outcomes(&report.outcomes),
        }))?;
    } else {
        show::tell(&show::outcome::aftermath(&report))?;
        show::print(&said(&app, to, &report))?;
    }
    let undone = report.plan.holds.iter().any(|hold| hold.why.is_failure() && hold.app == args.app);
    Ok(failed_if(undone || report.outcomes.iter().any(|it| it.result.is_err()) || report.remembered.is_err()))
}

/// This app and nothing else.
fn only(app: &str) -> Policy {
    Policy { apps: Some(BTreeSet::from([app.to_owned()])), own_pids: own_pids(), ..Policy::default() }
}

fn declared(name: &str, looked: &Report) -> Result<AppName, Failure> {
    let suspended =
        looked.plan.holds.iter().any(|it| it.app == name && matches!(it.why, Why::Suspended { .. }));
    if suspended {
        let message = format!("{name} is suspended: `ecosystem-cli resume {name}` ends that");
        return Err(Failure::Usage(show::printable_line(&message)));
    }
    let found = looked.desired.apps.keys().find(|app| app.as_str() == name);
    found.cloned().ok_or_else(|| {
        Failure::Usage(show::printable_line(&format!(
            "the tree declares no app {name}: put its file back instead"
        )))
    })
}

/// The generation to go back to: the one that is named, or the last one that was well and is not what runs now.
fn target(app: &AppName, to: Option<u64>, generations: &[Generation]) -> Result<(u64, Definition), Failure> {
    let definition = |it: &Generation| it.change.definition.clone().filter(|it| it.app.name == *app);
    if let Some(number) = to {
        let found = generations.iter().find(|it| it.number == number);
        let found = found.ok_or_else(|| history::no_such(number, generations))?;
        let deleted =
            || Failure::Usage(format!("in generation {number} it was deleted: there is nothing to run"));
        return Ok((number, definition(found).ok_or_else(deleted)?));
    }
    let now = running(generations);
    let earlier = generations.iter().rev().filter(|it| it.change.verdict == Verdict::Healthy);
    let earlier = earlier.filter(|it| now.is_none_or(|(number, _)| it.number < number));
    let other = |it: &Definition| now.is_none_or(|(_, now)| *it != *now);
    let found = earlier.filter_map(|it| Some((it.number, definition(it).filter(other)?))).next();
    found.ok_or_else(|| Failure::Usage(format!("there is no earlier generation in which {app} was well")))
}

/// What is intended is kept first: whatever becomes of this program, the next pass goes on with it.
fn intend(
    host: &mut OsHost,
    looked: &Report,
    app: &AppName,
    to: u64,
    definition: Definition,
) -> Result<(), Failure> {
    let mut inventory = host.inventory()?;
    let Some(instead_of) = looked.desired.said(app.as_str(), &inventory) else {
        let problem = format!("it cannot be said what the tree makes of {app} now");
        return Err(HostError::new(problem).hint("`ecosystem-cli plan` says what is the matter").into());
    };
    let definition = Box::new(definition);
    let applied = inventory.apps.entry(app.to_string()).or_default();
    applied.stand_in = Some(StandIn { instead_of, state: Instead::RolledBack { to, definition } });
    Ok(host.remember(&inventory)?)
}

fn said(app: &AppName, to: u64, report: &Report) -> String {
    let failed = report.outcomes.iter().any(|it| it.result.is_err());
    let name = show::printable_line(app.as_str());
    match (failed, report.outcomes.is_empty()) {
        (true, _) => String::new(),
        (false, true) => format!("{name} runs as in generation {to} already, and stays so\n"),
        (false, false) => format!(
            "{name} is back at generation {to}, until it is edited or `ecosystem-cli resume {name}` is run\n"
        ),
    }
}
