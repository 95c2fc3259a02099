//! PM2's process table, as far as the planner depends on it: what a start, an update and a deletion leave in
//! the records. The real one is held to the same in the tests of the command line.

use serde_json::{Map, Value as Json, json};

use crate::plan::{Action, Plan, Scaling, Update};
use crate::pm2::Attributes;
use crate::pm2::observed::{Observed, PmId};

#[derive(Default, Clone)]
pub(super) struct Pm2Model {
    next_id: PmId,
    /// When it is asked.
    pub(super) at: Option<u64>,
    entries: Vec<Json>,
}

impl Pm2Model {
    pub(super) fn observed(&self) -> Observed {
        Observed { at: self.at, ..Observed::read(self.entries.clone()).unwrap() }
    }

    /// Lays members over the record of every process of an app, as a person or PM2's own commands would.
    pub(super) fn edit(&mut self, app: &str, edit: impl Fn(&mut Map<String, Json>)) {
        for entry in self.entries.iter_mut().filter(|entry| entry["name"] == app) {
            edit(entry["pm2_env"].as_object_mut().unwrap());
            entry["pid"] = if entry["pm2_env"]["status"] == "online" { json!(1) } else { json!(0) };
        }
    }

    /// Gives the processes of an app these pids, in the order of their ids; 0 for one that is not there.
    pub(super) fn set_pids(&mut self, app: &str, pids: &[u64]) {
        let processes = self.entries.iter_mut().filter(|entry| entry["name"] == app);
        processes.zip(pids).for_each(|(entry, pid)| entry["pid"] = json!(pid));
    }

    /// Deletes an app as a person would.
    pub(super) fn remove(&mut self, app: &str) {
        self.entries.retain(|entry| entry["name"] != app);
    }

    /// Deletes one process of an app as a person would.
    pub(super) fn remove_one(&mut self, app: &str) {
        let at = self.entries.iter().position(|entry| entry["name"] == app).unwrap();
        self.entries.remove(at);
    }

    pub(super) fn start_foreign(&mut self, name: &str) {
        let record = json!({ "name": name, "status": "online", "env": {} });
        self.push(name, record.as_object().unwrap());
    }

    pub(super) fn apply(&mut self, plan: &Plan) {
        for step in &plan.steps {
            match &step.action {
                Action::Adopt(_) | Action::Ask(..) => {}
                Action::Start(app) => self.start(app),
                Action::Delete(ids) => self.delete(ids),
                Action::Replace(ids, app) => {
                    self.delete(ids);
                    self.start(app);
                }
                Action::ReplaceAfter(swap) => self.scale(&swap.scaling),
                Action::Scale(scaling) => self.scale(scaling),
                Action::Reload(updates, scaling) | Action::Restart(updates, scaling) => {
                    updates.iter().for_each(|update| self.update(update));
                    self.scale(scaling);
                }
            }
        }
    }

    fn start(&mut self, app: &Attributes) {
        for _ in 0..app.instances() {
            let mut record = app.as_map().clone();
            for name in app.as_map().keys() {
                record.insert(name.clone(), app.for_instance(self.next_id, name).unwrap());
            }
            let status = if app.autostart() { "online" } else { "stopped" };
            record.insert("status".to_owned(), json!(status));
            record["env"]["unique_id"] = json!("u");
            flatten(&mut record);
            self.push(app.name(), &record);
        }
    }

    fn push(&mut self, name: &str, record: &Map<String, Json>) {
        let pid = if record["status"] == "online" { 100 + self.next_id } else { 0 };
        self.entries.push(json!({ "pm_id": self.next_id, "name": name, "pid": pid, "pm2_env": record }));
        self.next_id += 1;
    }

    fn update(&mut self, update: &Update) {
        let entry = self.entries.iter_mut().find(|entry| entry["pm_id"] == update.pm_id).unwrap();
        let record = entry["pm2_env"].as_object_mut().unwrap();
        if update.unwatch {
            record.insert("watch".to_owned(), json!(false));
        }
        for (name, value) in &update.conf {
            if value == "null" {
                record.remove(name)
            } else {
                record.insert(name.clone(), value.clone())
            };
        }
        flatten(record);
        let status = if update.app.autostart() { "online" } else { "stopped" };
        record.insert("status".to_owned(), json!(status));
        entry["pid"] = if update.app.autostart() { json!(1000 + update.pm_id) } else { json!(0) };
    }

    fn scale(&mut self, scaling: &Scaling) {
        self.delete(&scaling.remove);
        if let Some(app) = &scaling.add {
            self.start(app);
        }
    }

    fn delete(&mut self, ids: &[PmId]) {
        self.entries.retain(|entry| !ids.iter().any(|id| entry["pm_id"] == *id));
    }
}

/// PM2 lays the environment over the record itself at each start.
fn flatten(record: &mut Map<String, Json>) {
    for (name, value) in record["env"].as_object().unwrap().clone() {
        record.insert(name, value);
    }
}
