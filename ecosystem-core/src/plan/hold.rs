//! Apps that a plan leaves alone, and why.

use std::fmt;

use super::guard::Guard;
use crate::model::DaemonId;
use crate::pm2::observed::Process;

/// An app that is left alone.
#[derive(Debug, Clone, PartialEq)]
pub struct Hold {
    /// The app's name.
    pub app: String,
    /// The daemon that declares it, or that did when it was started.
    pub daemon: DaemonId,
    /// Why.
    pub why: Why,
}

/// Why an app is left alone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Why {
    /// A process of this name runs and is not ours.
    Conflict {
        /// The owner it carries, if any.
        owner: Option<String>,
    },
    /// It cannot be said on this machine what to start.
    Unresolvable(Vec<String>),
    /// The source that declares it, or may declare it, has errors.
    Broken(DaemonId),
    /// Parts of the tree could not be read.
    Unreadable(Vec<String>),
    /// Too much would be deleted at once.
    Guard(Guard),
    /// It would have to be deleted, and this program runs in it.
    RunsUs,
    /// Somebody stopped it by hand.
    StoppedByHand,
    /// It was changed or deleted by hand, and is not to be put back: how it differs.
    Drifted(Vec<String>),
    /// It was tried this often with the same definition.
    Resting {
        /// How often.
        tries: u32,
        /// Whether it is not tried again by itself.
        given_up: bool,
    },
    /// It runs and has failed its liveness probe, and is not to be restarted.
    NotAlive {
        /// The last answer.
        problem: String,
        /// How often it was restarted with the same definition, where that is why.
        tried: Option<Tried>,
    },
    /// Its daemon has only just gone from the tree.
    MissingForNow,
    /// An app that it depends on does not come to run.
    Dependency {
        /// Which.
        app: String,
        /// What is the matter with that.
        obstacle: Obstacle,
    },
    /// It has changed, and its author wants it kept as it is until somebody says so: what has changed.
    KeptAsItIs(Vec<String>),
    /// The step that its author wants would not make its change true.
    CannotTakeEffect {
        /// One word for the step.
        step: &'static str,
        /// What it would not make true.
        because: Vec<String>,
    },
    /// New processes were to run beside the old ones, which hold this port.
    SharedPort(u16),
    /// A change of it failed, and it was put back: what was seen, and the generation that runs again.
    Reverted {
        /// What was seen of the change.
        problem: String,
        /// The generation.
        to: u64,
    },
    /// It failed and was stopped: what was seen.
    Failed {
        /// What was seen.
        problem: String,
    },
    /// Somebody took it back to this generation.
    RolledBack {
        /// The generation.
        to: u64,
    },
    /// Nothing is to be done to it: why, in the words of who said so.
    Suspended {
        /// Why.
        reason: String,
    },
    /// The tree no longer declares it, and deleting it waits for somebody to say so.
    Unconfirmed,
    /// The tree no longer declares it, and it is to stay.
    NeverPruned,
}

/// How often something was tried.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Tried {
    /// How often.
    pub tries: u32,
    /// Whether it is not tried again by itself.
    pub given_up: bool,
}

/// Why an app that others depend on does not come to run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Obstacle {
    /// It is left alone itself: the word for why.
    Held(&'static str),
    /// It does not run, and is not in the plan: its source has errors, or is out of scope.
    NotRunning,
    /// It runs, and failed a moment ago.
    OnProbation,
    /// It has come to its end, with this exit code.
    EndedBadly(i64),
}

impl Why {
    pub(super) fn conflict(theirs: &[&Process]) -> Self {
        let owner = theirs.iter().find_map(|process| process.stamp()).map(|stamp| stamp.owner.to_string());
        Why::Conflict { owner }
    }

    /// Whether it is something to be mended by the user (a failure), or a state they chose or that passes by itself.
    #[must_use]
    pub fn is_failure(&self) -> bool {
        match self {
            Why::StoppedByHand
            | Why::Drifted(_)
            | Why::MissingForNow
            | Why::KeptAsItIs(_)
            | Why::RolledBack { .. }
            | Why::Suspended { .. }
            | Why::Unconfirmed
            | Why::NeverPruned => false,
            Why::Conflict { .. }
            | Why::Unresolvable(_)
            | Why::Broken(_)
            | Why::Unreadable(_)
            | Why::Guard(_)
            | Why::RunsUs
            | Why::Dependency { .. }
            | Why::CannotTakeEffect { .. }
            | Why::SharedPort(_)
            | Why::Reverted { .. }
            | Why::Failed { .. }
            | Why::Resting { .. } => true,
            Why::NotAlive { tried, .. } => tried.is_some(),
        }
    }

    /// Whether the app runs as it did before a change of it failed.
    pub(super) fn is_put_back(&self) -> bool {
        matches!(self, Why::Reverted { .. })
    }

