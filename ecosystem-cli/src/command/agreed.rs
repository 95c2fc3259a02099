//! `plan --out` and `sync --plan`: what somebody has agreed to, or nothing.

use camino::Utf8Path;
use ecosystem_core::converge::{HostError, Pass, Report, converge};
use ecosystem_core::os::agreed_file;
use ecosystem_core::os::host::OsHost;
use ecosystem_core::os::kernel::own_pids;
use ecosystem_core::os::place::Place;
use ecosystem_core::plan::agreed::{Agreed, Asked, Grounds, Work};
use serde_json::json;

use super::{failed_if, pass, progress, settings, sync};
use crate::args;
use crate::exit::{Exit, Failure};
use crate::place;
use crate::show;

pub(super) fn run(args: &args::Sync, file: &Utf8Path) -> Result<Exit, Failure> {
    let agreed = agreed_file::read(file)?;
    let (tree, pm2) = named(args, &agreed);
    let place = Place { profile: agreed.grounds.profile.clone(), ..place::find(&tree)? };
    let settings = settings(&place, &pm2, &args.pace)?;
    let home = settings.home.clone();
    let differences = |host: &OsHost| agreed.grounds.differences(&grounds(&place, &home, host));
    // Looked at first without acting: to act would start a PM2 that nobody has agreed to.
    let differing = differences(&OsHost::to_look(settings.clone())?);
    if !differing.is_empty() {
        return stale(args, file, &differing);
    }
    let mut host = sync::open(settings, &pm2, &place, &args.pace)?;
    // Once more: until it had the tree's lock, another run may have been at work for long.
    let differing = differences(&host);
    if !differing.is_empty() {
        return stale(args, file, &differing);
    }
    let policy = agreed.asked.policy(own_pids());
    let pass = Pass { agreed: Some(agreed.work), ..pass(&place, policy, false)? };
    let report = converge(&mut host, &pass, progress(args.json))?;
    if report.stale.is_empty() || args.json {
        sync::show(&report, &host, args.json)?;
    } else {
        show::tell(&show::agreed::stale(file, &report.stale))?;
    }
    Ok(failed_if(report.has_failures()))
}

/// The tree and the PM2 of the command line, as those of the plan where it does not say.
fn named(args: &args::Sync, agreed: &Agreed) -> (args::Tree, args::Pm2) {
    let (mut tree, mut pm2) = (args.tree.clone(), args.pm2.clone());
    let Agreed { grounds: Grounds { root, pm2_home, .. }, asked: Asked { base, owner, .. }, .. } = agreed;
    tree.root.get_or_insert_with(|| root.into());
    tree.base = tree.base.or_else(|| base.as_ref().map(Into::into));
    tree.owner = tree.owner.or_else(|| owner.clone());
    pm2.pm2_home.get_or_insert_with(|| pm2_home.into());
    (tree, pm2)
}

/// Says that nothing was done since the grounds are others; there is no pass then that JSON could tell of.
fn stale(args: &args::Sync, file: &Utf8Path, differences: &[String]) -> Result<Exit, Failure> {
    if args.json {
        show::json::print(&json!({ "stale": differences }))?;
    } else {
        show::tell(&show::agreed::stale(file, differences))?;
    }
    Ok(Exit::Failed)
}

/// Keeps the plan of a pass for [`run`].
pub(super) fn keep(
    file: &Utf8Path,
    tree: &args::Tree,
    pass: &Pass,
    report: &Report,
    grounds: Grounds,
) -> Result<(), HostError> {
    let asked = Asked {
        base: tree.base.as_ref().map(|_| grounds.base.clone()),
        owner: tree.owner.clone(),
        ..Asked::of(&pass.policy)
    };
    let work = Work::of(&report.desired, &report.observed, &report.plan);
    agreed_file::write(file, &Agreed::new(pass.generated_by.time.clone(), grounds, asked, work))
}

/// What a plan is made on now.
pub(super) fn grounds(place: &Place, home: &Utf8Path, host: &OsHost) -> Grounds {
    Grounds {
        program: env!("CARGO_PKG_VERSION").to_owned(),
        root: place.root.to_string(),
        base: place.base.to_string(),
        owner: place.owner().to_string(),
        profile: place.profile.clone(),
        pm2_home: home.to_string(),
        pm2_version: host.pm2_version().map(str::to_owned),
        pm2_started_at: host.pm2_started_at(),
    }
}
