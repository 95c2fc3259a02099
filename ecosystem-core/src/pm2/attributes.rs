//! From a definition to what PM2 is told: the object that `pm2 start <config>` would send to `prepare`.

use std::collections::BTreeSet;
use std::sync::Arc;

use camino::{Utf8Path, Utf8PathBuf};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value as Json};
use sha2::{Digest as _, Sha256};

use super::command::{self, Command};
use super::environment::{self, Environment, Implied};
use super::observed::snug;
use super::settings::truthy;
use super::{FileKind, Machine, Unresolvable, account, interpreter, logs, paths, settings};
use crate::model::{App, DaemonId, Digest, Env, Unsettled, hex};

/// The attributes of one app as PM2's daemon takes them: the argument of its `prepare` call.
///
/// Source: `lib/Common.js` and `lib/API.js` of PM2 7.0.4; compared with what the real program sends in
/// `ecosystem-cli/tests`. What the program adds only because it is a program is left out, on purpose: the
/// environment of whoever ran it beyond [`BASE_ENV`](super::BASE_ENV), its own `PM2_USAGE` and
/// `PM2_JSON_PROCESSING`, the `PWD` it sets while it works, and a variable named like the app that holds the
/// (empty) configuration of a PM2 module of that name.
#[derive(Debug, Clone, PartialEq)]
pub struct Attributes {
    /// Shared: a plan, its steps and what is remembered of them all hold the same.
    map: Arc<Map<String, Json>>,
    declared_env: Arc<BTreeSet<String>>,
    processes: u32,
}

/// Tells what an app is declared to be on this machine from what it was declared to be before, and says nothing of it:
/// 32 bits, as its secrets are in it, and more of them than that is not to stand in a file.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Fingerprint(String);

/// How PM2 runs a process.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ExecMode {
    /// As a child of its own.
    Fork,
    /// As a worker of node's cluster module, sharing its ports with the other workers.
    Cluster,
}

/// Says what PM2's daemon is told to start this app, whose daemon is `daemon`, on this machine.
///
/// # Errors
/// Everything that keeps the app from being started here, at once.
pub fn resolve(daemon: &DaemonId, app: &App, machine: &Machine) -> Result<Attributes, Vec<Unresolvable>> {
    resolve_with(daemon, app, &Digest::of(app), machine)
}

/// The same of an app whose digest is known.
pub(crate) fn resolve_with(
    daemon: &DaemonId,
    app: &App,
    digest: &Digest,
    machine: &Machine,
) -> Result<Attributes, Vec<Unresolvable>> {
    let hidden = |problems: Vec<Unresolvable>| -> Vec<Unresolvable> {
        problems.into_iter().map(|problem| problem.without_values(app)).collect()
    };
    resolved(daemon, app, digest, machine).map_err(hidden)
}

fn resolved(
    daemon: &DaemonId,
    app: &App,
    digest: &Digest,
    machine: &Machine,
) -> Result<Attributes, Vec<Unresolvable>> {
    let unsettled = |problems: Vec<Unsettled>| -> Vec<Unresolvable> {
        problems
            .into_iter()
            .map(|problem| Unresolvable::Unsettled { app: app.name.clone(), problem })
            .collect()
    };
    let early = app.early(&machine.environment).map_err(unsettled)?;
    let mut problems = Problems::default();
    let cwd = paths::working_folder(&early, &machine.base);
    let from_files = problems.note_all(environment::read_env_files(&early, &cwd, machine));
    let app = &match &from_files {
        Some(files) => app.settled(&machine.environment, files).map_err(unsettled)?,
        None if app.references.is_empty() => early,
        None => return Err(problems.0),
    };
    let folder = problems.note(check_folder(app, &cwd, machine));
    let account = problems.note(account::look_up(app, machine)).flatten();
    // Without its folder a script is missing, too: one cause, one message.
    let command = folder.and_then(|()| problems.note(command::locate(app, &cwd, machine)));
    let interpreter = command
        .as_ref()
        .and_then(|command| problems.note(interpreter::choose(app, &command.exec_path, &cwd, machine)));
    let implied = Implied {
        home: account.as_ref().map(|account| account.home.as_str()),
        python: interpreter.as_ref().is_some_and(|interpreter| interpreter.contains("python")),
    };
    let environment =
        from_files.map(|files| environment::compose(daemon, (app, digest), implied, &files, machine));
    let mut map = settings::validated(app, &machine.username);
    problems.note(logs::place(app, &mut map, &cwd, machine));
    let (Some(command), Some(interpreter), Some(environment), []) =
        (command, interpreter, environment, problems.0.as_slice())
    else {
        return Err(problems.0);
    };
    if let Some(account) = account {
        map.insert("uid".to_owned(), Json::from(account.uid));
        map.insert("gid".to_owned(), Json::from(account.gid));
    }
    map.insert("cwd".to_owned(), Json::from(paths::recorded_cwd(app, &machine.base)));
    map.insert("pm_cwd".to_owned(), Json::from(cwd.as_str()));
    run(&mut map, command, interpreter, machine);
    Ok(finish(app, map, environment, machine))
}

