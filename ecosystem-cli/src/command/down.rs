//! `down`: delete every process of this tree, and nothing else.

use std::collections::{BTreeMap, BTreeSet};

use ecosystem_core::converge::{Host as _, HostError, deletions, observe};
use ecosystem_core::os::host::OsHost;
use ecosystem_core::os::kernel::own_pids;
use ecosystem_core::os::place::Place;
use ecosystem_core::plan::{Desired, Policy, Reason, plan, violations};
use serde_json::json;

use super::{failed_if, progress, scope, settings};
use crate::args;
use crate::exit::{Exit, Failure};
use crate::place;
use crate::show;

pub(super) fn run(args: &args::Down) -> Result<Exit, Failure> {
    let place = place::find(&args.tree)?;
    let settings = settings(&place, &args.pm2, &args.pace)?;
    let policy = Policy {
        only: scope::only(&args.only, &place, &args.pm2)?,
        allow_mass_delete: true,
        confirmed: true,
        own_pids: own_pids(),
        ..Policy::default()
    };
    // Looking comes first: PM2 is not to be started in order to find that nothing runs.
    if OsHost::to_look(settings.clone())?.pm2_version().is_none() {
        show::print("PM2 is not running: nothing to do\n")?;
        return Ok(Exit::Done);
    }
    let mut host = super::sync::open(settings, &args.pm2, &place, &args.pace)?;
    let (observed, inventory) = observe(&mut host, None)?;
    let desired = nothing(&place);
    let mut plan = plan(&desired, &observed, &inventory, &policy);
    plan.steps.iter_mut().for_each(|step| step.reasons = vec![Reason::TakenDown]);
    if let Some(violation) = violations(&plan, &desired, &observed, &policy).first() {
        return Err(HostError::new(violation.to_string()).into());
    }
    let outcomes = host.apply(&plan, &observed, progress(args.json).as_ref());
    let succeeded: Vec<bool> = outcomes.iter().map(|outcome| outcome.result.is_ok()).collect();
    host.remember(&inventory.present(&desired, &observed).after(&desired, &observed, &plan, &succeeded))?;
    host.record(deletions(&plan, &outcomes))?;
    if args.json {
        show::json::print(
            &json!({ "plan": show::json::plan(&plan), "outcomes": show::json::outcomes(&outcomes) }),
        )?;
    } else if plan.is_empty() {
        show::print(&show::plan::plan(&plan))?;
    }
    Ok(failed_if(!plan.holds.is_empty() || outcomes.iter().any(|outcome| outcome.result.is_err())))
}

/// A tree that declares nothing: what `down` makes true.
fn nothing(place: &Place) -> Desired {
    Desired {
        owner: place.owner(),
        apps: BTreeMap::new(),
        idle: BTreeSet::new(),
        broken: BTreeMap::new(),
        prune: None,
        unreadable: BTreeSet::new(),
    }
}
