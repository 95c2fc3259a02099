//! The dump that is written natively is PM2's own, and PM2 brings the same set up from it.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::PermissionsExt;

use ecosystem_core::model::Owner;
use ecosystem_core::os::pm2::dump::{self, Saved};
use ecosystem_core::os::pm2::{Change, Client};
use serde_json::{Value as Json, json};

use super::app::{node, prepared, prepared_sleeper, sleeper};
use crate::support::pm2_home::Pm2Home;
use crate::support::pm2_program::VERSIONS;
use crate::support::process::Process;
use crate::support::wait::{LONG, wait_until};

/// A home in which a binary and two workers of a cluster run, and one app is stopped.
fn home_with_apps(version: &str) -> Pm2Home {
    let home = Pm2Home::running(version);
    let mut client = home.client();
    client.prepare(&prepared_sleeper(home.path(), "one")).unwrap();
    let mut workers = node(home.path(), "workers", "setInterval(() => {}, 1000)");
    workers.insert("exec_mode".into(), json!("cluster_mode"));
    workers.insert("instances".into(), json!(2));
    client.prepare(&prepared(workers)).unwrap();
    let mut quiet = sleeper(home.path(), "quiet");
    quiet.insert("args".into(), json!(["2000", "0"]));
    quiet["env"]["GREETING"] = json!("good \"night\" é");
    let id = client.prepare(&prepared(quiet)).unwrap()[0].id;
    client.stop(id).unwrap();
    settle(&mut client);
    home
}

/// PM2 tells of a worker's status only once it is up.
fn settle(client: &mut Client) {
    wait_until("all apps are up or stopped", LONG, || {
        let list = client.list().unwrap();
        list.iter().all(|app| ["online", "stopped"].contains(&app["pm2_env"]["status"].as_str().unwrap()))
    });
}

fn save(home: &Pm2Home) -> Saved {
    dump::save(home.path(), &home.client().list().unwrap(), &Owner::new("us")).unwrap()
}

/// Ends the daemon and all apps, and has PM2 bring up what its dump says.
fn reboot(home: &Pm2Home) {
    pm2(home, "kill");
    pm2(home, "resurrect");
    settle(&mut home.client());
}

fn pm2(home: &Pm2Home, command: &str) {
    let output = home.pm2().arg(command).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
}

/// What of each process a user would miss, sorted: PM2 resurrects two at a time, so ids may change hands.
fn running_set(home: &Pm2Home) -> BTreeMap<String, Vec<Json>> {
    let mut set: BTreeMap<String, Vec<Json>> = BTreeMap::new();
    for app in home.client().list().unwrap() {
        let record = &app["pm2_env"];
        let mut env = record["env"].clone();
        env.as_object_mut().unwrap().retain(|name, _| name != "unique_id");
        let seen =
            json!([record["status"], record["args"], record["exec_mode"], record["pm_exec_path"], env]);
        set.entry(app["name"].as_str().unwrap().to_owned()).or_default().push(seen);
    }
    set
}

#[test]
fn a_dump_is_the_one_that_pm2_writes() {
    for &version in VERSIONS {
        let home = home_with_apps(version);
        let path = home.path().join("dump.pm2");
        pm2(&home, "save");
        let theirs = fs::read_to_string(&path).unwrap();
        fs::remove_file(&path).unwrap();
        assert_eq!(save(&home), Saved::Written);
        let ours = fs::read_to_string(&path).unwrap();
        assert_eq!(ours, theirs, "{version}");
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    }
}

#[test]
fn pm2_brings_up_what_was_saved() {
    for &version in VERSIONS {
        let home = home_with_apps(version);
        let before = running_set(&home);
        assert_eq!(before["workers"].len(), 2, "{version}");
        assert_eq!(before["quiet"][0][0], "stopped", "{version}");
        assert_eq!(save(&home), Saved::Written);
        reboot(&home);
        assert_eq!(running_set(&home), before, "{version}");
    }
}

#[test]
fn an_empty_set_stays_empty() {
    for &version in VERSIONS {
        let home = home_with_apps(version);
        save(&home);
        let mut client = home.client();
        for app in client.list().unwrap() {
            client.delete(u32::try_from(app["pm_id"].as_u64().unwrap()).unwrap()).unwrap();
        }
        assert_eq!(save(&home), Saved::Written);
        reboot(&home);
        assert_eq!(running_set(&home), BTreeMap::new(), "{version}");
        assert_eq!(save(&home), Saved::Unchanged, "{version}");
    }
}

#[test]
fn crashes_and_restarts_are_no_reason_to_write() {
    for &version in VERSIONS {
        let home = home_with_apps(version);
        let mut client = home.client();
        save(&home);
        let first = |client: &mut Client| client.list().unwrap().swap_remove(0);
        let process = Process::new(first(&mut client)["pid"].as_i64().unwrap());
        process.kill();
        wait_until("PM2 has started it again", LONG, || first(&mut client)["pm2_env"]["restart_time"] == 1);
        settle(&mut client);
        assert_eq!(save(&home), Saved::Unchanged, "{version}: after a crash");
        client.restart(1, &Change::none()).unwrap();
        settle(&mut client);
        assert_eq!(save(&home), Saved::Unchanged, "{version}: after a restart");
        client.stop(0).unwrap();
        assert_eq!(save(&home), Saved::Written, "{version}: after a stop");
    }
}
