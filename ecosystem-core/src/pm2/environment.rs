//! The environment an app is started with.

use std::collections::{BTreeMap, BTreeSet};

use camino::Utf8Path;
use serde_json::{Map, Value as Json};

use super::{Machine, Unresolvable, paths};
use crate::env_file;
use crate::model::reserved_env::reserved;
use crate::model::{
    App, DIGEST_VARIABLE, DaemonId, Digest, InheritEnv, OWNER_VARIABLE, SOURCE_VARIABLE, Variables,
};

/// What every app gets from the environment of PM2's daemon; a name that ends in `*` stands for all that begin so.
///
/// Programs need these to find other programs, the user's folders, and the language and time to speak in. They
/// belong to the user and the machine, not to whoever ran a command. Left out are what belongs to one login and
/// ends with it (`SSH_AUTH_SOCK`, `DBUS_SESSION_BUS_ADDRESS`, `DISPLAY`, `TERM`), what changes how programs run
/// (`NODE_OPTIONS`, `LD_*`), and what may hold secrets (proxies, tokens): `:inherit_env` asks for those by name.
pub const BASE_ENV: &[&str] = &[
    "PATH",
    "HOME",
    "USER",
    "LOGNAME",
    "SHELL",
    "LANG",
    "LANGUAGE",
    "LC_*",
    "TZ",
    "TMPDIR",
    "XDG_RUNTIME_DIR",
    "XDG_CONFIG_HOME",
    "XDG_CACHE_HOME",
    "XDG_DATA_HOME",
    "XDG_STATE_HOME",
    "XDG_CONFIG_DIRS",
    "XDG_DATA_DIRS",
];

/// Whether every app gets this variable.
#[must_use]
pub fn is_base(name: &str) -> bool {
    BASE_ENV.iter().any(|base| match base.as_bytes().split_last() {
        Some((b'*', start)) => name.as_bytes().starts_with(start),
        _ => name == *base,
    })
}

/// Whether a variable of the daemon's environment is PM2's, node's, ours or the shell's own, and so is never
/// inherited.
///
/// A daemon that was launched from inside an app has that app's attributes in its environment, and PM2 lays
/// every variable over the attribute of the same name: inheriting `autorestart` or `pm_id` would decide how
/// PM2 treats the app. The shell's are of another working folder than the app's.
#[must_use]
pub fn is_internal(name: &str) -> bool {
    const STARTS: [&str; 6] = ["PM2_", "pm_", "pm2_", "axm_", "env_", "ECOSYSTEM_"];
    const NODES: [&str; 4] =
        ["NODE_APP_INSTANCE", "NODE_UNIQUE_ID", "NODE_CHANNEL_FD", "NODE_CHANNEL_SERIALIZATION_MODE"];
    const SHELLS: [&str; 4] = ["PWD", "OLDPWD", "SHLVL", "_"];
    STARTS.iter().any(|start| name.starts_with(start))
        || NODES.contains(&name)
        || SHELLS.contains(&name)
        || reserved(name).is_some()
}

/// What is set because of other keys than `:env`.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Implied<'a> {
    /// Home folder of the account that `:uid` names.
    pub(super) home: Option<&'a str>,
    /// Whether an interpreter named like python runs the script: its output must not wait in a buffer.
    pub(super) python: bool,
}

/// An environment, and what of it the definition gives.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct Environment {
    /// All of it, numbers and booleans in their own type, as PM2 keeps them.
    pub(super) variables: Map<String, Json>,
    /// The names that do not come from the environment of PM2's daemon.
    pub(super) declared: BTreeSet<String>,
}

/// Puts an environment together, each over what is before it: the base and what `:inherit_env` names, less what
/// `:filter_env` keeps out; env files in order; `:env`; the stamp; what other keys imply; PM2's home.
pub(super) fn compose(
    daemon: &DaemonId,
    (app, digest): (&App, &Digest),
    implied: Implied<'_>,
    from_files: &Variables,
    machine: &Machine,
) -> Environment {
    let mut declared: BTreeMap<String, Json> =
        from_files.iter().map(|(name, value)| (name.clone(), Json::from(value.as_str()))).collect();
    declared.extend(app.env.iter().map(|(name, value)| (name.clone(), value.to_json())));
    declared.extend(stamp(daemon, digest, machine));
    declared.extend(imply(app, implied));
    declared.insert("PM2_HOME".to_owned(), Json::from(machine.pm2_home.as_str()));
    let names = declared.keys().cloned().collect();
    let inherited = inherited(app, machine).map(|(name, value)| (name.to_owned(), Json::from(value)));
    Environment { variables: inherited.chain(declared).collect(), declared: names }
}

