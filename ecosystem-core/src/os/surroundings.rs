//! A tree with what it is read in.

use std::collections::BTreeMap;

use camino::{Utf8Path, Utf8PathBuf};

use super::place::relative;
use super::{regular_file, tree};
use crate::converge::{HostError, Tree};
use crate::expand::{Surroundings, wanted};
use crate::model::Variables;

/// Reads every source below a root, what they include, and finds out what else decides what they say.
///
/// # Errors
/// The root is missing, or is not a folder that can be listed.
pub(super) fn tree(root: &Utf8Path, base: &Utf8Path, profile: Option<&str>) -> Result<Tree, HostError> {
    let tree = tree::read(root)?;
    let mut surroundings = Surroundings {
        profile: profile.map(str::to_owned),
        hostname: hostname(),
        root_to_base: relative(root, base),
        included: BTreeMap::new(),
        unreadable: tree.unreadable.keys().cloned().collect(),
        environment: environment(),
    };
    // Each round finds what the files of the one before include.
    loop {
        let missing = wanted(&tree.sources, &surroundings);
        if missing.is_empty() {
            return Ok(Tree { surroundings, ..tree });
        }
        for path in missing {
            let contents = read_included(root, base, &path);
            surroundings.included.insert(path, contents);
        }
    }
}

/// The environment of this program, as far as it is text.
pub(super) fn environment() -> Variables {
    std::env::vars_os()
        .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
        .collect()
}

/// The name of the machine as the kernel has it.
fn hostname() -> String {
    rustix::system::uname().nodename().to_string_lossy().into_owned()
}

/// The contents of an included file, unless a link leads out of the base or out of the names that may be included.
fn read_included(root: &Utf8Path, base: &Utf8Path, path: &str) -> Result<Vec<u8>, String> {
    let real: Utf8PathBuf = root.join(path).canonicalize_utf8().map_err(|error| error.to_string())?;
    if !real.starts_with(base) {
        return Err("a link leads out of the base".to_owned());
    }
    if real.extension() != Some("edn") {
        return Err("a link leads to a file that is not named as an .edn file".to_owned());
    }
    regular_file::read(&real, tree::MAX_SOURCE_BYTES).map_err(|error| error.to_string())
}
