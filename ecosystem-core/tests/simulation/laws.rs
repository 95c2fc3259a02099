//! What must never happen, whatever does.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Debug;

use ecosystem_core::converge::{Reading, Report};
use ecosystem_core::model::{DaemonId, Prune};
use ecosystem_core::plan::{Action, Inventory, Plan, Policy, Step};

use crate::files::{Files, SECRET, app_name};
use crate::image::strict_differences;
use crate::pm2_model::{Pm2Model, Slot};

/// Whose tree it is.
pub const OWNER: &str = "simulated";

/// What was found, and what has to be known to judge.
#[derive(Debug, Default)]
pub struct Laws {
    pub broken: Vec<String>,
    /// What apps said of their own removal when a pass last acted on them.
    protected: BTreeMap<String, Prune>,
    /// Apps that a person has had a hand in.
    pub hand: BTreeSet<String>,
    /// How often what happened: a law that never had a chance to be broken proves nothing.
    pub tally: BTreeMap<String, u64>,
}

/// What a pass saw before it acted.
pub struct Seen<'a> {
    pub files: &'a Files,
    pub reading: &'a Reading,
    pub pm2: &'a Pm2Model,
    pub inventory: &'a Inventory,
    pub policy: &'a Policy,
    pub narrow: bool,
}

impl Laws {
    pub fn broke(&mut self, law: &str, how: impl Into<String>) {
        // What follows from the first says little more.
        if self.broken.len() < 3 {
            self.broken.push(format!("{law}: {}", how.into()));
        }
    }

    pub fn count(&mut self, what: &str) {
        *self.tally.entry(what.to_owned()).or_default() += 1;
    }

    /// Nothing that is written or said holds a secret of an env file or of the environment.
    pub fn no_secret(&mut self, place: &str, text: &str) {
        if text.contains(SECRET) {
            let at = text.find(SECRET).unwrap_or(0);
            let near: String = text.chars().skip(at.saturating_sub(60)).take(120).collect();
            self.broke("nothing secret was written", format!("{place}: {near}"));
        }
    }

    /// Of all that a report says.
    pub fn no_secret_in(&mut self, report: &Report) {
        for reason in report.plan.steps.iter().flat_map(|step| &step.reasons) {
            self.no_secret("a reason", &reason.to_string());
        }
        for hold in &report.plan.holds {
            self.count(&format!("hold {}", hold.why.word()));
            self.no_secret("a hold", &hold.explain());
        }
        for diagnostic in &report.diagnostics {
            self.no_secret("a diagnostic", &format!("{diagnostic:?}"));
        }
        for (step, outcome) in report.plan.steps.iter().zip(&report.outcomes) {
            let error = outcome.result.as_ref().err().map(ToString::to_string).unwrap_or_default();
            self.no_secret("an outcome", &format!("{error}{:?}", outcome.then(step)));
            self.count(&format!(
                "{} {}",
                step.action.verb(),
                if error.is_empty() { "done" } else { "failed" }
            ));
            self.count(if outcome.aftermath.is_some() { "aftermath" } else { "no aftermath" });
        }
    }

    /// A plan that is about to be carried out.
    pub fn judge(&mut self, plan: &Plan, seen: &Seen<'_>) {
        let deletions: Vec<&Step> =
            plan.steps.iter().filter(|step| matches!(step.action, Action::Delete(_))).collect();
        self.guarded(&deletions, seen);
        for step in &deletions {
            self.may_be_deleted(step, seen);
        }
        for step in plan.steps.iter().filter(|step| !matches!(step.action, Action::Delete(_))) {
            self.has_cause(step, seen);
        }
    }

    fn guarded(&mut self, deletions: &[&Step], seen: &Seen<'_>) {
        let ours: BTreeSet<&str> = ours(seen).map(|(_, slot)| slot.name()).collect();
        let many = deletions.len() > 2 && deletions.len() * 2 > ours.len();
        let empty = seen.reading.ecosystem.apps().next().is_none();
        if !seen.policy.allow_mass_delete && !deletions.is_empty() && (many || empty) {
            let how = format!(
                "{} of {} deleted, and the tree declares nothing: {empty}",
                deletions.len(),
                ours.len()
            );
            self.broke("no guard was passed", how);
        }
        if seen.narrow && !deletions.is_empty() {
            self.broke("no guard was passed", "a look at some daemons deletes");
        }
    }

