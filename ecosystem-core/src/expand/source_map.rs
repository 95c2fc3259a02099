//! One range of offsets for several sources, so that a span alone tells which of them it points into.
//!
//! What a daemon says is put together from several files. Each is given a range of offsets of its own, and its nodes are
//! [shifted](crate::expand::shifted) into it: a node that is moved into another file's map keeps its origin.

use crate::diagnostic::{Origin, Span};

/// Sources, each with the range of offsets that its nodes have.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct SourceMap {
    parts: Vec<Part>,
    end: usize,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Part {
    start: usize,
    path: String,
}

impl SourceMap {
    /// Adds a source of so many bytes, and gives the offset of its first.
    pub fn add(&mut self, path: &str, length: usize) -> usize {
        let start = self.end;
        self.parts.push(Part { start, path: path.to_owned() });
        // One more, as a span may lie just behind the last byte.
        self.end = start.saturating_add(length).saturating_add(1);
        start
    }

    /// Adds everything that another map has, and gives the offset by which its nodes are to be shifted.
    pub fn append(&mut self, other: &SourceMap) -> usize {
        let shift = self.end;
        let moved = |part: &Part| Part { start: part.start.saturating_add(shift), path: part.path.clone() };
        self.parts.extend(other.parts.iter().map(moved));
        self.end = shift.saturating_add(other.end);
        shift
    }

    /// The source that a span points into, and its place there. Empty if nothing was added.
    #[must_use]
    pub fn locate(&self, span: Span) -> Origin {
        let behind = self.parts.partition_point(|part| part.start <= span.start);
        let Some(part) = behind.checked_sub(1).and_then(|index| self.parts.get(index)) else {
            return Origin { path: String::new(), span };
        };
        let local = |offset: usize| offset.saturating_sub(part.start);
        Origin { path: part.path.clone(), span: Span::new(local(span.start), local(span.end)) }
    }

    /// Paths of the sources, in the order in which they were added.
    pub fn paths(&self) -> impl Iterator<Item = &str> {
        self.sources().map(|(_, path)| path)
    }

    /// The sources in the order in which they were added: the offset of the first byte of each, and its path.
    pub fn sources(&self) -> impl Iterator<Item = (usize, &str)> {
        self.parts.iter().map(|part| (part.start, part.path.as_str()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_span_tells_its_source() {
        let mut inner = SourceMap::default();
        inner.add("inner", 3);
        let mut map = SourceMap::default();
        let (first, second) = (map.add("first", 10), map.add("second", 5));
        let shift = map.append(&inner);
        let check = |start: usize, end: usize, expected: (&str, usize, usize)| {
            let Origin { path, span } = map.locate(Span::new(start, end));
            assert_eq!((path.as_str(), span.start, span.end), expected);
        };
        check(first, first + 10, ("first", 0, 10));
        check(first + 10, first + 10, ("first", 10, 10));
        check(second, second, ("second", 0, 0));
        check(second + 2, second + 5, ("second", 2, 5));
        check(shift + 1, shift + 3, ("inner", 1, 3));
        assert_eq!(map.paths().collect::<Vec<_>>(), ["first", "second", "inner"]);
    }
}
