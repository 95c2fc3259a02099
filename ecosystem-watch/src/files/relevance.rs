//! Which events matter: those after which a look could find something else than before.

use std::collections::BTreeSet;
use std::path::Path;

use camino::{Utf8Path, Utf8PathBuf};
use ecosystem_core::os::tree::{SKIPPED, is_source_name};
use notify::event::{CreateKind, Event, EventKind, ModifyKind, RemoveKind};

/// What an event is about, the most important last.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Matter {
    /// Nothing that a look could find.
    Nothing,
    /// What is in the tree or in a file beside it.
    Content,
    /// A folder that was not in the tree before, or not under this name.
    NewFolder,
    /// Where the tree and the files beside it are; or events were lost, and it may be about anything.
    Footing,
}

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

    /// What there is to look for because of an event.
    ///
    /// Accesses are our own reading, and would wake us for ever. An event without a path says that some were lost.
    pub(super) fn matter(&self, event: &Event) -> Matter {
        if event.need_rescan() || event.paths.is_empty() {
            return Matter::Footing;
        }
        if matches!(event.kind, EventKind::Access(_)) {
            return Matter::Nothing;
        }
        event.paths.iter().map(|it| self.path(event.kind, it)).max().unwrap_or(Matter::Nothing)
    }

    fn path(&self, kind: EventKind, path: &Path) -> Matter {
        let Some(path) = Utf8Path::from_path(path) else { return Matter::Nothing };
        if self.also.contains(path) {
            return Matter::Content;
        }
        if self.stands_on(path) && comes_or_goes(kind) {
            return Matter::Footing;
        }
        match path.strip_prefix(&self.root) {
            Ok(below) if !below.iter().any(|part| SKIPPED.contains(&part)) => below_root(kind, path),
            _ => Matter::Nothing,
        }
    }

    /// Whether it is the root, the folder of a file beside the tree, or above one of them.
    fn stands_on(&self, path: &Utf8Path) -> bool {
        self.root.starts_with(path) || self.also.iter().any(|file| file.starts_with(path))
    }
}

fn below_root(kind: EventKind, path: &Utf8Path) -> Matter {
    let folder = comes_or_goes(kind) && !path.is_file();
    match (folder, kind) {
        (true, EventKind::Create(_)) => Matter::NewFolder,
        (true, EventKind::Modify(_)) if path.is_dir() => Matter::NewFolder,
        (true, _) => Matter::Content,
        (false, _) if path.file_name().is_some_and(is_source_name) => Matter::Content,
        (false, _) => Matter::Nothing,
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
    use notify::event::{AccessKind, DataChange, Flag, MetadataKind, RenameMode};

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
            (CREATED, "/base/tree/web/ecosystem.edn", Matter::Content),
            (CHANGED, "/base/tree/web/ecosystem.edn", Matter::Content),
            (TOUCHED, "/base/tree/web/ecosystem.edn", Matter::Content),
            (REMOVED, "/base/tree/web/ecosystem.edn", Matter::Content),
            (READ, "/base/tree/web/ecosystem.edn", Matter::Nothing),
            // An editor's lock.
            (CREATED, "/base/tree/web/.#ecosystem.edn", Matter::Nothing),
            (CHANGED, "/base/tree/defaults.edn", Matter::Content),
            (CREATED, "/base/tree/web/server.log", Matter::Nothing),
            (CHANGED, "/base/tree/web/server.log", Matter::Nothing),
            (REMOVED, "/base/tree/web/server.log", Matter::Nothing),
            (FOLDER, "/base/tree/web", Matter::NewFolder),
            (RENAMED, "/base/tree/web", Matter::Content),
            (CHANGED, "/base/tree/web/dist/ecosystem.config.mjs", Matter::Nothing),
            (FOLDER, "/base/tree/web/dist", Matter::Nothing),
            (FOLDER, "/base/tree/web/node_modules/x", Matter::Nothing),
            (RENAMED, "/base/tree", Matter::Footing),
            (FOLDER, "/base", Matter::Footing),
            (TOUCHED, "/base/tree", Matter::Nothing),
            (FOLDER, "/base/other", Matter::Nothing),
            (FOLDER, "/base/web", Matter::Footing),
            (CHANGED, "/base/web", Matter::Nothing),
            (CHANGED, "/base/web/.env", Matter::Content),
            (CHANGED, "/base/web/.env.local", Matter::Nothing),
        ] {
            let event = Event::new(kind).add_path(path.into());
            assert_eq!(relevance.matter(&event), expected, "{kind:?} {path}");
        }
    }

    #[test]
    fn lost_events_matter() {
        let relevance = Relevance::of("/base/tree".into());
        let lost = Event::new(EventKind::Other).set_flag(Flag::Rescan);
        assert_eq!(relevance.matter(&lost), Matter::Footing);
    }
}
