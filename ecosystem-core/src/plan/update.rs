//! The cheapest step that makes an app of ours, which PM2 knows, what it is declared to be.

use serde_json::{Map, Value as Json};

use super::adoption;
use super::compare::{differences, surplus_variables};
use super::desired::DesiredApp;
use super::effects::{self, Effect};
use super::reason::Reason;
use super::step::{Action, Scaling, Update};
use crate::pm2::Attributes;
use crate::pm2::observed::{PmId, Process, Status};

/// The step for an app whose processes are these, with the reasons; `None` if all is as declared.
///
/// `applied` says that the very definition was applied before, the number of instances included.
pub(super) fn update(
    app: &DesiredApp,
    wanted: &Attributes,
    processes: &[&Process],
    applied: bool,
) -> Option<(Action, Vec<Reason>)> {
    let (kept, surplus) = processes.split_at(wanted_count(wanted).min(processes.len()));
    let counted = applied || processes.len() == wanted_count(wanted);
    let scaling = scaling(wanted, kept.len(), surplus);
    let differing: Vec<(&Process, Vec<Reason>)> = kept
        .iter()
        .map(|process| (*process, reasons_for(app, wanted, process)))
        .map(|(process, why)| (process, if counted { why } else { declared(why) }))
        .filter(|(_, why)| !why.is_empty())
        .collect();
    let reasons = all_reasons(wanted, processes, &differing, applied);
    if reasons.is_empty() {
        return None;
    }
    let (adopted, changed): (Vec<_>, Vec<_>) =
        differing.into_iter().partition(|(process, why)| adoption::in_place(process, why));
    let effect = changed.iter().flat_map(|(_, why)| why).map(effect_of).max().unwrap_or(Effect::Record);
    let action = if effect == Effect::Replace || (!changed.is_empty() && only_anew(wanted)) {
        Action::Replace(processes.iter().map(|process| process.pm_id).collect(), wanted.clone())
    } else if changed.is_empty() && scaling.is_none() {
        Action::Adopt(adopted.iter().map(|(process, _)| process.pm_id).collect())
    } else if changed.is_empty() {
        Action::Scale(scaling)
    } else {
        let reload =
            effect <= Effect::Reload && changed.iter().all(|(process, _)| can_reload(wanted, process));
        let updates = changed.iter().map(|(process, _)| Update::in_place(wanted, process)).collect();
        if reload { Action::Reload(updates, scaling) } else { Action::Restart(updates, scaling) }
    };
    Some((action, reasons))
}

/// The step that ends all processes of an app and starts them again as they are declared.
pub(super) fn restart(wanted: &Attributes, processes: &[&Process]) -> Action {
    if only_anew(wanted) {
        return Action::Replace(processes.iter().map(|process| process.pm_id).collect(), wanted.clone());
    }
    let updates = processes.iter().map(|process| Update::in_place(wanted, process)).collect();
    Action::Restart(updates, Scaling::default())
}

/// Whether PM2 cannot lay the definition over a process that it has.
fn only_anew(wanted: &Attributes) -> bool {
    wanted.get("increment_var").is_some() || wanted.as_map().values().any(reads_as_gone)
}

fn wanted_count(wanted: &Attributes) -> usize {
    usize::try_from(wanted.instances()).unwrap_or(usize::MAX)
}

fn scaling(wanted: &Attributes, kept: usize, surplus: &[&Process]) -> Scaling {
    let missing = wanted.instances().saturating_sub(u32::try_from(kept).unwrap_or(u32::MAX));
    let add = (missing > 0).then(|| wanted.with_instances(missing));
    Scaling { remove: surplus.iter().map(|process| process.pm_id).collect(), add }
}

/// The reasons of all instances, each once: most changes are the same for every instance.
fn all_reasons(
    wanted: &Attributes,
    processes: &[&Process],
    changed: &[(&Process, Vec<Reason>)],
    applied: bool,
) -> Vec<Reason> {
    let mut reasons: Vec<Reason> = Vec::new();
    if processes.len() != wanted_count(wanted) {
        reasons.push(Reason::Instances { from: processes.len(), to: wanted_count(wanted), by_hand: applied });
    }
    for reason in changed.iter().flat_map(|(_, why)| why) {
        if !reasons.contains(reason) {
            reasons.push(reason.clone());
        }
    }
    reasons
}

/// The same, by the tree: the digest leaves out the number of instances, and the names of log files follow from it.
fn declared(mut reasons: Vec<Reason>) -> Vec<Reason> {
    for reason in &mut reasons {
        if let Reason::Changed(change) = reason {
            change.by_hand = false;
        }
    }
    reasons
}

