//! The step that an author wants for the changes of an app, where that is not the cheapest one.

use std::collections::BTreeSet;

use super::compare::differences;
use super::desired::DesiredApp;
use super::effects::Effect;
use super::hold::Why;
use super::ports;
use super::reason::Reason;
use super::step::{Action, Scaling, Swap};
use crate::model::OnChange;
use crate::pm2::Attributes;
use crate::pm2::observed::{Listening, PmId, Process, Status};

/// What the cheapest step for an app is to be instead.
///
/// It is about changes of the definition. What only puts right what somebody else did, and the number of processes, is
/// nobody's choice: no process is replaced by that, or there is none.
///
/// # Errors
/// Why the step is not to be taken, or cannot be.
pub(super) fn chosen(
    app: &DesiredApp,
    wanted: &Attributes,
    processes: &[&Process],
    (action, reasons): (Action, &[Reason]),
    listening: &Listening,
) -> Result<Action, Why> {
    let Some(choice) = app.on_change.filter(|_| reasons.iter().any(is_edit)) else { return Ok(action) };
    match (choice, action) {
        (_, action @ (Action::Adopt(_) | Action::Scale(_))) => Ok(action),
        (OnChange::Keep, _) => Err(Why::KeptAsItIs(reasons.iter().map(ToString::to_string).collect())),
        (OnChange::Restart, Action::Reload(updates, scaling)) => Ok(Action::Restart(updates, scaling)),
        (OnChange::Reload, action @ Action::Reload(..))
        | (OnChange::Restart, action @ Action::Restart(..)) => Ok(action),
        (OnChange::Reload, _) => Err(impossible("reload", Effect::Reload, wanted, processes, reasons)),
        (OnChange::Restart, _) => Err(impossible("restart", Effect::Restart, wanted, processes, reasons)),
        (OnChange::Replace, _) => Ok(Action::Replace(ids(processes), wanted.clone())),
        (OnChange::ReplaceAfter, _) => beside(app, wanted, processes, listening),
    }
}

fn is_edit(reason: &Reason) -> bool {
    match reason {
        Reason::Changed(change) => !change.by_hand,
        Reason::Moved { .. } | Reason::Adopted => true,
        _ => false,
    }
}

fn ids(processes: &[&Process]) -> Vec<PmId> {
    processes.iter().map(|process| process.pm_id).collect()
}

/// What keeps a step that was asked for from making all of it true.
fn impossible(
    step: &'static str,
    most: Effect,
    wanted: &Attributes,
    processes: &[&Process],
    reasons: &[Reason],
) -> Why {
    let beyond = reasons.iter().filter(|reason| matches!(reason, Reason::Changed(it) if it.effect > most));
    let mut because: Vec<String> = beyond.map(ToString::to_string).collect();
    if because.is_empty() && most == Effect::Reload {
        let runs = |it: &&Process| it.status == Status::Online && it.pid.is_some();
        because.push(if !wanted.is_cluster() {
            "only an app in cluster mode can be reloaded".to_owned()
        } else if !processes.iter().all(runs) {
            "not all of its processes run".to_owned()
        } else {
            "it is not to be started by itself".to_owned()
        });
    }
    if because.is_empty() {
        because.push("PM2 would take a value of it for none".to_owned());
    }
    Why::CannotTakeEffect { step, because }
}

/// New processes beside the old ones, which go when the new ones are well. What runs with the whole definition is kept:
/// a pass that was ended has started it.
fn beside(
    app: &DesiredApp,
    wanted: &Attributes,
    processes: &[&Process],
    listening: &Listening,
) -> Result<Action, Why> {
    let count = usize::try_from(wanted.instances()).unwrap_or(usize::MAX);
    let is_new = |it: &&&Process| it.pid.is_some() && differences(app, wanted, it).is_empty();
    let new: Vec<&Process> = processes.iter().filter(is_new).take(count).copied().collect();
    let kept: BTreeSet<PmId> = new.iter().map(|it| it.pm_id).collect();
    let old: Vec<&Process> = processes.iter().filter(|it| !kept.contains(&it.pm_id)).copied().collect();
    if let Some(port) = old.iter().find_map(|old| ports::shared(old, wanted, listening)) {
        return Err(Why::SharedPort(port));
    }
    let missing = wanted.instances().saturating_sub(u32::try_from(new.len()).unwrap_or(u32::MAX));
    let add = (missing > 0).then(|| wanted.with_instances(missing));
    let scaling = Scaling { remove: ids(&old), add };
    Ok(Action::ReplaceAfter(Swap { scaling, new: ids(&new), app: wanted.clone() }))
}
