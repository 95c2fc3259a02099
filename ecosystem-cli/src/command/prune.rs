//! `prune`: carry out the deletion of a daemon that waits for somebody to say so.

use std::collections::BTreeSet;

use ecosystem_core::converge::{converge, read};
use ecosystem_core::model::DaemonId;
use ecosystem_core::os::kernel::own_pids;
use ecosystem_core::os::place::Place;
use ecosystem_core::os::tree;
use ecosystem_core::plan::Policy;
use serde_json::json;

use super::{failed_if, pass, progress, scope, settings};
use crate::args;
use crate::exit::{Exit, Failure};
use crate::place;
use crate::show;

pub(super) fn run(args: &args::PruneOne) -> Result<Exit, Failure> {
    let place = place::find(&args.tree)?;
    let settings = settings(&place, &args.pm2, &args.pace)?;
    let id = gone(&args.id, &place, &args.pm2)?;
    let policy = Policy {
        only: Some(BTreeSet::from([id])),
        // Naming the daemon is the confirmation, of its number too.
        confirmed: true,
        allow_mass_delete: true,
        own_pids: own_pids(),
        ..Policy::default()
    };
    let mut host = super::sync::open(settings, &args.pm2, &place, &args.pace)?;
    let report = converge(&mut host, &pass(&place, policy, false)?, progress(args.json))?;
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
    let undone = !report.plan.holds.is_empty() || report.outcomes.iter().any(|it| it.result.is_err());
    Ok(failed_if(undone))
}

/// The daemon of this id, which the tree has no longer and of which something still runs.
///
/// # Errors
/// Neither is so.
fn gone(id: &str, place: &Place, pm2: &args::Pm2) -> Result<DaemonId, Failure> {
    let id = DaemonId::new(id);
    let ecosystem = read(tree::read(&place.root)?).ecosystem;
    if ecosystem.daemons.contains_key(&id) || ecosystem.broken.contains_key(&id) {
        let source = show::printable_line(&id.source_path());
        let message = format!("{source} is still there: remove it first, or use `down --only {id}`");
        return Err(Failure::Usage(message));
    }
    let ids = [id.to_string()];
    scope::only(&ids, place, pm2)?;
    Ok(id)
}
