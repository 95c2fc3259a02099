//! Where the tree, its base and PM2's home are: from what a caller says, the environment and the disk.

use camino::{Utf8Path, Utf8PathBuf};
use jiff::Timestamp;

use super::ownership::is_of_the_same;
use super::processors::Processors;
use super::{regular_file, surroundings, tree};
use crate::converge::{Expected, HostError, Reading, Tree, read_by};
use crate::diagnostic::Source;
use crate::model::{Owner, TreeSettings};
pub use crate::pm2::relative;
use crate::render::{GeneratedBy, Layout};
use crate::validate::{DEFAULTS_FILE, tree_settings};

/// Where people keep their daemons.
pub const DEFAULT_ROOT: &str = "system/daemons";

/// A tree and what it resolves against.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Place {
    /// The tree: absolute, links resolved.
    pub root: Utf8PathBuf,
    /// What relative paths resolve against: absolute, links resolved.
    pub base: Utf8PathBuf,
    /// The owner that was named, by the caller or in the tree, if one was.
    pub named_owner: Option<String>,
    /// What of this the tree itself has said.
    pub expected: Expected,
    /// The profile that its daemons are read with.
    pub profile: Option<String>,
}

/// What a caller names of a tree, and what is found out for what it does not name.
#[derive(Debug, Clone, Copy, Default)]
pub struct Named<'a> {
    /// The tree, else [`DEFAULT_ROOT`] where that exists.
    pub root: Option<&'a Utf8Path>,
    /// Its base, else `:base` in its own `defaults.edn`, else the nearest folder from the root upwards with a `.git` of
    /// the root's owner, of ours or of root's, else the root.
    pub base: Option<&'a Utf8Path>,
    /// Whose it is, else `:owner` there, else the root's path.
    pub owner: Option<&'a str>,
    /// The profile, else `$ECOSYSTEM_PROFILE`, else `$NODE_ENV`, else none.
    pub profile: Option<&'a str>,
}

impl Place {
    /// Finds a tree.
    ///
    /// Defaults that cannot be read say nothing of it. No harm comes of that: all daemons below them are broken then, and
    /// nothing is written or applied.
    ///
    /// # Errors
    /// A folder that cannot be looked at, or none named and none found.
    pub fn find(named: &Named<'_>) -> Result<Self, HostError> {
        let Named { root, base, owner, profile } = *named;
        let root = match root {
            Some(root) => real_path(root)?,
            None if Utf8Path::new(DEFAULT_ROOT).is_dir() => real_path(Utf8Path::new(DEFAULT_ROOT))?,
            None => {
                let message = format!("no tree is named, and there is no ./{DEFAULT_ROOT} here");
                return Err(HostError::new(message).hint("name the folder that holds your daemons"));
            }
        };
        let said = settings_of(&root);
        let expected = Expected {
            owner: owner.is_none().then(|| said.owner.clone()),
            base: base.is_none().then(|| said.base.clone()),
        };
        let base = match (base, &said.base) {
            (Some(base), _) => real_path(base)?,
            (None, Some(base)) => real_path(&root.join(base))?,
            (None, None) => {
                root.ancestors().find(|folder| is_repository(folder, &root)).unwrap_or(&root).to_owned()
            }
        };
        let named_owner = owner.map(str::to_owned).or(said.owner);
        let profile = self::profile(profile);
        Ok(Self { root, base, named_owner, expected, profile })
    }

    /// Reads the tree.
    ///
    /// # Errors
    /// Its root is missing, or is not a folder that can be listed.
    pub fn tree(&self) -> Result<Tree, HostError> {
        surroundings::tree(&self.root, &self.base, self.profile.as_deref(), Processors::all())
    }

    /// Reads the tree and compiles it.
    ///
    /// # Errors
    /// Its root is missing, or is not a folder that can be listed.
    pub fn reading(&self) -> Result<Reading, HostError> {
        Ok(read_by(self.tree()?, &Processors::all()))
    }

    /// Where an included file lies, from its path as seen from the root.
    #[must_use]
    pub fn included(&self, path: &str) -> Utf8PathBuf {
        let mut place = self.root.clone();
        for part in path.split('/') {
            if part == ".." {
                place.pop();
            } else {
                place.push(part);
            }
        }
        place
    }

    /// Whose apps the tree's are: the named owner, else the root's path.
    #[must_use]
    pub fn owner(&self) -> Owner {
        Owner::new(self.named_owner.as_deref().unwrap_or(self.root.as_str()))
    }

