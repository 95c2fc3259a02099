//! The machine that two sides are resolved for: nobody's, and the same for both.
//!
//! What a definition takes from a machine (programs on PATH, kinds of files, users, the number of CPUs) does not change
//! with a commit. So it is answered once, in a way that lets everything be started; only what the repository itself
//! holds is taken from there, as it may change with the definition.

use std::collections::{BTreeMap, BTreeSet};

use camino::{Utf8Path, Utf8PathBuf};
use serde_json::Value as Json;

use super::{Side, Site};
use crate::converge::Reading;
use crate::model::{App, Ecosystem, Owner, Unsettled, Variables};
use crate::pm2::{FileKind, Machine, Questions, User, questions, working_folder};

/// The folder that stands for the repository's top: no real path begins so.
pub(super) const TOP: &str = "/:top:";
/// The folder that stands for a base that is not in the repository.
pub(super) const OUTSIDE: &str = "/:base:";
/// The owner of a tree that names none: the path of its root, which differs from machine to machine.
const UNNAMED: &str = "the path of the tree";
/// The folder that stands for PM2's home.
pub(super) const PM2_HOME: &str = "/:pm2-home:";
/// The folder that stands for the home of PM2's user.
pub(super) const HOME: &str = "/:home:";

/// More than anybody writes as a number, so that a number and `max` are never taken for the same.
const CPUS: u32 = 97;

/// What the variable is called that stands for an env file whose contents are not known.
pub(super) const UNKNOWN_ENV_FILE: &str = "__ENV_FILE_";

/// Paths below the repository's top that a tree's definitions name: what is worth looking up in it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Wanted {
    /// Files and folders whose kind matters.
    pub files: BTreeSet<Utf8PathBuf>,
    /// Env files, whose contents matter.
    pub env_files: BTreeSet<Utf8PathBuf>,
}

/// What is known of the files that a tree names, by path below the repository's top.
///
/// What is not in here is taken to be there, and to be what its name says.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Known {
    /// What a path is.
    pub files: BTreeMap<Utf8PathBuf, FileKind>,
    /// What is in an env file.
    pub env_files: BTreeMap<Utf8PathBuf, String>,
}

/// Everything in the repository that definitions of this tree name.
#[must_use]
pub fn wanted(reading: &Reading, site: &Site) -> Wanted {
    let environment = environment(reading);
    let Questions { programs: _, files, env_files } =
        questions(&reading.ecosystem, &base(site), &environment);
    let below = |paths: BTreeSet<Utf8PathBuf>| paths.iter().filter_map(|path| below_top(path)).collect();
    Wanted { files: below(files), env_files: below(env_files) }
}

fn below_top(path: &Utf8Path) -> Option<Utf8PathBuf> {
    path.strip_prefix(TOP).ok().map(Utf8Path::to_owned)
}

/// What stands for the folder that a side's relative paths resolve against.
fn base(site: &Site) -> Utf8PathBuf {
    match &site.base {
        Some(base) if base.as_str().is_empty() => TOP.into(),
        Some(base) => Utf8Path::new(TOP).join(base),
        None => OUTSIDE.into(),
    }
}

/// What stands for a variable that is not set here: as text, as a number, as a time or as a size it does.
const UNSET: &str = "1000";

/// The environment that references are looked up in: this program's, with everything that is needed and is not in it.
///
/// Who reviews a change seldom has the variables of the machine that it is for. That an app refers to one is what is
/// compared; what the variable holds is the same on both sides.
fn environment(reading: &Reading) -> Variables {
    let mut environment = reading.surroundings.environment.clone();
    for (_, app) in reading.ecosystem.apps().filter(|(_, app)| !app.references.is_empty()) {
        // Each round finds something more, and there is an end to it.
        while let Some(more) = needed(app, &environment) {
            environment.insert(more, UNSET.to_owned());
        }
    }
    environment
}

