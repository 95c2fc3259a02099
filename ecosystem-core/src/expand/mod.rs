//! Sources to nodes of which each still tells where it was written, whatever file it ends up in.

mod shift;
mod source_map;
mod surroundings;

pub use shift::shifted;
pub use source_map::SourceMap;
pub use surroundings::Surroundings;

use crate::diagnostic::{Checked, Source};
use crate::edn::{self, Node};

/// A source with everything that belongs into it in its place.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Expanded {
    /// Its form; none where it has none, or none can be made out.
    pub root: Option<Node>,
    /// Where the nodes of the form were written.
    pub map: SourceMap,
}

/// Reads a source.
pub fn expand(source: &Source) -> Checked<Expanded> {
    let mut map = SourceMap::default();
    let start = map.add(&source.path, source.contents.len());
    let read = edn::read(source);
    let root = read.output.map(|node| if start == 0 { node } else { shifted(&node, start) });
    Checked::new(Expanded { root, map }, read.diagnostics)
}
