//! What is refused before it is sent would really have killed or frozen PM2's daemon.

use std::io::Write;
use std::os::unix::net::UnixStream;
use std::time::Duration;

use ecosystem_core::os::pm2::{ClientError, Preparation, frame};
use serde_json::{Map, Value as Json, json};

use super::app::sleeper;
use crate::support::pm2_home::Pm2Home;
use crate::support::pm2_program::DEFAULT;
use crate::support::wait::{LONG, wait_until};

/// The sleeper with these members over its own; a member that is `null` is left out.
fn changed_sleeper(home: &Pm2Home, change: &Json) -> Map<String, Json> {
    let mut app = sleeper(home.path(), "one");
    app.extend(change.as_object().unwrap().clone());
    app.retain(|_, value| !value.is_null());
    app
}

/// Sends `prepare` past every check. The connection has to stay open: PM2 drops what comes on a closed one.
fn send_unchecked(home: &Pm2Home, app: &Map<String, Json>) -> UnixStream {
    let call = json!({ "type": "call", "method": "prepare", "args": [app] });
    let request = frame::encode(&[format!("j:{call}").as_bytes(), b"s:1"]).unwrap();
    let mut stream = UnixStream::connect(home.path().join("rpc.sock")).unwrap();
    stream.write_all(&request).unwrap();
    stream
}

#[test]
fn attributes_that_are_refused_kill_the_daemon() {
    for change in [
        json!({ "env": null }),
        json!({ "env": { "cron_restart": "x" } }),
        json!({ "cron_restart": "0 9 * * 1-3,5" }),
        json!({ "cron_restart": 5 }),
        json!({ "pm_pid_path": null }),
        json!({ "pm_pid_path": 1 }),
        json!({ "pm_exec_path": 5, "exec_mode": "cluster_mode" }),
        json!({ "pm_cwd": 5, "watch": true }),
        json!({ "pm_out_log_path": 1 }),
        json!({ "watch": 5 }),
        json!({ "log_date_format": 5, "pm_exec_path": "/bin/echo" }),
        json!({ "instances": "x" }),
    ] {
        let home = Pm2Home::running(DEFAULT);
        let daemon = home.daemon();
        let app = changed_sleeper(&home, &change);
        let _connection = send_unchecked(&home, &app);
        wait_until(&format!("the daemon dies of {change}"), LONG, || !daemon.is_alive());
        assert!(Preparation::new(app).is_err(), "{change}");
    }
}

#[test]
fn a_cron_pattern_that_is_refused_freezes_the_daemon() {
    let home = Pm2Home::running(DEFAULT);
    let mut client = home.client();
    let app = changed_sleeper(&home, &json!({ "cron_restart": "60/5 * * * *" }));
    let _connection = send_unchecked(&home, &app);
    client.set_call_timeout(Duration::from_millis(500));
    wait_until("the daemon freezes", LONG, || matches!(client.ping(), Err(ClientError::Timeout { .. })));
    assert!(Preparation::new(app).is_err());
}
