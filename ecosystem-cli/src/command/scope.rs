//! Which daemons a command is about, and that there are such.

use std::collections::BTreeSet;

use ecosystem_core::converge::observe;
use ecosystem_core::model::{DaemonId, Ecosystem};
use ecosystem_core::os::host::OsHost;
use ecosystem_core::os::place::Place;
use ecosystem_core::pm2::observed::Process;

use super::{IDLE, settings};
use crate::args;
use crate::exit::Failure;
use crate::show::printable_line;

/// The daemons of `--only`; all where none is named.
///
/// A daemon that the tree no longer has may be named as long as something of it runs, so that it can be ended.
///
/// # Errors
/// Neither the tree nor PM2 knows a daemon. An option that quietly matches nothing would look like success.
pub(super) fn only(
    ids: &[String],
    place: &Place,
    pm2: &args::Pm2,
) -> Result<Option<BTreeSet<DaemonId>>, Failure> {
    if ids.is_empty() {
        return Ok(None);
    }
    let ids: BTreeSet<DaemonId> = ids.iter().map(DaemonId::new).collect();
    let ecosystem = place.reading()?.ecosystem;
    let missing: Vec<&DaemonId> = ids.iter().filter(|id| !may_have(&ecosystem, id)).collect();
    if !missing.is_empty() {
        let running = running(place, pm2)?;
        if let Some(unknown) = missing.into_iter().find(|id| !running.contains(*id)) {
            return Err(unknown_daemon(unknown, known(&ecosystem).chain(&running).collect()));
        }
    }
    Ok(Some(ids))
}

/// Checks the daemon of an option that is about the tree alone.
///
/// # Errors
/// The tree does not have it.
pub(super) fn check(id: &DaemonId, ecosystem: &Ecosystem) -> Result<(), Failure> {
    if may_have(ecosystem, id) { Ok(()) } else { Err(unknown_daemon(id, known(ecosystem).collect())) }
}

/// Whether the tree has a daemon, or may have it in a place that could not be looked at.
fn may_have(ecosystem: &Ecosystem, id: &DaemonId) -> bool {
    let source = id.source_path();
    let holds = |place: &String| {
        source.strip_prefix(place.as_str()).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    };
    known(ecosystem).any(|known| known == id)
        || ecosystem.unreadable.iter().any(|place| place.is_empty() || holds(place))
}

fn known(ecosystem: &Ecosystem) -> impl Iterator<Item = &DaemonId> {
    ecosystem.daemons.keys().chain(ecosystem.broken.keys())
}

/// The daemons of this tree of which PM2 has a process.
fn running(place: &Place, pm2: &args::Pm2) -> Result<BTreeSet<DaemonId>, Failure> {
    let (observed, _) = observe(&mut OsHost::to_look(settings(place, pm2, &IDLE)?)?, None)?;
    let stamps = observed.processes.iter().filter_map(Process::stamp);
    let owner = place.owner();
    Ok(stamps.filter(|stamp| stamp.owner == owner).map(|stamp| DaemonId::new(stamp.source)).collect())
}

fn unknown_daemon(id: &DaemonId, known: BTreeSet<&DaemonId>) -> Failure {
    let known: Vec<String> = known.into_iter().map(shown).collect();
    let there_are = if known.is_empty() {
        "there are none".to_owned()
    } else {
        format!("there are: {}", known.join(", "))
    };
    Failure::Usage(format!("there is no daemon {}; {there_are}", shown(id)))
}

/// The daemon of the root itself has no name to be shown.
fn shown(id: &DaemonId) -> String {
    if id.as_str().is_empty() { "\"\" (the root itself)".to_owned() } else { printable_line(id.as_str()) }
}
