//! A review: what a change of the tree will do, for people, for a pull request, for programs.

mod human;
mod json;
mod lines;
mod markdown;

#[cfg(test)]
mod tests;

use ecosystem_core::converge::Reading;
use ecosystem_core::diagnostic::Diagnostic;
use ecosystem_core::model::DaemonId;
use ecosystem_core::review::{AppChange, DaemonChange, Review, ReviewStep};

pub(crate) use human::human;
pub(crate) use json::json;
pub(crate) use markdown::markdown;

use super::printable_line;

/// Two sides of a tree, and what comes of going from one to the other.
pub(crate) struct Compared {
    /// The tree's folder below the top of its repository; empty for the top itself.
    pub(crate) folder: String,
    pub(crate) base: End,
    pub(crate) head: End,
    pub(crate) review: Review,
}

/// One side, as it was asked for and as it was read.
pub(crate) struct End {
    /// As it was asked for; `None` for the work tree.
    pub(crate) revision: Option<String>,
    /// The commit; `None` for the work tree.
    pub(crate) commit: Option<String>,
    /// Whether the tree's folder was there.
    pub(crate) exists: bool,
    pub(crate) reading: Reading,
}

impl End {
    /// `main (1a2b3c4d5e)`, or that it is the work tree.
    fn shown(&self) -> String {
        match (&self.revision, &self.commit) {
            (Some(revision), Some(commit)) => {
                let short = commit.get(..SHORT).unwrap_or(commit);
                let revision = printable_line(revision);
                if commit.starts_with(&revision) { short.to_owned() } else { format!("{revision} ({short})") }
            }
            _ => "the work tree".to_owned(),
        }
    }

    fn errors(&self) -> impl Iterator<Item = &Diagnostic> {
        self.reading.diagnostics.iter().filter(|it| it.is_error())
    }
}

const SHORT: usize = 10;

impl Compared {
    /// The tree, as it is shown.
    fn tree(&self) -> String {
        if self.folder.is_empty() {
            "the top of the repository".to_owned()
        } else {
            printable_line(&self.folder)
        }
    }

    /// `2 to change, 1 to start, 3 unchanged`, or that nothing changes.
    fn counts(&self) -> String {
        let review = &self.review;
        let of = |steps: &[ReviewStep]| steps.iter().map(|step| review.count(*step)).sum::<usize>();
        let changing = [ReviewStep::Scale, ReviewStep::Reload, ReviewStep::Restart, ReviewStep::Replace];
        let done = [
            (of(&[ReviewStep::Start]), "to start"),
            (of(&changing), "to change"),
            (of(&[ReviewStep::Delete]), "to delete"),
            (of(&[ReviewStep::Unknown]), "unknown"),
        ];
        let rest = [(of(&[ReviewStep::Kept]), "kept as they are"), (review.unchanged, "unchanged")];
        let words = |counts: &[(usize, &str)]| -> Vec<String> {
            counts.iter().filter(|(n, _)| *n > 0).map(|(n, what)| format!("{n} {what}")).collect()
        };
        let (done, rest) = (words(&done), words(&rest));
        match (done.is_empty(), review.daemons.is_empty()) {
            (true, true) => [vec!["nothing changes".to_owned()], rest].concat(),
            (true, false) => [vec!["no process changes".to_owned()], rest].concat(),
            (false, _) => [done, rest].concat(),
        }
        .join(", ")
    }

    /// What is to be known beside the steps.
    fn notes(&self) -> Vec<String> {
        let mut notes = Vec::new();
        if !self.base.exists {
            notes.push(format!("{} does not have this folder: everything is new", self.base.shown()));
        }
        for path in places(self.base.errors()) {
            notes.push(format!("{path} has errors on the base side"));
        }
        notes.extend(self.review.assumptions.iter().cloned());
        notes
    }

    /// What is shown together: a daemon's apps, and what changes in its config.
    fn sections(&self) -> Vec<Section<'_>> {
        let mut sections: Vec<Section<'_>> = self
            .review
            .daemons
            .iter()
            .map(|change| Section { change: Some(change), apps: Vec::new() })
            .collect();
        for app in &self.review.apps {
            match sections.iter_mut().find(|section| section.holds(&app.daemon)) {
                Some(section) => section.apps.push(app),
                None => sections.push(Section { change: None, apps: vec![app] }),
            }
        }
        sections.sort_by(|a, b| a.id().cmp(&b.id()));
        sections
    }
}

/// One daemon of a review.
struct Section<'a> {
    change: Option<&'a DaemonChange>,
    apps: Vec<&'a AppChange>,
}

impl Section<'_> {
    fn holds(&self, id: &DaemonId) -> bool {
        match self.change {
            Some(change) => change.from.as_ref() == Some(id) || change.to.as_ref() == Some(id),
            None => self.apps.iter().any(|app| app.daemon == *id),
        }
    }

    fn id(&self) -> Option<&DaemonId> {
        self.change.map(DaemonChange::id).or_else(|| self.apps.first().map(|app| &app.daemon))
    }

    /// `services/web`, and whether it is new, goes, or was elsewhere.
    fn title(&self) -> String {
        let name = self.id().map_or_else(String::new, shown_id);
        match self.change.map(|change| (&change.from, &change.to)) {
            Some((None, _)) => format!("{name} (new)"),
            Some((_, None)) => format!("{name} (removed)"),
            Some((Some(from), Some(to))) if from != to => format!("{name} (was {})", shown_id(from)),
            _ => name,
        }
    }
}

/// The daemon of the root itself has no name.
fn shown_id(id: &DaemonId) -> String {
    if id.as_str().is_empty() { ".".to_owned() } else { printable_line(id.as_str()) }
}

/// The files that diagnostics point into, each once.
fn places<'a>(diagnostics: impl Iterator<Item = &'a Diagnostic>) -> std::collections::BTreeSet<String> {
    diagnostics.filter_map(|it| it.labels.first()).map(|label| printable_line(&label.path)).collect()
}
