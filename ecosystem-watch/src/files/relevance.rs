//! Which events matter: those after which a look could find something else than before.

use std::collections::BTreeSet;
use std::path::Path;

use camino::{Utf8Path, Utf8PathBuf};
use ecosystem_core::model::DaemonId;
use ecosystem_core::os::tree::{SKIPPED, is_source_name};
use notify_debouncer_full::notify::Event;

use super::Touched;
use super::kernel::Said;

/// What an event is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Matter {
    /// The source of a daemon: it came, is gone, or says something else.
    Source(DaemonId),
    /// What else is in the tree, or in a file beside it.
    Content,
    /// A folder that was not in the tree before, or not under this name.
    NewFolder,
    /// Where the tree and the files beside it are; or events were lost, and it may be about anything.
    Footing,
}

impl Matter {
    /// What may have changed.
    pub(super) fn touched(self) -> Touched {
        match self {
            Self::Source(daemon) => Touched::Daemons([daemon].into()),
            Self::Content | Self::NewFolder | Self::Footing => Touched::Anything,
        }
    }
}

/// What is looked for in events.
#[derive(Debug)]
pub(super) struct Relevance {
    root: Utf8PathBuf,
    /// PM2's home, should it be in the tree: what we write there ourselves would make us look for ever.
    home: Utf8PathBuf,
    /// Files beside the tree.
    pub(super) also: BTreeSet<Utf8PathBuf>,
    /// Folders of the tree that hold sources; `None` until that is known.
    pub(super) known: Option<BTreeSet<Utf8PathBuf>>,
}

impl Relevance {
    pub(super) fn of(root: &Utf8Path, home: &Utf8Path) -> Self {
        Self { root: root.to_owned(), home: home.to_owned(), also: BTreeSet::new(), known: None }
    }

    /// The folders of files beside the tree.
    pub(super) fn folders(&self) -> BTreeSet<Utf8PathBuf> {
        let parents = self.also.iter().filter_map(|file| file.parent()).map(Utf8Path::to_owned);
        parents.filter(|folder| !folder.starts_with(&self.root)).collect()
    }

    /// What there is to look for because of an event; nothing where a look could find nothing.
    ///
    /// Events come in the plain kinds of [`super::kernel`]. One without a path says that some were lost.
    pub(super) fn matters(&self, event: &Event) -> Vec<Matter> {
        if event.need_rescan() || event.paths.is_empty() {
            return vec![Matter::Footing];
        }
        let said = Said::of(event.kind);
        event.paths.iter().filter_map(|it| self.path(said, it)).collect()
    }

    fn path(&self, said: Said, path: &Path) -> Option<Matter> {
        let path = Utf8Path::from_path(path)?;
        if self.also.contains(path) {
            return Some(Matter::Content);
        }
        if self.stands_on(path) && said != Said::Changed {
            return Some(Matter::Footing);
        }
        let home_is_inside = self.home != self.root && self.home.starts_with(&self.root);
        if home_is_inside && path.starts_with(&self.home) {
            return None;
        }
        let below = path.strip_prefix(&self.root).ok()?;
        let is_skipped = below.iter().any(|part| SKIPPED.contains(&part));
        if is_skipped { None } else { self.below_root(said, path, below) }
    }

    /// What may be a folder may have whatever in it. Of files only sources matter: daemons' own logs are written all the
    /// time, and some replace a file of theirs through a temporary one.
    fn below_root(&self, said: Said, path: &Utf8Path, below: &Utf8Path) -> Option<Matter> {
        let is_folder = said != Said::Changed && path.is_dir();
        if is_folder && said != Said::Gone {
            return Some(Matter::NewFolder);
        }
        if is_folder || (said != Said::Changed && !path.is_file() && self.may_have_been_folder(path)) {
            return Some(Matter::Content);
        }
        let daemon = DaemonId::of_source(below.as_str());
        if below == daemon.source_path() {
            return Some(Matter::Source(daemon));
        }
        path.file_name().is_some_and(is_source_name).then_some(Matter::Content)
    }

    /// Whether what is not there any more was a folder that held sources, as far as is known.
    fn may_have_been_folder(&self, path: &Utf8Path) -> bool {
        // Paths are in the order of their parts: what is below a folder follows it.
        let held = |known: &BTreeSet<Utf8PathBuf>| {
            known.range(path.to_owned()..).next().is_some_and(|folder| folder.starts_with(path))
        };
        self.known.as_ref().is_none_or(held)
    }

