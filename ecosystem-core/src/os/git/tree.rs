//! A tree's sources from a commit, by the rules of reading one from disk.

use camino::{Utf8Path, Utf8PathBuf};

use super::Commit;
use super::objects::{Answer, Kind, Objects};
use super::program::{bytes, git};
use crate::converge::{HostError, Tree};
use crate::diagnostic::{Diagnostic, Source, Span};
use crate::os::codes::{LINKED_FOLDER, NOT_A_FILE, TOO_LARGE, UNREADABLE};
use crate::os::machine::MAX_ENV_FILE_BYTES;
use crate::os::tree::{MAX_DEPTH, MAX_SOURCE_BYTES, SKIPPED, is_source_name, linked_folder, unreadable};
use crate::pm2::{FileKind, SNIFFED_BYTES, looks_binary};
use crate::review::{Known, Wanted};

/// Reads every source below a folder of a commit; `None` if the commit has no such folder.
pub(super) fn read(at: &Utf8Path, commit: &Commit, folder: &Utf8Path) -> Result<Option<Tree>, HostError> {
    let Some(id) = folder_id(at, commit, folder)? else { return Ok(None) };
    let listed = list(at, &["-r", "-t", "--full-tree", &id], None)?;
    let mut walk = Walk { objects: Objects::open(at)?, commit, folder, tree: Tree::default() };
    for entry in listed {
        walk.entry(&entry)?;
    }
    walk.tree.sources.sort_by(|a, b| a.path.cmp(&b.path));
    Ok(Some(walk.tree))
}

/// The contents of an included file, from its path as seen from the tree's folder, or why they are not to be had.
pub(super) fn included(
    at: &Utf8Path,
    commit: &Commit,
    folder: &Utf8Path,
    path: &str,
) -> Result<Result<Vec<u8>, String>, HostError> {
    let full = super::plain(&folder.join(path));
    if full.starts_with("..") {
        return Ok(Err("it is not in the repository".to_owned()));
    }
    let mut objects = Objects::open(at)?;
    Ok(match look(&mut objects, commit, &full)? {
        Some(Answer::Found { kind: Kind::Blob, size, .. }) if size > MAX_SOURCE_BYTES => {
            Err(format!("{size} bytes, more than the {MAX_SOURCE_BYTES} it may have"))
        }
        Some(Answer::Found { id, kind: Kind::Blob, .. }) => objects
            .read(&id, MAX_SOURCE_BYTES)?
            .ok_or_else(|| "its contents are not in this clone".to_owned()),
        Some(Answer::Found { .. }) => Err("it is no file".to_owned()),
        _ => Err("the commit does not hold it".to_owned()),
    })
}

/// What a commit knows of files.
pub(super) fn known(at: &Utf8Path, commit: &Commit, wanted: &Wanted) -> Result<Known, HostError> {
    let mut objects = Objects::open(at)?;
    let mut known = Known::default();
    for path in &wanted.files {
        if let Some(kind) = kind(&mut objects, commit, path)? {
            known.files.insert(path.clone(), kind);
        }
    }
    for path in &wanted.env_files {
        let Some(Answer::Found { id, kind: Kind::Blob, size }) = look(&mut objects, commit, path)? else {
            continue;
        };
        if size <= MAX_ENV_FILE_BYTES {
            let contents =
                objects.read(&id, MAX_ENV_FILE_BYTES)?.and_then(|bytes| String::from_utf8(bytes).ok());
            known.env_files.extend(contents.map(|contents| (path.clone(), contents)));
        }
    }
    Ok(known)
}

/// The larger a file, the less it is a script; and git unpacks all of it.
const LARGEST_SCRIPT: u64 = 16 * 1024 * 1024;

fn kind(objects: &mut Objects, commit: &Commit, path: &Utf8Path) -> Result<Option<FileKind>, HostError> {
    Ok(match look(objects, commit, path)? {
        Some(Answer::Found { kind: Kind::Blob, size, .. }) if size > LARGEST_SCRIPT => Some(FileKind::Binary),
        Some(Answer::Found { id, kind: Kind::Blob, .. }) => {
            let start = objects.read(&id, SNIFFED_BYTES as u64)?.unwrap_or_default();
            Some(if looks_binary(&start) { FileKind::Binary } else { FileKind::Text })
        }
        // A submodule is a folder once it is checked out.
        Some(Answer::Found { .. }) => Some(FileKind::Folder),
        _ => None,
    })
}

/// Asks for a path of a commit; git reads questions by lines, so one with a line feed in it cannot be asked.
fn look(objects: &mut Objects, commit: &Commit, path: &Utf8Path) -> Result<Option<Answer>, HostError> {
    if path.as_str().contains('\n') {
        Ok(None)
    } else {
        objects.check(&format!("{}:{path}", commit.id())).map(Some)
    }
}

/// The id of a folder of a commit.
fn folder_id(at: &Utf8Path, commit: &Commit, folder: &Utf8Path) -> Result<Option<String>, HostError> {
    if folder.as_str().is_empty() {
        return Ok(Some(format!("{}^{{tree}}", commit.id())));
    }
    let found = list(at, &["--full-tree", commit.id()], Some(folder))?;
    match found.into_iter().next() {
        None => Ok(None),
        Some(entry) if entry.mode == Mode::Folder => Ok(Some(entry.id)),
        Some(entry) => {
            Err(HostError::new(format!("{folder} is {} in {}", entry.mode.what(), commit.short()))
                .hint("name the folder that holds your daemons"))
        }
    }
}

/// One entry of a listing.
struct Entry {
    mode: Mode,
    id: String,
    /// `None` if it is not UTF-8.
    path: Option<Utf8PathBuf>,
}

