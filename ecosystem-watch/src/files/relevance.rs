//! Which events matter: those after which a look could find something else than before.

use std::collections::BTreeSet;
use std::path::Path;

use camino::{Utf8Path, Utf8PathBuf};
use ecosystem_core::os::tree::{SKIPPED, is_source_name};
use notify_debouncer_full::notify::event::{CreateKind, Event, EventKind, ModifyKind, RemoveKind};

/// What is looked for in events.
#[derive(Debug)]
pub(super) struct Relevance {
    root: Utf8PathBuf,
    /// Files beside the tree.
    pub(super) also: BTreeSet<Utf8PathBuf>,
}

impl Relevance {
    pub(super) fn of(root: &Utf8Path) -> Self {
        Self { root: root.to_owned(), also: BTreeSet::new() }
    }

    /// The folders of files beside the tree.
    pub(super) fn folders(&self) -> BTreeSet<Utf8PathBuf> {
        let parents = self.also.iter().filter_map(|file| file.parent()).map(Utf8Path::to_owned);
        parents.filter(|folder| !folder.starts_with(&self.root)).collect()
    }

    /// Whether to look because of an event.
    ///
    /// Accesses are our own reading, and would wake us for ever. An event without a path says that some were lost.
    pub(super) fn concerns(&self, event: &Event) -> bool {
        let access = matches!(event.kind, EventKind::Access(_));
        event.need_rescan()
            || (!access && (event.paths.is_empty() || event.paths.iter().any(|it| self.path(event.kind, it))))
    }

    fn path(&self, kind: EventKind, path: &Path) -> bool {
        let Some(path) = Utf8Path::from_path(path) else { return false };
        if self.also.contains(path) {
            return true;
        }
        // The root itself and the folders above it.
        if self.root.starts_with(path) {
            return comes_or_goes(kind);
        }
        let Ok(below) = path.strip_prefix(&self.root) else { return false };
        if below.iter().any(|part| SKIPPED.contains(&part)) {
            return false;
        }
        path.file_name().is_some_and(is_source_name) || (comes_or_goes(kind) && !path.is_file())
    }
}

/// Whether it may be about a folder, with whatever is in it: daemons' own logs are written all the time.
fn comes_or_goes(kind: EventKind) -> bool {
    match kind {
        EventKind::Create(kind) => kind != CreateKind::File,
        EventKind::Remove(kind) => kind != RemoveKind::File,
        EventKind::Modify(kind) => matches!(kind, ModifyKind::Name(_) | ModifyKind::Any),
        EventKind::Any | EventKind::Other => true,
        EventKind::Access(_) => false,
    }
}

#[cfg(test)]
mod tests {
    use notify_debouncer_full::notify::event::{AccessKind, DataChange, Flag, MetadataKind, RenameMode};

    use super::*;

    const CREATED: EventKind = EventKind::Create(CreateKind::File);
    const FOLDER: EventKind = EventKind::Create(CreateKind::Folder);
    const CHANGED: EventKind = EventKind::Modify(ModifyKind::Data(DataChange::Any));
    const TOUCHED: EventKind = EventKind::Modify(ModifyKind::Metadata(MetadataKind::Any));
    const RENAMED: EventKind = EventKind::Modify(ModifyKind::Name(RenameMode::From));
    const REMOVED: EventKind = EventKind::Remove(RemoveKind::File);
    const READ: EventKind = EventKind::Access(AccessKind::Any);

    #[test]
    fn what_matters() {
        let mut relevance = Relevance::of("/base/tree".into());
        relevance.also = ["/base/web/.env".into()].into();
        for (kind, path, expected) in [
            (CREATED, "/base/tree/web/ecosystem.edn", true),
            (CHANGED, "/base/tree/web/ecosystem.edn", true),
            (TOUCHED, "/base/tree/web/ecosystem.edn", true),
            (REMOVED, "/base/tree/web/ecosystem.edn", true),
            (READ, "/base/tree/web/ecosystem.edn", false),
            // An editor's lock.
            (CREATED, "/base/tree/web/.#ecosystem.edn", false),
            (CHANGED, "/base/tree/defaults.edn", true),
            (CREATED, "/base/tree/web/server.log", false),
            (CHANGED, "/base/tree/web/server.log", false),
            (REMOVED, "/base/tree/web/server.log", false),
            (FOLDER, "/base/tree/web", true),
            (RENAMED, "/base/tree/web", true),
            (CHANGED, "/base/tree/web/dist/ecosystem.config.mjs", false),
            (FOLDER, "/base/tree/web/dist", false),
            (FOLDER, "/base/tree/web/node_modules/x", false),
            (RENAMED, "/base/tree", true),
            (FOLDER, "/base", true),
            (TOUCHED, "/base/tree", false),
            (FOLDER, "/base/other", false),
            (CHANGED, "/base/web/.env", true),
            (CHANGED, "/base/web/.env.local", false),
        ] {
            let event = Event::new(kind).add_path(path.into());
            assert_eq!(relevance.concerns(&event), expected, "{kind:?} {path}");
        }
    }

    #[test]
    fn lost_events_matter() {
        let relevance = Relevance::of("/base/tree".into());
        assert!(relevance.concerns(&Event::new(EventKind::Other).set_flag(Flag::Rescan)));
    }
}
