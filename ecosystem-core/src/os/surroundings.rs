//! A tree with what it is read in.

use camino::Utf8Path;

use super::tree;
use crate::converge::{HostError, Tree};
use crate::expand::Surroundings;

/// Reads every source below a root, and finds out what else decides what they say.
///
/// # Errors
/// The root is missing, or is not a folder that can be listed.
pub(super) fn tree(root: &Utf8Path, profile: Option<&str>) -> Result<Tree, HostError> {
    let surroundings = Surroundings { profile: profile.map(str::to_owned), ..Surroundings::default() };
    Ok(Tree { surroundings, ..tree::read(root)? })
}
