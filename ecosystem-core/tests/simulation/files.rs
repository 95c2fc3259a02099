//! The tree as people have it on disk: what can be edited, broken and taken away, and the sources that come of it.

use std::collections::{BTreeMap, BTreeSet};

use ecosystem_core::converge::Tree;
use ecosystem_core::diagnostic::{Diagnostic, Source, Span};
use ecosystem_core::expand::Surroundings;
use ecosystem_core::model::{DaemonId, Prune};

use crate::random::Random;

/// What values that only env files and the environment tell begin with: nothing that is written or said may hold it.
pub const SECRET: &str = "S3CR3T";

/// How many names of apps there are, and how many folders.
pub const NAMES: usize = 6;
const FOLDERS: usize = 4;

/// A tree, and what lies beside it.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Files {
    pub daemons: BTreeMap<usize, DaemonFile>,
    /// What the root's `defaults.edn` says of apps that the tree loses.
    pub prune: Option<Prune>,
    /// Which secret env files hold, and which the environment.
    pub env_file: u32,
    pub environment: u32,
}

/// One `ecosystem.edn`.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct DaemonFile {
    pub apps: Vec<AppText>,
    /// How it is broken, if it is.
    pub broken: Option<usize>,
    pub unreadable: bool,
}

/// One app as it is written.
#[derive(Debug, Clone, PartialEq)]
pub struct AppText {
    pub name: usize,
    pub script: &'static str,
    options: BTreeSet<usize>,
    env: BTreeSet<usize>,
    needs: BTreeSet<(usize, bool)>,
    pub prune: Option<Prune>,
    on_failure: Option<&'static str>,
}

/// Settings, each of which an app may have.
const OPTIONS: &[&str] = &[
    ":args [\"x\" \"y\"]",
    ":args [\"x\" \"z\"]",
    ":args [\"--pass=${TOKEN}\"]",
    ":cwd \"sub\"",
    ":instances 2",
    ":instances 3",
    ":exec_mode \"cluster\"",
    ":watch true",
    ":watch [\"src\"]",
    ":autorestart false",
    ":autostart false",
    ":kill_timeout 100",
    ":kill_timeout \"${TOKEN}\"",
    ":min_uptime \"2s\"",
    ":max_restarts 3",
    ":out_file \"o.log\"",
    ":merge_logs true",
    ":max_memory_restart \"1G\"",
    ":env_file \".env\"",
    ":time true",
    ":stop_exit_codes [0]",
    ":cron_restart \"0 3 * * *\"",
    ":cron_restart \"0 4 * * *\"",
    ":namespace \"ns\"",
    ":restart_delay 50",
    ":pid_file \"x.pid\"",
    ":increment_var \"N\"",
    ":instance_var \"INST\"",
    ":port 3000",
    ":on-change :restart",
    ":on-change :replace",
    ":on-change :replace-after",
    ":on-change :keep",
];

/// Programs: what each does is in `pm2_model/end.rs`, and one is not there.
const SCRIPTS: &[&str] = &[
    "ok.js",
    "ok.js",
    "ok.js",
    "ok.js",
    "ok.js",
    "ok.js",
    "other.js",
    "other.js",
    "crash.js",
    "late.js",
    "once.js",
    "missing.js",
];

const VARIABLES: &[&str] = &[":A 1", ":A 2", ":B \"two\"", ":N 10", ":T \"${TOKEN}\"", ":U #env TOKEN"];

/// A change of the tree.
#[derive(Debug, Clone, PartialEq)]
pub enum Edit {
    Put(usize, AppText),
    Remove(usize),
    Move(usize, usize),
    RemoveFolder(usize),
    Break(usize, usize),
    Mend(usize),
    Lock(usize),
    Unlock(usize),
    Empty,
    Restore(Box<Files>),
    Prune(Option<Prune>),
    EnvFile(u32),
    Environment(u32),
}

impl Edit {
    pub fn random(random: &mut Random, kept: &Files) -> Self {
        let folder = random.below(FOLDERS);
        match random.below(40) {
            0..=17 => Edit::Put(folder, AppText::random(random)),
            18..=20 => Edit::Remove(random.below(NAMES)),
            21..=22 => Edit::Move(random.below(NAMES), folder),
            23..=25 => Edit::RemoveFolder(folder),
            26..=27 => Edit::Break(folder, random.below(4)),
            28..=29 => Edit::Mend(folder),
            30 => Edit::Lock(folder),
            31..=32 => Edit::Unlock(folder),
            33 => Edit::Empty,
            34..=35 => Edit::Restore(Box::new(kept.clone())),
            36 => {
                Edit::Prune(random.of(&[None, Some(Prune::Auto), Some(Prune::Confirm), Some(Prune::Never)]))
            }
            37 => Edit::Environment(1 + random.below(3) as u32),
            _ => Edit::EnvFile(1 + random.below(3) as u32),
        }
    }
}