    /// Whether it is the root, the folder of a file beside the tree, or above one of them.
    fn stands_on(&self, path: &Utf8Path) -> bool {
        self.root.starts_with(path) || self.also.iter().any(|file| file.starts_with(path))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a failing test panics")]

    use notify_debouncer_full::notify::EventKind;
    use notify_debouncer_full::notify::event::{
        AccessKind, CreateKind, DataChange, Flag, MetadataKind, ModifyKind, RemoveKind, RenameMode,
    };
    use tempfile::TempDir;

    use super::*;

    const CREATED: EventKind = EventKind::Create(CreateKind::File);
    const FOLDER: EventKind = EventKind::Create(CreateKind::Folder);
    const CHANGED: EventKind = EventKind::Modify(ModifyKind::Data(DataChange::Any));
    const TOUCHED: EventKind = EventKind::Modify(ModifyKind::Metadata(MetadataKind::Any));
    const RENAMED: EventKind = EventKind::Modify(ModifyKind::Name(RenameMode::From));
    const REMOVED: EventKind = EventKind::Remove(RemoveKind::File);
    const READ: EventKind = EventKind::Access(AccessKind::Any);

    /// A base with a tree in it, in which `web` is a folder with a source.
    struct Base(TempDir);

    impl Base {
        fn new() -> Self {
            let base = Self(TempDir::new().unwrap());
            std::fs::create_dir_all(base.path("tree/web")).unwrap();
            base
        }

        fn path(&self, below: &str) -> Utf8PathBuf {
            Utf8Path::from_path(self.0.path()).unwrap().join(below)
        }

        fn relevance(&self) -> Relevance {
            let mut relevance = Relevance::of(&self.path("tree"), &self.path("tree/.pm2"));
            relevance.also = [self.path("web/.env")].into();
            relevance.known = Some([self.path("tree/web"), self.path("tree/jobs/night")].into());
            relevance
        }
    }

    #[test]
    fn what_matters() {
        let base = Base::new();
        let relevance = base.relevance();
        let web = || Some(Matter::Source(DaemonId::new("web")));
        for (kind, path, expected) in [
            (CREATED, "tree/web/ecosystem.edn", web()),
            (CHANGED, "tree/web/ecosystem.edn", web()),
            (TOUCHED, "tree/web/ecosystem.edn", web()),
            (RENAMED, "tree/web/ecosystem.edn", web()),
            (REMOVED, "tree/jobs/night/ecosystem.edn", Some(Matter::Source(DaemonId::new("jobs/night")))),
            (CHANGED, "tree/ecosystem.edn", Some(Matter::Source(DaemonId::new("")))),
            (READ, "tree/web/ecosystem.edn", None),
            // An editor's lock.
            (CREATED, "tree/web/.#ecosystem.edn", None),
            (CHANGED, "tree/defaults.edn", Some(Matter::Content)),
            (RENAMED, "tree/defaults.edn", Some(Matter::Content)),
            (CREATED, "tree/web/server.log", None),
            (CHANGED, "tree/web/server.log", None),
            (REMOVED, "tree/web/server.log", None),
            // A temporary file that has been put in place of another.
            (RENAMED, "tree/web/server.log.tmp", None),
            (FOLDER, "tree/web", Some(Matter::NewFolder)),
            (RENAMED, "tree/web", Some(Matter::NewFolder)),
            (FOLDER, "tree/gone", None),
            (RENAMED, "tree/jobs/night", Some(Matter::Content)),
            (RENAMED, "tree/jobs", Some(Matter::Content)),
            (RENAMED, "tree/job", None),
            (CHANGED, "tree/web/dist/ecosystem.config.mjs", None),
            (FOLDER, "tree/web/dist", None),
            (FOLDER, "tree/web/node_modules/x", None),
            (RENAMED, "tree/.pm2/ecosystem/o/.state-x", None),
            (FOLDER, "tree/.pm2/logs", None),
            (RENAMED, "tree", Some(Matter::Footing)),
            (FOLDER, "", Some(Matter::Footing)),
            (TOUCHED, "tree", None),
            (FOLDER, "other", None),
            (FOLDER, "web", Some(Matter::Footing)),
            (CHANGED, "web", None),
            (CHANGED, "web/.env", Some(Matter::Content)),
            (CHANGED, "web/.env.local", None),
        ] {
            let event =
                Said::heard(kind).map(|said| Event::new(said.plain()).add_path(base.path(path).into()));
            let matters = event.map(|event| relevance.matters(&event)).unwrap_or_default();
            assert_eq!(matters, Vec::from_iter(expected), "{kind:?} {path}");
        }
    }

    #[test]
    fn until_the_tree_is_known_whatever_is_gone_matters() {
        let base = Base::new();
        let mut relevance = base.relevance();
        relevance.known = None;
        let event = Event::new(Said::Moved.plain()).add_path(base.path("tree/web/server.log.tmp").into());
        assert_eq!(relevance.matters(&event), [Matter::Content]);
    }

    #[test]
    fn lost_events_matter() {
        let lost = Event::new(EventKind::Other).set_flag(Flag::Rescan);
        assert_eq!(Base::new().relevance().matters(&lost), [Matter::Footing]);
    }
}
