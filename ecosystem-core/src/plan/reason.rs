//! Why a step is taken.

use std::fmt;

use super::effects::Effect;

/// Why a step is taken.
#[derive(Debug, Clone, PartialEq)]
pub enum Reason {
    /// PM2 does not know the app.
    NotRunning,
    /// PM2 does not know the app, and did when its definition was last applied: somebody deleted it.
    Vanished,
    /// PM2 knows it and it does not run: PM2's word for its state.
    State(String),
    /// PM2 says it is online and there is no process.
    NoProcess,
    /// It runs, and has failed its liveness probe: the last answer.
    NotAlive(String),
    /// Something about it is not as declared.
    Changed(Change),
    /// The number of instances is not as declared.
    Instances {
        /// How many there are.
        from: usize,
        /// How many are declared.
        to: usize,
        /// Whether the tree still says what it said when they were started, so that somebody else changed it.
        by_hand: bool,
    },
    /// It was moved to another daemon.
    Moved {
        /// The daemon it was started from.
        from: String,
        /// The daemon that declares it.
        to: String,
    },
    /// It is taken over from somebody else.
    Adopted,
    /// The tree no longer declares it.
    Undeclared,
    /// It runs as declared, and has not passed its own probes under this definition as far as is known.
    Unproven,
    /// Somebody asked for the whole tree to be taken down.
    TakenDown,
}

/// One field that is not as declared.
#[derive(Debug, Clone, PartialEq)]
pub struct Change {
    /// The field as authors write it, such as `script` or `env.PORT`.
    pub field: String,
    /// What PM2 has, fit to be shown: secrets are masked. `None` where it has nothing, or nothing to show.
    pub from: Option<String>,
    /// What is declared, fit to be shown. `None` where nothing is.
    pub to: Option<String>,
    /// The least that makes it true.
    pub effect: Effect,
    /// What PM2's own reload would have made of it, where that is not the same.
    pub note: Option<&'static str>,
    /// Whether the tree still says what it said when the process was started, so that somebody else changed it.
    pub by_hand: bool,
}

impl Reason {
    /// Whether it is somebody else's doing: the declaration has not changed since it was applied.
    #[must_use]
    pub fn is_drift(&self) -> bool {
        match self {
            Reason::Vanished | Reason::State(_) | Reason::NoProcess | Reason::NotAlive(_) => true,
            Reason::Changed(change) => change.by_hand,
            Reason::Instances { by_hand, .. } => *by_hand,
            Reason::NotRunning
            | Reason::Moved { .. }
            | Reason::Adopted
            | Reason::Undeclared
            | Reason::Unproven
            | Reason::TakenDown => false,
        }
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Reason::NotRunning => f.write_str("not running"),
            Reason::Vanished => f.write_str("no longer in PM2"),
            Reason::State(state) => write!(f, "{state}"),
            Reason::NoProcess => f.write_str("PM2 says online, but there is no process"),
            Reason::NotAlive(problem) => write!(f, "not alive: {problem}"),
            Reason::Changed(change) => change.fmt(f),
            Reason::Instances { from, to, by_hand: false } => write!(f, "instances: {from} → {to}"),
            Reason::Instances { from, to, by_hand: true } => {
                write!(f, "instances: {from} → {to} (changed outside the tree)")
            }
            Reason::Moved { from, to } => write!(f, "moved: {from} → {to}"),
            Reason::Adopted => f.write_str("taken over"),
            Reason::Undeclared => f.write_str("no longer declared"),
            Reason::Unproven => f.write_str("not known to be well yet"),
            Reason::TakenDown => f.write_str("taken down"),
        }
    }
}

impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Change { field, from, to, effect: _, note, by_hand } = self;
        match (from, to) {
            (Some(from), Some(to)) => write!(f, "{field}: {from} → {to}")?,
            (None, Some(to)) => write!(f, "{field}: set to {to}")?,
            (Some(from), None) => write!(f, "{field}: {from} removed")?,
            (None, None) => write!(f, "{field}: removed")?,
        }
        match (by_hand, note) {
            (true, _) => f.write_str(" (changed outside the tree)"),
            (false, Some(note)) => write!(f, " ({note})"),
            (false, None) => Ok(()),
        }
    }
}