    /// What the files say that a program of this version generates now.
    ///
    /// # Errors
    /// `SOURCE_DATE_EPOCH` is set and no time.
    pub fn generated_by(&self, version: &str) -> Result<GeneratedBy, HostError> {
        let layout =
            Layout { root_to_base: relative(&self.root, &self.base), owner: self.named_owner.clone() };
        Ok(GeneratedBy { version: version.to_owned(), time: now()?, layout })
    }
}

/// Whether a folder at or above the root has a `.git`, and not one of somebody who owns neither the root nor us: scripts
/// would be looked for in a place that they chose.
fn is_repository(folder: &Utf8Path, root: &Utf8Path) -> bool {
    let git = folder.join(".git");
    git.exists() && is_of_the_same(&git, root)
}

fn settings_of(root: &Utf8Path) -> TreeSettings {
    let contents = regular_file::read(&root.join(DEFAULTS_FILE), tree::MAX_SOURCE_BYTES);
    contents.map_or_else(
        |_| TreeSettings::default(),
        |contents| tree_settings(&Source { path: DEFAULTS_FILE.to_owned(), contents }),
    )
}

/// The time for headers, in seconds: now, or what builds that must be reproducible say it is.
fn now() -> Result<String, HostError> {
    let time = match variable("SOURCE_DATE_EPOCH") {
        None => Timestamp::now(),
        Some(seconds) => {
            let parsed = seconds.parse().ok().and_then(|seconds| Timestamp::from_second(seconds).ok());
            parsed.ok_or_else(|| {
                HostError::new(format!("SOURCE_DATE_EPOCH is {seconds:?}"))
                    .hint("it is to be a number of seconds since 1970")
            })?
        }
    };
    Ok(time.strftime("%Y-%m-%dT%H:%M:%SZ").to_string())
}

fn real_path(path: &Utf8Path) -> Result<Utf8PathBuf, HostError> {
    path.canonicalize_utf8().map_err(|error| {
        HostError::new(format!("cannot read the tree at {path}: {error}"))
            .hint("name the folder that holds your daemons; nothing was changed in PM2")
    })
}

/// PM2's home, absolute, there or not: `home`, else `$PM2_HOME`, else `~/.pm2`.
///
/// # Errors
/// None of these is known, or the path is not usable as text.
pub fn pm2_home(home: Option<&Utf8Path>) -> Result<Utf8PathBuf, HostError> {
    let named = home.map(Utf8Path::to_owned).or_else(|| variable("PM2_HOME").map(Into::into));
    let home = match (named, variable("HOME")) {
        (Some(home), _) => home,
        (None, Some(home)) => Utf8Path::new(&home).join(".pm2"),
        (None, None) => {
            return Err(HostError::new("PM2's home is not known: neither PM2_HOME nor HOME is set"));
        }
    };
    let absolute = std::path::absolute(&home).ok().and_then(|path| Utf8PathBuf::from_path_buf(path).ok());
    absolute.ok_or_else(|| HostError::new(format!("PM2's home {home} is not a usable path")))
}

/// The profile that is asked for: the named one, else `$ECOSYSTEM_PROFILE`, else `$NODE_ENV`, else none.
#[must_use]
pub fn profile(named: Option<&str>) -> Option<String> {
    let asked = || variable("ECOSYSTEM_PROFILE").or_else(|| variable("NODE_ENV"));
    named.map(str::to_owned).or_else(asked)
}

/// A variable of our environment that is set and not empty.
#[must_use]
pub fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a failed test may panic")]

    use assert_fs::TempDir;

    use super::*;

    #[test]
    fn a_repository_that_another_user_has_put_above_is_no_base() {
        let folder = TempDir::new().unwrap();
        let top = Utf8Path::from_path(folder.path()).unwrap().canonicalize_utf8().unwrap();
        let (git, root) = (top.join(".git"), top.join("a/daemons"));
        std::fs::create_dir_all(&root).unwrap();
        std::fs::create_dir(&git).unwrap();
        let base = || Place::find(&Named { root: Some(&root), ..Named::default() }).unwrap().base;
        assert_eq!(base(), top);
        // Only root can give a folder away.
        if rustix::process::geteuid().is_root() {
            std::os::unix::fs::chown(&git, Some(65534), None).unwrap();
            assert_eq!(base(), root);
            std::os::unix::fs::chown(&root, Some(65534), None).unwrap();
            assert_eq!(base(), top);
        }
    }
}
