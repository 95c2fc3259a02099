//! From PM2's records of running processes back to the configuration that would make them.
//!
//! Source: what `prepareAppConf` and `resolveInterpreter` of `lib/Common.js`, and `executeApp` of `lib/God.js`, make of
//! a configuration; PM2 7.0.4, 6.0.14 and 5.4.3.

use std::collections::BTreeSet;

use camino::Utf8Path;
use serde_json::{Map, Value as Json, json};

use super::{Found, FoundApp, Note};
use crate::model::OWNER_VARIABLE;
use crate::model::schema::Key;
use crate::pm2::file_stem;
use crate::pm2::observed::is_parked;

/// A member of PM2's list, or of its dump.
type Record = Map<String, Json>;

impl Found {
    /// The apps that PM2 has, from the entries of its list; `home` is PM2's.
    #[must_use]
    pub fn running(list: Vec<Json>, home: &Utf8Path) -> Self {
        let entries = list.into_iter().filter(|entry| !is_parked(entry));
        let records = entries.filter_map(|mut entry| match entry.get_mut("pm2_env").map(Json::take) {
            Some(Json::Object(record)) => Some(record),
            _ => None,
        });
        of_records("PM2's list", &records.collect::<Vec<_>>(), home)
    }

    /// The apps that `pm2 save` kept, from the records of a dump named `origin`.
    #[must_use]
    pub fn saved(origin: &str, records: &[Map<String, Json>], home: &Utf8Path) -> Self {
        of_records(origin, records, home)
    }
}

fn of_records(origin: &str, records: &[Record], home: &Utf8Path) -> Found {
    let mut found = Found { origin: origin.to_owned(), ..Found::default() };
    let mut names: Vec<&str> = Vec::new();
    for name in records.iter().filter_map(|record| record.get("name")?.as_str()) {
        if !names.contains(&name) {
            names.push(name);
        }
    }
    for name in names {
        let own = |record: &&Record| record.get("name").and_then(Json::as_str) == Some(name);
        let instances: Vec<&Record> = records.iter().filter(own).collect();
        match of_instances(name, &instances, home) {
            Ok(app) => found.apps.push(app),
            Err(Unfit::Elsewhere(why)) => found.skipped.push(Note::new(name, why)),
            Err(Unfit::Unclear(why)) => found.refused.push(Note::new(name, why)),
        }
    }
    let shared = shared(&found.apps);
    found.apps.iter_mut().for_each(|app| app.shared.clone_from(&shared));
    if found.apps.is_empty() && found.refused.is_empty() && found.skipped.is_empty() {
        found.refused.push(Note::new(origin, "it holds no apps"));
    }
    found
}

/// Why an app is not imported.
enum Unfit {
    /// Somebody else looks after it.
    Elsewhere(String),
    /// It cannot be told what it is.
    Unclear(String),
}

/// One app of all processes of its name.
fn of_instances(name: &str, instances: &[&Record], home: &Utf8Path) -> Result<FoundApp, Unfit> {
    let Some((first, others)) = instances.split_first() else {
        return Err(Unfit::Unclear("it has no process".to_owned()));
    };
    if first.get("pmx_module").is_some_and(|it| *it == json!(true)) {
        let why = "not imported: it is a module of PM2's own, and stays with `pm2 install`";
        return Err(Unfit::Elsewhere(why.to_owned()));
    }
    if let Some(owner) = first.get("env").and_then(|env| env.get(OWNER_VARIABLE)).and_then(Json::as_str) {
        return Err(Unfit::Elsewhere(format!(
            "not imported: it is declared already, and belongs to {owner}"
        )));
    }
    let keys = keys(first, name, home);
    if others.iter().any(|other| essence(&keys_of(other, name, home)) != essence(&keys_of(first, name, home)))
    {
        let why = "PM2 has several apps of this name that are not instances of one; rename all but one";
        return Err(Unfit::Unclear(why.to_owned()));
    }
    let mut app = FoundApp { keys, is_record: true, ..FoundApp::default() };
    count(&mut app.keys, instances.len());
    leave_broken_patterns(&mut app);
    if first.get("status").and_then(Json::as_str) == Some("stopped") {
        app.notes.push("it is stopped in PM2; `sync` starts what is declared".to_owned());
    }
    Ok(app)
}

