//! What PM2's bus tells a subscriber, on every supported version.

use std::fs;
use std::sync::mpsc::{Receiver, channel};
use std::thread;

use ecosystem_core::os::pm2::{Bus, BusMessage, Change, Client, ClientError, ProcessEvent};
use serde_json::json;

use super::app::{node, prepared, prepared_sleeper, sleeper};
use crate::support::pm2_home::Pm2Home;
use crate::support::pm2_program::{DEFAULT, VERSIONS};
use crate::support::process::Process;
use crate::support::wait::{LONG, wait_until};

/// A subscriber in a thread of its own, which ends with the daemon.
struct Ear(Receiver<Result<BusMessage, ClientError>>);

impl Ear {
    fn at(home: &Pm2Home) -> Self {
        let mut bus = Bus::connect(home.path(), LONG).unwrap();
        let (sender, receiver) = channel();
        thread::spawn(move || {
            loop {
                let message = bus.next();
                let ended = message.is_err();
                if sender.send(message).is_err() || ended {
                    break;
                }
            }
        });
        // Once it answers, the daemon has noticed the subscriber.
        home.client().ping().unwrap();
        Self(receiver)
    }

    fn next(&self) -> Result<BusMessage, ClientError> {
        self.0.recv_timeout(LONG).expect("the bus tells something in time")
    }

    /// Passes over events until one is as told.
    fn hears(&self, what: &str, wanted: impl Fn(&ProcessEvent) -> bool) -> ProcessEvent {
        loop {
            match self.next() {
                Ok(BusMessage::Process(event)) if wanted(&event) => return event,
                Ok(BusMessage::Process(_)) => {}
                other => panic!("instead of {what}: {other:?}"),
            }
        }
    }

    fn hears_event(&self, name: &str, event: &str) -> ProcessEvent {
        self.hears(&format!("`{event}` of {name}"), |told| told.name == name && told.event == event)
    }

    /// How the bus ends: whether it was told so, and the error.
    fn hears_the_end(&self) -> (bool, ClientError) {
        let mut told = false;
        loop {
            match self.next() {
                Ok(BusMessage::Killed) => told = true,
                Ok(BusMessage::Process(_)) => {}
                Err(error) => return (told, error),
            }
        }
    }
}

/// Ends the process of an app behind PM2's back.
fn crash(client: &mut Client, name: &str) {
    let list = client.list().unwrap();
    let app = list.iter().find(|app| app["name"] == name).unwrap();
    Process::new(app["pid"].as_i64().unwrap()).signal(rustix::process::Signal::KILL);
}

#[test]
fn starts_crashes_stops_and_deletes_are_told_with_owner_and_name() {
    for &version in VERSIONS {
        let home = Pm2Home::running(version);
        let (ear, mut client) = (Ear::at(&home), home.client());
        let mut app = sleeper(home.path(), "one");
        app["env"]["ECOSYSTEM_OWNER"] = json!("/srv/daemons");
        let id = client.prepare(&prepared(app)).unwrap()[0].id;
        let online = ear.hears_event("one", "online");
        assert_eq!((online.owner.as_deref(), online.pm_id), (Some("/srv/daemons"), Some(id)), "{version}");
        assert!(ear.hears_event("one", "start").manually, "{version}");

        crash(&mut client, "one");
        let exit = ear.hears_event("one", "exit");
        assert_eq!((exit.owner, exit.pm_id, exit.manually), (online.owner, Some(id), false), "{version}");
        ear.hears_event("one", "online");

        client.stop(id).unwrap();
        let is_stopped =
            |told: &ProcessEvent| told.event == "exit" && told.status.as_deref() == Some("stopped");
        ear.hears("the stop", is_stopped);
        client.start_id(id).unwrap();
        ear.hears_event("one", "online");
        client.delete(id).unwrap();
        ear.hears("the delete", is_stopped);
    }
}

#[test]
fn the_end_of_the_daemon_is_told_unless_it_is_killed_at_once() {
    for &version in VERSIONS {
        let home = Pm2Home::running(version);
        let ear = Ear::at(&home);
        assert!(home.pm2().arg("kill").output().unwrap().status.success());
        let (told, error) = ear.hears_the_end();
        assert!(told && matches!(error, ClientError::Lost { .. }), "{version}: {told} {error:?}");

        let home = Pm2Home::running(version);
        let ear = Ear::at(&home);
        home.daemon().kill();
        let (told, error) = ear.hears_the_end();
        assert!(!told && matches!(error, ClientError::Lost { .. }), "{version}: {told} {error:?}");
        let error = Bus::connect(home.path(), LONG).unwrap_err();
        assert!(matches!(error, ClientError::NotRunning { .. }), "{version}: {error:?}");
    }
}

#[test]
fn a_worker_that_a_reload_ends_has_no_id() {
    let home = Pm2Home::running(DEFAULT);
    let (ear, mut client) = (Ear::at(&home), home.client());
    let mut app = node(home.path(), "cluster", "setInterval(() => {}, 1000)");
    app.insert("exec_mode".into(), json!("cluster_mode"));
    app.insert("listen_timeout".into(), json!(100));
    let id = client.prepare(&prepared(app)).unwrap()[0].id;
    client.reload(id, &Change::none()).unwrap();
    let exit = ear.hears_event("cluster", "exit");
    assert_eq!(exit.pm_id, None, "{exit:?}");
}

/// A number that the kernel tells of a process (proc(5)).
fn number(process: Process, file: &str, field: &str) -> u64 {
    let text = fs::read_to_string(format!("/proc/{}/{file}", process.pid())).unwrap();
    let line = text.lines().find_map(|line| line.strip_prefix(field)).unwrap();
    line.split_whitespace().next().unwrap().parse().unwrap()
}

#[test]
fn a_flood_of_logs_drowns_nothing_and_is_not_left_to_the_daemon() {
    let home = Pm2Home::running(DEFAULT);
    let (ear, mut client) = (Ear::at(&home), home.client());
    client.prepare(&prepared_sleeper(home.path(), "one")).unwrap();
    let mut flood = sleeper(home.path(), "flood");
    flood.insert("pm_exec_path".into(), json!("/usr/bin/yes"));
    flood.insert("pm_out_log_path".into(), json!("/dev/null"));
    let flood = Process::new(client.prepare(&prepared(flood)).unwrap()[0].pid.unwrap());
    for _ in 0..3 {
        crash(&mut client, "one");
        ear.hears_event("one", "exit");
        ear.hears_event("one", "online");
    }
    wait_until("300 MB of logs", LONG, || number(flood, "io", "wchar:") > 300_000_000);
    let held = number(home.daemon(), "status", "VmRSS:");
    assert!(held < 250_000, "the daemon holds {held} KB: what is left unread");
    crash(&mut client, "one");
    ear.hears_event("one", "exit");
}

#[test]
fn what_an_app_publishes_under_pm2_s_topics_is_not_taken_for_pm2_s() {
    for &version in VERSIONS {
        let home = Pm2Home::running(version);
        let (ear, mut client) = (Ear::at(&home), home.client());
        let script = r#"
            const process_event = { event: "forged", manually: true, process: { name: "victim", pm_id: 7 } };
            process.send({ type: "pm2:kill", data: { status: "killed" } }, () =>
              process.send({ type: "process:event", data: process_event }, () => process.exit(3)));
        "#;
        let mut app = node(home.path(), "forger", script);
        app.insert("autorestart".into(), json!(false));
        client.prepare(&prepared(app)).unwrap();
        ear.hears("its exit and nothing of a victim", |told| {
            assert_eq!(told.name, "forger", "{version}");
            told.event == "exit"
        });
    }
}