impl AppText {
    pub fn random(random: &mut Random) -> Self {
        let name = random.below(NAMES);
        let some = |random: &mut Random, of: &[&str], most: usize| {
            let mut chosen = BTreeMap::new();
            for _ in 0..random.below(most) {
                let index = random.below(of.len());
                // One of each key.
                chosen.insert(of[index].split(' ').next(), index);
            }
            chosen.into_values().collect::<BTreeSet<_>>()
        };
        Self {
            name,
            script: random.of(SCRIPTS),
            options: some(random, OPTIONS, 6),
            env: some(random, VARIABLES, 4),
            needs: (0..random.below(3).min(name)).map(|_| (random.below(name), random.one_in(2))).collect(),
            prune: random.of(&[
                None,
                None,
                None,
                None,
                Some(Prune::Auto),
                Some(Prune::Confirm),
                Some(Prune::Never),
            ]),
            on_failure: random.of(&[None, None, Some("keep"), Some("stop"), Some("revert")]),
        }
    }

    fn text(&self, files: &Files) -> String {
        let mut parts = vec![format!(":name \"{}\" :script \"{}\"", app_name(self.name), self.script)];
        parts.extend(self.options.iter().map(|index| OPTIONS[*index].to_owned()));
        let env: Vec<&str> = self.env.iter().map(|index| VARIABLES[*index]).collect();
        parts.push(format!(":env {{{}}}", env.join(" ")));
        let there: Vec<&(usize, bool)> = self.needs.iter().filter(|(name, _)| files.has(*name)).collect();
        let mut seen = BTreeSet::new();
        let needs =
            there.into_iter().filter(|(name, _)| seen.insert(*name)).map(|(name, started)| match started {
                true => format!("{{:name \"{}\" :condition :started}}", app_name(*name)),
                false => format!("\"{}\"", app_name(*name)),
            });
        parts.push(format!(":depends-on [{}]", needs.collect::<Vec<_>>().join(" ")));
        parts.extend(self.prune.map(|prune| format!(":prune :{}", prune_word(prune))));
        parts.extend(self.on_failure.map(|word| format!(":on-failure :{word}")));
        format!("{{{}}}", parts.join(" "))
    }

    /// The same as a program that runs and goes on running.
    pub fn mended(mut self) -> Self {
        self.script = if self.script == "other.js" { "other.js" } else { "ok.js" };
        let stays = |option: &str| !option.starts_with(":kill_timeout") && !option.starts_with(":on-change");
        self.options.retain(|index| stays(OPTIONS[*index]));
        self
    }

    pub fn chooses_its_step(&self) -> bool {
        self.options.iter().any(|index| OPTIONS[*index].starts_with(":on-change"))
    }
}

pub fn app_name(name: usize) -> String {
    format!("app{name}")
}

pub fn folder_name(folder: usize) -> String {
    // One lies below another.
    ["d0", "d1", "d1/in", "d2"][folder].to_owned()
}

fn prune_word(prune: Prune) -> &'static str {
    match prune {
        Prune::Auto => "auto",
        Prune::Confirm => "confirm",
        Prune::Never => "never",
    }
}

impl Files {
    pub fn edit(&mut self, edit: &Edit) {
        match edit.clone() {
            Edit::Put(folder, app) => {
                let apps = &mut self.daemons.entry(folder).or_default().apps;
                apps.retain(|it| it.name != app.name);
                apps.push(app);
            }
            Edit::Remove(name) => drop(self.take(name)),
            Edit::Move(name, folder) => {
                let taken = self.take(name);
                self.daemons.entry(folder).or_default().apps.extend(taken);
            }
            Edit::RemoveFolder(folder) => drop(self.daemons.remove(&folder)),
            Edit::Break(folder, how) => self.on(folder, |daemon| daemon.broken = Some(how)),
            Edit::Mend(folder) => self.on(folder, |daemon| daemon.broken = None),
            Edit::Lock(folder) => self.on(folder, |daemon| daemon.unreadable = true),
            Edit::Unlock(folder) => self.on(folder, |daemon| daemon.unreadable = false),
            Edit::Empty => self.daemons.clear(),
            Edit::Restore(files) => *self = *files,
            Edit::Prune(prune) => self.prune = prune,
            Edit::EnvFile(secret) => self.env_file = secret,
            Edit::Environment(secret) => self.environment = secret,
        }
    }

