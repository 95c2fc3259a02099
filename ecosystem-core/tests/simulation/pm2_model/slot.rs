//! One entry of PM2's table: a record, and the process that was started with it.

use serde_json::{Map, Value as Json};

use super::Record;

/// One entry of PM2's table.
#[derive(Debug, Clone, Default)]
pub(crate) struct Slot {
    /// PM2's record.
    pub(crate) record: Record,
    /// The process, as PM2 has it: of one that has crashed it keeps the number until it is started again.
    pub(crate) pid: u32,
    /// The record that the process was started with: what is true of it, whatever was recorded since.
    pub(crate) image: Option<Record>,
    /// What PM2's file watcher was made for.
    pub(crate) watched: Option<Json>,
    /// The pattern that is at work.
    pub(crate) cron: Option<Json>,
    pub(super) ends_at: Option<u64>,
    pub(super) starts_at: Option<u64>,
}

impl Slot {
    /// A variable of its environment.
    pub(crate) fn variable(&self, name: &str) -> Option<&str> {
        self.record.get("env")?.get(name)?.as_str()
    }

    /// PM2's word for its state.
    pub(crate) fn status(&self) -> &str {
        self.record.get("status").and_then(Json::as_str).unwrap_or_default()
    }

    /// The app's name.
    pub(crate) fn name(&self) -> &str {
        self.record.get("name").and_then(Json::as_str).unwrap_or_default()
    }

    pub(super) fn number(&self, name: &str) -> Option<u64> {
        self.record.get(name)?.as_u64()
    }

    pub(super) fn set(&mut self, name: &str, value: impl Into<Json>) {
        self.record.insert(name.to_owned(), value.into());
    }

    pub(super) fn count_up(&mut self, name: &str) {
        self.set(name, self.number(name).unwrap_or(0) + 1);
    }

    pub(super) fn is_off(&self, name: &str) -> bool {
        self.record.get(name) == Some(&Json::Bool(false))
    }

    /// `resetState` in `lib/God/Methods.js`.
    pub(super) fn reset_state(&mut self, now: u64) {
        self.set("created_at", now);
        self.set("unstable_restarts", 0);
        self.set("prev_restart_delay", 0);
    }

    /// What `restart` and `reload` do with what they are given: `env` over the environment, its `current_conf` over the record.
    pub(super) fn merge(&mut self, env: &Record) {
        if let Some(own) = self.record.get_mut("env").and_then(Json::as_object_mut) {
            extend(own, env);
        }
        let Some(conf) = env.get("current_conf").and_then(Json::as_object) else { return };
        for (name, value) in conf {
            let is_empty = value.as_object().is_some_and(Map::is_empty);
            match value {
                _ if name == "env" && is_empty => {}
                Json::String(text) if text == "null" => drop(self.record.remove(name)),
                _ => drop(self.record.insert(name.clone(), value.clone())),
            }
        }
    }
}

/// Over what is there; objects are left out, as PM2 compares with `[object Object]`.
pub(super) fn extend(record: &mut Record, more: &Record) {
    for (name, value) in more.iter().filter(|(_, value)| !value.is_object()) {
        record.insert(name.clone(), value.clone());
    }
}
