//! What of a running process is not as declared: by looking at every attribute and variable, not by digest.

use serde_json::Value as Json;

use super::desired::DesiredApp;
use super::effects::{self, Effect, Entry, Kind};
use super::reason::{Change, Reason};
use super::secret::{MASK, looks_secret, masked, masked_words};
use crate::model::{DIGEST_VARIABLE, OWNER_VARIABLE, SOURCE_VARIABLE};
use crate::pm2::Attributes;
use crate::pm2::observed::Stamp;
use crate::pm2::observed::{Process, is_variable, text_of};
use crate::pm2::{is_base, is_internal};

/// Everything about a process that needs a step.
///
/// One that nobody owns and that is to be taken over was never started from a definition, so that it has nothing of
/// one which a later definition could have lost: it is looked at as if it had been started from this one.
pub(super) fn differences(app: &DesiredApp, wanted: &Attributes, process: &Process) -> Vec<Reason> {
    let stamp = process.stamp();
    let started_from_this = stamp.as_ref().is_some_and(|stamp| stamp.digest == app.digest.as_str());
    let same_digest = started_from_this || process.is_unowned();
    let attributes = effects::entries().iter().filter_map(|entry| {
        let change = attribute_change(entry, wanted, process)?;
        let hidden = [entry.field, entry.attribute].iter().any(|name| app.hidden.contains(*name));
        Some(if hidden { masked_change(change) } else { Change { by_hand: same_digest, ..change } })
    });
    let changes = attributes.chain(variable_changes(app, wanted, process, same_digest));
    let changes = changes.map(|change| Change { by_hand: change.by_hand && started_from_this, ..change });
    let mut reasons: Vec<Reason> = stamp_difference(app, wanted, stamp).into_iter().collect();
    reasons.extend(changes.map(Reason::Changed));
    reasons
}

fn stamp_difference(app: &DesiredApp, wanted: &Attributes, stamp: Option<Stamp>) -> Option<Reason> {
    let ours = |stamp: &Stamp| wanted.variable(OWNER_VARIABLE).as_deref() == Some(stamp.owner.as_str());
    match stamp {
        Some(stamp) if ours(&stamp) => {
            let to = app.daemon.to_string();
            (stamp.source != to).then_some(Reason::Moved { from: stamp.source, to })
        }
        _ => Some(Reason::Adopted),
    }
}

/// A change of what the environment tells: shown to nobody, and not somebody's doing.
fn masked_change(change: Change) -> Change {
    let masked = |value: Option<String>| value.map(|_| MASK.to_owned());
    Change { from: masked(change.from), to: masked(change.to), ..change }
}

fn attribute_change(entry: &Entry, wanted: &Attributes, process: &Process) -> Option<Change> {
    let to = wanted.for_instance(process.pm_id, entry.attribute).filter(|value| !means_absent(entry, value));
    let from = process.attribute(entry.attribute).filter(|value| !means_absent(entry, value));
    let kind = match (&from, &to) {
        (None, None) => return None,
        (None, Some(_)) => Kind::Set,
        (Some(_), None) => Kind::Remove,
        (Some(from), Some(to)) if same(from, to) || same_but_for_id(wanted, entry, from, process) => {
            return None;
        }
        (Some(_), Some(_)) => Kind::Change,
    };
    let effect = entry.effect(kind);
    (effect != Effect::Record).then(|| Change {
        field: entry.field.to_owned(),
        from: from.map(shown_attribute),
        to: to.as_ref().map(shown_attribute),
        effect,
        note: entry.note(kind),
        by_hand: false,
    })
}

/// PM2 treats these as if the attribute were not there: a flag that is off, no text, no words. But no patterns to
/// ignore are not the usual ones, and no paths to watch are the working folder.
pub(super) fn means_absent(entry: &Entry, value: &Json) -> bool {
    match value {
        Json::Array(words) => words.is_empty() && !matches!(entry.attribute, "watch" | "ignore_watch"),
        Json::Null | Json::Bool(false) => true,
        Json::String(text) => text.is_empty(),
        _ => false,
    }
}

/// JavaScript has one kind of number, and a number among words reaches a process as its text.
fn same(a: &Json, b: &Json) -> bool {
    match (a, b) {
        (Json::Array(a), Json::Array(b)) => a.iter().map(text_of).eq(b.iter().map(text_of)),
        (Json::Number(a), Json::Number(b)) => a.as_f64() == b.as_f64(),
        _ => a == b,
    }
}

/// A process that does not run and got a new id from `pm2 resurrect` still has the old one in its paths. That is no
/// reason to start again what may have finished.
fn same_but_for_id(wanted: &Attributes, entry: &Entry, from: &Json, process: &Process) -> bool {
    let numbers = |text: &str| text.rsplit_once('-').and_then(|(_, end)| end.split('.').next()?.parse().ok());
    let old_id = from.as_str().and_then(numbers);
    process.pid.is_none()
        && old_id.is_some_and(|id| wanted.for_instance(id, entry.attribute).as_ref() == Some(from))
}

