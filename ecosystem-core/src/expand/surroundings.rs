//! What a tree is read in: everything beside its sources that decides what they say.

use std::collections::BTreeSet;

/// Where and for what a tree is read.
///
/// It comes in as a value: nothing here asks the machine. The default is a machine without a name, no profile, and
/// nothing beside the tree.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Surroundings {
    /// The profile that is asked for, such as `dev`.
    pub profile: Option<String>,
    /// Paths below the root that could not be looked at. What depends on them is not known.
    pub unreadable: BTreeSet<String>,
}
