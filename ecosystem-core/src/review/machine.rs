//! The machine that two sides are resolved for: nobody's, and the same for both.
//!
//! What a definition takes from a machine (programs on PATH, kinds of files, users, the number of CPUs) does not change
//! with a commit. So it is answered once, in a way that lets everything be started; only what the repository itself
//! holds is taken from there, as it may change with the definition.

use std::collections::{BTreeMap, BTreeSet};

use camino::{Utf8Path, Utf8PathBuf};
use serde_json::Value as Json;

use super::Side;
use crate::model::{App, Ecosystem, Owner};
use crate::pm2::{FileKind, Machine, Questions, User, questions, working_folder};

/// The folder that stands for the base: no real path begins so.
pub(super) const BASE: &str = "/:base:";
/// The folder that stands for PM2's home.
pub(super) const PM2_HOME: &str = "/:pm2-home:";
/// The folder that stands for the home of PM2's user.
pub(super) const HOME: &str = "/:home:";

/// More than anybody writes as a number, so that a number and `max` are never taken for the same.
const CPUS: u32 = 97;

/// What the variable is called that stands for an env file whose contents are not known.
pub(super) const UNKNOWN_ENV_FILE: &str = "__ENV_FILE_";

/// Paths below the base that a tree's definitions name: what is worth looking up in its repository.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Wanted {
    /// Files and folders whose kind matters.
    pub files: BTreeSet<Utf8PathBuf>,
    /// Env files, whose contents matter.
    pub env_files: BTreeSet<Utf8PathBuf>,
}

/// What is known of the files that a tree names, by path below the base.
///
/// What is not in here is taken to be there, and to be what its name says.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Known {
    /// What a path is.
    pub files: BTreeMap<Utf8PathBuf, FileKind>,
    /// What is in an env file.
    pub env_files: BTreeMap<Utf8PathBuf, String>,
}

/// Everything below the base that definitions of this ecosystem name.
#[must_use]
pub fn wanted(ecosystem: &Ecosystem) -> Wanted {
    let Questions { programs: _, files, env_files } = questions(ecosystem, Utf8Path::new(BASE));
    let below = |paths: BTreeSet<Utf8PathBuf>| paths.iter().filter_map(|path| below_base(path)).collect();
    Wanted { files: below(files), env_files: below(env_files) }
}

fn below_base(path: &Utf8Path) -> Option<Utf8PathBuf> {
    path.strip_prefix(BASE).ok().map(Utf8Path::to_owned)
}

/// What is answered for both sides alike.
#[derive(Debug, Default)]
pub(super) struct Assumed {
    /// Files of which nothing can be said, though one side may hold them.
    unknown_files: BTreeSet<Utf8PathBuf>,
    /// Env files of which nothing can be said, each with its number.
    unknown_env_files: BTreeMap<Utf8PathBuf, usize>,
    users: BTreeMap<String, User>,
    groups: BTreeMap<String, u32>,
    counts_cpus: bool,
}

impl Assumed {
    pub(super) fn of(base: &Side, head: &Side) -> Self {
        let mut assumed = Self::default();
        for side in [base, head] {
            let Questions { programs: _, files, env_files } = asked(side);
            // That one side holds a file, built on this machine perhaps, and the other does not, is no change of an app.
            assumed.unknown_files.extend(files.into_iter().filter(|path| !knows(&side.known.files, path)));
            for path in env_files.into_iter().filter(|path| !knows(&side.known.env_files, path)) {
                let next = assumed.unknown_env_files.len();
                assumed.unknown_env_files.entry(path).or_insert(next);
            }
            side.reading.ecosystem.apps().for_each(|(_, app)| assumed.account_of(app));
        }
        assumed
    }

    fn account_of(&mut self, app: &App) {
        self.counts_cpus |= app.setting("instances").is_some_and(super::reasons::is_relative);
        let next = FIRST_ID.saturating_add(u32::try_from(self.users.len() + self.groups.len()).unwrap_or(0));
        if let Some(name) = app.setting("uid").map(written) {
            let id = name.parse().unwrap_or(next);
            self.users.entry(name).or_insert(User { uid: id, gid: id, home: HOME.to_owned() });
        }
        if let Some(name) = app.setting("gid").map(written) {
            let id = name.parse().unwrap_or(next);
            self.groups.entry(name).or_insert(id);
        }
    }

