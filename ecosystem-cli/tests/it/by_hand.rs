//! An app that somebody starts by hand from its generated file is the same app that `sync` starts.

use std::collections::BTreeMap;
use std::net::TcpListener;
use std::path::Path;

use serde_json::Value as Json;

use crate::support::wait::{LONG, wait_until};
use crate::support::world::World;

/// The examples of the repository, which every one of these tests runs on.
const EXAMPLES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../examples");

/// What PM2's command line adds to an app's environment besides the caller's own variables: marks of its own way
/// to work, and the folder it was called in.
const ARTEFACTS_OF_THE_COMMAND_LINE: [&str; 4] =
    ["PM2_USAGE", "PM2_JSON_PROCESSING", "PM2_DISABLE_VERSION_CHECK", "PWD"];

/// What differs between any two starts of one app.
const DIFFERENT_EACH_TIME: [&str; 10] = [
    "pm_id",
    "created_at",
    "pm_uptime",
    "unique_id",
    "pm_pid_path",
    "axm_monitor",
    "axm_actions",
    "axm_options",
    "restart_time",
    "axm_dynamic",
];

/// The examples in a world of their own, on ports of their own: somebody may be trying the README meanwhile.
fn examples(version: &str) -> World {
    let world = World::of_version(version);
    copy(Path::new(EXAMPLES), &world.base().join("examples"), &free_ports());
    std::fs::remove_dir_all(world.root()).unwrap();
    std::fs::rename(world.base().join("examples/daemons"), world.root()).unwrap();
    world
}

/// The ports of the examples, each with a free one to take its place.
fn free_ports() -> Vec<(&'static str, String)> {
    let held: Vec<TcpListener> = (0..3).map(|_| TcpListener::bind("127.0.0.1:0").unwrap()).collect();
    let free = held.iter().map(|held| held.local_addr().unwrap().port().to_string());
    ["18737", "18738", "18739"].into_iter().zip(free).collect()
}

fn copy(from: &Path, to: &Path, ports: &[(&str, String)]) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        if entry.file_type().unwrap().is_dir() && entry.file_name() != "dist" {
            copy(&entry.path(), &to.join(entry.file_name()), ports);
        } else if entry.file_type().unwrap().is_file() {
            let text = std::fs::read_to_string(entry.path()).unwrap();
            let moved = ports.iter().fold(text, |text, (port, free)| text.replace(port, free));
            std::fs::write(to.join(entry.file_name()), moved).unwrap();
        }
    }
}

/// A node app tells PM2 of itself a moment after it has started.
fn all_have_reported(world: &World) -> bool {
    let reported = |record: &Json| record["exec_interpreter"] == "sh" || record.get("node_version").is_some();
    world.list().iter().all(|entry| reported(&entry["pm2_env"]))
}

/// PM2's records by app, without what differs each time; log paths as they are for a process without a number.
fn records(world: &World) -> BTreeMap<String, Vec<Json>> {
    wait_until("every app has reported", LONG, || all_have_reported(world));
    let mut records: BTreeMap<String, Vec<Json>> = BTreeMap::new();
    for entry in world.list() {
        let app = entry["name"].as_str().unwrap().to_owned();
        let mut record = entry["pm2_env"].clone();
        let id = record["pm_id"].to_string();
        clean(&mut record, &app, &id);
        records.entry(app).or_default().push(record);
    }
    records
}

fn clean(record: &mut Json, app: &str, id: &str) {
    let members = record.as_object_mut().unwrap();
    let artefacts = ARTEFACTS_OF_THE_COMMAND_LINE.iter().copied().chain([app]);
    for name in DIFFERENT_EACH_TIME.into_iter().chain(artefacts.clone()) {
        members.remove(name);
    }
    for log in ["pm_out_log_path", "pm_err_log_path"] {
        let path = members[log].as_str().unwrap().replace(&format!("-{id}.log"), ".log");
        members.insert(log.to_owned(), path.into());
    }
    let env = members["env"].as_object_mut().unwrap();
    for name in artefacts.chain(["unique_id"]) {
        env.remove(name);
    }
}

/// Compares, on PM2 of one version, what `sync` leaves in PM2 with what `pm2 start` of the generated files leaves.
fn check(version: &str) {
    let world = examples(version);
    world.sync().succeeds();
    let by_sync = records(&world);
    assert_eq!(by_sync.len(), 5);
    world.command(&["down"]).succeeds();
    assert!(world.pids().is_empty());
    for daemon in ["services/web", "services/workers", "jobs/ticker", "mail/post"] {
        let file = world.root().join(daemon).join("dist/ecosystem.config.mjs");
        let output = world.pm2.pm2().args(["start", file.to_str().unwrap()]).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
    }
    let by_hand = records(&world);
    for (app, records) in &by_sync {
        assert_eq!(records.len(), by_hand[app].len(), "{app}");
        for (sync, hand) in records.iter().zip(&by_hand[app]) {
            assert_eq!(differences(sync, hand), Vec::<String>::new(), "{app}");
        }
    }
    // They are ours, and as they should be.
    world.nothing_to_do();
}

#[test]
fn a_start_by_hand_leaves_the_same_records_on_7() {
    check("7.0.4");
}

#[test]
fn a_start_by_hand_leaves_the_same_records_on_6() {
    check("6.0.14");
}

#[test]
fn a_start_by_hand_leaves_the_same_records_on_5() {
    check("5.4.3");
}

fn differences(sync: &Json, hand: &Json) -> Vec<String> {
    let (sync, hand) = (sync.as_object().unwrap(), hand.as_object().unwrap());
    let names: std::collections::BTreeSet<&String> = sync.keys().chain(hand.keys()).collect();
    let differing = names.into_iter().filter(|name| sync.get(*name) != hand.get(*name));
    differing.map(|name| format!("{name}: sync {:?}, by hand {:?}", sync.get(name), hand.get(name))).collect()
}