fn reasons_for(app: &DesiredApp, wanted: &Attributes, process: &Process) -> Vec<Reason> {
    let mut reasons = differences(app, wanted, process);
    if wanted.autostart() {
        reasons.extend(not_running(process));
    }
    reasons
}

/// Why a process that should run does not; nothing for one that is on its way, or that has done its work.
fn not_running(process: &Process) -> Option<Reason> {
    match &process.status {
        Status::Stopped if process.may_have_finished() || process.is_between_two() => None,
        Status::Stopped | Status::Errored => Some(Reason::State(process.status.as_str().to_owned())),
        Status::Online if process.pid.is_none() => Some(Reason::NoProcess),
        _ => None,
    }
}

fn effect_of(reason: &Reason) -> Effect {
    match reason {
        Reason::Changed(change) => change.effect,
        Reason::State(_) | Reason::NoProcess | Reason::NotAlive(_) => Effect::Restart,
        Reason::Moved { .. } | Reason::Adopted => Effect::Reload,
        Reason::Instances { .. }
        | Reason::NotRunning
        | Reason::Vanished
        | Reason::Undeclared
        | Reason::Unproven
        | Reason::TakenDown => Effect::Record,
    }
}

/// A reload needs a worker that runs, and crashes PM2's daemon where the app is not to be started.
fn can_reload(wanted: &Attributes, process: &Process) -> bool {
    wanted.is_cluster() && wanted.autostart() && process.status == Status::Online && process.pid.is_some()
}

impl Update {
    /// What makes a process a whole definition where it is: all of it laid over PM2's record, and what is not in it
    /// taken out.
    #[must_use]
    pub fn in_place(wanted: &Attributes, process: &Process) -> Self {
        let watched = process.attribute("watch").is_some_and(|watch| *watch != Json::Bool(false));
        let unwatch = watched && !wanted.watches();
        Self { pm_id: process.pm_id, conf: conf(wanted, process), unwatch, app: wanted.clone() }
    }
}

/// PM2's word for "remove this member of the record".
const GONE: &str = "null";

/// Whether PM2 would take a value for that word: it compares as JavaScript's `==` does, to which a list of one text
/// equals that text.
fn reads_as_gone(value: &Json) -> bool {
    value == GONE || value.as_array().is_some_and(|items| items.len() == 1 && items.iter().all(reads_as_gone))
}

/// What PM2 lays over its record of a process when it restarts it (`current_conf`).
///
/// The whole definition, resolved: unlike PM2's own commands, which send the unresolved one, this makes a new
/// script or working directory true, and what is to go is named as gone. `instances` is left as it is: it is
/// the number that were started together, and the truth is how many there are.
fn conf(wanted: &Attributes, process: &Process) -> Map<String, Json> {
    let mut conf: Map<String, Json> = wanted.as_map().clone();
    for name in wanted.as_map().keys() {
        if let Some(value) = wanted.for_instance(process.pm_id, name) {
            conf.insert(name.clone(), value);
        }
    }
    conf.remove("instances");
    let removed_attributes = effects::entries()
        .iter()
        .map(|entry| entry.attribute)
        .filter(|name| process.attribute(name).is_some() && !wanted.as_map().contains_key(*name));
    for name in removed_attributes.chain(surplus_variables(wanted, process, false, false)) {
        conf.insert(name.to_owned(), Json::from(GONE));
    }
    // What PM2 has found out of version control: it is told to look no more, and would keep that for ever.
    if wanted.get("vizion") == Some(&Json::Bool(false)) {
        conf.insert("versioning".to_owned(), Json::from(GONE));
    }
    // What PM2 says of itself to workers of a cluster, and to nobody else.
    if !wanted.is_cluster() {
        conf.insert("_pm2_version".to_owned(), Json::from(GONE));
    }
    conf.insert("env".to_owned(), Json::Object(env(wanted, process)));
    conf
}

/// The app's environment, with what PM2 put into it when it first learned of the process.
fn env(wanted: &Attributes, process: &Process) -> Map<String, Json> {
    let mut env: Map<String, Json> =
        wanted.env().map(|(name, value)| (name.to_owned(), value.clone())).collect();
    if let Some(unique_id) = process.variable("unique_id") {
        env.insert("unique_id".to_owned(), Json::from(unique_id));
    }
    env
}

/// The processes of an app that a step leaves running, for checking a plan.
pub(super) fn untouched(processes: &[&Process], touched: &[PmId]) -> usize {
    processes.iter().filter(|process| !touched.contains(&process.pm_id)).count()
}