/// What an entry is, by the mode that git keeps for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Mode {
    File,
    Folder,
    Link,
    Submodule,
}

impl Mode {
    fn of(mode: &[u8]) -> Self {
        match mode {
            b"040000" => Mode::Folder,
            b"120000" => Mode::Link,
            b"160000" => Mode::Submodule,
            _ => Mode::File,
        }
    }

    fn what(self) -> &'static str {
        match self {
            Mode::File => "a file",
            Mode::Folder => "a folder",
            Mode::Link => "a symbolic link",
            Mode::Submodule => "a submodule",
        }
    }
}

/// Runs `git ls-tree -z`; its lines are `MODE TYPE ID<tab>PATH<zero>`.
fn list(at: &Utf8Path, args: &[&str], path: Option<&Utf8Path>) -> Result<Vec<Entry>, HostError> {
    let mut command = git(at);
    command.args(["ls-tree", "-z"]).args(args).arg("--");
    command.args(path.map(Utf8Path::as_str));
    let output = bytes(&mut command).map_err(|problem| {
        HostError::new(format!("cannot list a folder of a commit: {problem}"))
            .hint("a partial or damaged clone may lack it: `git fsck` tells, `git fetch` may bring it")
    })?;
    Ok(output.split(|byte| *byte == 0).filter_map(entry).collect())
}

fn entry(line: &[u8]) -> Option<Entry> {
    let tab = line.iter().position(|byte| *byte == b'\t')?;
    let (attributes, path) = (line.get(..tab)?, line.get(tab + 1..)?);
    let mut words = attributes.split(|byte| *byte == b' ');
    let (mode, _, id) = (words.next()?, words.next()?, words.next()?);
    Some(Entry {
        mode: Mode::of(mode),
        id: String::from_utf8(id.to_vec()).ok()?,
        path: String::from_utf8(path.to_vec()).ok().map(Utf8PathBuf::from),
    })
}

struct Walk<'a> {
    objects: Objects,
    commit: &'a Commit,
    folder: &'a Utf8Path,
    tree: Tree,
}

impl Walk<'_> {
    fn entry(&mut self, entry: &Entry) -> Result<(), HostError> {
        // A name that is not UTF-8 cannot be a source's, nor stand in a daemon's id.
        let Some(path) = &entry.path else { return Ok(()) };
        let name = path.file_name().unwrap_or_default();
        let mut above = path.ancestors().skip(1).filter_map(Utf8Path::file_name);
        if above.any(|folder| SKIPPED.contains(&folder) || is_source_name(folder)) {
            return Ok(());
        }
        let depth = path.components().count();
        match entry.mode {
            mode if is_source_name(name) => self.source(path, mode, &entry.id)?,
            _ if SKIPPED.contains(&name) => {}
            Mode::Link => self.link(path)?,
            Mode::Submodule => self.submodule(path),
            Mode::Folder if depth == MAX_DEPTH + 1 => {
                self.unreadable(path, UNREADABLE, &format!("more than {MAX_DEPTH} folders deep"));
            }
            Mode::Folder | Mode::File => {}
        }
        Ok(())
    }

    fn source(&mut self, path: &Utf8Path, mode: Mode, id: &str) -> Result<(), HostError> {
        if path.components().count() > MAX_DEPTH + 1 {
            return Ok(());
        }
        let found = match mode {
            Mode::File => Some(self.objects.check(id)?),
            Mode::Link => self.follow(path)?,
            Mode::Folder | Mode::Submodule => {
                self.unreadable(path, NOT_A_FILE, "a folder, where a file is expected");
                return Ok(());
            }
        };
        match found {
            Some(Answer::Found { kind: Kind::Blob, size, .. }) if size > MAX_SOURCE_BYTES => {
                let problem = format!("{size} bytes, more than the {MAX_SOURCE_BYTES} it may have");
                self.unreadable(path, TOO_LARGE, &problem);
            }
            Some(Answer::Found { id, kind: Kind::Blob, .. }) => {
                match self.objects.read(&id, MAX_SOURCE_BYTES)? {
                    Some(contents) => self.tree.sources.push(Source { path: path.to_string(), contents }),
                    None => self.unreadable(path, UNREADABLE, "its contents are not in this clone"),
                }
            }
            Some(Answer::Found { .. }) => {
                self.unreadable(path, NOT_A_FILE, "a link to a folder, where a file is expected");
            }
            _ if mode == Mode::Link => {
                self.unreadable(path, UNREADABLE, "a link to what the commit does not hold");
            }
            _ => self.unreadable(path, UNREADABLE, "its contents are not in this clone"),
        }
        Ok(())
    }

    fn follow(&mut self, path: &Utf8Path) -> Result<Option<Answer>, HostError> {
        look(&mut self.objects, self.commit, &self.folder.join(path))
    }

    fn link(&mut self, path: &Utf8Path) -> Result<(), HostError> {
        if let Some(Answer::Found { kind: Kind::Tree, .. }) = self.follow(path)? {
            self.tree.notes.push(linked_folder(path.as_str()));
        }
        Ok(())
    }

    fn submodule(&mut self, path: &Utf8Path) {
        let note = Diagnostic::warning(
            LINKED_FOLDER,
            format!("{path}: a submodule, a link into another repository, is not followed"),
            path.as_str(),
            Span::default(),
            "",
        );
        let hint = "its daemons are in another repository, and a change of them does not show here";
        self.tree.notes.push(note.hint(hint));
    }

    fn unreadable(&mut self, path: &Utf8Path, code: &'static str, problem: &str) {
        self.tree.unreadable.insert(path.to_string(), unreadable(path.as_str(), code, problem));
    }
}
