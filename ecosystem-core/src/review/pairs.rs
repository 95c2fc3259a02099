//! Which daemon of one side is which of the other, and which app: renames and moves recognised.

use std::collections::{BTreeMap, BTreeSet};

use super::similarity::similarity;
use crate::converge::Reading;
use crate::model::{App, AppName, Daemon, DaemonId, Ecosystem};

/// A daemon on both sides, or on one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Pair {
    pub(super) from: Option<DaemonId>,
    pub(super) to: Option<DaemonId>,
}

/// Every daemon of either side once. One that is broken on a side stands for itself there.
pub(super) fn pairs(base: &Reading, head: &Reading) -> Vec<Pair> {
    let (before, after) = (ids(&base.ecosystem), ids(&head.ecosystem));
    let mut gone: BTreeSet<&DaemonId> = before.difference(&after).copied().collect();
    let mut new: BTreeSet<&DaemonId> = after.difference(&before).copied().collect();
    let mut pairs: Vec<Pair> = before
        .intersection(&after)
        .map(|id| Pair { from: Some((*id).clone()), to: Some((*id).clone()) })
        .collect();
    for (from, to) in best_matches(&gone, &new, |from, to| likeness(base, from, head, to)) {
        gone.remove(from);
        new.remove(to);
        pairs.push(Pair { from: Some(from.clone()), to: Some(to.clone()) });
    }
    pairs.extend(gone.into_iter().map(|id| Pair { from: Some(id.clone()), to: None }));
    pairs.extend(new.into_iter().map(|id| Pair { from: None, to: Some(id.clone()) }));
    pairs
}

fn ids(ecosystem: &Ecosystem) -> BTreeSet<&DaemonId> {
    ecosystem.daemons.keys().chain(ecosystem.broken.keys()).collect()
}

/// An app that is declared elsewhere under the same name weighs more than any likeness of the text: PM2 goes by names.
const SAME_APP: u64 = 1000;

fn likeness(base: &Reading, from: &DaemonId, head: &Reading, to: &DaemonId) -> Option<u64> {
    let (before, after) = (base.ecosystem.daemons.get(from)?, head.ecosystem.daemons.get(to)?);
    let names: BTreeSet<&AppName> = before.apps.iter().map(|app| &app.name).collect();
    let shared = after.apps.iter().filter(|app| names.contains(&app.name)).count() as u64;
    // A source of one long line is alike in its apps only.
    let parts = |daemon: &Daemon| daemon.apps.iter().flat_map(parts).collect::<Vec<_>>();
    let (old, new) = (parts(before), parts(after));
    let of_parts = similarity(old.iter().map(String::as_bytes), new.iter().map(String::as_bytes));
    let alike = similarity(lines(base, from), lines(head, to)).max(of_parts);
    Some(shared * SAME_APP + alike.unwrap_or(0)).filter(|likeness| *likeness > 0)
}

/// The author's text: what is generated has much in common whatever it is about.
fn lines<'a>(side: &'a Reading, id: &DaemonId) -> impl Iterator<Item = &'a [u8]> {
    let path = id.source_path();
    let source = side.sources.iter().find(|source| source.path == path);
    source.into_iter().flat_map(|source| source.contents.split(|byte| *byte == b'\n'))
}

/// The apps that have another name now, old to new, among those that go and those that come.
pub(super) fn renamed_apps(
    base: &Ecosystem,
    head: &Ecosystem,
    gone: &BTreeSet<String>,
    new: &BTreeSet<String>,
) -> BTreeMap<AppName, AppName> {
    let among =
        |ecosystem: &Ecosystem, names: &BTreeSet<String>| -> BTreeMap<AppName, (DaemonId, Vec<String>)> {
            let apps = ecosystem.apps().filter(|(_, app)| names.contains(app.name.as_str()));
            apps.map(|(daemon, app)| (app.name.clone(), (daemon.id.clone(), parts(app)))).collect()
        };
    let (gone, new) = (among(base, gone), among(head, new));
    let (from, to) = (gone.keys().collect(), new.keys().collect());
    let likeness = |from: &AppName, to: &AppName| {
        let ((old_daemon, old), (new_daemon, new)) = (gone.get(from)?, new.get(to)?);
        let alike = similarity(old.iter().map(String::as_bytes), new.iter().map(String::as_bytes))?;
        // Of two that are as alike, the one in the same folder is meant.
        Some(alike * 2 + u64::from(old_daemon == new_daemon))
    };
    let matches = best_matches(&from, &to, likeness);
    matches.into_iter().map(|(from, to)| (from.clone(), to.clone())).collect()
}

/// What an app is made of, but for its name.
fn parts(app: &App) -> Vec<String> {
    let mut parts = vec![format!("script={}", app.script)];
    parts.extend(app.settings.iter().map(|(key, value)| format!("{}={value}", key.name())));
    parts.extend(app.env.iter().map(|(name, value)| format!("env.{name}={}", value.to_text())));
    parts.extend(app.references.written());
    parts.extend(app.env_files.iter().map(|file| format!("env_file={}", file.path)));
    parts
}

/// Pairs, the most alike first, each in one pair at most. Total order, so that the same input gives the same pairs.
fn best_matches<'a, T: Ord>(
    from: &BTreeSet<&'a T>,
    to: &BTreeSet<&'a T>,
    likeness: impl Fn(&T, &T) -> Option<u64>,
) -> Vec<(&'a T, &'a T)> {
    // Like git, this gives up on very many: it is the product of both that takes time.
    if from.len().saturating_mul(to.len()) > MOST_COMPARISONS {
        return Vec::new();
    }
    let mut candidates: Vec<(u64, &'a T, &'a T)> = Vec::new();
    for one in from {
        candidates.extend(to.iter().filter_map(|other| Some((likeness(one, other)?, *one, *other))));
    }
    candidates.sort_by(|a, b| b.0.cmp(&a.0).then_with(|| (a.1, a.2).cmp(&(b.1, b.2))));
    let (mut used_from, mut used_to, mut matches) = (BTreeSet::new(), BTreeSet::new(), Vec::new());
    for (_, one, other) in candidates {
        if !used_from.contains(one) && !used_to.contains(other) {
            used_from.insert(one);
            used_to.insert(other);
            matches.push((one, other));
        }
    }
    matches
}

/// Some three hundred of each, which takes a moment; git has such a limit, too (`diff.renameLimit`).
const MOST_COMPARISONS: usize = 100_000;
