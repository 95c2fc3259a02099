//! Work on several processors.

use std::thread::{self, ScopedJoinHandle};

use crate::workers::Workers;

/// Below so many for each processor, beginning a thread takes longer than it saves.
const FEW: usize = 64;

/// Threads for so many processors, where there is enough to do for them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Processors(usize);

impl Processors {
    /// No threads but the one that asks. For programs that are to be small while they rest: glibc keeps, for each thread
    /// that there was, some of what it had taken.
    pub const ONE: Self = Self(1);

    /// As many as this program may use.
    #[must_use]
    pub fn all() -> Self {
        Self(thread::available_parallelism().map_or(1, usize::from))
    }
}

impl Workers for Processors {
    fn each<T: Sync, R: Send>(&self, items: &[T], work: impl Fn(&T) -> R + Sync) -> Vec<R> {
        let threads = self.0.min(items.len() / FEW);
        if threads < 2 {
            return items.iter().map(work).collect();
        }
        let run = |part: &[T]| part.iter().map(&work).collect::<Vec<R>>();
        let (own, others) = items.split_at(items.len().div_ceil(threads));
        thread::scope(|scope| {
            let begin = |part| (part, thread::Builder::new().spawn_scoped(scope, move || run(part)));
            let begun: Vec<_> = others.chunks(own.len()).map(begin).collect();
            let mut results = run(own);
            for (part, thread) in begun {
                results.extend(match thread.map(ScopedJoinHandle::join) {
                    Ok(result) => result.unwrap_or_else(|panic| std::panic::resume_unwind(panic)),
                    // There may be no more threads to be had: containers allow for so many.
                    Err(_) => run(part),
                });
            }
            results
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnostic::Source;
    use crate::expand::Surroundings;
    use crate::validate::compile_by;
    use crate::workers::InTurn;

    #[test]
    fn results_are_in_order_however_many_there_are() {
        for count in [0, 1, FEW, 2 * FEW + 1, 1000] {
            let items: Vec<usize> = (0..count).collect();
            assert_eq!(
                Processors(3).each(&items, |item| item * 2),
                (0..count).map(|item| item * 2).collect::<Vec<_>>()
            );
        }
    }

    /// Every third has an error, and every fifth the name of the one before it.
    #[test]
    fn a_tree_says_the_same_whoever_reads_it() {
        let source = |number: usize| {
            let rest = [":script \"a.js\"", ":script 1", ":script \"b.js\" :max-restarts 3"][number % 3];
            let name = number - usize::from(number % 5 == 4);
            let text = format!("{{:apps [{{:name \"app-{name}\" {rest}}}]}}");
            Source::new(format!("daemon-{number:03}/ecosystem.edn"), text)
        };
        let sources: Vec<Source> = (0..4 * FEW).map(source).collect();
        let surroundings = Surroundings::default();
        let alone = compile_by(&sources, &surroundings, &InTurn);
        assert!(!alone.diagnostics.is_empty() && !alone.output.daemons.is_empty());
        assert_eq!(compile_by(&sources, &surroundings, &Processors(3)), alone);
    }
}