/// A regular expression does not get through PM2's socket: what is left of it is an empty object, which matches nothing.
fn leave_broken_patterns(app: &mut FoundApp) {
    let Some(Json::Array(patterns)) = app.keys.get_mut("ignore_watch") else { return };
    let before = patterns.len();
    patterns.retain(|pattern| !pattern.is_object());
    if patterns.len() < before {
        app.notes.push(
            "`ignore_watch` holds what was a regular expression, which PM2 loses; it is left out".to_owned(),
        );
    }
}

/// Variables that all of several apps have with one value: rather the shell's, from which they were started, than theirs.
fn shared(apps: &[FoundApp]) -> BTreeSet<String> {
    let env = |app: &FoundApp| app.keys.get("env").and_then(Json::as_object).cloned().unwrap_or_default();
    let Some((first, others)) = apps.split_first().filter(|(_, others)| others.len() >= ENOUGH - 1) else {
        return BTreeSet::new();
    };
    let others: Vec<Record> = others.iter().map(env).collect();
    let is_shared =
        |(name, value): &(String, Json)| others.iter().all(|other| other.get(name) == Some(value));
    env(first).into_iter().filter(is_shared).map(|(name, _)| name).collect()
}

/// Fewer apps may well be given the same on purpose.
const ENOUGH: usize = 3;

/// What instances of one app have in common; some variables count up.
fn essence(keys: &Record) -> Record {
    let mut keys = keys.clone();
    keys.remove("env");
    keys
}

fn keys(record: &Record, name: &str, home: &Utf8Path) -> Record {
    let mut keys = keys_of(record, name, home);
    let blocks = record.iter().filter(|(key, value)| key.starts_with("env_") && value.is_object());
    keys.extend(blocks.map(|(key, value)| (key.clone(), value.clone())));
    keys
}

fn keys_of(record: &Record, name: &str, home: &Utf8Path) -> Record {
    let mut keys = Record::new();
    for key in Key::all().map(Key::name) {
        let attribute = match key {
            "script" => "pm_exec_path",
            "cwd" => "pm_cwd",
            "out_file" => "pm_out_log_path",
            "error_file" => "pm_err_log_path",
            "log_file" => "pm_log_path",
            "pid_file" | "username" | "instances" => continue,
            other => other,
        };
        if let Some(value) = record.get(attribute).filter(|value| !value.is_null()) {
            keys.insert(key.to_owned(), value.clone());
        }
    }
    place_logs(&mut keys, record, name, home);
    keys
}

/// Without the number that PM2 puts into log names, and without those that are its default.
fn place_logs(keys: &mut Record, record: &Record, name: &str, home: &Utf8Path) {
    let number = record.get("pm_id").and_then(Json::as_u64);
    let merged = record.get("merge_logs") == Some(&json!(true));
    for (key, ending) in [("out_file", "-out.log"), ("error_file", "-error.log"), ("log_file", ".log")] {
        let Some(path) = keys.get(key).and_then(Json::as_str) else { continue };
        let default = home.join("logs").join(format!("{}{ending}", file_stem(name)));
        let path = if merged { path.to_owned() } else { unnumbered(path, number) };
        match *path == *default.as_str() {
            true if key == "log_file" => drop(keys.insert(key.to_owned(), json!(true))),
            true => drop(keys.remove(key)),
            false => drop(keys.insert(key.to_owned(), json!(path))),
        }
    }
}

/// A dump does not say which number it was.
fn unnumbered(path: &str, number: Option<u64>) -> String {
    let bare = path.strip_suffix(".log").and_then(|stem| stem.rsplit_once('-'));
    match bare {
        Some((front, digits)) if number.map_or_else(|| is_number(digits), |it| it.to_string() == digits) => {
            format!("{front}.log")
        }
        _ => path.to_owned(),
    }
}

fn is_number(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// As many as there are. A fork app of which no number was given merges its logs.
fn count(keys: &mut Record, processes: usize) {
    let cluster = keys.get("exec_mode") == Some(&json!("cluster_mode"));
    let merged = keys.get("merge_logs") == Some(&json!(true));
    if processes == 1 && !cluster && merged {
        keys.remove("merge_logs");
        keys.remove("exec_mode");
    } else {
        keys.insert("instances".to_owned(), json!(processes));
    }
}
