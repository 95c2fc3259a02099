//! Whether a process is what a fresh start of its definition would be: looked at attribute by attribute, by nothing that the
//! planner goes by.

use std::collections::BTreeSet;

use ecosystem_core::pm2::Attributes;
use serde_json::Value as Json;

use crate::pm2_model::{Pm2Model, Record, Slot};

/// What PM2 counts and measures, what it only records, and what tells one start from the next.
const BESIDE_THE_POINT: &[&str] = &[
    "pm_id",
    "status",
    "pm_uptime",
    "created_at",
    "restart_time",
    "unstable_restarts",
    "prev_restart_delay",
    "unique_id",
    "exit_code",
    "instances",
    "cwd",
    "username",
    "km_link",
    "execute_command",
    "disable_trace",
    "ECOSYSTEM_DIGEST",
    "env",
];

/// In which ways a process is not what these attributes say; nothing where it is that. What somebody's shell has left in it
/// beside is nobody's business.
pub fn differences(slot: &Slot, app: &Attributes, id: u32) -> Vec<String> {
    let mut found = strict_differences(slot, app, id);
    found.retain(|it| {
        !FROM_A_SHELL
            .iter()
            .any(|name| it.trim_start_matches("env.").starts_with(name) && it.ends_with("not None"))
    });
    found
}

/// What `pm2 restart --update-env` brings along.
pub const FROM_A_SHELL: &[&str] = &["HAND_SHELL:", "A:"];

/// The same, with that.
pub fn strict_differences(slot: &Slot, app: &Attributes, id: u32) -> Vec<String> {
    let fresh = Pm2Model::first(app.as_map(), id);
    let mut found = Vec::new();
    if app.autostart() && slot.pid == 0 && !has_finished(slot) {
        found.push(format!("it is {} and has no process", slot.status()));
    }
    if app.autostart() && slot.pid != 0 && slot.status() != "online" {
        found.push(format!("it is {}", slot.status()));
    }
    let counted = counted(&fresh.record);
    let (is, should) = (slot.image.as_ref().unwrap_or(&slot.record), &fresh.record);
    found.extend(unlike(is, should, &counted));
    let env = |record: &Record| record.get("env").and_then(Json::as_object).cloned().unwrap_or_default();
    found.extend(unlike(&env(is), &env(should), &counted).into_iter().map(|it| format!("env.{it}")));
    // PM2 watches nothing for what it has from a dump and does not start.
    if slot.pid != 0 && slot.watched != fresh.watched {
        found.push(format!("watched: {:?}, not {:?}", slot.watched, fresh.watched));
    }
    if slot.pid != 0 && slot.cron != fresh.cron {
        found.push(format!("cron at work: {:?}, not {:?}", slot.cron, fresh.cron));
    }
    found
}

fn has_finished(slot: &Slot) -> bool {
    let code = slot.record.get("exit_code").and_then(Json::as_i64);
    let as_told = slot.record.get("stop_exit_codes").is_some_and(|codes| match codes {
        Json::Array(codes) => codes.iter().any(|it| it.as_i64() == code),
        one => one.as_i64() == code,
    });
    let once = slot.record.get("autorestart") == Some(&Json::Bool(false));
    ["stopped", "waiting restart"].contains(&slot.status()) && (once || (code.is_some() && as_told))
}

/// Variables that PM2 numbers the instances of an app with.
fn counted(record: &Record) -> BTreeSet<String> {
    let name = |key: &str| record.get(key).and_then(Json::as_str).map(str::to_owned);
    ["instance_var", "increment_var"].into_iter().filter_map(name).collect()
}

fn unlike(is: &Record, should: &Record, counted: &BTreeSet<String>) -> Vec<String> {
    let names: BTreeSet<&String> = is.keys().chain(should.keys()).collect();
    let matters = |name: &&&String| !BESIDE_THE_POINT.contains(&name.as_str()) && !counted.contains(**name);
    let differs = |name: &&&String| meaning(is.get(**name)) != meaning(should.get(**name));
    let differing = names.iter().filter(matters).filter(differs);
    differing.map(|name| format!("{name}: {:?}, not {:?}", is.get(*name), should.get(*name))).collect()
}

/// PM2 takes these for nothing.
fn meaning(value: Option<&Json>) -> Option<&Json> {
    value.filter(|value| match value {
        Json::Null | Json::Bool(false) => false,
        Json::Array(items) => !items.is_empty(),
        Json::String(text) => !text.is_empty(),
        _ => true,
    })
}
