//! `prune`: carry out the deletion of a daemon that waits for somebody to say so.

use std::collections::BTreeSet;

use ecosystem_core::converge::{Silent, converge};
use ecosystem_core::model::{DaemonId, Prune};
use ecosystem_core::os::host::{OsHost, Settings};
use ecosystem_core::os::kernel::own_pids;
use ecosystem_core::os::place::Place;
use ecosystem_core::plan::{Drift, Policy, Stopped, Why};
use serde_json::json;

use super::{failed_if, pass, progress, scope, settings};
use crate::args;
use crate::exit::{Exit, Failure};
use crate::place;
use crate::show;

pub(super) fn run(args: &args::PruneOne) -> Result<Exit, Failure> {
    let place = place::find(&args.tree)?;
    let settings = settings(&place, &args.pm2, &args.pace)?;
    let id = waiting(&args.id, &place, settings.clone(), &args.pm2)?;
    let policy = Policy {
        only: Some(BTreeSet::from([id])),
        // Naming the daemon is the confirmation, of its number too.
        confirmed: true,
        allow_mass_delete: true,
        own_pids: own_pids(),
        // What else a daemon has that is still there is nobody's wish here.
        stopped: Stopped::Hold,
        drift: Drift::Hold,
        ..Policy::default()
    };
    let mut host = super::sync::open(settings, &args.pm2, &place, &args.pace)?;
    let report = converge(&mut host, &pass(&place, policy, false)?, progress(args.json).as_ref())?;
    if args.json {
        show::json::print(&json!({
            "plan": show::json::plan(&report.plan),
            "outcomes": show::json::outcomes(&report.outcomes),
            "discarded": show::json::discarded(&report.discarded),
        }))?;
    } else {
        show::tell(&show::outcome::aftermath(&report))?;
        show::print(&show::outcome::summary(&report))?;
    }
    let failed = report.plan.holds.iter().any(|hold| hold.why.is_failure());
    let undone = failed || report.outcomes.iter().any(|it| it.result.is_err());
    Ok(failed_if(undone))
}

/// The daemon of this id, which the tree has no longer and of which something still runs, or which has lost an app whose
/// deletion waits.
///
/// # Errors
/// Neither is so.
fn waiting(id: &str, place: &Place, settings: Settings, pm2: &args::Pm2) -> Result<DaemonId, Failure> {
    let id = DaemonId::new(id);
    let ecosystem = place.reading()?.ecosystem;
    let is_there = ecosystem.daemons.contains_key(&id) || ecosystem.broken.contains_key(&id);
    if is_there && !has_lost_one(&id, place, settings)? {
        let source = show::printable_line(&id.source_path());
        let message = format!("{source} is still there: remove it first, or use `down --only {id}`");
        return Err(Failure::Usage(message));
    }
    let ids = [id.to_string()];
    scope::only(&ids, place, pm2)?;
    Ok(id)
}

/// Whether something of a daemon that is still there runs and is no longer declared.
fn has_lost_one(id: &DaemonId, place: &Place, settings: Settings) -> Result<bool, Failure> {
    let policy =
        Policy { only: Some(BTreeSet::from([id.clone()])), prune: Some(Prune::Never), ..Policy::default() };
    let plan = converge(&mut OsHost::to_look(settings)?, &pass(place, policy, true)?, &Silent)?.plan;
    Ok(plan.holds.iter().any(|hold| matches!(hold.why, Why::NeverPruned | Why::Unconfirmed)))
}
