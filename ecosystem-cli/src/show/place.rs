//! Where the places of diagnostics are for whoever stands in the working folder: programs that show findings beside
//! the files look for them from there.

use camino::{Utf8Path, Utf8PathBuf};
use ecosystem_core::diagnostic::{Label, Source};
use ecosystem_core::os::place::relative;

/// Turns paths below a root into paths from the working folder.
pub(crate) struct Places<'a> {
    sources: &'a [Source],
    root: &'a Utf8Path,
    working_folder: Option<&'a Utf8Path>,
}

/// A place by lines and columns, both from 1, columns in characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Region {
    pub(crate) start: (usize, usize),
    /// Just behind the last character.
    pub(crate) end: (usize, usize),
}

impl<'a> Places<'a> {
    /// Both folders absolute; without a working folder paths are absolute.
    pub(crate) fn new(
        sources: &'a [Source],
        root: &'a Utf8Path,
        working_folder: Option<&'a Utf8Path>,
    ) -> Self {
        Self { sources, root, working_folder }
    }

    /// The file of a label: relative if it is below the working folder, else absolute.
    pub(crate) fn file(&self, label: &Label) -> Utf8PathBuf {
        let file = self.root.join(&label.path);
        match self.working_folder {
            Some(folder) if file.starts_with(folder) => relative(folder, &file).into(),
            _ => file,
        }
    }

    /// What of the file is meant; nothing where it was not read, so that there are no lines.
    pub(crate) fn region(&self, label: &Label) -> Option<Region> {
        let source = self.sources.iter().find(|source| source.path == label.path)?;
        Some(Region { start: source.position(label.span.start), end: source.position(label.span.end) })
    }
}
