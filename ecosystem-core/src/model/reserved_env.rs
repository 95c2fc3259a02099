//! Names that no environment variable may have, and why: what PM2 makes of them.
//!
//! PM2 lays every variable of an app over the app's own record (`Utility.extend(env_copy, env_copy.env)`
//! in `God.executeApp`, `lib/God.js`; the same in 5.4.3, 6.0.14 and 7.0.4), and reads its fields from there.
//! A variable `name` renames the app, `pm_id` changes its id, `pm_exec_path` runs another script.

use super::schema::Key;

/// Why a name is taken, and by whom.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Reserved {
    /// PM2 would take it for this key of the app.
    SchemaKey(Key),
    /// PM2 keeps this there.
    Attribute(&'static str),
    /// We keep this there.
    Stamp(&'static str),
    /// JavaScript objects have it already.
    Prototype,
}

/// What a name is reserved for, if it is. Case matters: `NAME` and `Name` are free.
pub(crate) fn reserved(name: &str) -> Option<Reserved> {
    let listed = |list: &[(&str, &'static str)]| {
        list.iter().find(|(taken, _)| *taken == name).map(|(_, purpose)| *purpose)
    };
    listed(STAMP)
        .map(Reserved::Stamp)
        .or_else(|| listed(ATTRIBUTES).map(Reserved::Attribute))
        .or_else(|| Key::named(name).map(Reserved::SchemaKey))
        .or_else(|| is_on_every_object(name).then_some(Reserved::Prototype))
}

/// Whether JavaScript's `Object.prototype` has a member of this name: PM2 keeps names as keys of objects.
pub(crate) fn is_on_every_object(name: &str) -> bool {
    PROTOTYPE.contains(&name)
}

/// The variable that says whose a process is.
pub const OWNER_VARIABLE: &str = "ECOSYSTEM_OWNER";
/// The variable that says which daemon of the tree a process belongs to.
pub const SOURCE_VARIABLE: &str = "ECOSYSTEM_SOURCE";
/// The variable that says which definition a process was started from.
pub const DIGEST_VARIABLE: &str = "ECOSYSTEM_DIGEST";

const STAMP: &[(&str, &str)] = &[
    (OWNER_VARIABLE, "the tree that the process belongs to"),
    (SOURCE_VARIABLE, "the file that declares the process"),
    (DIGEST_VARIABLE, "the digest of the definition that runs"),
];

/// Fields of PM2's record of a process beyond the schema: what `lib/God.js`, `lib/God/*.js`, `lib/Worker.js`
/// and `lib/Common.js` of PM2 7.0.4 read from `pm2_env` or refuse to copy into it (`safeExtend`).
const ATTRIBUTES: &[(&str, &str)] = &[
    ("_km_monitored", "whether its dashboard sees the process"),
    ("_tree_pids", "the process's children"),
    ("axm_actions", "the actions the process offers"),
    ("axm_dynamic", "the process's probes"),
    ("axm_monitor", "the process's metrics"),
    ("axm_options", "the options of its agent"),
    ("command", "what it was started by"),
    ("created_at", "when the process was declared"),
    ("current_conf", "the settings of the next restart"),
    ("env", "the environment itself"),
    ("exit_code", "how the process ended"),
    ("km_link", "whether its dashboard is linked"),
    ("node_version", "the version of node"),
    ("pm_cwd", "the working directory"),
    ("pm_err_log_path", "the file for stderr"),
    ("pm_exec_path", "the script to run"),
    ("pm_id", "the id of the process"),
    ("pm_log_path", "the file for both outputs"),
    ("pm_out_log_path", "the file for stdout"),
    ("pm_pid_path", "the file for the pid"),
    ("pm_uptime", "when the process started"),
    ("pmx_module", "whether the process is a module of its own"),
    ("prev_restart_delay", "the delay before the last restart"),
    ("restart_task", "the restart that is due"),
    ("restart_time", "the number of restarts"),
    ("status", "whether the process runs"),
    ("unique_id", "the identity of the process"),
    ("unstable_restarts", "the number of crashes"),
    ("version", "the version of the app"),
    ("versioning", "the state of the repository"),
    ("vizion_running", "whether it looks at the repository"),
];

/// `Object.getOwnPropertyNames(Object.prototype)` of node 20, with `prototype`.
const PROTOTYPE: &[&str] = &[
    "__defineGetter__",
    "__defineSetter__",
    "__lookupGetter__",
    "__lookupSetter__",
    "__proto__",
    "constructor",
    "hasOwnProperty",
    "isPrototypeOf",
    "propertyIsEnumerable",
    "prototype",
    "toLocaleString",
    "toString",
    "valueOf",
];
