//! Which events count.

use std::collections::BTreeSet;
use std::path::Path;

use camino::{Utf8Path, Utf8PathBuf};
use ecosystem_core::os::tree::{SKIPPED, is_source_name};
use notify_debouncer_full::DebouncedEvent;

use super::event::Said;
use super::places::Places;

/// What to judge events by. It may let through too much, never too little: looking costs some milliseconds.
#[derive(Debug, Default)]
pub(super) struct Relevance {
    tree: Option<Utf8PathBuf>,
    /// Whatever happens to one of these, or to a folder on the way to it, counts.
    spots: BTreeSet<Utf8PathBuf>,
}

impl Relevance {
    pub(super) fn of(places: &Places) -> Self {
        let tree = places.tree.as_ref().map(|(path, _)| path.clone());
        Self { tree, spots: places.spots.clone() }
    }

    /// Those of a batch that count.
    pub(super) fn counting<'a>(
        &self,
        batch: &'a [DebouncedEvent],
    ) -> impl Iterator<Item = &'a DebouncedEvent> {
        let moved_files: BTreeSet<usize> = batch.iter().filter_map(moved_file).collect();
        batch.iter().filter(move |event| {
            let other_end = event.tracker().is_some_and(|tracker| moved_files.contains(&tracker));
            event.need_rescan()
                || event.paths.iter().any(|path| self.counts(Said::read(&event.kind), path, other_end))
        })
    }

    /// `moved_file`: the event belongs to the move of a file, as its other end shows.
    fn counts(&self, said: Said, path: &Path, moved_file: bool) -> bool {
        // Neither a source nor a daemon's folder can have a name that is no UTF-8.
        let Some(path) = Utf8Path::from_path(path) else { return false };
        if self.spots.iter().any(|spot| spot.starts_with(path)) {
            return true;
        }
        let Some(below) = self.tree.as_ref().and_then(|tree| path.strip_prefix(tree).ok()) else {
            return false;
        };
        // Our own generated files, and what is too busy to be listened to.
        if below.components().any(|part| SKIPPED.contains(&part.as_str())) {
            return false;
        }
        match said {
            _ if below.file_name().is_some_and(is_source_name) => true,
            Said::Folder => true,
            // What daemons write beside their definition: a log must not keep us looking for ever.
            Said::File => false,
            // A folder that may be listed now is as good as a new one.
            Said::Attributes | Said::MovedTo => is_folder(path.as_std_path()),
            Said::MovedFrom => !moved_file,
        }
    }
}

/// The move that an event is the end of, if what arrived there is a file: its beginning no longer shows.
fn moved_file(event: &DebouncedEvent) -> Option<usize> {
    let arrived = event.paths.first().filter(|_| Said::read(&event.kind) == Said::MovedTo)?;
    let kind = arrived.symlink_metadata().ok()?;
    event.tracker().filter(|_| !kind.is_dir())
}

fn is_folder(path: &Path) -> bool {
    path.symlink_metadata().is_ok_and(|kind| kind.is_dir())
}
