//! Trees as a git repository holds them: read from its objects, without a checkout.
//!
//! It is the `git` program that is asked (`cat-file --batch`, `ls-tree -z`). A library such as gix would be some two
//! hundred crates for three questions, and another reading of the user's setup: of worktrees, alternates, partial
//! clones, `safe.directory`. The program is there wherever somebody reviews a commit.
//!
//! Everything a repository holds is data. Revisions and paths go to git on its standard input, or behind `--` as
//! literal paths; what comes back is separated by zeros or counted. No filter, hook, text conversion or pager of
//! the repository is run by these questions. Replaced objects (`refs/replace`) are not followed: a review is about
//! what the named commit holds for everybody.

mod objects;
mod program;
mod tree;

#[cfg(test)]
mod tests;

use camino::{Utf8Component, Utf8Path, Utf8PathBuf};

use self::objects::{Answer, Objects};
use self::program::{git, text};
use super::place::{DEFAULT_ROOT, relative};
use super::processors::Processors;
use super::surroundings::{of_this_program, with_included};
use super::{machine, regular_file, surroundings};
use crate::converge::{HostError, Tree};
use crate::model::TreeSettings;
use crate::render::Layout;
use crate::review::{Known, Site, Wanted};
use crate::validate::{DEFAULTS_FILE, tree_settings};

/// A repository, and where in it a tree lies.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Repository {
    /// Where git is run: a folder that exists.
    at: Utf8PathBuf,
    /// The folder that is checked out; `None` for a bare repository.
    work_tree: Option<Utf8PathBuf>,
    /// The tree's folder below the repository's top; empty for the top itself.
    folder: Utf8PathBuf,
}

/// A commit by its whole id.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Commit(String);

impl Commit {
    /// The whole id.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.0
    }

    /// Enough of the id for people.
    #[must_use]
    pub fn short(&self) -> &str {
        self.0.get(..SHORT).unwrap_or(&self.0)
    }
}

const SHORT: usize = 10;

impl Repository {
    /// Finds the repository that a tree is in: the folder `root`, which need not exist outside of commits, else
    /// `system/daemons` here, else `system/daemons` at the top of the repository that we are in.
    ///
    /// # Errors
    /// There is no git, or the folder is in no repository.
    pub fn find(root: Option<&Utf8Path>) -> Result<Self, HostError> {
        let here = absolute(root.unwrap_or(Utf8Path::new(DEFAULT_ROOT)))?;
        let (at, rest) = existing_part(&here)?;
        let mut repository = Self::around(&at)?;
        let top = repository.top()?;
        let full = at.join(rest);
        repository.folder = match full.strip_prefix(&top) {
            Ok(_) if root.is_none() && !here.exists() => DEFAULT_ROOT.into(),
            Ok(folder) => folder.to_owned(),
            Err(_) => return Err(HostError::new(format!("{full} is not below the repository's top, {top}"))),
        };
        Ok(repository)
    }

    fn around(at: &Utf8Path) -> Result<Self, HostError> {
        let inside = text(git(at).args(["rev-parse", "--is-inside-work-tree"])).map_err(|problem| {
            HostError::new(format!("{at} is in no git repository that can be read: {problem}"))
                .hint("`diff` compares commits: name a folder in a repository, or run `git init` there")
        })?;
        let work_tree = match inside.trim_end() {
            "true" => Some(path_of(at, "--show-toplevel")?),
            _ => None,
        };
        Ok(Self { at: at.to_owned(), work_tree, folder: Utf8PathBuf::new() })
    }

    /// What paths of commits are below: the work tree, or the repository itself where there is none.
    fn top(&self) -> Result<Utf8PathBuf, HostError> {
        match &self.work_tree {
            Some(top) => Ok(top.clone()),
            None => path_of(&self.at, "--absolute-git-dir"),
        }
    }

    /// The folder of the tree below the repository's top, with `/` as separator; empty for the top itself.
    #[must_use]
    pub fn folder(&self) -> &Utf8Path {
        &self.folder
    }

    /// The checked out folder, if there is one.
    #[must_use]
    pub fn work_tree(&self) -> Option<&Utf8Path> {
        self.work_tree.as_deref()
    }

