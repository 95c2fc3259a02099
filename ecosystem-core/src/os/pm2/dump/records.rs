//! What stands in a dump: the `pm2_env` of each app, less what PM2 leaves out.

use serde_json::{Map, Value as Json};

use crate::model::{OWNER_VARIABLE, Owner};
use crate::pm2::observed::{UnreadableList, is_parked};

/// One app of a dump: the argument of `prepare` when PM2 resurrects it.
pub(super) type Record = Map<String, Json>;

/// Members that PM2 leaves out: without an id it gives a new one, and without `instances` it starts the one
/// process that the record stands for.
const LEFT_OUT: [&str; 3] = ["instances", "pm_id", "prev_restart_delay"];

/// Members that PM2 sets by itself whenever it starts a process, or while the process runs (`lib/God.js`,
/// `lib/God/Methods.js`, `lib/Worker.js`). What they say in a dump has no effect on what it brings up. All that
/// begin with `axm_`, which the process itself reports, are of this kind too.
const CHANGING: [&str; 13] = [
    "_km_monitored",
    "_tree_pids",
    "created_at",
    "node_version",
    "pm_uptime",
    "prev_restart_delay",
    "restart_task",
    "restart_time",
    "unique_id",
    "unstable_restarts",
    "version",
    "versioning",
    "vizion_running",
];

/// The records of a process list, in its order. PM2's own modules are left out, as they have a list of their own,
/// and so are workers that a reload is about to end.
pub(super) fn of(list: &[Json]) -> Result<Vec<Record>, UnreadableList> {
    let mut records = Vec::with_capacity(list.len());
    for (index, entry) in list.iter().enumerate().filter(|(_, entry)| !is_parked(entry)) {
        let Some(Json::Object(record)) = entry.get("pm2_env") else {
            return Err(UnreadableList { index, field: "pm2_env" });
        };
        if !record.get("pmx_module").is_some_and(is_truthy) {
            records.push(dumped(record));
        }
    }
    Ok(records)
}

/// What the dump with this text holds of others than `owner` under names that none of `listed` has, in its order.
/// Nothing where it cannot be read: PM2 would not bring anything up from it either.
pub(super) fn of_others(text: &[u8], listed: &[Record], owner: &Owner) -> Vec<Record> {
    let mut saved = serde_json::from_slice::<Vec<Record>>(text).unwrap_or_default();
    saved.retain(|record| {
        let is_listed = listed.iter().any(|other| other.get("name") == record.get("name"));
        !is_listed && owner_of(record) != Some(owner.as_str())
    });
    saved
}

/// Whose a record is by the stamp in its environment.
fn owner_of(record: &Record) -> Option<&str> {
    record.get("env")?.get(OWNER_VARIABLE)?.as_str()
}

/// The members keep the order in which PM2 lists them.
fn dumped(record: &Record) -> Record {
    let kept = record.iter().filter(|(name, _)| !LEFT_OUT.contains(&name.as_str()));
    kept.map(|(name, value)| (name.clone(), value.clone())).collect()
}

/// As JavaScript sees it: an app's variable may stand in place of PM2's attribute.
fn is_truthy(value: &Json) -> bool {
    match value {
        Json::Null => false,
        Json::Bool(value) => *value,
        Json::Number(number) => number.as_f64() != Some(0.0),
        Json::String(text) => !text.is_empty(),
        Json::Array(_) | Json::Object(_) => true,
    }
}

/// The text of a dump, laid out as PM2 does.
pub(super) fn encode(records: &[Record]) -> Vec<u8> {
    let records: Json = records.iter().cloned().map(Json::Object).collect();
    format!("{records:#}").into_bytes()
}

/// Whether a dump with this text brings up the same as these records.
pub(super) fn are_saved_in(records: &[Record], text: &[u8]) -> bool {
    let Ok(saved) = serde_json::from_slice::<Vec<Record>>(text) else { return false };
    saved.len() == records.len()
        && saved.iter().zip(records).all(|(saved, record)| effect(saved) == effect(record))
}

/// What of a record decides what PM2 brings up.
///
/// A `stopped` app stays stopped, any other is started: a crash is not worth a dump. The exit code of a stopped
/// app is kept: it tells one that has finished from one that failed.
fn effect(record: &Record) -> Record {
    let is_stopped = record.get("status").is_some_and(|status| status == "stopped");
    let mut effect = record.clone();
    effect.retain(|name, _| !is_changing(name) && (is_stopped || name != "exit_code"));
    effect.insert("status".to_owned(), Json::Bool(is_stopped));
    if let Some(Json::Object(env)) = effect.get_mut("env") {
        env.shift_remove("unique_id");
    }
    effect
}

fn is_changing(name: &str) -> bool {
    name.starts_with("axm_") || CHANGING.contains(&name)
}
