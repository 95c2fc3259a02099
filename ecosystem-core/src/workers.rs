//! Work that falls into parts which have nothing to do with each other.

/// Who does such work, and in which order: what comes of it is the same.
///
/// What takes longest, reading and rendering daemon by daemon, is written against this, so that it can be done on all
/// processors though nothing in here knows of threads.
pub trait Workers: Sync {
    /// Applies a function to each item; the results are in the order of the items.
    fn each<T: Sync, R: Send>(&self, items: &[T], work: impl Fn(&T) -> R + Sync) -> Vec<R>;
}

/// One after the other.
#[derive(Debug, Clone, Copy, Default)]
pub struct InTurn;

impl Workers for InTurn {
    fn each<T: Sync, R: Send>(&self, items: &[T], work: impl Fn(&T) -> R + Sync) -> Vec<R> {
        items.iter().map(work).collect()
    }
}
