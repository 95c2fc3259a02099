//! What of a running process is not as declared: by looking at every attribute and variable, not by digest.

use serde_json::Value as Json;

use super::desired::DesiredApp;
use super::effects::{self, Effect, Entry, Kind};
use super::reason::{Change, Reason};
use super::secret::{looks_secret, masked};
use crate::pm2::Attributes;
use crate::pm2::observed::{Process, text_of};
use crate::pm2::{DIGEST_VARIABLE, OWNER_VARIABLE, SOURCE_VARIABLE, is_base, is_internal};

/// Everything about a process that needs a step.
pub(super) fn differences(app: &DesiredApp, wanted: &Attributes, process: &Process) -> Vec<Reason> {
    let same_digest = process.stamp().is_some_and(|stamp| stamp.digest == app.digest.as_str());
    let mut reasons = stamp_differences(app, wanted, process);
    let attributes = effects::entries().iter().filter_map(|entry| attribute_change(entry, wanted, process));
    reasons.extend(attributes.map(|change| Reason::Changed(Change { by_hand: same_digest, ..change })));
    reasons.extend(variable_changes(app, wanted, process, same_digest).into_iter().map(Reason::Changed));
    reasons
}

fn stamp_differences(app: &DesiredApp, wanted: &Attributes, process: &Process) -> Vec<Reason> {
    let mut reasons = Vec::new();
    if process.variable(OWNER_VARIABLE) != wanted.variable(OWNER_VARIABLE) {
        reasons.push(Reason::Adopted);
    } else if let Some(from) = process.variable(SOURCE_VARIABLE).filter(|from| from != app.daemon.as_str()) {
        reasons.push(Reason::Moved { from, to: app.daemon.to_string() });
    }
    reasons
}

fn attribute_change(entry: &Entry, wanted: &Attributes, process: &Process) -> Option<Change> {
    let to = wanted.for_instance(process.pm_id, entry.attribute).filter(|value| !means_absent(value));
    let from = process.attribute(entry.attribute).filter(|value| !means_absent(value));
    let kind = match (&from, &to) {
        (None, None) => return None,
        (None, Some(_)) => Kind::Set,
        (Some(_), None) => Kind::Remove,
        (Some(from), Some(to)) if same(from, to) => return None,
        (Some(_), Some(_)) => Kind::Change,
    };
    let effect = entry.effect(kind);
    (effect != Effect::Record).then(|| Change {
        field: entry.field.to_owned(),
        from: from.map(|value| shown_attribute(value)),
        to: to.as_ref().map(shown_attribute),
        effect,
        note: entry.note(kind),
        by_hand: false,
    })
}

/// PM2 treats these as if the attribute were not there: a flag that is off, no words, no text.
fn means_absent(value: &Json) -> bool {
    match value {
        Json::Null | Json::Bool(false) => true,
        Json::String(text) => text.is_empty(),
        _ => false,
    }
}

/// JavaScript has one kind of number, and an empty list of words is as good as none.
fn same(a: &Json, b: &Json) -> bool {
    match (a.as_f64(), b.as_f64()) {
        (Some(a), Some(b)) => a.total_cmp(&b).is_eq(),
        _ => a == b,
    }
}

fn shown_attribute(value: &Json) -> String {
    match value {
        // Words may hold what was meant as a secret, such as `--token=…`.
        Json::Array(words) => {
            let words = words.iter().map(text_of).map(|word| {
                let name = word.split_once('=').map_or("", |(name, _)| name);
                masked(name, &word)
            });
            format!("[{}]", words.collect::<Vec<_>>().join(" "))
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
    let lenient = same_digest && !app.has_env_files;
    let mut changes = Vec::new();
    for name in wanted.declared_env_names() {
        let to = wanted.variable(name);
        let from = process.variable(name);
        if from != to && !is_stamp(name) {
            changes.push(variable_change(app, name, from, to, lenient));
        }
    }
    for name in surplus_variables(wanted, process, lenient) {
        let from = process.variable(name).or_else(|| process.attribute(name).map(text_of));
        changes.push(variable_change(app, name, from, None, false));
    }
    changes
}

/// Variables that PM2 has for the app and that should not be there.
pub(super) fn surplus_variables<'a>(
    wanted: &Attributes,
    process: &'a Process,
    lenient: bool,
) -> Vec<&'a str> {
    let surplus = |name: &str| wanted.variable(name).is_none() && !is_base(name) && !is_pm2s(name, process);
    let recorded = process.env().map(|(name, _)| name).filter(|name| !lenient && surplus(name));
    // PM2's reload takes a variable out of `env` and leaves it in the record itself, from which the process's
    // environment is made.
    let left_behind = process
        .attribute_names()
        .filter(|name| looks_like_variable(name) && process.variable(name).is_none() && surplus(name));
    recorded.chain(left_behind).collect()
}

/// A value is shown only of a variable that the tree itself gives: any other may be an env file's, or have been
/// one's when the process was started.
fn variable_change(
    app: &DesiredApp,
    name: &str,
    from: Option<String>,
    to: Option<String>,
    by_hand: bool,
) -> Change {
    let secret = !app.written_env.contains(name)
        || [&from, &to].into_iter().flatten().any(|value| looks_secret(name, value));
    let show = |value: String| if secret { masked("SECRET", &value) } else { masked(name, &value) };
    let note = to.is_none().then_some("PM2's own reload would leave it in the process");
    Change {
        field: format!("env.{name}"),
        from: from.map(show),
        to: to.map(show),
        effect: Effect::Reload,
        note,
        by_hand,
    }
}

fn is_stamp(name: &str) -> bool {
    [OWNER_VARIABLE, SOURCE_VARIABLE, DIGEST_VARIABLE].contains(&name)
}

/// What PM2 and the shell before it put into an app's environment: nothing that a definition could have lost.
fn is_pm2s(name: &str, process: &Process) -> bool {
    let instance_var = process.attribute("instance_var").and_then(Json::as_str);
    is_internal(name) || name == process.name || instance_var == Some(name)
}

/// Whether a member of PM2's record can only come from an environment: PM2's own are in lower case.
fn looks_like_variable(name: &str) -> bool {
    name.chars().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_')
}
