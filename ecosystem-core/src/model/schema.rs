//! PM2's schema as a table: every key an app may have, how it may be spelled, and what values it takes.
//!
//! Source: `lib/API/schema.json` of PM2 7.0.4, identical in 6.0.14 and 5.4.3, in its order. `script`,
//! `name`, `env` and `env_*` are fields of [`App`](super::App) and stand here for their spellings.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::LazyLock;

use serde::{Deserialize, Serialize};

/// A key of PM2's schema, ordered as the schema orders them.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "&'static str")]
pub struct Key(u8);

impl Key {
    /// Every key, in PM2's order.
    pub fn all() -> impl Iterator<Item = Key> {
        (0..KEYS.len()).filter_map(|index| u8::try_from(index).ok()).map(Key)
    }

    /// The key of this schema name, such as `max_restarts`.
    #[must_use]
    pub fn named(name: &str) -> Option<Key> {
        Key::spelled(name).filter(|key| key.name() == name)
    }

    /// The key that PM2 understands this spelling as: its name, a documented alias, or its camelCase.
    #[must_use]
    pub fn spelled(spelling: &str) -> Option<Key> {
        SPELLINGS.get(spelling).copied()
    }

    /// The name in the schema.
    #[must_use]
    pub fn name(self) -> &'static str {
        self.spec().name
    }

    /// What PM2 documents as other names for it.
    #[must_use]
    pub fn aliases(self) -> &'static [&'static str] {
        self.spec().aliases
    }

    /// Every spelling that PM2 understands as this key, its name included.
    pub fn spellings(self) -> impl Iterator<Item = &'static str> {
        SPELLINGS.iter().filter(move |(_, key)| **key == self).map(|(spelling, _)| spelling.as_str())
    }

    /// The values it takes.
    #[must_use]
    pub fn kind(self) -> Kind {
        self.spec().kind
    }

    /// PM2 joins the parts after the first with a capital unless a part is a single letter.
    fn camel_case(self) -> String {
        let mut camel = String::new();
        for (index, part) in self.name().split('_').enumerate() {
            match part.chars().next() {
                Some(first) if index > 0 && part.len() > 1 => {
                    camel.push(first.to_ascii_uppercase());
                    camel.push_str(&part[first.len_utf8()..]);
                }
                _ => camel.push_str(part),
            }
        }
        camel
    }

    fn spec(self) -> &'static KeySpec {
        &KEYS[usize::from(self.0)]
    }
}

impl From<Key> for &'static str {
    fn from(key: Key) -> Self {
        key.name()
    }
}

impl TryFrom<String> for Key {
    type Error = String;

    fn try_from(name: String) -> Result<Self, String> {
        Key::named(&name).ok_or_else(|| format!("{name} is no key of PM2's schema"))
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// What values a key takes, and what they are normalised to (after the arrow).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Text → string.
    Text,
    /// `true` or `false` → boolean.
    Flag,
    /// An integer, or its digits as text, from `min` on → number.
    Integer {
        /// The least value PM2 and node make sense of.
        min: i64,
    },
    /// Milliseconds, or digits with `s`, `m` or `h`, from `min` on → number of milliseconds.
    Duration {
        /// The least number of milliseconds PM2 accepts.
        min: i64,
    },
    /// Bytes, or digits with `K`, `M` or `G` → number of bytes.
    Size,
    /// Words: a vector of text, numbers and booleans, or one text that PM2 splits → array of strings.
    Words,
    /// A path, or `true` for PM2's default place → string or boolean.
    LogFile,
    /// A cron pattern; `0` or `"0"` for none → string, absent when none.
    Cron,
    /// A count, `"max"` or 0 for one per CPU, negative for CPUs less that → number, or `"max"`.
    Instances,
    /// `"fork"`, `"cluster"`, each also with `_mode` → `"fork"` or `"cluster"`.
    ExecMode,
    /// One exit code or several → array of numbers.
    ExitCodes,
    /// `true`, `false`, a path or paths → boolean or array of strings.
    Watch,
    /// Names of variables to keep out, or a boolean → boolean, string or array of strings.
    FilterEnv,
    /// A user or group, by name or number → string or number.
    Account,
    /// A TCP port, 1 to 65535 → number.
    Port,
    /// `true`, `false` or a text → boolean or string.
    FlagOrText,
    /// A map of anything JSON can hold → object.
    Data,
    /// Variables → the fields `env` and `env_blocks` of an app.
    Variables,
}

/// Every spelling: each key of each app of each daemon is looked up here, several times.
static SPELLINGS: LazyLock<BTreeMap<String, Key>> = LazyLock::new(|| {
    let aliases = |key: Key| key.aliases().iter().map(move |alias| ((*alias).to_owned(), key));
    let others = Key::all().flat_map(|key| aliases(key).chain([(key.camel_case(), key)]));
    // Names come last: no alias takes the place of one.
    others.chain(Key::all().map(|key| (key.name().to_owned(), key))).collect()
});

struct KeySpec {
    name: &'static str,
    kind: Kind,
    aliases: &'static [&'static str],
}

