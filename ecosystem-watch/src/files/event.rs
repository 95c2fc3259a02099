//! What an event says once all that nobody should believe is taken from it.

use notify_debouncer_full::notify::EventKind;
use notify_debouncer_full::notify::event::{
    AccessKind, AccessMode, CreateKind, DataChange, MetadataKind, ModifyKind, RemoveKind, RenameMode,
};

/// What an event says of its path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Said {
    /// A folder came or went, or something of a kind that was not told.
    Folder,
    /// A file came or went, or its contents may have changed.
    File,
    /// Mode, owner or times of a file or a folder changed.
    Attributes,
    /// A file or a folder was moved away; which of the two, the watcher does not tell.
    MovedFrom,
    /// A file or a folder was moved here.
    MovedTo,
}

impl Said {
    /// What the kernel's event says; nothing, where it says only that somebody reads.
    ///
    /// A file closed after writing counts as written: what is written through a memory map makes no other event. Our
    /// own reads open and close without writing.
    pub(super) fn of(kind: &EventKind) -> Option<Self> {
        match kind {
            EventKind::Access(AccessKind::Close(AccessMode::Write)) => Some(Self::File),
            EventKind::Access(_) => None,
            EventKind::Create(CreateKind::File) | EventKind::Remove(RemoveKind::File) => Some(Self::File),
            EventKind::Modify(ModifyKind::Data(_)) => Some(Self::File),
            EventKind::Modify(ModifyKind::Metadata(_)) => Some(Self::Attributes),
            EventKind::Modify(ModifyKind::Name(RenameMode::From)) => Some(Self::MovedFrom),
            EventKind::Modify(ModifyKind::Name(RenameMode::To)) => Some(Self::MovedTo),
            // The two before it have said all that this one says.
            EventKind::Modify(ModifyKind::Name(RenameMode::Both)) => None,
            _ => Some(Self::Folder),
        }
    }

    /// The same as a kind of event that the debouncer only gathers.
    ///
    /// It knows better with creations, removals and renames: a file moved over another and then removed is, in its
    /// eyes, one that came and went, and it says nothing of a file that was there before and is gone. The kinds here
    /// are none of those, so that it drops none but the former of two equal ones.
    pub(super) fn plain(self) -> EventKind {
        match self {
            Self::Folder => EventKind::Any,
            Self::File => EventKind::Modify(ModifyKind::Any),
            Self::Attributes => EventKind::Modify(ModifyKind::Metadata(MetadataKind::Any)),
            Self::MovedFrom => EventKind::Modify(ModifyKind::Other),
            Self::MovedTo => EventKind::Modify(ModifyKind::Data(DataChange::Other)),
        }
    }

    /// What an event of such a kind says.
    pub(super) fn read(kind: &EventKind) -> Self {
        [Self::File, Self::Attributes, Self::MovedFrom, Self::MovedTo]
            .into_iter()
            .find(|said| said.plain() == *kind)
            .unwrap_or(Self::Folder)
    }
}
