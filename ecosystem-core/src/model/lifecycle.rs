//! What an app wants of its own starts, changes and failures.

use serde::{Deserialize, Serialize};

use super::names::AppName;
use super::probe::Probes;

/// What an app says of how it is to be started, changed and looked after. None of it reaches the process.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Lifecycle {
    /// How to ask it whether it is well.
    pub probes: Probes,
    /// `:depends_on`: what must run before it is started or changed, in the author's order, each app once.
    pub depends_on: Vec<Dependency>,
    /// `:on_change`: which step its changes get; the cheapest that takes effect where `None`.
    pub on_change: Option<OnChange>,
    /// `:on_failure`: what becomes of a change after which it is not well.
    pub on_failure: OnFailure,
}

/// An app that another one needs.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Dependency {
    /// Which.
    pub app: AppName,
    /// What is waited for.
    pub condition: Condition,
}

/// What is waited for in an app that another one needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default, Serialize, Deserialize)]
pub enum Condition {
    /// PM2 has been brought to start it.
    Started,
    /// It has stayed up and its probes have passed.
    #[default]
    Healthy,
}

impl Condition {
    /// Every condition, in the words of authors; the first of each are the usual ones.
    pub const WORDS: &[(&str, Condition)] = &[
        ("healthy", Condition::Healthy),
        ("started", Condition::Started),
        // As in other tools: an app that PM2 calls online has been started, and one that is ready is well.
        ("ready", Condition::Healthy),
        ("online", Condition::Started),
    ];
}

/// The step that an app's changes are to get.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum OnChange {
    /// Cluster workers one after the other.
    Reload,
    /// Ending the processes and starting them again.
    Restart,
    /// Deleting the app and starting it anew.
    Replace,
    /// Starting the new one beside the old one, which goes when the new one is well.
    ReplaceAfter,
    /// None: the change waits until somebody makes it.
    Keep,
}

impl OnChange {
    /// Every choice, in the words of authors.
    pub const WORDS: &[(&str, OnChange)] = &[
        ("reload", OnChange::Reload),
        ("restart", OnChange::Restart),
        ("replace", OnChange::Replace),
        ("replace-after", OnChange::ReplaceAfter),
        ("keep", OnChange::Keep),
    ];
}

/// What becomes of a change after which an app is not well.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default, Serialize, Deserialize)]
pub enum OnFailure {
    /// The definition that was well before is put back; a first start is stopped.
    #[default]
    Revert,
    /// Nothing: it stays as it is, and is reported.
    Keep,
    /// It is stopped.
    Stop,
}

impl OnFailure {
    /// Every choice, in the words of authors.
    pub const WORDS: &[(&str, OnFailure)] =
        &[("revert", OnFailure::Revert), ("keep", OnFailure::Keep), ("stop", OnFailure::Stop)];
}
