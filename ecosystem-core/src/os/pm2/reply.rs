//! What PM2's results say, in Rust's types.

use std::collections::BTreeMap;
use std::fmt;

use serde::Deserialize;
use serde_json::Value as Json;

use super::call::ProcessId;

/// What the daemon says of itself (`getReport`).
#[derive(Clone, PartialEq, Eq, Deserialize)]
pub struct Report {
    /// Its version.
    pub pm2_version: String,
    /// The version of the node that runs it.
    pub node_version: String,
    /// Its environment variable `_`, despite the name; `not found` if there is none. Should a call kill it, it
    /// runs `node <that> update`, which saves the apps only if that is the `pm2` script.
    pub node_path: String,
    /// Its command line; the first word is the node that runs it, absolute.
    #[serde(default)]
    pub argv: Vec<String>,
    /// The user it acts as.
    pub uid: u32,
    /// The group it acts as.
    pub gid: u32,
    /// Its environment.
    pub env: BTreeMap<String, String>,
    /// How many processes it manages.
    pub managed_apps: u64,
    /// When it was started, in milliseconds since 1970; another number means another daemon.
    pub started_at: u64,
}

impl Report {
    pub(super) fn read(result: Json) -> Result<Self, String> {
        Self::deserialize(result).map_err(|error| error.to_string())
    }

    /// The node program that runs the daemon, absolute.
    #[must_use]
    pub fn node_program(&self) -> Option<&str> {
        self.argv.first().map(String::as_str)
    }
}

impl fmt::Debug for Report {
    /// Without the environment: it may hold secrets.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = formatter.debug_struct("Report");
        shown.field("pm2_version", &self.pm2_version).field("argv", &self.argv).field("uid", &self.uid);
        shown.field("managed_apps", &self.managed_apps).field("started_at", &self.started_at);
        shown.finish_non_exhaustive()
    }
}

/// A process that PM2 was asked to start.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Started {
    /// PM2's number of it.
    pub id: ProcessId,
    /// Its pid; `None` if the program could not be run, which PM2 reports as success, or is not to start yet.
    pub pid: Option<u32>,
    /// PM2's status, such as `online`.
    pub status: String,
    /// How often PM2 has started it again by then; `None` where it does not say.
    pub restarts: Option<u64>,
}

impl Started {
    /// Reads a worker as PM2 clones it: the pid is in `process` for every kind of worker.
    pub(super) fn read(worker: Json) -> Result<Self, String> {
        let worker = Worker::deserialize(worker).map_err(|error| error.to_string())?;
        let pid = worker.process.and_then(|process| process.pid).filter(|&pid| pid != 0);
        let WorkerEnv { pm_id, status, restart_time } = worker.pm2_env;
        Ok(Self { id: pm_id, pid, status, restarts: restart_time })
    }

    pub(super) fn read_all(workers: Json) -> Result<Vec<Self>, String> {
        list(workers)?.into_iter().map(Self::read).collect()
    }
}

#[derive(Deserialize)]
struct Worker {
    pm2_env: WorkerEnv,
    process: Option<WorkerProcess>,
}

#[derive(Deserialize)]
struct WorkerEnv {
    pm_id: ProcessId,
    status: String,
    restart_time: Option<u64>,
}

#[derive(Deserialize)]
struct WorkerProcess {
    pid: Option<u32>,
}

pub(super) fn text(result: Json) -> Result<String, String> {
    match result {
        Json::String(text) => Ok(text),
        other => Err(format!("expected text, not {}", kind(&other))),
    }
}

pub(super) fn list(result: Json) -> Result<Vec<Json>, String> {
    match result {
        Json::Array(items) => Ok(items),
        other => Err(format!("expected a list, not {}", kind(&other))),
    }
}

/// Kinds and not values: values hold the secrets of apps.
fn kind(value: &Json) -> &'static str {
    match value {
        Json::Null => "nothing",
        Json::Bool(_) => "a boolean",
        Json::Number(_) => "a number",
        Json::String(_) => "text",
        Json::Array(_) => "a list",
        Json::Object(_) => "an object",
    }
}

/// The pid of a process that was to end and did not, from the result of a stop or delete.
///
/// PM2 says `{error:true, message}` where there was no process to kill: then it is stopped all the same
/// (`stopProcessId` in `lib/God/ActionMethods.js`). A process that outlived even SIGKILL is marked `errored` and
/// keeps its pid.
pub(super) fn survivor(result: &Json) -> Option<u64> {
    let errored = result.pointer("/pm2_env/status")? == "errored";
    result.get("pid")?.as_u64().filter(|&pid| errored && pid != 0)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a failing test panics")]

    use serde_json::json;

    use super::*;

    #[test]
    fn a_worker_without_pid_was_not_started() {
        let check = |process: Json, pid| {
            let env = json!({ "pm_id": 3, "status": "online", "restart_time": 2 });
            let started = Started::read(json!({ "pm2_env": env, "process": process })).unwrap();
            assert_eq!(started, Started { id: 3, pid, status: "online".into(), restarts: Some(2) });
        };
        check(json!({ "pid": 17 }), Some(17));
        check(json!({ "pid": 0 }), None);
        check(json!({}), None);
        check(json!(null), None);
    }

    #[test]
    fn a_process_that_outlived_sigkill_is_told_from_one_that_never_was() {
        let check = |result: Json, pid| assert_eq!(survivor(&result), pid, "{result}");
        check(json!({ "pid": 0, "pm2_env": { "status": "stopped" } }), None);
        check(json!({ "pid": 17, "pm2_env": { "status": "errored" } }), Some(17));
        check(json!({ "error": true, "message": "could not kill process w/o pid" }), None);
    }

    #[test]
    fn answers_of_another_kind_are_named_without_their_content() {
        assert_eq!(text(json!(["s3cret"])).unwrap_err(), "expected text, not a list");
        assert_eq!(list(json!("s3cret")).unwrap_err(), "expected a list, not text");
    }
}
