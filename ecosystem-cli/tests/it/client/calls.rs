//! Every call does what it says, on every supported version.

use ecosystem_core::os::pm2::{Change, ClientError, Preparation};
use serde_json::{Value as Json, json};

use super::app::{prepared_sleeper, sleeper};
use crate::support::pm2_home::Pm2Home;
use crate::support::pm2_program::{DEFAULT, VERSIONS};
use crate::support::process::Process;
use crate::support::wait::{LONG, wait_until};

fn change(env: Json) -> Change {
    let Json::Object(env) = env else { panic!("an object") };
    Change::new(env).unwrap()
}

#[test]
fn an_app_lives_from_prepare_to_delete_on_every_version() {
    for &version in VERSIONS {
        let home = Pm2Home::running(version);
        let mut client = home.client();
        client.ping().unwrap();
        assert_eq!(client.version().unwrap(), version);
        assert_eq!(client.list().unwrap(), Vec::<Json>::new());

        let started = client.prepare(&prepared_sleeper(home.path(), "one")).unwrap();
        let [first] = started.as_slice() else { panic!("{version}: {started:?}") };
        let process = Process::new(first.pid.unwrap());
        wait_until("the app runs", LONG, || process.cmdline() == ["/bin/sleep", "1000"]);
        assert_eq!(process.environ()["GREETING"], "hello", "{version}");
        assert_eq!(process.cwd().as_deref(), Some(home.path().as_std_path()), "{version}");

        let listed = client.list().unwrap();
        assert_eq!(listed.len(), 1, "{version}");
        assert_eq!(listed[0]["pid"], json!(process.pid()), "{version}");

        let restarted = client.restart(first.id, &Change::none()).unwrap();
        assert_eq!((restarted.id, restarted.status.as_str()), (first.id, "online"), "{version}");
        assert_ne!(restarted.pid, first.pid, "{version}");
        assert!(!process.is_alive(), "{version}");

        client.stop(first.id).unwrap();
        client.stop(first.id).unwrap();
        assert_eq!(client.list().unwrap()[0]["pm2_env"]["status"], "stopped", "{version}");
        assert!(client.start_id(first.id).unwrap().pid.is_some(), "{version}");
        client.delete(first.id).unwrap();
        assert_eq!(client.list().unwrap(), Vec::<Json>::new(), "{version}");
    }
}

#[test]
fn a_restart_changes_arguments_and_replaces_the_environment() {
    for &version in VERSIONS {
        let home = Pm2Home::running(version);
        let mut client = home.client();
        let id = client.prepare(&prepared_sleeper(home.path(), "one")).unwrap()[0].id;
        let env = json!({ "PM2_HOME": home.path().as_str(), "ADDED": "1" });
        let conf = json!({ "args": ["2000"], "env": env, "GREETING": "null" });
        let started = client.restart(id, &change(json!({ "current_conf": conf }))).unwrap();
        let process = Process::new(started.pid.unwrap());
        wait_until("the app runs", LONG, || process.cmdline() == ["/bin/sleep", "2000"]);
        let env = process.environ();
        assert_eq!(
            (env.get("ADDED").map(String::as_str), env.get("GREETING")),
            (Some("1"), None),
            "{version}"
        );
    }
}

#[test]
fn a_reload_of_a_cluster_app_replaces_its_worker() {
    let home = Pm2Home::running(DEFAULT);
    let script = home.path().join("app.js");
    std::fs::write(&script, "setInterval(() => {}, 1000)").unwrap();
    let mut app = sleeper(home.path(), "cluster");
    for (member, value) in [
        ("pm_exec_path", json!(script.as_str())),
        ("exec_mode", json!("cluster_mode")),
        ("exec_interpreter", json!("node")),
        ("listen_timeout", json!(100)),
        ("instances", json!(2)),
    ] {
        app.insert(member.to_owned(), value);
    }
    let mut client = home.client();
    let started = client.prepare(&Preparation::new(app).unwrap()).unwrap();
    assert_eq!(started.len(), 2);
    client.reload(started[0].id, &Change::none()).unwrap();
    let pids: Vec<Option<u64>> = client.list().unwrap().iter().map(|app| app["pid"].as_u64()).collect();
    assert!(pids.contains(&started[1].pid.map(u64::from)), "{pids:?}");
    assert!(!pids.contains(&started[0].pid.map(u64::from)), "{pids:?}");
}

#[test]
fn a_program_that_is_not_there_is_started_without_a_pid() {
    let home = Pm2Home::running(DEFAULT);
    let mut app = sleeper(home.path(), "missing");
    app.insert("pm_exec_path".into(), json!("/nowhere/at-all"));
    app.insert("autorestart".into(), json!(false));
    let mut client = home.client();
    let started = client.prepare(&Preparation::new(app).unwrap()).unwrap();
    assert_eq!(started[0].pid, None);
    client.stop(started[0].id).unwrap();
    client.delete(started[0].id).unwrap();
}

#[test]
fn an_app_that_is_not_there_is_refused_and_the_daemon_lives_on() {
    for &version in VERSIONS {
        let home = Pm2Home::running(version);
        let mut client = home.client();
        let refusals = [
            client.start_id(7).map(drop),
            client.stop(7),
            client.restart(7, &Change::none()).map(drop),
            client.reload(7, &Change::none()),
        ];
        for refusal in refusals {
            assert!(matches!(refusal, Err(ClientError::Refused { .. })), "{version}: {refusal:?}");
        }
        client.stop_watch(7).unwrap();
        client.delete(7).unwrap();
        client.ping().unwrap();
    }
}

#[test]
fn the_daemon_reports_itself() {
    let home = Pm2Home::running(DEFAULT);
    let mut client = home.client();
    let report = client.report().unwrap();
    assert_eq!(report.pm2_version, DEFAULT);
    assert_eq!(report.uid, rustix::process::geteuid().as_raw());
    assert_eq!(report.env["PM2_HOME"], home.path().as_str());
    assert_eq!(report.managed_apps, 0);
    let node = home.daemon().cmdline();
    assert!(report.node_program().unwrap().ends_with("/node"), "{report:?} {node:?}");
    client.prepare(&prepared_sleeper(home.path(), "one")).unwrap();
    let later = client.report().unwrap();
    assert_eq!((later.managed_apps, later.started_at), (1, report.started_at));
}

#[test]
fn an_app_deleted_while_watched_leaves_no_watcher_for_the_next_of_its_name() {
    let home = Pm2Home::running(DEFAULT);
    let watched = home.path().join("watched");
    std::fs::create_dir(&watched).unwrap();
    let mut app = sleeper(home.path(), "one");
    app.insert("watch".into(), json!([watched.as_str()]));
    let mut client = home.client();
    let id = client.prepare(&Preparation::new(app).unwrap()).unwrap()[0].id;
    let log = || std::fs::read_to_string(home.path().join("pm2.log")).unwrap();
    client.delete(id).unwrap();
    wait_until("PM2 stops watching", LONG, || log().contains("[Watch] Stop watching one"));
}
