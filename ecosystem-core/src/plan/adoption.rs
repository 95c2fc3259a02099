//! Processes that are taken over as they run.
//!
//! A stamp lives in a process's environment, which nobody can change while it runs: PM2 writes it at a start. So what
//! was taken over without one is kept in the [`Inventory`], and the stamp comes with the next start that has another
//! reason.

use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

use super::desired::Desired;
use super::inventory::Inventory;
use super::reason::Reason;
use super::step::{Action, Step};
use crate::model::{DIGEST_VARIABLE, OWNER_VARIABLE, Owner, SOURCE_VARIABLE};
use crate::pm2::observed::{Observed, PmId, Process, Stamp};

/// One process that was taken over, and the stamp that it would carry.
///
/// It cannot come to stand for another process. PM2 makes up a new `unique_id` whenever it learns of an app: by
/// `start`, `resurrect` and `update`, and after a `delete` (`God.prepare` in `lib/God.js` of PM2 5.4.3, 6.0.14 and
/// 7.0.4). Restarts and reloads keep it, as they keep the app. The instances of an app share it, so the id tells
/// them apart. All of it holds under one daemon of PM2 only ([`Inventory::under_another_daemon`]).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Claim {
    /// PM2's id of the process.
    pub pm_id: PmId,
    /// PM2's name for this one start of the app.
    pub unique_id: String,
    /// The tree that took it over.
    pub owner: String,
    /// The daemon that declared it then.
    pub source: String,
    /// The digest of its definition then.
    pub digest: String,
}

impl Claim {
    fn of(process: &Process, stamp: Stamp) -> Option<Self> {
        let Stamp { owner, source, digest } = stamp;
        let (pm_id, unique_id) = (process.pm_id, unique_id(process)?);
        Some(Self { pm_id, unique_id, owner: owner.to_string(), source, digest })
    }

    fn is_of(&self, process: &Process) -> bool {
        self.pm_id == process.pm_id && unique_id(process).as_ref() == Some(&self.unique_id)
    }

    /// The variables of the stamp.
    fn variables(&self) -> [(&'static str, &str); 3] {
        [(OWNER_VARIABLE, &self.owner), (SOURCE_VARIABLE, &self.source), (DIGEST_VARIABLE, &self.digest)]
    }

    fn stamp(&self) -> Stamp {
        let owner = Owner::new(self.owner.as_str());
        Stamp { owner, source: self.source.clone(), digest: self.digest.clone() }
    }
}

fn unique_id(process: &Process) -> Option<String> {
    process.variable("unique_id")
}

/// Whether a process can be taken over as it runs: nobody owns it, all of it is as declared, and it can be told from
/// every other.
pub(super) fn in_place(process: &Process, reasons: &[Reason]) -> bool {
    process.is_unowned() && unique_id(process).is_some() && reasons == [Reason::Adopted]
}

impl Inventory {
    /// Lets the processes that were taken over be known by their stamps, as if they carried them.
    pub fn claim(&self, observed: &mut Observed) {
        for process in &mut observed.processes {
            let claims = self.apps.get(&process.name).map(|applied| applied.adopted.as_slice());
            if let Some(claim) = claims.unwrap_or_default().iter().find(|claim| claim.is_of(process)) {
                process.adopt(claim.stamp());
            }
        }
    }
}

impl Inventory {
    /// Writes the stamps of processes that were taken over into a copy of PM2's list that is to be saved: what PM2
    /// starts from it carries them from then on.
    pub fn stamp_all(&self, list: &mut [Json]) {
        for entry in list {
            let applied = entry.get("name").and_then(Json::as_str).and_then(|name| self.apps.get(name));
            let id = entry.get("pm_id").and_then(Json::as_u64);
            let adopted = applied.map(|applied| applied.adopted.as_slice()).unwrap_or_default();
            let Some(Json::Object(env)) = entry.pointer_mut("/pm2_env/env") else { continue };
            let unique_id = env.get("unique_id").and_then(Json::as_str);
            let is_of = |claim: &&Claim| {
                id == Some(claim.pm_id.into()) && unique_id == Some(claim.unique_id.as_str())
            };
            if let Some(claim) = adopted.iter().find(is_of).filter(|_| !env.contains_key(OWNER_VARIABLE)) {
                env.extend(claim.variables().map(|(name, value)| (name.to_owned(), Json::from(value))));
            }
        }
    }
}

/// The claims on processes of an app after a pass, in which this step was taken for it, if one was.
///
/// What the step has started again carries a stamp by now. What it has left alone although it took the app over is
/// taken over as it runs.
pub(super) fn claims(name: &str, observed: &Observed, desired: &Desired, step: Option<&Step>) -> Vec<Claim> {
    let started = |process: &Process| match step.map(|step| &step.action) {
        None | Some(Action::Adopt(_) | Action::Ask(..)) => false,
        Some(action) => action.touched().contains(&process.pm_id),
    };
    let taken_over = step.filter(|step| step.reasons.contains(&Reason::Adopted));
    let new_stamp = || {
        let app = desired.apps.get(taken_over?.app.as_str())?;
        let (source, digest) = (app.daemon.to_string(), app.digest.to_string());
        Some(Stamp { owner: desired.owner.clone(), source, digest })
    };
    let claim = |process: &Process| match process.is_unowned() {
        true => Claim::of(process, new_stamp()?),
        false if process.is_adopted() => Claim::of(process, process.stamp()?),
        false => None,
    };
    let own = observed.processes.iter().filter(|process| process.name == name && !started(process));
    own.filter_map(claim).collect()
}
