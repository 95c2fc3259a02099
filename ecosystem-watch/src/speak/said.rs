//! The memory of what stands: each thing is said when it comes and when it is gone, and not in between.

use std::collections::BTreeMap;

use ecosystem_core::converge::{HostError, Report};
use ecosystem_core::model::DaemonId;
use ecosystem_core::os::state::{LastError, Problem, ProblemKind, Timestamp};
use tracing::Level;

use super::line::Line;
use super::problem::{Key, Standing, found, put_off, trouble};

/// What stands, and since when.
#[derive(Debug, Default)]
pub(crate) struct Said {
    /// By key, and for equal ones (the same unknown key in two apps of a file) by which of them it is.
    standing: BTreeMap<(Key, usize), Known>,
    last_error: Option<LastError>,
}

#[derive(Debug)]
struct Known {
    since: Timestamp,
    standing: Standing,
}

impl Said {
    /// What is to be said after a pass: what is gone, then what is new.
    pub(crate) fn after(&mut self, report: &Report, now: Timestamp) -> Vec<Line> {
        let put_off: Vec<&str> = put_off(report, now).collect();
        let is_put_off = |known: &Known| {
            let Key { kind, about, .. } = &known.standing.key;
            *kind == ProblemKind::Failed && put_off.contains(&about.as_str())
        };
        let still: Vec<Standing> = self
            .standing
            .values()
            .filter(|known| is_put_off(known) || !was_looked_at(&known.standing, report))
            .map(|it| it.standing.clone())
            .collect();
        self.replace(found(report).into_iter().chain(still), now)
    }

    /// What is to be said after a pass that could not be made: whatever stood before still does, for all we know.
    pub(crate) fn after_trouble(&mut self, error: &HostError, now: Timestamp) -> Vec<Line> {
        let trouble = trouble(error);
        self.last_error = Some(LastError { text: trouble.text.clone(), at: now });
        let others = self.standing.values().filter(|known| known.standing.key.kind != ProblemKind::Trouble);
        let others: Vec<Standing> = others.map(|known| known.standing.clone()).collect();
        self.replace(std::iter::once(trouble).chain(others), now)
    }

    /// What stands, oldest first.
    pub(crate) fn problems(&self) -> Vec<Problem> {
        let mut problems: Vec<Problem> =
            self.standing.iter().filter(|(_, known)| stands_in_the_way(known)).map(problem).collect();
        problems.sort_by_key(|problem| problem.since);
        problems
    }

    /// The last time that no pass could be made.
    pub(crate) fn last_error(&self) -> Option<&LastError> {
        self.last_error.as_ref()
    }

    fn replace(&mut self, found: impl Iterator<Item = Standing>, now: Timestamp) -> Vec<Line> {
        let mut before = std::mem::take(&mut self.standing);
        let mut lines = Vec::new();
        for standing in found {
            let key = self.free(&standing.key);
            let since = match before.remove(&key) {
                Some(known) => known.since,
                None => {
                    lines.extend(standing.line.clone());
                    now
                }
            };
            self.standing.insert(key, Known { since, standing });
        }
        let gone = before.into_values().filter(|known| !self.fails_otherwise(known));
        gone.filter_map(|known| end(&known.standing)).chain(lines).collect()
    }

    /// Whether the same app or file still fails in another way, or the app is left alone since: nothing is mended then.
    fn fails_otherwise(&self, known: &Known) -> bool {
        let Key { kind, about, .. } = &known.standing.key;
        *kind == ProblemKind::Failed
            && self.standing.keys().any(|(key, _)| {
                matches!(key.kind, ProblemKind::Failed | ProblemKind::Held) && key.about == *about
            })
    }

    /// The key with the first number that is not taken.
    fn free(&self, key: &Key) -> (Key, usize) {
        let taken = self.standing.range((key.clone(), 0)..=(key.clone(), usize::MAX)).count();
        (key.clone(), taken)
    }
}

/// Whether a look would have found it if it still stood.
///
/// One at some daemons finds what is about their declared apps. Of what is about no daemon it finds only that no look
/// could be had: what could not be kept need not have to be kept by this one.
fn was_looked_at(standing: &Standing, report: &Report) -> bool {
    let Some(only) = &report.only else { return true };
    let declared = standing.app.as_ref().is_none_or(|app| report.desired.declares(app));
    match &standing.daemon {
        Some(daemon) => declared && only.contains(&DaemonId::new(daemon.as_str())),
        None => standing.key.kind == ProblemKind::Trouble,
    }
}

/// Warnings about the tree stand in nobody's way.
fn stands_in_the_way(known: &Known) -> bool {
    let warns = known.standing.line.as_ref().is_some_and(|line| line.level == Level::WARN);
    known.standing.key.kind != ProblemKind::Diagnostic || !warns
}

fn problem(((key, _), known): (&(Key, usize), &Known)) -> Problem {
    let Standing { app, daemon, text, .. } = known.standing.clone();
    Problem { kind: key.kind, app, daemon, text, since: known.since }
}

/// Says that something is gone, with the members that it came with.
fn end(standing: &Standing) -> Option<Line> {
    let mut line = Line::new(Level::INFO, "healed", standing.end.clone()?).mark('✓');
    for name in ["app", "daemon", "code", "path"] {
        line = line.maybe(name, standing.line.as_ref().and_then(|it| it.members.get(name)).cloned());
    }
    Some(line)
}

#[cfg(test)]
mod tests;