    /// The commit that a revision names, in any way that git understands.
    ///
    /// # Errors
    /// There is none: what to fetch, where the clone is shallow.
    pub fn commit(&self, revision: &str) -> Result<Commit, HostError> {
        // A line feed would be a second question to git.
        if revision.is_empty() || revision.contains(['\n', '\0']) {
            return Err(HostError::new(format!("{revision:?} is no revision")));
        }
        match Objects::open(&self.at)?.check(&format!("{revision}^{{commit}}"))? {
            Answer::Found { id, .. } => Ok(Commit(id)),
            Answer::Ambiguous => Err(HostError::new(format!("{revision:?} may mean several commits"))
                .hint("write more digits of the commit's id")),
            Answer::Missing | Answer::Astray(_) => Err(self.no_such_commit(revision)),
        }
    }

    fn no_such_commit(&self, revision: &str) -> HostError {
        let shallow = text(git(&self.at).args(["rev-parse", "--is-shallow-repository"]));
        let error = HostError::new(format!("there is no commit {revision:?} in this repository"));
        let plain = revision.chars().all(|c| c.is_ascii_alphanumeric() || "-_./".contains(c));
        let branch = revision.strip_prefix("origin/").unwrap_or(revision);
        let fetch = if plain && !branch.starts_with('-') { branch } else { "<branch>" };
        error.hint(match shallow.as_deref().map(str::trim_end) {
            Ok("true") => format!(
                "this clone is shallow and was made without it: `git fetch --unshallow origin` fetches all history, \
                 `git fetch --depth=1 origin {fetch}` one commit (as FETCH_HEAD); in GitHub Actions give \
                 actions/checkout `fetch-depth: 0`"
            ),
            _ => format!("if it is on the remote, `git fetch origin {fetch}` fetches it (as FETCH_HEAD)"),
        })
    }

    /// The commit at which `head` left `base`: what a pull request is compared with.
    ///
    /// # Errors
    /// They have no commit in common, or the clone is too shallow to tell.
    pub fn merge_base(&self, base: &Commit, head: &Commit) -> Result<Commit, HostError> {
        let found = text(git(&self.at).args(["merge-base", base.id(), head.id()]));
        match found {
            Ok(id) => Ok(Commit(id.trim_end().to_owned())),
            Err(_) => Err(HostError::new(format!(
                "{} and {} have no commit in common that is in this repository",
                base.short(),
                head.short()
            ))
            .hint(
                "a shallow clone ends before it: `git fetch --unshallow` (GitHub Actions: `fetch-depth: 0`)",
            )),
        }
    }

    /// The tree as a commit holds it, with its own defaults and what it includes, read as a tree is read from disk; and
    /// where it lies. No tree if the commit has no such folder.
    ///
    /// The profile, the name of the machine and the environment are those of this program, as they are in no commit.
    /// Links are followed within the commit. A submodule is not looked into: its files are in another repository.
    ///
    /// # Errors
    /// Objects are missing, or the folder is no folder.
    pub fn tree(&self, commit: &Commit, profile: Option<&str>) -> Result<(Option<Tree>, Site), HostError> {
        let Some(tree) = tree::read(&self.at, commit, &self.folder)? else {
            return Ok((None, self.site(&TreeSettings::default())));
        };
        let site = self.site(&settings(&tree));
        let surroundings = of_this_program(site.layout.root_to_base.clone(), profile);
        let read = |path: &str| tree::included(&self.at, commit, &self.folder, path);
        Ok((Some(with_included(tree, surroundings, read)?), site))
    }

    /// The tree as it is checked out, and where it lies. No tree if there is no such folder.
    ///
    /// # Errors
    /// The folder cannot be looked at, or nothing is checked out.
    pub fn checked_out(&self, profile: Option<&str>) -> Result<(Option<Tree>, Site), HostError> {
        let Some(top) = self.work_tree() else {
            return Err(HostError::new("this repository has no work tree"));
        };
        let root = top.join(&self.folder);
        if !root.is_dir() {
            return Ok((None, self.site(&TreeSettings::default())));
        }
        let site = self.site(&settings(&super::tree::read(&root, Processors::all())?));
        let base = plain(&root.join(&site.layout.root_to_base));
        Ok((Some(surroundings::tree(&root, &base, profile, Processors::all())?), site))
    }

