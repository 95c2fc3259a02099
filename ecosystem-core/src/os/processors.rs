//! Work on all processors.

use std::thread;

use crate::workers::Workers;

/// Below so many for each processor, beginning a thread takes longer than it saves.
const FEW: usize = 64;

/// Threads for all processors, where there is enough to do for them.
#[derive(Debug, Clone, Copy, Default)]
pub struct AllProcessors;

impl Workers for AllProcessors {
    fn each<T: Sync, R: Send>(&self, items: &[T], work: impl Fn(&T) -> R + Sync) -> Vec<R> {
        let processors = thread::available_parallelism().map_or(1, usize::from);
        let threads = processors.min(items.len() / FEW);
        if threads < 2 {
            return items.iter().map(work).collect();
        }
        let work = &work;
        thread::scope(|scope| {
            let parts = items.chunks(items.len().div_ceil(threads));
            let begun: Vec<_> =
                parts.map(|part| scope.spawn(move || part.iter().map(work).collect::<Vec<R>>())).collect();
            let ended = begun.into_iter().map(thread::ScopedJoinHandle::join);
            ended.flat_map(|part| part.unwrap_or_else(|panic| std::panic::resume_unwind(panic))).collect()
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
                AllProcessors.each(&items, |item| item * 2),
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
        assert_eq!(compile_by(&sources, &surroundings, &AllProcessors), alone);
    }
}
