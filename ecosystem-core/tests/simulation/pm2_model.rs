//! PM2's daemon as a value: its process table, ids, merge rules, crashes and restarts, with a clock that somebody else
//! moves.
//!
//! Restated from the behaviour of PM2 7.0.4 (`lib/God.js`, `lib/God/ActionMethods.js`, `lib/God/Reload.js`); the tests of the
//! command line run the same scripts on this and on the real program, and compare.

use std::collections::BTreeMap;

use serde_json::{Map, Value as Json, json};

/// One member after the other, as PM2 keeps them of a process (`pm2_env`).
pub(crate) type Record = Map<String, Json>;

/// A daemon of PM2.
#[derive(Debug, Clone, Default)]
pub(crate) struct Pm2Model {
    /// Milliseconds since 1970.
    pub(crate) now: u64,
    /// Whether there is a daemon at all.
    pub(crate) up: bool,
    /// When it was started.
    pub(crate) started_at: u64,
    /// What it lists, by id.
    pub(crate) slots: BTreeMap<u32, Slot>,
    /// What `pm2 save` has kept.
    pub(crate) dumped: Vec<Record>,
    /// Whether a call has ended it.
    pub(crate) broken_by_a_call: bool,
    next_id: u32,
    next_pid: u32,
    next_unique: u64,
}

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
    ends_at: Option<u64>,
    starts_at: Option<u64>,
}