    /// Where a tree that says this of itself lies. Without a word of its own its base is the top of the repository: the
    /// nearest folder above it with a `.git`.
    fn site(&self, said: &TreeSettings) -> Site {
        let owner = said.owner.clone();
        let Some(base) = &said.base else {
            let root_to_base = relative(&self.folder, Utf8Path::new(""));
            return Site { base: Some(Utf8PathBuf::new()), layout: Layout { root_to_base, owner } };
        };
        let base = if base.starts_with('/') { base.into() } else { plain(&self.folder.join(base)) };
        let layout = Layout { root_to_base: relative(&self.folder, &base), owner };
        let is_inside = !base.is_absolute() && !base.starts_with("..");
        Site { base: is_inside.then_some(base), layout }
    }

    /// What a commit knows of files that a tree's definitions name, by path below the repository's top.
    ///
    /// # Errors
    /// git cannot be asked.
    pub fn known(&self, commit: &Commit, wanted: &Wanted) -> Result<Known, HostError> {
        tree::known(&self.at, commit, wanted)
    }
}

/// What the disk knows of files that a tree's definitions name, by path below the repository's top.
#[must_use]
pub fn known_on_disk(top: &Utf8Path, wanted: &Wanted) -> Known {
    let exists = |path: &&Utf8PathBuf| top.join(path).exists();
    let kind = |path: &Utf8PathBuf| (path.clone(), machine::file_kind(&top.join(path)));
    let env_file = |path: &Utf8PathBuf| {
        let bytes = regular_file::read(&top.join(path), machine::MAX_ENV_FILE_BYTES).ok()?;
        Some((path.clone(), String::from_utf8(bytes).ok()?))
    };
    Known {
        files: wanted.files.iter().filter(exists).map(kind).collect(),
        env_files: wanted.env_files.iter().filter_map(env_file).collect(),
    }
}

/// What a tree says of itself in the defaults in its root.
fn settings(tree: &Tree) -> TreeSettings {
    let defaults = tree.sources.iter().find(|source| source.path == DEFAULTS_FILE);
    defaults.map(tree_settings).unwrap_or_default()
}

/// A path without `.` in it, and with `..` at its beginning alone.
fn plain(path: &Utf8Path) -> Utf8PathBuf {
    let mut parts = Utf8PathBuf::new();
    for part in path.components() {
        match part {
            Utf8Component::CurDir => {}
            Utf8Component::ParentDir if parts.file_name().is_some() => drop(parts.pop()),
            part => parts.push(part),
        }
    }
    parts
}

fn absolute(path: &Utf8Path) -> Result<Utf8PathBuf, HostError> {
    let absolute = std::path::absolute(path).ok().and_then(|path| Utf8PathBuf::from_path_buf(path).ok());
    absolute.ok_or_else(|| HostError::new(format!("{path} is not a usable path")))
}

/// The part of a path that exists as folders, links resolved, and the rest of it.
fn existing_part(path: &Utf8Path) -> Result<(Utf8PathBuf, Utf8PathBuf), HostError> {
    let existing = path.ancestors().find(|ancestor| ancestor.is_dir()).unwrap_or(Utf8Path::new("/"));
    let real = existing
        .canonicalize_utf8()
        .map_err(|error| HostError::new(format!("cannot look at {existing}: {error}")))?;
    let mut rest = Utf8PathBuf::new();
    for part in path.strip_prefix(existing).unwrap_or(path).components() {
        match part {
            Utf8Component::ParentDir => drop(rest.pop()),
            Utf8Component::CurDir => {}
            part => rest.push(part),
        }
    }
    Ok((real, rest))
}

fn path_of(at: &Utf8Path, what: &str) -> Result<Utf8PathBuf, HostError> {
    let path = text(git(at).args(["rev-parse", what]))
        .map_err(|problem| HostError::new(format!("cannot find the repository around {at}: {problem}")))?;
    // A folder's name may end in a line feed of its own.
    let path = Utf8PathBuf::from(path.strip_suffix('\n').unwrap_or(&path));
    path.canonicalize_utf8().map_err(|error| HostError::new(format!("cannot look at {path}: {error}")))
}
