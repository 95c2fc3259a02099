//! A plan and its parts: data that can be printed, compared and checked, and that nobody has to interpret.

use serde_json::{Map, Value as Json};

use super::desired::DesiredApp;
use super::fallback::Fallback;
use super::hold::{Hold, Why};
use super::reason::Reason;
use crate::model::{DaemonId, Probe};
use crate::pm2::Attributes;
use crate::pm2::observed::PmId;

/// What to do, and what not to and why.
#[derive(Debug, Clone, PartialEq, Default)]
#[must_use = "a plan does nothing until it is applied"]
pub struct Plan {
    /// At most one step for each app; deletions first, each behind those that it waits for, the process that runs us last.
    pub steps: Vec<Step>,
    /// Apps that are left as they are although the tree says otherwise, or cannot say.
    pub holds: Vec<Hold>,
    /// Apps that run as declared.
    pub in_sync: Vec<String>,
    /// The process that this program runs in, if PM2 runs it.
    pub own_process: Option<PmId>,
}

/// One app's change.
#[derive(Debug, Clone, PartialEq)]
pub struct Step {
    /// The app's name.
    pub app: String,
    /// The daemon that declares it, or that did when it was started.
    pub daemon: DaemonId,
    /// What is to be done.
    pub action: Action,
    /// Why; never empty.
    pub reasons: Vec<Reason>,
    /// What must pass, in this order, before what was started counts as healthy.
    pub probes: Vec<Probe>,
    /// The steps of this plan that come before it.
    pub after: Vec<Wait>,
    /// What becomes of the app if it fails.
    pub fallback: Fallback,
}

/// What one step waits for in another one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wait {
    /// The app of the other step.
    pub app: String,
    /// How far that step must have come.
    pub until: Until,
}

/// How far a step must have come for those that wait for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Until {
    /// PM2 has started all of its processes.
    Started,
    /// It has been taken, and what runs is as declared.
    Healthy,
    /// Its processes are gone.
    Gone,
}

impl Until {
    /// One word for it.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Until::Started => "started",
            Until::Healthy => "healthy",
            Until::Gone => "gone",
        }
    }
}

/// What is to be done to one app, from the cheapest to the dearest of what changes a running one.
#[derive(Debug, Clone, PartialEq)]
pub enum Action {
    /// Take processes over as they run: nothing is asked of PM2.
    Adopt(Vec<PmId>),
    /// Ask processes that run as declared whether they are well: they are not known to have been yet.
    Ask(Vec<PmId>, Attributes),
    /// Add or remove instances without touching the others.
    Scale(Scaling),
    /// Replace cluster workers one by one, each new one before its old one goes.
    Reload(Vec<Update>, Scaling),
    /// End the processes and start them again under the same ids.
    Restart(Vec<Update>, Scaling),
    /// Start new processes beside the old ones, which are deleted when the new ones are well.
    ReplaceAfter(Swap),
    /// Delete the processes, then start the app anew.
    Replace(Vec<PmId>, Attributes),
    /// Start an app that PM2 does not know.
    Start(Attributes),
    /// Delete the app's processes.
    Delete(Vec<PmId>),
}

/// A new configuration for one process.
#[derive(Debug, Clone, PartialEq)]
pub struct Update {
    /// The process.
    pub pm_id: PmId,
    /// Members to lay over PM2's record of it; the text `"null"` removes one (`current_conf` of PM2's restart).
    pub conf: Map<String, Json>,
    /// Stop PM2's file watcher for it before.
    pub unwatch: bool,
    /// What has changed for it.
    pub app: Attributes,
}

/// New processes in the place of old ones, with both for a while.
#[derive(Debug, Clone, PartialEq)]
pub struct Swap {
    /// The old ones, and what is to be started beside them, if anything.
    pub scaling: Scaling,
    /// New ones that run already.
    pub new: Vec<PmId>,
    /// What the new ones are.
    pub app: Attributes,
}

/// Instances to remove and to add.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Scaling {
    /// Processes to delete.
    pub remove: Vec<PmId>,
    /// What to start beside the others, its `instances` being how many.
    pub add: Option<Attributes>,
}

impl Scaling {
    /// Whether the number of instances is right already.
    #[must_use]
    pub fn is_none(&self) -> bool {
        self.remove.is_empty() && self.add.is_none()
    }
}

