//! The model of PM2 that the simulation of the core stands on: the same scripts on it and on the real program.

#[allow(dead_code, reason = "the simulation asks more of it")]
#[path = "../../../ecosystem-core/tests/simulation/pm2_model/mod.rs"]
mod pm2_model;

use std::time::{Duration, Instant};

use ecosystem_core::os::pm2::{Change, Client, Preparation};
use serde_json::{Map, Value as Json, json};

use self::pm2_model::{Pm2Model, Record};
use crate::support::pm2_home::Pm2Home;
use crate::support::pm2_program::VERSIONS;

/// One thing that is done to both; ids are those that PM2 has given.
enum Act {
    /// An app of this name and program, with these attributes over the usual ones.
    Prepare(&'static str, &'static str, Json),
    Restart(u32, Json),
    Reload(u32, Json),
    Stop(u32),
    Start(u32),
    Delete(u32),
    StopWatch(u32),
    /// `pm2 restart NAME`, through PM2's own program.
    RestartByName(&'static str),
    Save,
    /// The daemon is killed, comes up again and gets its dump.
    Resurrect,
}

use Act::{Delete, Prepare, Reload, Restart, RestartByName, Resurrect, Save, Start, Stop, StopWatch};

/// What differs from one start to the next, is measured, or is said by PM2 of itself.
const BESIDE_THE_POINT: &[&str] = &[
    "pm_uptime",
    "created_at",
    "unique_id",
    "version",
    "node_version",
    "versioning",
    "vizion_running",
    "_pm2_version",
    "prev_restart_delay",
    "km_link",
    "pmx_module",
    "username",
];

struct Both {
    home: Pm2Home,
    client: Client,
    model: Pm2Model,
}

impl Both {
    fn new(version: &str) -> Self {
        let home = Pm2Home::running(version);
        for (name, program) in [
            ("ok.js", "setInterval(() => {}, 1000)"),
            ("other.js", "setInterval(() => {}, 2000)"),
            ("crash.js", "setTimeout(() => process.exit(1), 100)"),
            ("once.js", "setTimeout(() => process.exit(0), 300)"),
        ] {
            std::fs::write(home.path().join(name), program).unwrap();
        }
        let client = home.client();
        Self { home, client, model: Pm2Model::launched(1) }
    }

    fn app(&self, name: &str, program: &str, more: &Json) -> Record {
        let home = self.home.path();
        let app = json!({
            "name": name, "namespace": "default", "args": ["x"], "node_args": [], "pm_exec_path": home.join(program).as_str(),
            "pm_cwd": home.as_str(), "exec_interpreter": "node", "exec_mode": "fork_mode", "instances": 1,
            "autostart": true, "autorestart": true, "treekill": false, "kill_retry_time": 5, "vizion": false,
            // However long a process has run here or there when it is ended, it was not young.
            "pmx": false, "min_uptime": 0, "instance_var": "NODE_APP_INSTANCE", "listen_timeout": 100,
            "pm_out_log_path": home.join("out.log").as_str(), "pm_err_log_path": home.join("err-7.log").as_str(),
            "pm_pid_path": home.join(format!("{name}.pid")).as_str(),
            "env": { "PM2_HOME": home.as_str(), "A": "1", "B": 2, "ECOSYSTEM_OWNER": "us" },
        });
        let mut app = app.as_object().unwrap().clone();
        app.extend(more.as_object().unwrap().clone());
        app
    }

    fn act(&mut self, act: &Act) {
        let conf = |conf: &Json| Map::from_iter([("current_conf".to_owned(), conf.clone())]);
        let change = |json: &Json| Change::new(conf(json)).unwrap();
        match act {
            Prepare(name, program, more) => {
                let app = self.app(name, program, more);
                self.client.prepare(&Preparation::new(app.clone()).unwrap()).unwrap();
                self.model.prepare(&app);
            }
            Restart(id, json) => {
                let real = self.client.restart(*id, &change(json)).map(drop).is_ok();
                assert_eq!(real, self.model.restart(*id, &conf(json)).is_ok());
            }
            Reload(id, json) => {
                let real = self.client.reload(*id, &change(json)).is_ok();
                assert_eq!(real, self.model.reload(*id, &conf(json)).is_ok());
            }
            // The client stops its watcher first.
            Stop(id) => {
                self.model.stop_watch(*id);
                assert_eq!(self.client.stop(*id).is_ok(), self.model.stop(*id).is_ok());
            }
            Start(id) => assert_eq!(self.client.start_id(*id).is_ok(), self.model.start(*id).is_ok()),
            Delete(id) => assert_eq!(self.client.delete(*id).is_ok(), self.model.delete(*id).is_ok()),
            StopWatch(id) => {
                self.client.stop_watch(*id).unwrap();
                self.model.stop_watch(*id);
            }
            RestartByName(name) => {
                assert!(self.home.pm2().args(["restart", name]).output().unwrap().status.success());
                self.model.restart_by_name(name, &Record::new());
            }
            Save => {
                assert!(self.home.pm2().args(["save"]).output().unwrap().status.success());
                self.model.save();
            }
            Resurrect => {
                assert!(self.home.pm2().arg("kill").output().unwrap().status.success());
                assert!(self.home.pm2().arg("resurrect").output().unwrap().status.success());
                self.client = self.home.client();
                self.model.kill();
                self.model.launch();
                self.model.resurrect();
            }
        }
    }