    /// One word for it.
    #[must_use]
    pub fn word(&self) -> &'static str {
        match self {
            Why::Conflict { .. } => "conflict",
            Why::Unresolvable(_) => "blocked",
            Why::Broken(_) => "broken",
            Why::Unreadable(_) | Why::Guard(_) | Why::NeverPruned => "kept",
            Why::RunsUs => "own",
            Why::StoppedByHand => "held",
            Why::Drifted(_) => "drifted",
            Why::Resting { .. } => "resting",
            Why::NotAlive { .. } => "ill",
            Why::Dependency { .. } => "dependency",
            Why::MissingForNow => "waiting",
            Why::KeptAsItIs(_) => "kept",
            Why::CannotTakeEffect { .. } | Why::SharedPort(_) => "refused",
            Why::Reverted { .. } => "reverted",
            Why::Failed { .. } => "failed",
            Why::RolledBack { .. } => "rolled-back",
            Why::Suspended { .. } => "suspended",
            Why::Unconfirmed => "pending",
        }
    }
}

impl Hold {
    /// Why the app is left alone and what to do about it, in a sentence without a full stop.
    #[must_use]
    pub fn explain(&self) -> String {
        let Hold { app, daemon, why } = self;
        match why {
            Why::Conflict { owner: None } => {
                format!("running, but not ours (no owner stamp); `--adopt {app}` takes it over")
            }
            Why::Conflict { owner: Some(owner) } => {
                format!("running, but it belongs to {owner}; `--adopt {app}` takes it over")
            }
            Why::Unresolvable(problems) => problems.join("; "),
            Why::Broken(id) => format!("{} has errors: it stays as it is", id.source_path()),
            Why::Unreadable(paths) => {
                format!("not declared, but {} could not be read: it stays as it is", paths.join(", "))
            }
            Why::Guard(Guard::Hold { deletions, of }) => {
                format!(
                    "no longer declared, but deleting {deletions} of {of} apps needs `ecosystem-cli sync \
                     --allow-mass-delete`"
                )
            }
            Why::Guard(Guard::Pass) => "no longer declared".to_owned(),
            Why::RunsUs => "would be deleted, but this program runs in it: run it from elsewhere".to_owned(),
            Why::StoppedByHand => "stopped by hand".to_owned(),
            Why::Drifted(how) => format!("changed by hand: {}", how.join("; ")),
            Why::Resting { tries, given_up } => resting(*tries, *given_up),
            Why::NotAlive { problem, tried } => format!("not alive: {problem}; {}", left_ill(*tried)),
            Why::Dependency { app, obstacle } => format!("depends on {app}, which {obstacle}"),
            Why::MissingForNow => {
                format!("{} is gone: looking again before it is deleted", daemon.source_path())
            }
            Why::KeptAsItIs(what) => {
                format!(
                    "changed, and kept as it is; `ecosystem-cli sync --change {app}` makes it: {}",
                    what.join("; ")
                )
            }
            Why::CannotTakeEffect { step, because } => format!(
                "`:on-change :{step}` would not make this true: {}; take it away, or write `:replace`",
                because.join("; ")
            ),
            Why::SharedPort(port) => format!(
                "`:on-change :replace-after` needs both to run for a while, and both would listen on port {port}; give the \
                 new one another port, run it in cluster mode, or write `:restart`"
            ),
            Why::Reverted { problem, to } => format!(
                "its change failed, and it was put back to generation {to}: {problem}; tried again when it is changed, or \
                 by `ecosystem-cli sync`"
            ),
            Why::Failed { problem } => format!(
                "left stopped, as it failed: {problem}; tried again when it is changed, or by `ecosystem-cli sync`"
            ),
            Why::RolledBack { to } => format!(
                "taken back to generation {to}, until it is changed or `ecosystem-cli resume {app}` is run"
            ),
            Why::Suspended { reason } => {
                format!("left as it is: {reason}; `ecosystem-cli resume {app}` ends that")
            }
            Why::Unconfirmed => {
                format!("no longer declared: `ecosystem-cli prune {}` deletes it", quoted(daemon))
            }
            Why::NeverPruned => "no longer declared, and never pruned: it stays as it is".to_owned(),
        }
    }
}

impl fmt::Display for Obstacle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Obstacle::Held(word) => write!(f, "is held itself ({word})"),
            Obstacle::NotRunning => f.write_str("does not run"),
            Obstacle::EndedBadly(code) => write!(f, "ended with exit code {code}"),
            Obstacle::OnProbation => f.write_str("failed a moment ago and has yet to stay up"),
        }
    }
}

fn resting(tries: u32, given_up: bool) -> String {
    let times = if tries == 1 { "once".to_owned() } else { format!("{tries} times") };
    if given_up {
        format!("tried {times}, and not again until its definition changes or `ecosystem-cli sync` is run")
    } else {
        format!("tried {times}, will be tried again")
    }
}

fn left_ill(tried: Option<Tried>) -> String {
    let Some(Tried { tries, given_up }) = tried else { return "it is left as it is".to_owned() };
    let times = if tries == 1 { "once".to_owned() } else { format!("{tries} times") };
    if given_up {
        format!("restarted {times}, and not again until its definition changes or the watcher is sent SIGHUP")
    } else {
        format!("restarted {times}, will be restarted again")
    }
}

/// As it is typed in a shell; the daemon of the root itself has no name.
fn quoted(daemon: &DaemonId) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "/_-.".contains(c);
    let id = daemon.as_str();
    if !id.is_empty() && id.chars().all(plain) {
        id.to_owned()
    } else {
        format!("'{}'", id.replace('\'', r"'\''"))
    }
}
