//! The calls that this client makes, each with exactly the arguments that PM2 documents by its sources.
//!
//! PM2's daemon pushes its callback behind whatever arguments came and applies the handler: one argument too few or
//! too many, `null` for an id, or a missing attribute throws in the daemon, and the daemon and most apps die. So
//! a call is a value of [`Call`], which cannot be malformed, and never a method name with arguments.

use serde_json::{Value as Json, json};

use super::hazard::{Change, Preparation};

/// PM2's number of a process (`pm_id`).
pub type ProcessId = u32;

/// One call of PM2's daemon.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Call<'a> {
    Ping,
    GetVersion,
    GetReport,
    GetMonitorData,
    Prepare(&'a Preparation),
    Start(ProcessId),
    Stop(ProcessId),
    Delete(ProcessId),
    Restart(ProcessId, &'a Change),
    Reload(ProcessId, &'a Change),
    StopWatch(ProcessId),
}

impl Call<'_> {
    /// The name under which PM2 exposes it (`lib/Daemon.js`).
    pub(super) fn method(&self) -> &'static str {
        match self {
            Self::Ping => "ping",
            Self::GetVersion => "getVersion",
            Self::GetReport => "getReport",
            Self::GetMonitorData => "getMonitorData",
            Self::Prepare(_) => "prepare",
            Self::Start(_) => "startProcessId",
            Self::Stop(_) => "stopProcessId",
            Self::Delete(_) => "deleteProcessId",
            Self::Restart(..) => "restartProcessId",
            Self::Reload(..) => "reloadProcessId",
            Self::StopWatch(_) => "stopWatch",
        }
    }

    /// The arguments in order.
    pub(super) fn arguments(&self) -> Vec<Json> {
        match self {
            Self::Ping | Self::GetVersion | Self::GetReport | Self::GetMonitorData => vec![json!({})],
            Self::Prepare(app) => vec![Json::Object(app.attributes().clone())],
            Self::Start(id) | Self::Stop(id) | Self::Delete(id) => vec![json!(id)],
            Self::Restart(id, change) | Self::Reload(id, change) => {
                vec![json!({ "id": id, "env": change.members() })]
            }
            // Any name with `ProcessId` in it makes PM2 take the second argument for a process id.
            Self::StopWatch(id) => vec![json!("deleteProcessId"), json!(id)],
        }
    }
}
