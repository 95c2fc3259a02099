//! The effects table: for each attribute of PM2's record, the cheapest step that makes a change of it true.
//!
//! The steps are ours, over PM2's sockets, with whole resolved attributes; they reach further than PM2's own
//! commands, which leave about half of all single changes undone. What those would do is told in the note, as
//! measured on PM2 5.4.3, 6.0.14 and 7.0.4 by changing one field at a time and comparing with a fresh start.

/// What it takes to make a changed attribute true.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Effect {
    /// Nothing: PM2 records it, and no process depends on it.
    Record,
    /// New processes with the new record. A cluster gets them by a reload, anything else by a restart.
    Reload,
    /// A restart, in a cluster too.
    Restart,
    /// Deleting and starting anew: PM2 reads it only when it first learns of an app.
    Replace,
}

/// How an attribute changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// It was not there.
    Set,
    /// It was different.
    Change,
    /// It is to go.
    Remove,
}

/// One attribute's entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Entry {
    /// PM2's name for it in its record.
    pub attribute: &'static str,
    /// What authors call it.
    pub field: &'static str,
    set: Effect,
    remove: Effect,
    set_note: Option<&'static str>,
    remove_note: Option<&'static str>,
}

/// The least that makes a change of this attribute true, for this kind of change.
///
/// `None` for what the table does not know: not an attribute of a definition.
#[must_use]
pub fn effect_of(attribute: &str, kind: Kind) -> Option<Effect> {
    entry(attribute).map(|entry| entry.effect(kind))
}

/// Every entry.
#[must_use]
pub fn entries() -> &'static [Entry] {
    TABLE
}

pub(super) fn entry(attribute: &str) -> Option<&'static Entry> {
    TABLE.iter().find(|entry| entry.attribute == attribute)
}

impl Entry {
    /// The least that makes this kind of change true.
    #[must_use]
    pub fn effect(&self, kind: Kind) -> Effect {
        if kind == Kind::Remove { self.remove } else { self.set }
    }

    /// What PM2's own reload would do instead, where it would not make the change true.
    #[must_use]
    pub fn note(&self, kind: Kind) -> Option<&'static str> {
        if kind == Kind::Remove { self.remove_note } else { self.set_note }
    }
}

use Effect::{Record, Reload, Replace, Restart};

const KEEPS: Option<&str> = Some("PM2's own reload would keep the old one");
const IGNORES: Option<&str> = Some("PM2's own reload would not notice");

/// PM2's own reload applies it when set or changed and keeps it when removed: the most common case.
const fn half(attribute: &'static str, effect: Effect) -> Entry {
    Entry { attribute, field: attribute, set: effect, remove: effect, set_note: None, remove_note: IGNORES }
}

/// PM2's own reload applies it in every way.
const fn whole(attribute: &'static str, effect: Effect) -> Entry {
    Entry { attribute, field: attribute, set: effect, remove: effect, set_note: None, remove_note: None }
}

/// PM2's own reload applies it in no way.
const fn none(attribute: &'static str, field: &'static str, effect: Effect) -> Entry {
    Entry { attribute, field, set: effect, remove: effect, set_note: KEEPS, remove_note: IGNORES }
}

static TABLE: &[Entry] = &[
    // What is run, and where.
    none("pm_exec_path", "script", Reload),
    none("pm_cwd", "cwd", Reload),
    half("args", Reload),
    Entry { field: "interpreter", ..half("exec_interpreter", Reload) },
    half("node_args", Reload),
    // PM2 decides between fork and cluster when it first learns of an app.
    none("exec_mode", "exec_mode", Replace),
    whole("namespace", Reload),
    half("uid", Reload),
    whole("gid", Reload),
    // Logs. Their streams are opened at each start; the id in their names is put in at the first one only,
    // which an update does itself.
    none("pm_out_log_path", "out_file", Reload),
    none("pm_err_log_path", "error_file", Reload),
    none("pm_log_path", "log_file", Reload),
    none("merge_logs", "merge_logs", Replace),
    half("disable_logs", Reload),
    half("log_type", Reload),
    half("log_date_format", Reload),
    half("time", Reload),
    // A restart in place would leave the old file behind.
    none("pm_pid_path", "pid_file", Replace),
    // When PM2 restarts, and how it ends a process: read from the record when the moment comes.
    half("max_memory_restart", Reload),
    half("restart_delay", Reload),
    half("exp_backoff_restart_delay", Reload),
    half("kill_timeout", Reload),
    whole("kill_retry_time", Reload),
    half("shutdown_with_message", Reload),
    whole("treekill", Reload),
    half("listen_timeout", Reload),
    half("wait_ready", Reload),
    half("min_uptime", Reload),
    half("max_restarts", Reload),
    half("stop_exit_codes", Reload),
    whole("autorestart", Reload),
    // A cluster reload with `autostart: false` crashes PM2's daemon; a reload leaves the old cron job.
    whole("autostart", Restart),
    Entry { set_note: Some("PM2's own reload may keep the old job"), ..half("cron_restart", Restart) },
    // PM2's watcher is armed for a list of paths only when PM2 first learns of an app: its call to start
    // watching later knows no paths. To stop one there is a call.
    Entry { remove: Restart, ..none("watch", "watch", Replace) },
    none("ignore_watch", "ignore_watch", Replace),
    none("watch_options", "watch_options", Replace),
    half("watch_delay", Reload),
    // Numbers given to instances when they are first made.
    none("instance_var", "instance_var", Replace),
    none("increment_var", "increment_var", Replace),
    // Node and PM2's own module in it.
    half("source_map_support", Reload),
    half("disable_source_map_support", Reload),
    whole("pmx", Reload),
    whole("automation", Reload),
    half("trace", Reload),
    half("v8", Reload),
    half("event_loop_inspector", Reload),
    half("deep_monitoring", Reload),
    half("io", Reload),
    whole("vizion", Reload),
    whole("windowsHide", Reload),
    // It says what of the environment of PM2's daemon does not reach the app.
    Entry { remove_note: None, ..none("filter_env", "filter_env", Reload) },
    // Part of it reaches a process only as the variable that `env` gives already.
    none("port", "port", Reload),
    // Recorded, and no process has it: shown by no observation on a fresh start, or used by other commands of
    // PM2 alone.
    whole("cwd", Record),
    whole("username", Record),
    whole("km_link", Record),
    whole("force", Record),
    whole("write", Record),
    whole("name_prefix", Record),
    whole("append_env_to_name", Record),
    whole("install_url", Record),
    whole("post_update", Record),
    whole("instances", Record),
    whole("execute_command", Record),
    whole("disable_trace", Record),
];