/// What an app's env files set, later files over earlier ones.
pub(super) fn read_env_files(
    app: &App,
    cwd: &Utf8Path,
    machine: &Machine,
) -> Result<Variables, Vec<Unresolvable>> {
    let (mut variables, mut problems) = (BTreeMap::new(), Vec::new());
    for written in &app.env_files {
        let path = paths::resolve(cwd, &written.path);
        let contents = match machine.env_files.get(&path) {
            Some(Ok(Some(contents))) => checked(env_file::parse(contents)),
            Some(Ok(None)) if written.optional => continue,
            Some(Ok(None)) => Err("No such file".to_owned()),
            Some(Err(problem)) => Err(problem.clone()),
            None => Err("it was not looked for".to_owned()),
        };
        match contents {
            Ok(more) => variables.extend(more),
            Err(problem) => problems.push(Unresolvable::EnvFile { app: app.name.clone(), path, problem }),
        }
    }
    if problems.is_empty() { Ok(variables) } else { Err(problems) }
}

/// Refuses names that are no names, as node makes them of a line without `=`, and names that PM2 would take for
/// its own attributes, as validation refuses them in `:env`.
fn checked(variables: BTreeMap<String, String>) -> Result<BTreeMap<String, String>, String> {
    let odd = |name: &str| name.contains(|c: char| c.is_whitespace() || c.is_control() || c == '\u{FEFF}');
    // A name that is none may hold a secret, and is not shown.
    if variables.keys().any(|name| odd(name)) {
        return Err("a line before a variable has no `=`, or a name has blanks in it".to_owned());
    }
    // PM2 would have ended the old process when it finds that the new one cannot be started with it.
    if let Some((name, _)) = variables.iter().find(|(_, value)| value.contains('\0')) {
        return Err(format!("the value of {name} holds a NUL character"));
    }
    match variables.keys().find(|name| reserved(name).is_some()) {
        Some(name) => Err(format!("it sets {name}, which PM2 or this tool keeps for itself")),
        None => Ok(variables),
    }
}

fn stamp(daemon: &DaemonId, digest: &Digest, machine: &Machine) -> [(String, Json); 3] {
    [
        (OWNER_VARIABLE.to_owned(), Json::from(machine.owner.as_str())),
        (SOURCE_VARIABLE.to_owned(), Json::from(daemon.as_str())),
        (DIGEST_VARIABLE.to_owned(), Json::from(digest.as_str())),
    ]
}

fn imply(app: &App, implied: Implied<'_>) -> impl Iterator<Item = (String, Json)> {
    // A map in the environment becomes its JSON text; PM2's process wrapper parses `io` back.
    let io = app.setting("io").map(|io| ("io", Json::from(io.to_string())));
    let port =
        app.setting("port").filter(|port| super::settings::truthy(port)).map(|port| ("PORT", port.clone()));
    let home = implied.home.map(|home| ("HOME", Json::from(home)));
    let python = implied.python.then(|| ("PYTHONUNBUFFERED", Json::from("1")));
    [io, port, home, python].into_iter().flatten().map(|(name, value)| (name.to_owned(), value))
}

fn inherited<'a>(app: &'a App, machine: &'a Machine) -> impl Iterator<Item = (&'a str, &'a str)> {
    let wanted = |name: &str| match &app.inherit_env {
        InheritEnv::All => true,
        InheritEnv::Names(names) => names.contains(name),
    };
    let variables = machine.daemon_env.iter().map(|(name, value)| (name.as_str(), value.as_str()));
    variables
        .filter(move |(name, _)| is_base(name) || (wanted(name) && !is_internal(name)))
        .filter(|(name, _)| !filtered_out(app.setting("filter_env"), name))
}

/// `:filter_env` as PM2 has it, which is only about inherited variables: an array keeps out each name that
/// *contains* one of its texts, a text the variable of exactly that name, and `true` nothing at all.
fn filtered_out(filter: Option<&Json>, name: &str) -> bool {
    match filter {
        Some(Json::String(exact)) => name == exact,
        Some(Json::Array(parts)) => parts.iter().filter_map(Json::as_str).any(|part| name.contains(part)),
        _ => false,
    }
}