impl Plan {
    /// Whether there is nothing to do; apps on hold do not count.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.steps.is_empty()
    }

    /// The app is as it is to be, which may be not what the tree says of it now.
    pub(super) fn in_sync(&mut self, name: &str, app: &DesiredApp) {
        match app.instead.clone() {
            Some(why) => self.hold(name, Some(&app.daemon), why),
            None => self.in_sync.push(name.to_owned()),
        }
    }

    pub(super) fn push(&mut self, app: &str, daemon: &DaemonId, action: Action, reasons: Vec<Reason>) {
        self.steps.push(Step {
            app: app.to_owned(),
            daemon: daemon.clone(),
            action,
            reasons,
            probes: Vec::new(),
            after: Vec::new(),
            fallback: Fallback::default(),
        });
    }

    pub(super) fn hold(&mut self, app: &str, daemon: Option<&DaemonId>, why: Why) {
        let daemon = daemon.cloned().unwrap_or_else(|| DaemonId::new(""));
        self.holds.push(Hold { app: app.to_owned(), daemon, why });
    }

    /// Whether a step ends the process that this program runs in.
    #[must_use]
    pub fn ends_us(&self, step: &Step) -> bool {
        self.own_process.is_some_and(|own| step.action.touched().contains(&own))
    }
}

impl Step {
    /// What it waits for, in words such as `after db is healthy`; `None` where it waits for nothing.
    #[must_use]
    pub fn waits(&self) -> Option<String> {
        let waits: Vec<String> =
            self.after.iter().map(|wait| format!("{} is {}", wait.app, wait.until.word())).collect();
        (!waits.is_empty()).then(|| format!("after {}", waits.join(", ")))
    }

    /// Whether all of it is somebody else's doing: the declaration has not changed since it was applied.
    #[must_use]
    pub fn is_drift(&self) -> bool {
        self.reasons.iter().all(Reason::is_drift)
    }
}

impl Action {
    /// One word for it.
    #[must_use]
    pub fn verb(&self) -> &'static str {
        match self {
            Action::Adopt(_) => "adopt",
            Action::Ask(..) => "ask",
            Action::Scale(_) => "scale",
            Action::Reload(..) => "reload",
            Action::Restart(..) => "restart",
            Action::ReplaceAfter(_) => "replace-after",
            Action::Replace(..) => "replace",
            Action::Start(_) => "start",
            Action::Delete(_) => "delete",
        }
    }

    /// One character for it: `+` comes, `-` goes, `~` changes, `?` is asked.
    #[must_use]
    pub fn symbol(&self) -> char {
        match self {
            Action::Start(_) => '+',
            Action::Delete(_) => '-',
            Action::Ask(..) => '?',
            Action::Adopt(_)
            | Action::Scale(_)
            | Action::Reload(..)
            | Action::Restart(..)
            | Action::ReplaceAfter(_)
            | Action::Replace(..) => '~',
        }
    }

    /// Every process it does something to.
    #[must_use]
    pub fn touched(&self) -> Vec<PmId> {
        let updated = match self {
            Action::Adopt(ids) => return ids.clone(),
            Action::Reload(updates, _) | Action::Restart(updates, _) => updates.as_slice(),
            _ => &[],
        };
        // New ones beside old ones are only kept, and deleted again if they do not get well.
        let new: &[PmId] = if let Action::ReplaceAfter(swap) = self { &swap.new } else { &[] };
        updated.iter().map(|update| update.pm_id).chain(self.deleted()).chain(new.iter().copied()).collect()
    }

    /// The app that runs by it, if one does.
    #[must_use]
    pub fn started(&self) -> Option<&Attributes> {
        match self {
            Action::Start(app) | Action::Replace(_, app) | Action::ReplaceAfter(Swap { app, .. }) => {
                Some(app)
            }
            Action::Scale(scaling) => scaling.add.as_ref(),
            Action::Reload(updates, scaling) | Action::Restart(updates, scaling) => {
                scaling.add.as_ref().or_else(|| updates.first().map(|update| &update.app))
            }
            Action::Delete(_) | Action::Adopt(_) | Action::Ask(..) => None,
        }
    }

    /// Every process that PM2 forgets by it.
    #[must_use]
    pub fn deleted(&self) -> Vec<PmId> {
        match self {
            Action::Scale(scaling) | Action::Reload(_, scaling) | Action::Restart(_, scaling) => {
                scaling.remove.clone()
            }
            Action::ReplaceAfter(swap) => swap.scaling.remove.clone(),
            Action::Replace(ids, _) | Action::Delete(ids) => ids.clone(),
            Action::Start(_) | Action::Adopt(_) | Action::Ask(..) => Vec::new(),
        }
    }
}