    fn may_be_deleted(&mut self, step: &Step, seen: &Seen<'_>) {
        let name = step.app.as_str();
        let sources: Vec<String> = ours(seen)
            .filter(|(_, slot)| slot.name() == name)
            .filter_map(|(_, slot)| Some(slot.variable("ECOSYSTEM_SOURCE")?.to_owned()))
            .collect();
        let unsound = |folder: &usize| {
            let daemon = &seen.files.daemons[folder];
            let id = crate::files::folder_name(*folder);
            // An empty file has errors too: what was in it before is not known.
            let errors = seen.reading.ecosystem.broken.contains_key(&DaemonId::new(id.as_str()));
            let names_it =
                daemon.apps.iter().any(|app| app_name(app.name) == name) && daemon.broken != Some(2);
            daemon.unreadable || (errors && (sources.contains(&id) || (names_it && daemon.broken != Some(0))))
        };
        if seen.files.daemons.keys().any(unsound) {
            self.broke("broken and unreadable sources delete nothing", name);
        }
        if seen.reading.ecosystem.apps().any(|(_, app)| app.name.as_str() == name) {
            self.broke("nothing declared is deleted", name);
        }
        let own = self.protected.get(name).copied();
        let said = own.or(seen.policy.prune).or(seen.files.prune).unwrap_or_default();
        if said != Prune::Auto && !seen.policy.confirmed {
            self.broke("`:prune` is kept", format!("{name} is deleted, and said {said:?}"));
        }
    }

    /// An app whose every process runs as declared is left alone.
    fn has_cause(&mut self, step: &Step, seen: &Seen<'_>) {
        let Some(app) = step.action.started() else { return };
        let processes: Vec<(u32, &Slot)> =
            ours(seen).filter(|(_, slot)| slot.name() == step.app).map(|(id, slot)| (*id, slot)).collect();
        let declared = seen.reading.ecosystem.apps().any(|(_, it)| it.name.as_str() == step.app);
        if !declared {
            self.broke("nothing is started that is not declared", &step.app);
        }
        let wanted = match &step.action {
            // What is added beside others says how many are missing.
            Action::Scale(_) => return self.scales(step, processes.len()),
            Action::Reload(updates, scaling) | Action::Restart(updates, scaling) => {
                processes.len() - scaling.remove.len().min(processes.len())
                    + scaling.add.as_ref().map_or(0, |add| add.instances() as usize)
                    - usize::from(updates.is_empty())
            }
            _ => app.instances() as usize,
        };
        // The numbers of instances that were started later go on from the highest, and are brought back to the first.
        if app.get("increment_var").is_some() {
            return;
        }
        let right = processes.iter().all(|(id, slot)| strict_differences(slot, app, *id).is_empty());
        if right && processes.len() == wanted && !processes.is_empty() {
            let how = format!("{} {}: {:?}", step.action.verb(), step.app, step.reasons);
            self.broke("no app is acted on without cause", how);
        }
    }

    fn scales(&mut self, step: &Step, running: usize) {
        let Action::Scale(scaling) = &step.action else { return };
        let after =
            running - scaling.remove.len() + scaling.add.as_ref().map_or(0, |it| it.instances() as usize);
        if after == running {
            self.broke("no app is acted on without cause", format!("scale {}", step.app));
        }
    }

    /// What the tree said of removals is known from now on: a pass that has read it has also written it down, unless the
    /// disk would not have it.
    pub fn acted(&mut self, seen: &Seen<'_>, written: bool) {
        for (_, app) in seen.reading.ecosystem.apps() {
            let name = app.name.to_string();
            match app.prune.filter(|_| written) {
                Some(prune) => drop(self.protected.insert(name, prune)),
                None => drop(self.protected.remove(&name)),
            }
        }
        // Of what is gone from both nothing is remembered.
        let there: BTreeSet<&str> = seen.pm2.slots.values().map(Slot::name).collect();
        let declared: BTreeSet<&str> =
            seen.reading.ecosystem.apps().map(|(_, app)| app.name.as_str()).collect();
        if !seen.narrow {
            self.protected
                .retain(|name, _| there.contains(name.as_str()) || declared.contains(name.as_str()));
        }
    }
}

/// The processes that are ours, as a pass saw them.
fn ours<'a>(seen: &'a Seen<'_>) -> impl Iterator<Item = (&'a u32, &'a Slot)> {
    seen.pm2.slots.iter().filter(|(id, slot)| is_ours(**id, slot, seen.inventory, seen.policy))
}

/// Whether a process may be touched: it carries our stamp, was taken over, or may be.
pub fn is_ours(id: u32, slot: &Slot, inventory: &Inventory, policy: &Policy) -> bool {
    let owner = slot.variable("ECOSYSTEM_OWNER");
    let claims =
        inventory.apps.get(slot.name()).map(|applied| applied.adopted.as_slice()).unwrap_or_default();
    let claimed =
        claims.iter().any(|it| it.pm_id == id && slot.variable("unique_id") == Some(it.unique_id.as_str()));
    let adopted = policy.adopt.contains(slot.name()) || (policy.adopt_all && owner.is_none());
    owner == Some(OWNER) || (claimed && owner.is_none()) || adopted
}

/// As text that is looked through.
pub fn text(value: &impl Debug) -> String {
    format!("{value:?}")
}
