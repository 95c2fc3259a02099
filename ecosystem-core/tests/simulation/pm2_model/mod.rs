//! PM2's daemon as a value: its process table, ids, merge rules, crashes and restarts, with a clock that somebody else
//! moves.
//!
//! Restated from the behaviour of PM2 7.0.4 (`lib/God.js`, `lib/God/ActionMethods.js`, `lib/God/Reload.js`); the tests of the
//! command line run the same scripts on this and on the real program, and compare.

mod birth;
mod end;
mod slot;

use std::collections::BTreeMap;

use serde_json::{Map, Value as Json, json};

use end::exit;
pub(crate) use slot::Slot;

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

/// Why PM2 does not do as it is told.
pub(crate) type Refusal = String;

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

    /// Stops a process and forgets it; its file watcher goes first, as clients see to. They take one that is not there for
    /// deleted.
    pub(crate) fn delete(&mut self, id: u32) -> Result<(), Refusal> {
        if !self.slots.contains_key(&id) {
            return Ok(());
        }
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

    fn slot(&mut self, id: u32) -> Result<&mut Slot, Refusal> {
        self.slots.get_mut(&id).ok_or_else(|| format!("process {id} is not known"))
    }
}