    /// Both list the same, in a while: programs of theirs may be about to end, or to be started again.
    #[track_caller]
    fn agree(&mut self, after: usize) {
        self.model.advance(3000);
        let expected = seen(&self.model.list());
        let (began, patience) = (Instant::now(), crate::support::wait::LONG);
        let mut real = seen(&self.client.list().unwrap());
        while real != expected && began.elapsed() < patience {
            std::thread::sleep(Duration::from_millis(25));
            real = seen(&self.client.list().unwrap());
        }
        let text = |seen: &[Json]| serde_json::to_string_pretty(seen).unwrap();
        let diff = similar(&text(&real), &text(&expected));
        assert!(real == expected, "after step {after}, PM2 (-) and the model (+):\n{diff}");
    }
}

/// The lines that only one of two texts has.
fn similar(real: &str, model: &str) -> String {
    let beside = |a: &str, b: &str, sign: char| {
        let only = a
            .lines()
            .filter(|line| !b.lines().any(|it| it.trim_end_matches(',') == line.trim_end_matches(',')));
        only.map(|line| format!("{sign} {line}\n")).collect::<String>()
    };
    beside(real, model, '-') + &beside(model, real, '+')
}

/// What matters of a list.
fn seen(list: &[Json]) -> Vec<Json> {
    let matters = |name: &String| !name.starts_with("axm_") && !BESIDE_THE_POINT.contains(&name.as_str());
    let record = |record: &Json| {
        let mut kept: std::collections::BTreeMap<String, Json> = record
            .as_object()
            .unwrap()
            .iter()
            .filter(|(name, _)| matters(name))
            .map(|(k, v)| (k.clone(), v.clone()))
            .collect();
        if let Some(env) = kept.get_mut("env").and_then(Json::as_object_mut) {
            env.remove("unique_id");
            env.sort_keys();
        }
        kept
    };
    let entry = |entry: &Json| json!({ "id": entry["pm_id"], "name": entry["name"], "runs": entry["pid"].as_u64().is_some_and(|pid| pid > 0), "record": record(&entry["pm2_env"]) });
    let mut seen: Vec<Json> = list.iter().map(entry).collect();
    seen.sort_by_key(|entry| entry["id"].as_u64());
    seen
}

/// Runs a script on both, on every supported version.
#[track_caller]
fn check(script: &[Act]) {
    for version in VERSIONS {
        let mut both = Both::new(version);
        for (index, act) in script.iter().enumerate() {
            both.act(act);
            both.agree(index);
        }
    }
}

#[test]
fn ids_and_files_are_numbered_alike() {
    check(&[
        Prepare("one", "ok.js", json!({})),
        Prepare("two", "ok.js", json!({ "merge_logs": true, "instances": 2, "increment_var": "B" })),
        Delete(0),
        Prepare("one", "ok.js", json!({})),
        Delete(1),
        Prepare("two", "ok.js", json!({ "instances": 1, "increment_var": "B" })),
        Delete(2),
        Delete(3),
        Delete(4),
        Prepare("one", "ok.js", json!({ "autostart": false })),
        Delete(7),
    ]);
}

#[test]
fn changes_are_merged_alike() {
    let env = |home: &str| json!({ "PM2_HOME": home, "C": "3" });
    check(&[
        Prepare("one", "ok.js", json!({ "kill_timeout": 100 })),
        Restart(
            0,
            json!({ "args": ["y", "z"], "kill_timeout": "null", "A": "null", "B": "null", "env": env("/nowhere") }),
        ),
        Restart(0, json!({ "env": {} })),
        RestartByName("one"),
        Stop(0),
        Stop(0),
        Restart(0, json!({ "max_restarts": 3 })),
        Start(0),
        Stop(0),
        Start(0),
        StopWatch(0),
        Restart(9, json!({})),
    ]);
}

#[test]
fn workers_are_reloaded_alike() {
    check(&[
        Prepare("one", "ok.js", json!({ "exec_mode": "cluster_mode", "instances": 2 })),
        Reload(0, json!({ "namespace": "other" })),
        Reload(1, json!({ "env": { "PM2_HOME": "/nowhere", "C": "3" }, "A": "null" })),
        Stop(0),
        Reload(0, json!({})),
    ]);
}

#[test]
fn what_ends_by_itself_ends_alike() {
    check(&[
        Prepare("crash", "crash.js", json!({ "max_restarts": 3, "min_uptime": 1000 })),
        Restart(0, json!({})),
        Prepare("once", "once.js", json!({ "autorestart": false })),
        Restart(1, json!({})),
        Prepare("told", "once.js", json!({ "stop_exit_codes": [0] })),
        Prepare("late", "once.js", json!({ "autorestart": false, "restart_delay": 50 })),
        Prepare("waits", "crash.js", json!({ "restart_delay": 600_000, "min_uptime": 1000 })),
        // It is refused: PM2 still has the pid of what it is about to start again.
        Restart(4, json!({})),
    ]);
}

#[test]
fn a_dump_is_started_alike() {
    check(&[
        Prepare("one", "ok.js", json!({})),
        Prepare("two", "ok.js", json!({ "merge_logs": true })),
        Prepare("three", "ok.js", json!({ "exec_mode": "cluster_mode", "instances": 2 })),
        Stop(1),
        Delete(0),
        Save,
        Resurrect,
        Restart(0, json!({})),
    ]);
}