pub(super) fn shown_attribute(value: &Json) -> String {
    match value {
        Json::Array(words) => {
            format!("[{}]", masked_words(&words.iter().map(text_of).collect::<Vec<_>>()).join(" "))
        }
        Json::String(text) => masked("", text),
        other => other.to_string(),
    }
}

/// Changes of the environment.
///
/// What the app inherits is given to it when it starts and never a reason to start it again: PM2's daemon may
/// have been started from another shell since. Of what PM2 has beyond the declaration, what the app got from
/// whoever started it by hand is tolerated (`lenient`) where the digest shows that it cannot be a variable
/// which the declaration has lost.
fn variable_changes(
    app: &DesiredApp,
    wanted: &Attributes,
    process: &Process,
    same_digest: bool,
) -> Vec<Change> {
    // What a process got before it was taken over cannot have been lost with a file that is read for it since.
    let as_it_ran = process.is_unowned() || process.is_adopted();
    let lenient = same_digest && (!app.from_outside || as_it_ran);
    let mut changes = Vec::new();
    for name in wanted.declared_env_names() {
        let (from, to) = (process.variable(name), wanted.variable(name));
        if !wanted.admits(name, from.as_deref(), wanted.instances()) && !is_stamp(name) {
            let shown = app.written_env.contains(name) && !app.hidden.contains(&format!("env.{name}"));
            let open = shown && !is_secret(name, &[&from, &to]);
            let was_there = from.is_some();
            let show = |value: String| if open { format!("{value:?}") } else { MASK.to_owned() };
            changes.push(Change {
                from: from.map(show),
                to: to.map(show),
                by_hand: lenient,
                note: effects::variables().note(if was_there { Kind::Change } else { Kind::Set }),
                ..of_variable(name)
            });
        }
    }
    if !same_digest {
        changes.extend(changed_inherited(wanted, process));
    }
    let surplus = surplus_variables(wanted, process, lenient, same_digest);
    changes.extend(
        surplus
            .into_iter()
            .map(|name| Change { note: effects::variables().note(Kind::Remove), ..of_variable(name) }),
    );
    changes
}

/// Inherited variables that the process has otherwise. They count only when the definition has changed: it may ask
/// for more by `:inherit_env`, or have lost a variable that hid an inherited one. That PM2's daemon has come to have
/// another value is no reason to start an app again.
fn changed_inherited(wanted: &Attributes, process: &Process) -> Vec<Change> {
    let inherited =
        wanted.env().map(|(name, _)| name).filter(|name| !wanted.declared_env_names().contains(*name));
    let changed = inherited.filter(|name| process.variable(name) != wanted.variable(name));
    let shown = |name: &str| process.variable(name).map(|_| MASK.to_owned());
    changed.map(|name| Change { from: shown(name), to: Some(MASK.to_owned()), ..of_variable(name) }).collect()
}

/// A change of a variable of which nothing is shown yet. What a removed one held is not shown at all: it may have
/// come from an env file that is no longer named.
fn of_variable(name: &str) -> Change {
    let field = format!("env.{name}");
    Change { field, from: None, to: None, effect: Effect::Reload, note: None, by_hand: false }
}

fn is_secret(name: &str, values: &[&Option<String>]) -> bool {
    values.iter().copied().flatten().any(|value| looks_secret(name, value))
}

/// Variables that PM2 has for the app and that should not be there.
pub(super) fn surplus_variables<'a>(
    wanted: &Attributes,
    process: &'a Process,
    lenient: bool,
    same_digest: bool,
) -> Vec<&'a str> {
    // The base is left to an app, whatever PM2's daemon has by now, unless the definition may have lost a part of it.
    let left_alone = |name: &str| is_base(name) && same_digest;
    // PM2 counts in it from 0 where the app gives it no value.
    let counted = wanted.get("increment_var").and_then(Json::as_str);
    let surplus = |name: &str| {
        wanted.variable(name).is_none()
            && !left_alone(name)
            && !is_pm2s(name, process)
            && counted != Some(name)
    };
    let recorded = process.env().map(|(name, _)| name).filter(|name| !lenient && surplus(name));
    // PM2's reload takes a variable out of `env` and leaves it in the record itself, from which the process's
    // environment is made.
    let left_behind = process
        .attribute_names()
        .filter(|name| is_variable(name) && process.variable(name).is_none() && surplus(name));
    recorded.chain(left_behind).collect()
}

fn is_stamp(name: &str) -> bool {
    [OWNER_VARIABLE, SOURCE_VARIABLE, DIGEST_VARIABLE].contains(&name)
}

/// What PM2 and the shell before it put into an app's environment: nothing that a definition could have lost.
fn is_pm2s(name: &str, process: &Process) -> bool {
    let instance_var = process.attribute("instance_var").and_then(Json::as_str);
    is_internal(name) || name == process.name || instance_var == Some(name)
}
