//! What PM2 would list if a tree had been applied.

use serde_json::{Map, Value as Json, json};

use crate::plan::Desired;
use crate::pm2::Attributes;
use crate::pm2::observed::{Observed, PmId};

/// PM2's list after every app of `desired` that can be resolved was started.
///
/// It is made as JSON and read like PM2's own, so that what the planner sees has gone the usual way.
pub(super) fn observed(desired: &Desired) -> Observed {
    let mut list = Vec::new();
    let mut next_id: PmId = 0;
    for app in desired.apps.values().filter_map(|app| app.attributes.as_ref().ok()) {
        for _ in 0..app.instances() {
            list.push(entry(app, next_id));
            next_id += 1;
        }
    }
    // Every entry has what reading asks for.
    Observed::read(list).unwrap_or_default()
}

fn entry(app: &Attributes, id: PmId) -> Json {
    let mut record: Map<String, Json> = Map::new();
    for name in app.as_map().keys() {
        if let Some(value) = app.for_instance(id, name) {
            record.insert(name.clone(), value);
        }
    }
    // PM2 lays the environment over the record itself at each start.
    record.extend(app.env().map(|(name, value)| (name.to_owned(), value.clone())));
    let runs = app.autostart();
    record.insert("status".to_owned(), Json::from(if runs { "online" } else { "stopped" }));
    let pid = if runs { id.saturating_add(1) } else { 0 };
    json!({ "pm_id": id, "name": app.name(), "pid": pid, "pm2_env": record })
}
