//! Apps that start fast, do nothing, and end when asked.

use camino::Utf8Path;
use ecosystem_core::os::pm2::Preparation;
use serde_json::{Map, Value as Json, json};

/// The attributes of an app that sleeps: a binary, so that nothing of node takes time.
pub(crate) fn sleeper(home: &Utf8Path, name: &str) -> Map<String, Json> {
    let attributes = json!({
        "name": name, "namespace": "default", "args": ["1000"], "node_args": [],
        "pm_exec_path": "/bin/sleep", "pm_cwd": home.as_str(), "exec_interpreter": "none", "exec_mode": "fork_mode",
        "instances": 1, "autostart": true, "autorestart": true, "merge_logs": true, "treekill": true,
        "kill_retry_time": 5, "vizion": false, "pmx": false, "instance_var": "NODE_APP_INSTANCE",
        "pm_out_log_path": home.join("out.log").as_str(), "pm_err_log_path": home.join("err.log").as_str(),
        "pm_pid_path": home.join(format!("{name}.pid")).as_str(),
        "env": { "PM2_HOME": home.as_str(), "GREETING": "hello", "ECOSYSTEM_OWNER": "us" },
    });
    attributes.as_object().unwrap().clone()
}

/// The same, checked and ready to be sent.
pub(crate) fn prepared_sleeper(home: &Utf8Path, name: &str) -> Preparation {
    Preparation::new(sleeper(home, name)).unwrap()
}

/// The attributes of an app that is this script, run by node.
pub(crate) fn node(home: &Utf8Path, name: &str, script: &str) -> Map<String, Json> {
    let path = home.join(format!("{name}.js"));
    std::fs::write(&path, script).unwrap();
    let mut app = sleeper(home, name);
    app.insert("pm_exec_path".into(), json!(path.as_str()));
    app.insert("exec_interpreter".into(), json!("node"));
    app
}

/// Attributes, checked and ready to be sent.
pub(crate) fn prepared(app: Map<String, Json>) -> Preparation {
    Preparation::new(app).unwrap()
}
