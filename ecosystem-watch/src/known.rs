//! What a look found, so that the next one need not be at everything.

use std::collections::{BTreeMap, BTreeSet};

use ecosystem_core::converge::{Extent, Known, Report};
use ecosystem_core::model::DaemonId;
use ecosystem_core::plan::Why;

use crate::files::Touched;
use crate::hint::Hint;

/// The daemons of the last look at the whole tree, as far as later looks can go by them.
#[derive(Debug, Default)]
pub(crate) struct KnownTree {
    daemons: BTreeMap<DaemonId, Known>,
    /// Which of them has an app of this name.
    by_app: BTreeMap<String, DaemonId>,
    /// Apps that others wait for: a look at one of these is for those others too, and so at everything.
    awaited: BTreeSet<String>,
}

impl KnownTree {
    /// Takes in what a look found. One at some daemons finds them as they were known, or looks at everything.
    pub(crate) fn learn(&mut self, report: &Report) {
        if report.only.is_some() {
            return;
        }
        self.awaited = awaited(report);
        if self.daemons == report.known {
            return;
        }
        self.daemons = report.known.clone();
        let apps = self.daemons.iter().flat_map(|(id, known)| known.apps.iter().map(move |app| (app, id)));
        self.by_app = apps.map(|(app, id)| (app.clone(), id.clone())).collect();
    }

    /// A look could not be had: whatever it was for is still to be found.
    pub(crate) fn forget(&mut self) {
        *self = Self::default();
    }

    /// How much is to be looked at because of these hints; everything where there are none.
    pub(crate) fn extent(&self, hints: &[Hint]) -> Extent {
        let touched = hints.iter().map(|hint| self.touched(hint)).reduce(Touched::and);
        let Some(Touched::Daemons(daemons)) = touched else { return Extent::Whole };
        let known = daemons.into_iter().map(|id| {
            let known = self.daemons.get(&id)?;
            known.apps.is_disjoint(&self.awaited).then(|| (id, known.clone()))
        });
        known.collect::<Option<BTreeMap<_, _>>>().map_or(Extent::Whole, Extent::Daemons)
    }

    fn touched(&self, hint: &Hint) -> Touched {
        let of = |daemon: &DaemonId| Touched::Daemons([daemon.clone()].into());
        match hint {
            Hint::Files(touched) => touched.clone(),
            Hint::Process { app, .. } | Hint::Health { app } => {
                self.by_app.get(app).map_or(Touched::Anything, of)
            }
            Hint::Trouble(_) | Hint::Pm2Up | Hint::Pm2Gone { .. } | Hint::BeginAnew | Hint::Stop => {
                Touched::Anything
            }
        }
    }
}

/// Apps for whose sake others are held.
fn awaited(report: &Report) -> BTreeSet<String> {
    let held = report.plan.holds.iter().filter_map(|hold| match &hold.why {
        Why::Dependency { app, .. } => Some(app.as_str()),
        _ => None,
    });
    let not_done = report.outcomes.iter().filter_map(|it| it.result.as_ref().err()?.held_by());
    held.chain(not_done).map(str::to_owned).collect()
}

#[cfg(test)]
mod tests;
