//! All that is asked for, in batches that the machine can run beside each other.

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::thread;
use std::time::Instant;

use crate::case::{Case, Mode};
use crate::measure::{Measured, measure};
use crate::support::pm2_program::VERSIONS;

/// One measurement: a case on a version in a mode.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct At {
    /// Index into [`VERSIONS`].
    pub(crate) version: usize,
    pub(crate) mode: Mode,
    /// The case's field and change.
    pub(crate) field: &'static str,
    pub(crate) change: &'static str,
}

/// Everything that was measured.
pub(crate) type Results = BTreeMap<At, Measured>;

/// A case, and where it is to be tried.
pub(crate) type Place = (At, &'static Case);

/// How many apps one PM2 is given: each is a process of 40 MB, and starting one takes a core for a tenth of a second.
pub(crate) const MANY: usize = 40;
/// For a second try.
pub(crate) const FEW: usize = 10;

/// Batches in hand: most of a batch's time is waiting.
const AT_ONCE: usize = 3;

/// Where these cases are to be tried: on every version, in every mode they have.
pub(crate) fn places(cases: &[&'static Case]) -> Vec<Place> {
    let mut places = Vec::new();
    for (version, _) in VERSIONS.iter().enumerate() {
        for mode in Mode::ALL {
            let fitting = cases.iter().filter(|case| case.modes.have(mode));
            places.extend(
                fitting.map(|case| (At { version, mode, field: case.field, change: case.change }, *case)),
            );
        }
    }
    places
}

/// Measures these cases, so many together. Those of a batch that came to nothing are missing.
pub(crate) fn run(places: &[Place], size: usize) -> Results {
    let queue = Mutex::new(batches(places, size).into_iter());
    let results = Mutex::new(Results::new());
    thread::scope(|scope| {
        for _ in 0..AT_ONCE {
            scope.spawn(|| {
                loop {
                    let Some(batch) = queue.lock().unwrap().next() else { return };
                    let began = Instant::now();
                    // What is wrong with one batch is no reason to lose the others, after all that time.
                    let measured = std::panic::catch_unwind(|| measure_batch(&batch)).unwrap_or_default();
                    eprintln!("{} in {} s", words(&batch), began.elapsed().as_secs());
                    results.lock().unwrap().extend(measured);
                }
            });
        }
    });
    results.into_inner().unwrap()
}

/// Those of one version and mode together, but for those that need a PM2 for themselves. The largest come first, so that
/// none is waited for at the end, and the last ones of each mode first, since looks at behaviour take their time.
fn batches(places: &[Place], size: usize) -> Vec<Vec<Place>> {
    let mut groups: BTreeMap<(usize, Mode), Vec<Place>> = BTreeMap::new();
    for (at, case) in places {
        groups.entry((at.version, at.mode)).or_default().push((*at, *case));
    }
    let mut batches = Vec::new();
    for group in groups.into_values() {
        let (apart, together): (Vec<_>, Vec<_>) = group.into_iter().partition(|(_, case)| case.apart);
        batches.extend(apart.chunks(1).chain(together.chunks(size)).map(<[Place]>::to_vec));
    }
    batches.reverse();
    batches.sort_by_key(|batch| std::cmp::Reverse(batch.len()));
    batches
}

fn measure_batch(batch: &[Place]) -> Vec<(At, Measured)> {
    let cases: Vec<&Case> = batch.iter().map(|(_, case)| *case).collect();
    let (first, _) = batch[0];
    let mut measured = measure(VERSIONS[first.version], first.mode, &cases);
    batch.iter().filter_map(|(at, case)| Some((*at, measured.remove(&case.app())?))).collect()
}

fn words(batch: &[Place]) -> String {
    let (first, case) = &batch[0];
    let (version, mode) = (VERSIONS[first.version], first.mode.word());
    format!("PM2 {version}, {mode}: {} changes from {} on", batch.len(), case.app())
}
