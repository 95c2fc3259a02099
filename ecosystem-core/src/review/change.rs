//! What a review says: data that can be shown in any way, and asked for what matters.

use crate::model::DaemonId;
use crate::plan::Action;

/// What a change will do.
#[derive(Debug, Clone, PartialEq)]
pub struct Review {
    /// The daemons whose generated config changes, by the id they have afterwards (before, for one that goes).
    pub daemons: Vec<DaemonChange>,
    /// The apps that something is to be done to, or that are kept although the head says otherwise, by name.
    pub apps: Vec<AppChange>,
    /// How many apps stay as they are.
    pub unchanged: usize,
    /// What the answer stands on: each a sentence without a full stop.
    pub assumptions: Vec<String>,
}

/// The change of one daemon's generated config.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DaemonChange {
    /// Its folder on the base side; `None` for a new one.
    pub from: Option<DaemonId>,
    /// Its folder on the head side; `None` for one that goes.
    pub to: Option<DaemonId>,
    /// Its config on the base side, without header and without secrets; empty for a new one.
    pub before: String,
    /// Its config on the head side, as `before`; empty for one that goes.
    pub after: String,
}

/// What becomes of one app.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AppChange {
    /// Its name.
    pub app: String,
    /// The daemon that declares it; the one that did, for an app that goes.
    pub daemon: DaemonId,
    /// What is done.
    pub step: ReviewStep,
    /// Why, fit to be shown: secrets are masked. Never empty.
    pub reasons: Vec<String>,
}

/// What is done to one app.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum ReviewStep {
    /// It is started.
    Start,
    /// Instances come or go beside the others.
    Scale,
    /// Its cluster workers are replaced one by one.
    Reload,
    /// Its processes end and start again under the same ids.
    Restart,
    /// New processes are started, and the old ones deleted when the new ones are well.
    ReplaceAfter,
    /// It is deleted and started anew.
    Replace,
    /// It is deleted.
    Delete,
    /// It is left alone although the head says otherwise.
    Kept,
    /// The base does not say what runs.
    Unknown,
}

impl Review {
    /// Whether anything changes: a step, or the text of a config.
    #[must_use]
    pub fn changes(&self) -> bool {
        !self.daemons.is_empty() || self.apps.iter().any(|app| app.step != ReviewStep::Kept)
    }

    /// How many apps are given this step.
    #[must_use]
    pub fn count(&self, step: ReviewStep) -> usize {
        self.apps.iter().filter(|app| app.step == step).count()
    }
}

impl DaemonChange {
    /// The folder it is shown under.
    #[must_use]
    pub fn id(&self) -> &DaemonId {
        static ROOT: std::sync::LazyLock<DaemonId> = std::sync::LazyLock::new(|| DaemonId::new(""));
        self.to.as_ref().or(self.from.as_ref()).unwrap_or(&ROOT)
    }

    /// Whether its folder moved.
    #[must_use]
    pub fn moved(&self) -> bool {
        matches!((&self.from, &self.to), (Some(from), Some(to)) if from != to)
    }
}

impl ReviewStep {
    /// One word for it: the one that `plan` has.
    #[must_use]
    pub fn verb(self) -> &'static str {
        match self {
            ReviewStep::Start => "start",
            ReviewStep::Scale => "scale",
            ReviewStep::Reload => "reload",
            ReviewStep::Restart => "restart",
            ReviewStep::Replace => "replace",
            ReviewStep::ReplaceAfter => "replace-after",
            ReviewStep::Delete => "delete",
            ReviewStep::Kept => "kept",
            ReviewStep::Unknown => "unknown",
        }
    }

    /// One character for it, as `plan` has them; `?` where what runs is not known.
    #[must_use]
    pub fn symbol(self) -> char {
        match self {
            ReviewStep::Start => '+',
            ReviewStep::Delete => '-',
            ReviewStep::Kept => '!',
            ReviewStep::Unknown => '?',
            ReviewStep::Scale
            | ReviewStep::Reload
            | ReviewStep::Restart
            | ReviewStep::Replace
            | ReviewStep::ReplaceAfter => '~',
        }
    }

    /// What it means for the processes, for readers who do not know the word.
    #[must_use]
    pub fn meaning(self) -> &'static str {
        match self {
            ReviewStep::Start => "starts the app",
            ReviewStep::Scale => "adds or removes processes, the others go on",
            ReviewStep::Reload => "replaces the processes one by one",
            ReviewStep::Restart => "replaces the process",
            ReviewStep::ReplaceAfter => "starts a new process, and ends the old one when the new one is well",
            ReviewStep::Replace => "deletes the app and starts it anew",
            ReviewStep::Delete => "ends the app",
            ReviewStep::Kept => "nothing is done",
            ReviewStep::Unknown => "depends on what runs",
        }
    }

    pub(super) fn of(action: &Action) -> Self {
        match action {
            Action::Scale(_) => ReviewStep::Scale,
            Action::Reload(..) => ReviewStep::Reload,
            Action::Restart(..) => ReviewStep::Restart,
            Action::ReplaceAfter(_) => ReviewStep::ReplaceAfter,
            Action::Replace(..) => ReviewStep::Replace,
            Action::Start(_) => ReviewStep::Start,
            Action::Delete(_) => ReviewStep::Delete,
            // What one side of a review runs is its own.
            Action::Adopt(_) | Action::Ask(..) => ReviewStep::Kept,
        }
    }
}
