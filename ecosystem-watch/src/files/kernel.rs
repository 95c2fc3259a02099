//! The kernel's watcher as the debouncer is given it.

use std::convert::Infallible;
use std::io;
use std::path::Path;
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, SystemTime};

use notify_debouncer_full::notify::event::{
    CreateKind, DataChange, MetadataKind, ModifyKind, RemoveKind, RenameMode,
};
use notify_debouncer_full::notify::{
    Config, Error, ErrorKind, Event, EventHandler, EventKind, RecommendedWatcher, RecursiveMode, Result,
    Watcher, WatcherKind,
};

/// A watcher that hands on only what counts of an event, in kinds that the debouncer does nothing with but gather.
///
/// The debouncer knows better with creations, removals and renames: a file moved over another and then removed is,
/// in its eyes, one that came and went, and it says nothing of a file that was there before and is gone. And what is
/// replaced all the time it holds back.
///
/// It can always be made: the debouncer starts its thread first and, where making its watcher fails, leaves the thread
/// running for ever. One that could not be opened says so when it is asked to watch.
pub(super) struct Kernel {
    opened: std::result::Result<RecommendedWatcher, NotOpened>,
    /// After it, as fields are dropped in this order.
    _ended: Ended,
}

/// Waits, when dropped, until a watcher has given back what it had: it ends in a thread of its own, and a limit may be
/// reached by it still when the next one is made.
struct Ended(Receiver<Infallible>);

impl Drop for Ended {
    fn drop(&mut self) {
        // The other side is dropped with the watcher's handler. There is no harm in going on without.
        let _ = self.0.recv_timeout(Duration::from_secs(1));
    }
}

/// Why there is no watcher: what can be told again and again, as errors cannot be copied.
struct NotOpened {
    code: Option<i32>,
    text: String,
}

/// What an event says of its path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Said {
    /// Something came that may be a folder with whatever is in it.
    Came,
    /// Something was moved, away or here, that may be a folder.
    Moved,
    /// Something is gone that may be a folder.
    Gone,
    /// A file came, has changed or is gone.
    Changed,
}

/// Plain kinds for each thing that can be said; most for what there is most of.
const PLAIN: &[(Said, &[ModifyKind])] = &[
    (Said::Came, &[ModifyKind::Data(DataChange::Any), ModifyKind::Data(DataChange::Size)]),
    (Said::Moved, &[ModifyKind::Data(DataChange::Content), ModifyKind::Data(DataChange::Other)]),
    (Said::Gone, &[ModifyKind::Metadata(MetadataKind::Any), ModifyKind::Metadata(MetadataKind::Other)]),
    (
        Said::Changed,
        &[
            ModifyKind::Any,
            ModifyKind::Other,
            ModifyKind::Metadata(MetadataKind::AccessTime),
            ModifyKind::Metadata(MetadataKind::WriteTime),
            ModifyKind::Metadata(MetadataKind::Permissions),
            ModifyKind::Metadata(MetadataKind::Ownership),
        ],
    ),
];

impl Said {
    /// What the system's event says; nothing where it says only that somebody reads, or what others have said already.
    pub(super) fn heard(kind: EventKind) -> Option<Self> {
        Some(match kind {
            EventKind::Access(_) | EventKind::Modify(ModifyKind::Name(RenameMode::Both)) => return None,
            EventKind::Create(CreateKind::File) | EventKind::Remove(RemoveKind::File) => Self::Changed,
            EventKind::Create(_) => Self::Came,
            EventKind::Modify(ModifyKind::Name(_) | ModifyKind::Any) => Self::Moved,
            EventKind::Modify(_) => Self::Changed,
            EventKind::Remove(_) | EventKind::Any | EventKind::Other => Self::Gone,
        })
    }

    /// One of its plain kinds, by chance.
    ///
    /// The debouncer drops what is due on a path when another event of the same kind has come that is not: of a file
    /// that is written all the time it would never tell.
    pub(super) fn plain(self) -> EventKind {
        let kinds = PLAIN.iter().find(|(said, _)| *said == self).map_or([].as_slice(), |(_, kinds)| *kinds);
        let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        let chance = now.subsec_nanos() as usize % kinds.len().max(1);
        EventKind::Modify(kinds.get(chance).copied().unwrap_or(ModifyKind::Other))
    }

    /// What a plain kind says.
    pub(super) fn of(plain: EventKind) -> Self {
        let says = |kinds: &[ModifyKind]| kinds.iter().any(|kind| plain == EventKind::Modify(*kind));
        PLAIN.iter().find(|(_, kinds)| says(kinds)).map_or(Self::Changed, |(said, _)| *said)
    }
}

impl Watcher for Kernel {
    fn new<F: EventHandler>(mut handler: F, config: Config) -> Result<Self> {
        let (held, ended) = channel::<Infallible>();
        let hand_on = move |heard: Result<Event>| {
            let _ = &held;
            hand_on(heard, &mut handler);
        };
        let opened = RecommendedWatcher::new(hand_on, config).map_err(NotOpened::because);
        Ok(Self { opened, _ended: Ended(ended) })
    }

    fn watch(&mut self, path: &Path, mode: RecursiveMode) -> Result<()> {
        self.opened()?.watch(path, mode)
    }

    fn unwatch(&mut self, path: &Path) -> Result<()> {
        self.opened()?.unwatch(path)
    }

    fn kind() -> WatcherKind {
        RecommendedWatcher::kind()
    }
}

fn hand_on(heard: Result<Event>, handler: &mut impl EventHandler) {
    match heard {
        // The debouncer keeps one of these, and leaves out any other without a path.
        Ok(event) if event.need_rescan() => handler.handle_event(Ok(event)),
        Ok(mut event) => {
            if let Some(said) = Said::heard(event.kind) {
                event.kind = said.plain();
                handler.handle_event(Ok(event));
            }
        }
        Err(error) => handler.handle_event(Err(error)),
    }
}

impl Kernel {
    fn opened(&mut self) -> Result<&mut RecommendedWatcher> {
        self.opened.as_mut().map_err(|why| why.error())
    }
}

impl NotOpened {
    #[allow(clippy::needless_pass_by_value, reason = "it stands in the place of the error")]
    fn because(error: Error) -> Self {
        let code = match &error.kind {
            ErrorKind::Io(error) => error.raw_os_error(),
            _ => None,
        };
        Self { code, text: error.to_string() }
    }

    fn error(&self) -> Error {
        match self.code {
            Some(code) => Error::io(io::Error::from_raw_os_error(code)),
            None => Error::generic(&self.text),
        }
    }
}
