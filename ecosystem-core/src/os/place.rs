//! Where the tree, its base and PM2's home are: from what a caller says, the environment and the disk.

use camino::{Utf8Path, Utf8PathBuf};
use jiff::Timestamp;

use crate::converge::HostError;
use crate::model::Owner;
pub use crate::pm2::relative;
use crate::render::{GeneratedBy, Layout};

/// Where people keep their daemons.
pub const DEFAULT_ROOT: &str = "system/daemons";

/// A tree and what it resolves against.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// The tree: absolute, links resolved.
    pub root: Utf8PathBuf,
    /// What relative paths resolve against: absolute, links resolved.
    pub base: Utf8PathBuf,
    /// The owner that was named, if one was.
    pub named_owner: Option<String>,
}

impl Place {
    /// Finds a tree: `root`, else [`DEFAULT_ROOT`] where that exists. Its base is `base`, else the nearest folder
    /// from the root upwards with a `.git`, else the root.
    ///
    /// # Errors
    /// A folder that cannot be looked at, or none named and none found.
    pub fn find(
        root: Option<&Utf8Path>,
        base: Option<&Utf8Path>,
        owner: Option<&str>,
    ) -> Result<Self, HostError> {
        let root = match root {
            Some(root) => real_path(root)?,
            None if Utf8Path::new(DEFAULT_ROOT).is_dir() => real_path(Utf8Path::new(DEFAULT_ROOT))?,
            None => {
                let message = format!("no tree is named, and there is no ./{DEFAULT_ROOT} here");
                return Err(HostError::new(message).hint("name the folder that holds your daemons"));
            }
        };
        let base = match base {
            Some(base) => real_path(base)?,
            None => root.ancestors().find(|folder| folder.join(".git").exists()).unwrap_or(&root).to_owned(),
        };
        Ok(Self { root, base, named_owner: owner.map(str::to_owned) })
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

/// A variable of our environment that is set and not empty.
#[must_use]
pub fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}