#[derive(Default)]
struct Problems(Vec<Unresolvable>);

impl Problems {
    fn note<T>(&mut self, result: Result<T, Unresolvable>) -> Option<T> {
        self.note_all(result.map_err(|problem| vec![problem]))
    }

    fn note_all<T>(&mut self, result: Result<T, Vec<Unresolvable>>) -> Option<T> {
        result.map_err(|problems| self.0.extend(problems)).ok()
    }
}

/// PM2 would answer that the app is online, and there would be no process.
fn check_folder(app: &App, cwd: &Utf8Path, machine: &Machine) -> Result<(), Unresolvable> {
    match machine.file(cwd) {
        FileKind::Folder => Ok(()),
        _ => Err(Unresolvable::FolderMissing { app: app.name.clone(), cwd: cwd.to_owned() }),
    }
}

/// Lays down what is run, how, and how often.
fn run(map: &mut Map<String, Json>, command: Command, interpreter: String, machine: &Machine) {
    if let Some(line) = command.shell_line {
        map.insert("args".to_owned(), serde_json::json!(["-c", line]));
    }
    if finds_source_map(map, &command.exec_path, machine) {
        map.insert("source_map_support".to_owned(), Json::from(true));
    }
    let mode = exec_mode(map, &interpreter, machine.pm2_major());
    map.insert("exec_mode".to_owned(), Json::from(mode.as_str()));
    map.entry("instances").or_insert(Json::from(1));
    map.insert("pm_exec_path".to_owned(), Json::from(command.exec_path.into_string()));
    map.insert("exec_interpreter".to_owned(), Json::from(interpreter));
}

/// PM2 5 and 6 look for a source map beside the script, PM2 7 does not.
fn finds_source_map(map: &Map<String, Json>, exec_path: &Utf8Path, machine: &Machine) -> bool {
    let looks = machine.pm2_major() < 7 && !map.get("disable_source_map_support").is_some_and(truthy);
    looks && machine.file(&command::source_map(exec_path)) != FileKind::Missing
}

/// As asked for, or cluster if a count is given that PM2 takes for one and the interpreter looks like node to
/// this version of it.
fn exec_mode(map: &Map<String, Json>, interpreter: &str, major: u32) -> ExecMode {
    match map.get("exec_mode").and_then(Json::as_str) {
        Some("cluster") => ExecMode::Cluster,
        Some(_) => ExecMode::Fork,
        None => {
            let counted = map.get("instances").and_then(Json::as_i64).is_some_and(|count| count >= -1);
            let clusters = match major {
                ..=5 => interpreter.contains("node"),
                6 => interpreter.contains("node") || interpreter.contains("bun"),
                _ => interpreter.ends_with("node") || interpreter.ends_with("bun"),
            };
            if counted && clusters { ExecMode::Cluster } else { ExecMode::Fork }
        }
    }
}

fn finish(app: &App, settings: Map<String, Json>, environment: Environment, machine: &Machine) -> Attributes {
    let mut map = settings::in_order(settings);
    map.extend(app.env_blocks.iter().map(|(key, block)| (key.clone(), block_json(block))));
    map.insert("env".to_owned(), Json::Object(snug(environment.variables.into_iter())));
    map.insert("km_link".to_owned(), Json::from(false));
    let processes = processes(map.get("instances"), machine.cpus);
    let map = snug(map.into_iter());
    Attributes { map: Arc::new(map), declared_env: Arc::new(environment.declared), processes }
}

