//! What the command line says of the tree and of PM2, in the core's terms.

use std::collections::BTreeSet;

use camino::Utf8Path;
use ecosystem_core::model::DaemonId;
use ecosystem_core::os::kernel::own_pids;
use ecosystem_core::os::place::{Named, Place, variable};
use ecosystem_core::os::pm2::{Pm2Program, ProgramError, Search};
use ecosystem_core::plan::Policy;

use crate::args;
use crate::exit::Failure;
use crate::show;

/// The tree of a command line.
pub(crate) fn find(tree: &args::Tree) -> Result<Place, Failure> {
    let args::Tree { root, base, owner, profile } = tree;
    let (root, base) = (root.as_deref(), base.as_deref());
    let place = Place::find(&Named { root, base, owner: owner.as_deref(), profile: profile.as_deref() })?;
    if let Some(name) = profile {
        warn_of_profile(name, &place)?;
    }
    Ok(place)
}

/// A profile that was asked for by its name and that nothing in the tree knows was misspelt, more likely than not. One
/// from a variable is for many programs at once, and may well be none of this tree's.
fn warn_of_profile(name: &str, place: &Place) -> Result<(), Failure> {
    let ecosystem = place.reading()?.ecosystem;
    let may_know =
        ecosystem.knows_profile || !ecosystem.broken.is_empty() || !ecosystem.unreadable.is_empty();
    if !may_know {
        let (name, style) = (show::printable_line(name), show::style::WARNING);
        show::tell(&format!("{style}warning{style:#}: nothing in the tree knows a profile {name}\n"))?;
    }
    Ok(())
}

/// The program that starts PM2's daemon.
pub(crate) fn pm2_program(pm2: &args::Pm2, base: &Utf8Path) -> Result<Pm2Program, ProgramError> {
    let (pm2_bin, path) = (variable("PM2_BIN"), variable("PATH"));
    let option = pm2.pm2.as_deref().map(Utf8Path::as_str);
    Pm2Program::find(&Search { option, pm2_bin: pm2_bin.as_deref(), base, path: path.as_deref() })
}

/// What is allowed and wanted.
pub(crate) fn policy(scope: &args::Scope, only: Option<BTreeSet<DaemonId>>) -> Policy {
    Policy {
        only,
        adopt: scope.adopt.iter().cloned().collect(),
        adopt_all: scope.adopt_all,
        change: scope.change.iter().cloned().collect(),
        allow_mass_delete: scope.allow_mass_delete,
        own_pids: own_pids(),
        prune: scope.prune,
        // Who asks for it by hand is there to see what comes of it.
        retry: true,
        ..Policy::default()
    }
}
