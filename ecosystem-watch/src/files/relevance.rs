//! Which events matter: those after which a look could find something else than before.

use std::collections::BTreeSet;
use std::path::Path;

use camino::{Utf8Path, Utf8PathBuf};
use ecosystem_core::os::tree::{SKIPPED, is_source_name};
use notify_debouncer_full::notify::Event;

use super::kernel::Said;

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
    /// PM2's home, should it be in the tree: what we write there ourselves would make us look for ever.
    home: Utf8PathBuf,
    /// Files beside the tree.
    pub(super) also: BTreeSet<Utf8PathBuf>,
}

impl Relevance {
    pub(super) fn of(root: &Utf8Path, home: &Utf8Path) -> Self {
        Self { root: root.to_owned(), home: home.to_owned(), also: BTreeSet::new() }
    }

    /// The folders of files beside the tree.
    pub(super) fn folders(&self) -> BTreeSet<Utf8PathBuf> {
        let parents = self.also.iter().filter_map(|file| file.parent()).map(Utf8Path::to_owned);
        parents.filter(|folder| !folder.starts_with(&self.root)).collect()
    }

    /// What there is to look for because of an event.
    ///
    /// Events come in the plain kinds of [`super::kernel`]. One without a path says that some were lost.
    pub(super) fn matter(&self, event: &Event) -> Matter {
        if event.need_rescan() || event.paths.is_empty() {
            return Matter::Footing;
        }
        let said = Said::of(event.kind);
        event.paths.iter().map(|it| self.path(said, it)).max().unwrap_or(Matter::Nothing)
    }

    fn path(&self, said: Said, path: &Path) -> Matter {
        let Some(path) = Utf8Path::from_path(path) else { return Matter::Nothing };
        if self.also.contains(path) {
            return Matter::Content;
        }
        if self.stands_on(path) && said != Said::Changed {
            return Matter::Footing;
        }
        let home_is_inside = self.home != self.root && self.home.starts_with(&self.root);
        if home_is_inside && path.starts_with(&self.home) {
            return Matter::Nothing;
        }
        match path.strip_prefix(&self.root) {
            Ok(below) if !below.iter().any(|part| SKIPPED.contains(&part)) => below_root(said, path),
            _ => Matter::Nothing,
        }
    }

    /// Whether it is the root, the folder of a file beside the tree, or above one of them.
    fn stands_on(&self, path: &Utf8Path) -> bool {
        self.root.starts_with(path) || self.also.iter().any(|file| file.starts_with(path))
    }
}

/// What may be a folder may have whatever in it. Of files only sources matter: daemons' own logs are written all the
/// time.
fn below_root(said: Said, path: &Utf8Path) -> Matter {
    let folder = said != Said::Changed && !path.is_file();
    match said {
        Said::Came if folder => Matter::NewFolder,
        Said::Moved if folder && path.is_dir() => Matter::NewFolder,
        _ if folder || path.file_name().is_some_and(is_source_name) => Matter::Content,
        _ => Matter::Nothing,
    }
}

#[cfg(test)]
mod tests {
    use notify_debouncer_full::notify::EventKind;
    use notify_debouncer_full::notify::event::{
        AccessKind, CreateKind, DataChange, Flag, MetadataKind, ModifyKind, RemoveKind, RenameMode,
    };

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
        let mut relevance = Relevance::of("/base/tree".into(), "/base/tree/.pm2".into());
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
            (RENAMED, "/base/tree/.pm2/ecosystem/o/.state-x", Matter::Nothing),
            (FOLDER, "/base/tree/.pm2/logs", Matter::Nothing),
            (RENAMED, "/base/tree", Matter::Footing),
            (FOLDER, "/base", Matter::Footing),
            (TOUCHED, "/base/tree", Matter::Nothing),
            (FOLDER, "/base/other", Matter::Nothing),
            (FOLDER, "/base/web", Matter::Footing),
            (CHANGED, "/base/web", Matter::Nothing),
            (CHANGED, "/base/web/.env", Matter::Content),
            (CHANGED, "/base/web/.env.local", Matter::Nothing),
        ] {
            let event = Said::heard(kind).map(|said| Event::new(said.plain()).add_path(path.into()));
            let matter = event.map_or(Matter::Nothing, |event| relevance.matter(&event));
            assert_eq!(matter, expected, "{kind:?} {path}");
        }
    }

    #[test]
    fn lost_events_matter() {
        let relevance = Relevance::of("/base/tree".into(), "/base/tree/.pm2".into());
        let lost = Event::new(EventKind::Other).set_flag(Flag::Rescan);
        assert_eq!(relevance.matter(&lost), Matter::Footing);
    }
}
