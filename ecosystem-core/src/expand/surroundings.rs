//! What a tree is read in: everything beside its sources that decides what they say.

use std::collections::{BTreeMap, BTreeSet};

/// Where and for what a tree is read.
///
/// It comes in as a value: nothing here asks the machine. The default is a machine without a name, no profile, nothing
/// beside the tree, and an empty environment.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Surroundings {
    /// The profile that is asked for, such as `dev`.
    pub profile: Option<String>,
    /// The name of the machine, which `#hostname` goes by.
    pub hostname: String,
    /// The way from the root to the base, such as `../..`; empty if they are one. No include leads out of the base.
    pub root_to_base: String,
    /// Files that are included, by their path as seen from the root, which begins with `../` beside the tree: their
    /// contents, or why they cannot be read. [`wanted`](super::wanted) says which ones are missing.
    pub included: BTreeMap<String, Result<Vec<u8>, String>>,
    /// Paths below the root that could not be looked at. What depends on them is not known.
    pub unreadable: BTreeSet<String>,
    /// The environment that references are resolved in. Compiling does not look at it: what comes from the environment
    /// stays a reference.
    pub environment: BTreeMap<String, String>,
}