/// Why PM2 does not do as it is told.
pub(crate) type Refusal = String;

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

    fn number(&self, name: &str) -> Option<u64> {
        self.record.get(name)?.as_u64()
    }

    fn set(&mut self, name: &str, value: impl Into<Json>) {
        self.record.insert(name.to_owned(), value.into());
    }

    fn count_up(&mut self, name: &str) {
        self.set(name, self.number(name).unwrap_or(0) + 1);
    }

    fn is_off(&self, name: &str) -> bool {
        self.record.get(name) == Some(&Json::Bool(false))
    }

    /// `resetState` in `lib/God/Methods.js`.
    fn reset_state(&mut self, now: u64) {
        self.set("created_at", now);
        self.set("unstable_restarts", 0);
        self.set("prev_restart_delay", 0);
    }

    /// What `restart` and `reload` do with what they are given: `env` over the environment, its `current_conf` over the record.
    fn merge(&mut self, env: &Record) {
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

/// How the calls of PM2's daemon come out.
impl Pm2Model {
    /// A daemon that has only just come up at this time.
    pub(crate) fn launched(now: u64) -> Self {
        let mut model = Self { now, ..Self::default() };
        model.launch();
        model
    }

    /// What the first process of an app would be, had it this id.
    pub(crate) fn first(app: &Record, id: u32) -> Slot {
        let mut model = Self::launched(1);
        model.next_id = id;
        let mut one = app.clone();
        one.insert("instances".to_owned(), json!(1));
        model.prepare(&one);
        model.slots.remove(&id).unwrap_or_default()
    }

    /// Starts the daemon.
    pub(crate) fn launch(&mut self) {
        (self.up, self.started_at, self.next_id) = (true, self.now, 0);
    }

    /// Ends the daemon and all that it runs.
    pub(crate) fn kill(&mut self) {
        self.up = false;
        self.slots.clear();
    }

    /// Adds an app and starts it, once for each instance; their ids.
    pub(crate) fn prepare(&mut self, app: &Record) -> Vec<u32> {
        let mut base = app.clone();
        let unique_id = self.new_unique_id();
        if let Some(env) = base.get_mut("env").and_then(Json::as_object_mut) {
            env.insert("unique_id".to_owned(), unique_id);
        }
        let Some(count) = base.get("instances").and_then(Json::as_u64) else {
            return vec![self.prepare_dumped(base)];
        };
        (0..count.max(1))
            .map(|_| {
                self.inject(&mut base);
                self.execute(Slot { record: base.clone(), ..Slot::default() })
            })
            .collect()
    }

    /// Stops a process if it runs, and starts it with a change.
    pub(crate) fn restart(&mut self, id: u32, env: &Record) -> Result<u64, Refusal> {
        let now = self.now;
        let slot = self.slot(id)?;
        slot.reset_state(now);
        slot.cron = None;
        slot.merge(env);
        if slot.status() == "online" {
            self.stop(id)?;
            self.slot(id)?.count_up("restart_time");
        }
        self.start(id)?;
        Ok(self.slot(id)?.number("restart_time").unwrap_or(0))
    }

    /// Replaces a cluster worker by a new one; restarts anything else.
    pub(crate) fn reload(&mut self, id: u32, env: &Record) -> Result<u64, Refusal> {
        let now = self.now;
        let slot = self.slot(id)?;
        if slot.status() != "online" || slot.record.get("exec_mode") != Some(&json!("cluster_mode")) {
            return self.restart(id, env);
        }
        slot.merge(env);
        slot.count_up("restart_time");
        slot.reset_state(now);
        if slot.is_off("autostart") {
            self.broken_by_a_call = true;
            self.kill();
            return Err("PM2's daemon has ended".to_owned());
        }
        let slot = self.slots.remove(&id).unwrap_or_default();
        self.execute(slot);
        Ok(self.slot(id)?.number("restart_time").unwrap_or(0))
    }

    /// Starts a stopped process as it was.
    pub(crate) fn start(&mut self, id: u32) -> Result<(), Refusal> {
        let slot = self.slot(id)?;
        if slot.status() == "online" || slot.pid != 0 {
            return Err(format!("process {id} is there already"));
        }
        let slot = self.slots.remove(&id).unwrap_or_default();
        self.execute(slot);
        Ok(())
    }

    /// Stops a process and keeps it in the list.
    pub(crate) fn stop(&mut self, id: u32) -> Result<(), Refusal> {
        let now = self.now;
        let slot = self.slot(id)?;
        slot.starts_at = None;
        if slot.status() != "stopped" && slot.pid != 0 {
            slot.set("status", "stopping");
            exit(slot, 0, now);
        }
        slot.set("status", "stopped");
        (slot.pid, slot.image, slot.ends_at, slot.starts_at) = (0, None, None, None);
        Ok(())
    }

    /// Stops a process and forgets it; its file watcher goes first, as clients see to.
    pub(crate) fn delete(&mut self, id: u32) -> Result<(), Refusal> {
        self.stop(id)?;
        self.slots.remove(&id);
        if self.slots.is_empty() {
            self.next_id = 0;
        }
        Ok(())
    }

    /// Stops watching the files of a process.
    pub(crate) fn stop_watch(&mut self, id: u32) {
        if let Ok(slot) = self.slot(id) {
            slot.watched = None;
            slot.set("watch", false);
        }
    }

    /// Its list, as `getMonitorData` answers.
    pub(crate) fn list(&self) -> Vec<Json> {
        let entry = |(id, slot): (&u32, &Slot)| {
            let record = Json::Object(slot.record.clone());
            json!({ "pm_id": id, "name": slot.name(), "pid": slot.pid, "pm2_env": record })
        };
        self.slots.iter().map(entry).collect()
    }

    /// `pm2 save`.
    pub(crate) fn save(&mut self) {
        let dumped = |slot: &Slot| {
            let mut record = slot.record.clone();
            record.remove("pm_id");
            record.remove("instances");
            record
        };
        self.dumped = self.slots.values().map(dumped).collect();
    }

    /// `pm2 resurrect`, of a daemon that runs nothing yet.
    pub(crate) fn resurrect(&mut self) {
        for record in self.dumped.clone() {
            self.prepare(&record);
        }
    }

    /// `pm2 restart NAME`, as PM2's own program does it: it sends some defaults of its schema along.
    pub(crate) fn restart_by_name(&mut self, name: &str, env: &Record) {
        let conf = json!({
            "merge_logs": true, "instance_var": "NODE_APP_INSTANCE", "kill_retry_time": 100, "windowsHide": true,
            "filter_env": [],
        });
        let mut env = env.clone();
        env.insert("current_conf".to_owned(), conf);
        for id in self.ids(name) {
            let _ = self.restart(id, &env);
        }
    }

    /// Ids of the processes of this name.
    pub(crate) fn ids(&self, name: &str) -> Vec<u32> {
        self.slots.iter().filter(|(_, slot)| slot.name() == name).map(|(id, _)| *id).collect()
    }
}

/// What happens by itself.
impl Pm2Model {
    /// Lets this much time go by.
    pub(crate) fn advance(&mut self, milliseconds: u64) {
        let until = self.now + milliseconds;
        while let Some((at, id)) = self.next().filter(|(at, _)| *at <= until) {
            self.now = self.now.max(at);
            let Some(slot) = self.slots.get_mut(&id) else { continue };
            if slot.starts_at.take().is_some() {
                slot.count_up("restart_time");
                let slot = self.slots.remove(&id).unwrap_or_default();
                self.execute(slot);
            } else {
                slot.ends_at = None;
                let code = behaviour(&slot.record).map_or(0, |(_, code)| code);
                slot.image = None;
                exit(slot, code, at);
            }
        }
        self.now = until;
    }

    fn next(&self) -> Option<(u64, u32)> {
        let next = |(id, slot): (&u32, &Slot)| {
            slot.starts_at.into_iter().chain(slot.ends_at).min().map(|at| (at, *id))
        };
        self.slots.iter().filter_map(next).min()
    }

    fn slot(&mut self, id: u32) -> Result<&mut Slot, Refusal> {
        self.slots.get_mut(&id).ok_or_else(|| format!("process {id} is not known"))
    }

    fn new_unique_id(&mut self) -> Json {
        self.next_unique += 1;
        json!(format!("unique-{}", self.next_unique))
    }

    fn prepare_dumped(&mut self, record: Record) -> u32 {
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

    fn new_id(&mut self) -> u32 {
        self.next_id += 1;
        self.next_id - 1
    }

    /// `injectVariables` in `lib/God.js`.
    fn inject(&self, record: &mut Record) {
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
    fn execute(&mut self, mut slot: Slot) -> u32 {
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
}

/// `handleExit` in `lib/God.js`.
fn exit(slot: &mut Slot, code: i64, now: u64) {
    let codes = match slot.record.get("stop_exit_codes") {
        Some(Json::Array(codes)) => codes.clone(),
        Some(code) => vec![code.clone()],
        None => Vec::new(),
    };
    let ended = ["stopping", "stopped", "errored"].contains(&slot.status());
    let stays = ended || slot.is_off("autorestart") || codes.contains(&json!(code));
    if stays {
        slot.pid = 0;
    }
    if slot.status() != "stopping" {
        slot.set("status", "stopped");
    }
    let min_uptime = slot.number("min_uptime").unwrap_or(1000);
    let max_restarts = slot.number("max_restarts").unwrap_or(16);
    let since = |name: &str| now.saturating_sub(slot.number(name).unwrap_or(0));
    if since("created_at") < min_uptime * max_restarts && since("pm_uptime") < min_uptime {
        slot.count_up("unstable_restarts");
    }
    let overlimit = slot.number("unstable_restarts").unwrap_or(0) >= max_restarts;
    if overlimit {
        slot.set("status", "errored");
        slot.set("unstable_restarts", 0);
        slot.set("created_at", Json::Null);
        slot.pid = 0;
    }
    slot.set("exit_code", code);
    let mut delay = 0;
    if let Some(restart_delay) = slot.number("restart_delay") {
        slot.set("status", "waiting restart");
        delay = restart_delay;
    }
    if !stays && !overlimit {
        // A timer of node waits for a millisecond at least.
        slot.starts_at = Some(now + delay.max(1));
    }
}

/// Over what is there; objects are left out, as PM2 compares with `[object Object]`.
fn extend(record: &mut Record, more: &Record) {
    for (name, value) in more.iter().filter(|(_, value)| !value.is_object()) {
        record.insert(name.clone(), value.clone());
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

/// When a program ends by itself, and how: its name tells. Nothing for one that goes on.
fn behaviour(record: &Record) -> Option<(u64, i64)> {
    let script = record.get("pm_exec_path").and_then(Json::as_str)?.rsplit('/').next()?;
    match script {
        "crash.js" => Some((100, 1)),
        "late.js" => Some((5000, 1)),
        "once.js" => Some((300, 0)),
        _ => None,
    }
}