const fn key(name: &'static str, kind: Kind, aliases: &'static [&'static str]) -> KeySpec {
    KeySpec { name, kind, aliases }
}

/// A negative or zero delay means nothing to PM2; 0 switches a delay off.
const COUNT: Kind = Kind::Integer { min: 0 };

static KEYS: &[KeySpec] = &[
    key("script", Kind::Text, &["exec", "cmd", "command"]),
    key("name", Kind::Text, &[]),
    key("name_prefix", Kind::Text, &[]),
    key("filter_env", Kind::FilterEnv, &[]),
    key("namespace", Kind::Text, &[]),
    key("install_url", Kind::Text, &[]),
    key("cwd", Kind::Text, &[]),
    key("args", Kind::Words, &[]),
    key("exec_interpreter", Kind::Text, &["interpreter"]),
    key("node_args", Kind::Words, &["interpreterArgs", "interpreter_args"]),
    key("out_file", Kind::Text, &["out", "output", "out_log"]),
    key("error_file", Kind::Text, &["error", "err", "err_file", "err_log"]),
    key("log_file", Kind::LogFile, &["log"]),
    key("disable_logs", Kind::Flag, &[]),
    key("log_type", Kind::Text, &[]),
    key("log_date_format", Kind::Text, &[]),
    key("time", Kind::Flag, &[]),
    key("env", Kind::Variables, &[]),
    key("max_memory_restart", Kind::Size, &[]),
    key("pid_file", Kind::Text, &["pid"]),
    key("restart_delay", COUNT, &[]),
    key("exp_backoff_restart_delay", COUNT, &[]),
    key("source_map_support", Kind::Flag, &[]),
    key("disable_source_map_support", Kind::Flag, &[]),
    key("wait_ready", Kind::Flag, &[]),
    key("instances", Kind::Instances, &[]),
    key("kill_timeout", COUNT, &[]),
    key("shutdown_with_message", Kind::Flag, &[]),
    key("listen_timeout", COUNT, &[]),
    key("cron_restart", Kind::Cron, &["cron"]),
    key("merge_logs", Kind::Flag, &["combine_logs"]),
    key("vizion", Kind::Flag, &[]),
    key("autostart", Kind::Flag, &[]),
    key("autorestart", Kind::Flag, &[]),
    key("stop_exit_codes", Kind::ExitCodes, &[]),
    key("watch_delay", COUNT, &[]),
    key("watch", Kind::Watch, &[]),
    key("ignore_watch", Kind::Words, &[]),
    key("watch_options", Kind::Data, &[]),
    key("min_uptime", Kind::Duration { min: 100 }, &[]),
    key("max_restarts", COUNT, &[]),
    key("execute_command", Kind::Flag, &[]),
    key("exec_mode", Kind::ExecMode, &[]),
    key("force", Kind::Flag, &[]),
    key("append_env_to_name", Kind::Flag, &[]),
    key("post_update", Kind::Words, &[]),
    key("trace", Kind::Flag, &[]),
    key("disable_trace", Kind::Flag, &[]),
    key("v8", Kind::Flag, &[]),
    key("event_loop_inspector", Kind::Flag, &[]),
    key("deep_monitoring", Kind::Flag, &[]),
    key("increment_var", Kind::Text, &[]),
    key("instance_var", Kind::Text, &[]),
    key("pmx", Kind::FlagOrText, &[]),
    key("automation", Kind::Flag, &[]),
    key("treekill", Kind::Flag, &[]),
    key("port", Kind::Port, &[]),
    key("username", Kind::Text, &[]),
    key("uid", Kind::Account, &["user"]),
    key("gid", Kind::Account, &[]),
    key("windowsHide", Kind::Flag, &[]),
    key("kill_retry_time", COUNT, &[]),
    key("write", Kind::Flag, &[]),
    key("io", Kind::Data, &[]),
];