const FINGERPRINT_BYTES: usize = 4;

fn block_json(block: &Env) -> Json {
    block.iter().map(|(name, value)| (name.clone(), value.to_json())).collect::<Map<_, _>>().into()
}

/// As PM2's daemon counts: 0 is one per CPU, a negative number that many less, and never none.
fn processes(instances: Option<&Json>, cpus: u32) -> u32 {
    let count = match instances.and_then(Json::as_i64).unwrap_or(1) {
        0 => i64::from(cpus),
        fewer if fewer < 0 => i64::from(cpus).saturating_add(fewer),
        count => count,
    };
    u32::try_from(count.max(1)).unwrap_or(u32::MAX)
}

impl ExecMode {
    /// The word PM2 has for it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            ExecMode::Fork => "fork_mode",
            ExecMode::Cluster => "cluster_mode",
        }
    }
}

impl Attributes {
    /// One attribute by PM2's name for it.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Json> {
        self.map.get(name)
    }

    /// All of them: the argument of `prepare`. Holds the app's secrets.
    #[must_use]
    pub fn as_map(&self) -> &Map<String, Json> {
        &self.map
    }

    /// The environment, base and inherited variables among it; numbers and booleans in their own type.
    pub fn env(&self) -> impl Iterator<Item = (&str, &Json)> {
        let env = self.map.get("env").and_then(Json::as_object);
        env.into_iter().flatten().map(|(name, value)| (name.as_str(), value))
    }

    /// Names of the variables that the definition, its env files and the stamp give; the others of
    /// [`env`](Self::env) come from the environment of PM2's daemon.
    #[must_use]
    pub fn declared_env_names(&self) -> &BTreeSet<String> {
        &self.declared_env
    }

    /// How many processes PM2 makes of it: `max` and negative counts are worked out for this machine.
    #[must_use]
    pub fn instances(&self) -> u32 {
        self.processes
    }

    /// Name of the app.
    #[must_use]
    pub fn name(&self) -> &str {
        self.text("name")
    }

    /// Of all that is declared. What is only inherited is not in it: PM2 may have been started from another shell since.
    #[must_use]
    pub fn fingerprint(&self) -> Fingerprint {
        let declared = |(name, _): &(&str, &Json)| self.declared_env.contains(*name);
        let attributes = self.map.iter().map(|(name, value)| (name.as_str(), value));
        let all = attributes.filter(|(name, _)| *name != "env").chain(self.env().filter(declared));
        let mut hasher = Sha256::new();
        for (name, value) in all {
            hasher.update(format!("{name}={value}\n"));
        }
        Fingerprint(hex(&hasher.finalize()[..FINGERPRINT_BYTES]))
    }

    /// How PM2 runs it.
    #[must_use]
    pub fn exec_mode(&self) -> ExecMode {
        if self.text("exec_mode") == ExecMode::Cluster.as_str() { ExecMode::Cluster } else { ExecMode::Fork }
    }

    /// The file that is run, absolute.
    #[must_use]
    pub fn pm_exec_path(&self) -> &Utf8Path {
        self.text("pm_exec_path").into()
    }

    /// The folder it runs in, absolute.
    #[must_use]
    pub fn pm_cwd(&self) -> &Utf8Path {
        self.text("pm_cwd").into()
    }

    /// The folders that its logs and its pid file lie in. PM2's program makes missing ones before it asks the
    /// daemon, which does not: so must whoever asks it in its place.
    #[must_use]
    pub fn folders(&self) -> BTreeSet<Utf8PathBuf> {
        let paths = logs::PATH_ATTRIBUTES.iter().filter_map(|name| self.get(name)?.as_str());
        let files = paths.filter(|path| *path != logs::NOWHERE);
        files.filter_map(|path| Utf8Path::new(path).parent()).map(Utf8Path::to_owned).collect()
    }

    /// The same app with another number of processes.
    pub(super) fn with_count(mut self, count: u32) -> Self {
        Arc::make_mut(&mut self.map).insert("instances".to_owned(), Json::from(count));
        self.processes = count;
        self
    }

    fn text(&self, name: &str) -> &str {
        self.map.get(name).and_then(Json::as_str).unwrap_or_default()
    }
}