    /// The machine as one side finds it.
    pub(super) fn machine(&self, side: &Side) -> Machine {
        let asked = asked(side);
        let programs: BTreeMap<String, Option<Utf8PathBuf>> =
            asked.programs.iter().map(|name| (name.clone(), Some(program(name)))).collect();
        let mut files: BTreeMap<Utf8PathBuf, FileKind> =
            programs.values().flatten().map(|path| (path.clone(), FileKind::Binary)).collect();
        let guess = Guess::of(&side.reading.ecosystem);
        files.extend(asked.files.into_iter().map(|path| {
            let known = below_base(&path).filter(|_| !self.unknown_files.contains(&path));
            let known = known.and_then(|below| side.known.files.get(&below).copied());
            let kind = known.unwrap_or_else(|| guess.kind(&path));
            (path, kind)
        }));
        Machine {
            owner: Owner::new(BASE),
            base: BASE.into(),
            pm2_home: PM2_HOME.into(),
            // None counts as the newest known.
            pm2_version: String::new(),
            pm2_lib: Some("/:pm2:/lib".into()),
            node: program("node"),
            cpus: CPUS,
            username: "pm2".to_owned(),
            is_root: true,
            daemon_env: BTreeMap::from([("HOME".to_owned(), HOME.to_owned())]),
            programs,
            files,
            env_files: asked
                .env_files
                .iter()
                .map(|path| (path.clone(), Ok(self.env_file(side, path))))
                .collect(),
            users: self.users.clone(),
            groups: self.groups.clone(),
        }
    }

    /// What is in an env file. One that either side does not know stands for itself on both: that it is named is a
    /// difference, what is in it is none.
    fn env_file(&self, side: &Side, path: &Utf8Path) -> String {
        match (self.unknown_env_files.get(path), below_base(path)) {
            (Some(number), _) => format!("{UNKNOWN_ENV_FILE}{number}=1\n"),
            (None, Some(below)) => side.known.env_files.get(&below).cloned().unwrap_or_default(),
            (None, None) => String::new(),
        }
    }

    /// The env file that a variable stands for.
    pub(super) fn env_file_behind(&self, variable: &str) -> Option<&Utf8Path> {
        let number: usize = variable.strip_prefix(UNKNOWN_ENV_FILE)?.parse().ok()?;
        let mut files = self.unknown_env_files.iter();
        files.find(|(_, its)| **its == number).map(|(path, _)| path.strip_prefix(BASE).unwrap_or(path))
    }

    /// What was assumed that may be otherwise.
    pub(super) fn said(&self) -> Vec<String> {
        let mut said = vec![
            "programs, users and files that the repository does not hold are taken to be there, the same on both \
             sides"
                .to_owned(),
        ];
        if !self.unknown_env_files.is_empty() {
            let paths =
                self.unknown_env_files.keys().map(|path| path.strip_prefix(BASE).unwrap_or(path).as_str());
            let paths = paths.collect::<Vec<_>>().join(", ");
            said.push(format!("env files outside the repository are not looked at: {paths}"));
        }
        if self.counts_cpus {
            said.push(
                "how many processes `max`, 0 or a negative `:instances` comes to depends on the machine"
                    .to_owned(),
            );
        }
        said
    }
}

/// The first number for users and groups that are written by name; which numbers they have is never shown.
const FIRST_ID: u32 = 60_000;

fn asked(side: &Side) -> Questions {
    questions(&side.reading.ecosystem, Utf8Path::new(BASE))
}

fn knows<T>(known: &BTreeMap<Utf8PathBuf, T>, path: &Utf8Path) -> bool {
    below_base(path).is_some_and(|below| known.contains_key(&below))
}

/// A name, or the digits of a number.
pub(super) fn written(value: &Json) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

fn program(name: &str) -> Utf8PathBuf {
    if name.contains('/') { name.into() } else { format!("/usr/bin/{name}").into() }
}

/// What a path is by the way it is named.
struct Guess {
    folders: BTreeSet<Utf8PathBuf>,
    /// Scripts without a folder and without an extension: programs on PATH rather than files.
    bare: BTreeSet<String>,
}

impl Guess {
    fn of(ecosystem: &Ecosystem) -> Self {
        let apps = || ecosystem.apps().map(|(_, app)| app);
        let bare = apps().map(|app| app.script.as_str()).filter(|script| !script.contains(['/', '.', ' ']));
        Self {
            folders: apps().map(|app| working_folder(app, Utf8Path::new(BASE))).collect(),
            bare: bare.chain(["bash", "sh"]).map(str::to_owned).collect(),
        }
    }

    /// A file without an extension that is in no repository was compiled: scripts are committed.
    fn kind(&self, path: &Utf8Path) -> FileKind {
        match path.extension() {
            _ if self.folders.contains(path) => FileKind::Folder,
            Some("map") => FileKind::Missing,
            Some(_) => FileKind::Text,
            None if path.file_name().is_some_and(|name| self.bare.contains(name)) => FileKind::Missing,
            None => FileKind::Binary,
        }
    }
}