    fn on(&mut self, folder: usize, change: impl FnOnce(&mut DaemonFile)) {
        if let Some(daemon) = self.daemons.get_mut(&folder) {
            change(daemon);
        }
    }

    fn take(&mut self, name: usize) -> Option<AppText> {
        let mut taken = None;
        for daemon in self.daemons.values_mut() {
            taken =
                taken.or(daemon.apps.iter().position(|it| it.name == name).map(|at| daemon.apps.remove(at)));
        }
        self.daemons.retain(|_, daemon| !daemon.apps.is_empty());
        taken
    }

    fn has(&self, name: usize) -> bool {
        self.apps().any(|app| app.name == name)
    }

    pub fn apps(&self) -> impl Iterator<Item = &AppText> {
        self.daemons.values().flat_map(|daemon| &daemon.apps)
    }

    /// With everything mended: each app once, sound, and of a program that goes on running.
    pub fn mended(&self) -> Self {
        let mut seen = BTreeSet::new();
        let mut files = self.clone();
        for daemon in files.daemons.values_mut() {
            (daemon.broken, daemon.unreadable) = (None, false);
            daemon.apps = std::mem::take(&mut daemon.apps)
                .into_iter()
                .filter(|app| seen.insert(app.name))
                .map(AppText::mended)
                .collect();
        }
        files.daemons.retain(|_, daemon| !daemon.apps.is_empty());
        files
    }

    /// The text of every file that can be read.
    pub fn tree(&self) -> Tree {
        let mut sources: Vec<Source> = Vec::new();
        let mut unreadable = BTreeMap::new();
        for (folder, daemon) in &self.daemons {
            let path = format!("{}/ecosystem.edn", folder_name(*folder));
            if daemon.unreadable {
                let problem = Diagnostic::error("E0001", "cannot be read", &path, Span::default(), "");
                unreadable.insert(path, problem);
            } else {
                sources.push(Source::new(path, self.text(daemon)));
            }
        }
        sources.extend(self.prune.map(|prune| {
            Source::new("defaults.edn", format!("{{:defaults {{}} :prune :{}}}", prune_word(prune)))
        }));
        sources.sort_by(|a, b| a.path.cmp(&b.path));
        Tree { sources, unreadable, notes: Vec::new(), surroundings: self.surroundings() }
    }

    fn text(&self, daemon: &DaemonFile) -> String {
        let apps: Vec<String> = daemon.apps.iter().map(|app| app.text(self)).collect();
        let text = format!("{{:apps [{}]}}", apps.join("\n        "));
        match daemon.broken {
            None => text,
            Some(0) => text[..text.len() / 2].to_owned(),
            Some(1) => text.replacen(":script", ":scrpt", 1),
            Some(2) => String::new(),
            Some(_) => format!("{text}}}"),
        }
    }

    fn surroundings(&self) -> Surroundings {
        Surroundings { environment: self.variables(), ..Surroundings::default() }
    }

    /// The environment of whoever reads the tree.
    pub fn variables(&self) -> BTreeMap<String, String> {
        match self.environment {
            0 => BTreeMap::new(),
            version => BTreeMap::from([("TOKEN".to_owned(), format!("{SECRET}-environment-{version}"))]),
        }
    }

    /// What every env file holds, if there is one.
    pub fn env_file(&self) -> Option<String> {
        (self.env_file > 0)
            .then(|| format!("FROM_FILE={SECRET}-file-{}\nTOKEN={SECRET}-token\n", self.env_file))
    }

    /// These daemons alone, if they are simply there to be read.
    pub fn some(&self, daemons: &BTreeSet<DaemonId>) -> Option<Tree> {
        let mut tree = self.tree();
        let there: BTreeSet<DaemonId> =
            tree.sources.iter().map(|source| DaemonId::of_source(&source.path)).collect();
        let is_there = daemons.iter().all(|id| there.contains(id));
        tree.sources.retain(|source| {
            source.path == "defaults.edn" || daemons.contains(&DaemonId::of_source(&source.path))
        });
        (is_there && tree.unreadable.is_empty()).then_some(tree)
    }
}
