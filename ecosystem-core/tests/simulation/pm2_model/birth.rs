//! How a process comes to be: its id, what PM2 puts into its record, and what it is started with.

use serde_json::{Value as Json, json};

use super::end::behaviour;
use super::slot::extend;
use super::{Pm2Model, Record, Slot};

impl Pm2Model {
    /// `injectVariables` in `lib/God.js`.
    pub(super) fn inject(&self, record: &mut Record) {
        let name = record.get("name").cloned();
        let text = |record: &Record, key: &str| record.get(key).and_then(Json::as_str).map(str::to_owned);
        let of_name = || self.slots.values().filter(|slot| slot.record.get("name") == name.as_ref());
        if let Some(key) = text(record, "instance_var") {
            let taken: Vec<u64> = of_name().filter_map(|slot| slot.number(&key)).collect();
            let free = (0..).find(|number| !taken.contains(number)).unwrap_or(0);
            record.insert(key, json!(free));
        }
        if let Some(key) = text(record, "increment_var") {
            let number = |value: &Json| value.as_u64().or_else(|| value.as_str()?.parse().ok());
            let last = of_name().filter_map(|slot| number(slot.record.get(&key)?)).max();
            let first = record.get("env").and_then(|env| number(env.get(&key)?)).unwrap_or(0);
            let value = json!(last.map_or(first, |last| last + 1));
            record.insert(key.clone(), value.clone());
            if let Some(env) = record.get_mut("env").and_then(Json::as_object_mut) {
                env.insert(key, value);
            }
        }
    }

    /// `executeApp` in `lib/God.js`: its id.
    pub(super) fn execute(&mut self, mut slot: Slot) -> u32 {
        let env = slot.record.get("env").and_then(Json::as_object).cloned().unwrap_or_default();
        extend(&mut slot.record, &env);
        slot.set("pm_uptime", self.now);
        if slot.number("created_at").is_none() {
            slot.set("created_at", self.now);
        }
        let known = slot.number("pm_id").and_then(|id| u32::try_from(id).ok());
        let id = known.unwrap_or_else(|| self.new_id());
        if known.is_none() {
            slot.set("pm_id", id);
            slot.set("restart_time", 0);
            slot.set("unstable_restarts", 0);
            number_files(&mut slot, id);
            let watch = slot.record.get("watch").filter(|watch| !is_false(watch));
            slot.watched = watch.cloned();
        }
        slot.cron = slot.cron.take().or_else(|| cron(&slot.record));
        (slot.pid, slot.image, slot.ends_at, slot.starts_at) = (0, None, None, None);
        if slot.is_off("autostart") {
            slot.set("status", "stopped");
        } else {
            slot.set("status", "online");
            self.next_pid += 1;
            slot.pid = 1000 + self.next_pid;
            slot.ends_at = behaviour(&slot.record).map(|(after, _)| self.now + after);
            slot.image = Some(slot.record.clone());
        }
        self.slots.insert(id, slot);
        id
    }

    pub(super) fn prepare_dumped(&mut self, record: Record) -> u32 {
        if record.get("status") != Some(&json!("stopped")) {
            return self.execute(Slot { record, ..Slot::default() });
        }
        let id = self.new_id();
        let mut slot = Slot { record, ..Slot::default() };
        slot.set("pm_id", id);
        slot.cron = cron(&slot.record);
        self.slots.insert(id, slot);
        id
    }

    pub(super) fn new_unique_id(&mut self) -> Json {
        self.next_unique += 1;
        json!(format!("unique-{}", self.next_unique))
    }

    fn new_id(&mut self) -> u32 {
        self.next_id += 1;
        self.next_id - 1
    }
}

fn is_false(value: &Json) -> bool {
    matches!(value, Json::Null | Json::Bool(false))
}

fn cron(record: &Record) -> Option<Json> {
    record.get("cron_restart").filter(|pattern| !is_false(pattern)).cloned()
}

/// PM2 puts the id into names of files once, when it first learns of a process.
fn number_files(slot: &mut Slot, id: u32) {
    let merged = slot.record.get("merge_logs").is_some_and(|merged| !is_false(merged));
    let logs: &[&str] = if merged { &[] } else { &["pm_log_path", "pm_out_log_path", "pm_err_log_path"] };
    for (key, extension) in logs.iter().map(|key| (*key, ".log")).chain([("pm_pid_path", ".pid")]) {
        let Some(path) = slot.record.get(key).and_then(Json::as_str) else { continue };
        let Some(stem) = path.strip_suffix(extension) else { continue };
        let bare = stem.trim_end_matches(|c: char| c.is_ascii_digit());
        let stem = bare.strip_suffix('-').filter(|_| bare.len() < stem.len()).unwrap_or(stem);
        let path = format!("{stem}-{id}{extension}");
        slot.set(key, path);
    }
}
