//! What may have changed in a tree.

use std::collections::BTreeSet;

use ecosystem_core::model::DaemonId;

/// What may have changed in a tree since it was looked at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Touched {
    /// The texts of these daemons' sources, and nothing else.
    Daemons(BTreeSet<DaemonId>),
    /// Anything.
    Anything,
}

impl Touched {
    /// No daemon, which is where gathering begins.
    pub(crate) fn nothing() -> Self {
        Self::Daemons(BTreeSet::new())
    }

    /// Both.
    pub(crate) fn and(self, other: Self) -> Self {
        match (self, other) {
            (Self::Daemons(mut daemons), Self::Daemons(more)) => {
                daemons.extend(more);
                Self::Daemons(daemons)
            }
            _ => Self::Anything,
        }
    }
}
