//! Sources to nodes in which reader tags have done their work, and of which each still tells where it was written.
//!
//! The tags are those of [Aero](https://github.com/juxt/aero), and mean what they mean there: `#profile`, `#hostname`,
//! `#include`, `#merge`, `#ref`, `#join`, `#or`, `#long`, `#double`, `#boolean`, `#keyword`, `#env`. What depends on the
//! environment is left as it is ([`is_late`]): it becomes a reference of the model, and is looked up when an app is started.
//! Nothing is evaluated; a tag chooses or moves data.

pub mod codes;
mod expander;
mod include;
mod shift;
mod source_map;
mod surroundings;
mod tags;

#[cfg(test)]
mod tests;

pub use expander::weight;
pub use shift::shifted;
pub use source_map::SourceMap;
pub use surroundings::Surroundings;

use std::collections::BTreeSet;

use crate::diagnostic::{Checked, Source};
use crate::edn::{Node, Value};

use expander::Expander;

/// A source with everything that belongs into it in its place.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Expanded {
    /// Its form; none where it has none, or none can be made out.
    pub root: Option<Node>,
    /// Where the nodes of the form were written.
    pub map: SourceMap,
    /// Paths of the files that it includes, directly or not, whether they could be read or not.
    pub includes: BTreeSet<String>,
    /// Whether a `#profile` that was looked at has a case for the profile that is asked for.
    pub knows_profile: bool,
}

/// Reads a source, and everything that it includes.
pub fn expand(source: &Source, surroundings: &Surroundings) -> Checked<Expanded> {
    Expander::new(surroundings).source(source)
}

/// Included files that are not among the [`Surroundings`] yet.
///
/// Whoever reads them asks again: they may include others.
#[must_use]
pub fn wanted(sources: &[Source], surroundings: &Surroundings) -> BTreeSet<String> {
    let includes = |source: &Source| expand(source, surroundings).output.includes;
    let all = sources.iter().filter(|source| mentions_include(source)).flat_map(includes);
    all.filter(|path| !surroundings.included.contains_key(path)).collect()
}

/// Nearly no source includes anything: it need not be read a second time to find that out.
fn mentions_include(source: &Source) -> bool {
    source.contents.windows(INCLUDE.len()).any(|window| window == INCLUDE)
}

const INCLUDE: &[u8] = b"#include";

/// Whether a node stands for something that only the environment tells: one of the tags that are left.
#[must_use]
pub fn is_late(node: &Node) -> bool {
    let Value::Tagged(tagged) = &node.value else { return false };
    tagged.tag.namespace.is_none() && tags::LATE.contains(&tagged.tag.name.as_str())
}
