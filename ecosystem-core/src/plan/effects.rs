//! The effects table: for each attribute of PM2's record, the cheapest step that makes a change of it true.
//!
//! The steps are ours, over PM2's sockets, with whole resolved attributes; they reach further than PM2's own
//! commands, which leave about half of all single changes undone. Both are measured, on PM2 5.4.3, 6.0.14 and 7.0.4, by
//! changing one field at a time and comparing with a fresh start: `docs/truth.md` has each case, and the test that writes
//! it fails where this table says otherwise.

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
    /// It is to go, or to be as good as gone.
    Remove,
}

/// What PM2's own reload of a config file (`pm2 reload FILE`) makes of a change.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum OwnReload {
    /// The process is what a fresh start would make it.
    Applies,
    /// The process is as before, whether PM2 records the new value or not.
    Keeps,
    /// That depends on the value, the mode or the version, or something else comes of it.
    Varies,
    /// In one of the modes it ends PM2's daemon, and every app with it.
    Ends,
    /// No such change comes about, or none was measured.
    Unseen,
}

/// One attribute's entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Entry {
    /// PM2's name for it in its record.
    pub attribute: &'static str,
    /// What authors call it.
    pub field: &'static str,
    effect: Effect,
    removal: Effect,
    own: [OwnReload; 3],
    why: Option<&'static str>,
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

/// What holds for every environment variable.
#[must_use]
pub fn variables() -> &'static Entry {
    &VARIABLES
}

pub(super) fn entry(attribute: &str) -> Option<&'static Entry> {
    TABLE.iter().find(|entry| entry.attribute == attribute)
}

impl Entry {
    /// The least that makes this kind of change true.
    #[must_use]
    pub fn effect(&self, kind: Kind) -> Effect {
        if kind == Kind::Remove { self.removal } else { self.effect }
    }

    /// What PM2's own reload makes of this kind of change.
    #[must_use]
    pub fn own(&self, kind: Kind) -> OwnReload {
        let [set, change, remove] = self.own;
        match kind {
            Kind::Set => set,
            Kind::Change => change,
            Kind::Remove => remove,
        }
    }

    /// What PM2's own reload would do instead, where it would not make the change true.
    #[must_use]
    pub fn note(&self, kind: Kind) -> Option<&'static str> {
        match (self.own(kind), kind) {
            (OwnReload::Applies | OwnReload::Unseen, _) => None,
            (OwnReload::Keeps, Kind::Set) => Some("PM2's own reload would not set it"),
            (OwnReload::Keeps, Kind::Change) => Some("PM2's own reload would keep the old one"),
            (OwnReload::Keeps, Kind::Remove) => Some("PM2's own reload would keep it"),
            (OwnReload::Varies, _) => Some("PM2's own reload may not make it true"),
            (OwnReload::Ends, _) => Some("PM2's own reload of a cluster would end PM2"),
        }
    }

    /// Why new processes alone would not do.
    #[must_use]
    pub fn why(&self) -> Option<&'static str> {
        self.why
    }
}

use Effect::{Record, Reload, Replace, Restart};
use OwnReload::{Applies, Ends, Keeps, Unseen, Varies};

/// An attribute that authors know by the same name, and PM2's own reload of it: set, changed, removed.
const fn entry_of(attribute: &'static str, effect: Effect, own: [OwnReload; 3]) -> Entry {
    Entry { attribute, field: attribute, effect, removal: effect, own, why: None }
}

impl Entry {
    const fn called(mut self, field: &'static str) -> Self {
        self.field = field;
        self
    }

    const fn because(mut self, why: &'static str) -> Self {
        self.why = Some(why);
        self
    }

    const fn removed_by(mut self, effect: Effect) -> Self {
        self.removal = effect;
        self
    }
}

/// An attribute that every record has.
const fn always(attribute: &'static str, effect: Effect, own: OwnReload) -> Entry {
    entry_of(attribute, effect, [Unseen, own, Unseen])
}

/// PM2's own reload lays what is written over its record, and leaves what is not: the most common case.
const fn half(attribute: &'static str, effect: Effect) -> Entry {
    entry_of(attribute, effect, [Applies, Applies, Keeps])
}

/// The same for a flag, which is there or is not.
const fn flag(attribute: &'static str, effect: Effect) -> Entry {
    entry_of(attribute, effect, [Applies, Unseen, Keeps])
}

const FIRST: &str = "PM2 reads it when it first learns of an app, and never again";

static VARIABLES: Entry = entry_of("env", Reload, [Applies, Applies, Keeps]);