/// A variable without which something of an app cannot be told.
fn needed(app: &App, environment: &Variables) -> Option<String> {
    let problems = app.settled(environment, &Variables::new()).err()?;
    problems.into_iter().find_map(|problem| match problem {
        Unsettled::Missing { variables, .. } => {
            variables.into_iter().find(|name| !environment.contains_key(name))
        }
        Unsettled::Unfit { .. } => None,
    })
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
    /// Variables that are needed and not set here.
    unset: BTreeSet<String>,
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
            let here = &side.reading.surroundings.environment;
            let all = environment(&side.reading).into_keys();
            assumed.unset.extend(all.filter(|name| !here.contains_key(name)));
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
        let guess = Guess::of(&side.reading.ecosystem, &base(&side.site), &self.environment(side));
        files.extend(asked.files.into_iter().map(|path| {
            let known = below_top(&path).filter(|_| !self.unknown_files.contains(&path));
            let known = known.and_then(|below| side.known.files.get(&below).copied());
            let kind = known.unwrap_or_else(|| guess.kind(&path));
            (path, kind)
        }));
        Machine {
            owner: Owner::new(side.site.layout.owner.as_deref().unwrap_or(UNNAMED)),
            base: base(&side.site),
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
                .map(|path| (path.clone(), Ok(Some(self.env_file(side, path)))))
                .collect(),
            users: self.users.clone(),
            groups: self.groups.clone(),
            environment: self.environment(side),
        }
    }

    /// What is in an env file. One that either side does not know stands for itself on both: that it is named is a
    /// difference, what is in it is none.
    fn env_file(&self, side: &Side, path: &Utf8Path) -> String {
        match (self.unknown_env_files.get(path), below_top(path)) {
            (Some(number), _) => format!("{UNKNOWN_ENV_FILE}{number}=1\n"),
            (None, Some(below)) => side.known.env_files.get(&below).cloned().unwrap_or_default(),
            (None, None) => String::new(),
        }
    }

    /// What either side needs is there for both.
    fn environment(&self, side: &Side) -> Variables {
        let mut environment = side.reading.surroundings.environment.clone();
        environment.extend(self.unset.iter().map(|name| (name.clone(), UNSET.to_owned())));
        environment
    }

    /// The env file that a variable stands for.
    pub(super) fn env_file_behind(&self, variable: &str) -> Option<&Utf8Path> {
        let number: usize = variable.strip_prefix(UNKNOWN_ENV_FILE)?.parse().ok()?;
        let mut files = self.unknown_env_files.iter();
        files.find(|(_, its)| **its == number).map(|(path, _)| in_repository(path))
    }

    /// What was assumed that may be otherwise.
    pub(super) fn said(&self) -> Vec<String> {
        let mut said = vec![
            "programs, users and files that the repository does not hold are taken to be there, the same on both \
             sides"
                .to_owned(),
        ];
        if !self.unknown_env_files.is_empty() {
            let paths = self.unknown_env_files.keys().map(|path| in_repository(path).as_str());
            let paths = paths.collect::<Vec<_>>().join(", ");
            said.push(format!("env files outside the repository are not looked at: {paths}"));
        }
        if !self.unset.is_empty() {
            let names = self.unset.iter().map(String::as_str).collect::<Vec<_>>().join(", ");
            said.push(format!("variables that are not set here are taken to be set on the machine: {names}"));
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
    questions(&side.reading.ecosystem, &base(&side.site), &environment(&side.reading))
}

/// A path as it is shown.
fn in_repository(path: &Utf8Path) -> &Utf8Path {
    [TOP, OUTSIDE].iter().find_map(|top| path.strip_prefix(top).ok()).unwrap_or(path)
}

fn knows<T>(known: &BTreeMap<Utf8PathBuf, T>, path: &Utf8Path) -> bool {
    below_top(path).is_some_and(|below| known.contains_key(&below))
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
    fn of(ecosystem: &Ecosystem, base: &Utf8Path, environment: &Variables) -> Self {
        let apps: Vec<App> = ecosystem.apps().filter_map(|(_, app)| app.early(environment).ok()).collect();
        let scripts = apps.iter().map(|app| app.script.as_str());
        let bare = scripts.filter(|script| !script.contains(['/', '.', ' ']));
        Self {
            folders: apps.iter().map(|app| working_folder(app, base)).collect(),
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