static TABLE: &[Entry] = &[
    // What is run, and where.
    always("pm_exec_path", Reload, Keeps).called("script"),
    always("pm_cwd", Reload, Keeps).called("cwd"),
    entry_of("args", Reload, [Applies, Applies, Varies]),
    always("exec_interpreter", Reload, Varies).called("interpreter"),
    entry_of("node_args", Reload, [Applies, Applies, Varies]),
    // A reload would start the new worker beside the old process, in the old mode's place.
    always("exec_mode", Restart, Keeps).because("a reload is for workers of a cluster that stay such"),
    always("namespace", Reload, Applies),
    half("uid", Reload),
    always("gid", Reload, Applies),
    // Logs. Their streams are opened at each start; the id in their names is put in at the first one only,
    // which an update does itself.
    always("pm_out_log_path", Reload, Keeps).called("out_file"),
    always("pm_err_log_path", Reload, Keeps).called("error_file"),
    entry_of("pm_log_path", Reload, [Keeps, Keeps, Keeps]).called("log_file"),
    entry_of("merge_logs", Reload, [Keeps, Unseen, Keeps]),
    flag("disable_logs", Reload),
    half("log_type", Reload),
    half("log_date_format", Reload),
    flag("time", Reload),
    always("pm_pid_path", Replace, Keeps).called("pid_file").because("a restart leaves the old file behind"),
    // When PM2 restarts, and how it ends a process: read from the record when the moment comes.
    half("max_memory_restart", Reload),
    half("restart_delay", Reload),
    half("exp_backoff_restart_delay", Reload),
    half("kill_timeout", Reload),
    always("kill_retry_time", Reload, Applies),
    flag("shutdown_with_message", Reload),
    entry_of("treekill", Reload, [Applies, Unseen, Applies]),
    half("listen_timeout", Reload),
    flag("wait_ready", Reload),
    half("min_uptime", Reload),
    half("max_restarts", Reload),
    entry_of("stop_exit_codes", Reload, [Applies, Applies, Varies]),
    entry_of("autorestart", Reload, [Applies, Unseen, Applies]),
    entry_of("autostart", Restart, [Applies, Unseen, Ends])
        .because("a reload of a cluster that is not to be started ends PM2's daemon"),
    entry_of("cron_restart", Restart, [Applies, Varies, Keeps])
        .because("after a reload to a more frequent pattern, that is not at work"),
    // To stop PM2's watcher there is a call; the one that starts it knows no paths.
    entry_of("watch", Replace, [Keeps, Keeps, Keeps]).removed_by(Restart).because(FIRST),
    entry_of("ignore_watch", Replace, [Keeps, Keeps, Keeps]).because(FIRST),
    entry_of("watch_options", Replace, [Keeps, Keeps, Keeps]).because(FIRST),
    entry_of("watch_delay", Replace, [Keeps, Keeps, Keeps])
        .because("the watcher has the record of the process that it was first made for"),
    // Numbers given to instances when they are first made.
    always("instance_var", Replace, Keeps).because(FIRST),
    entry_of("increment_var", Replace, [Keeps, Varies, Applies]).removed_by(Reload).because(FIRST),
    // Node and PM2's own module in it.
    flag("source_map_support", Reload),
    flag("disable_source_map_support", Reload),
    entry_of("pmx", Reload, [Applies, Unseen, Applies]),
    entry_of("automation", Reload, [Applies, Unseen, Applies]),
    entry_of("trace", Reload, [Applies, Unseen, Varies]),
    entry_of("v8", Reload, [Applies, Unseen, Varies]),
    flag("event_loop_inspector", Reload),
    flag("deep_monitoring", Reload),
    half("io", Reload),
    entry_of("vizion", Reload, [Applies, Unseen, Keeps]),
    entry_of("windowsHide", Reload, [Applies, Unseen, Applies]),
    // It says what of the environment of PM2's daemon does not reach the app.
    entry_of("filter_env", Reload, [Keeps, Keeps, Keeps]),
    // Part of it reaches a process only as the variable that `env` gives already.
    entry_of("port", Reload, [Keeps, Keeps, Keeps]),
    // PM2 does nothing with these once an app runs, but every process finds them in its environment.
    flag("force", Reload),
    flag("write", Reload),
    half("name_prefix", Reload),
    flag("append_env_to_name", Reload),
    half("install_url", Reload),
    // Read by PM2's own commands, from its record.
    half("post_update", Reload),
    // Recorded, and no process has it.
    entry_of("cwd", Record, [Unseen; 3]),
    entry_of("username", Record, [Unseen; 3]),
    entry_of("km_link", Record, [Unseen; 3]),
    entry_of("instances", Record, [Unseen; 3]),
    entry_of("execute_command", Record, [Unseen; 3]),
    entry_of("disable_trace", Record, [Unseen; 3]),
];
