//! What is declared beside what runs.

use std::time::Duration;

use ecosystem_core::converge::Report;
use ecosystem_core::model::DaemonId;
use ecosystem_core::plan::{Hold, Step};
use ecosystem_core::pm2::Attributes;
use ecosystem_core::pm2::observed::Process;
use serde::Serialize;

use super::table::table;

/// One app of the tree, or of ours in PM2.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Row {
    pub(crate) daemon: String,
    pub(crate) app: String,
    /// How many processes should run; 0 where the tree does not say.
    pub(crate) declared: u32,
    /// How many do.
    pub(crate) running: usize,
    pub(crate) pids: Vec<u32>,
    /// PM2's word, of the first instance that is not online if there is one.
    pub(crate) status: Option<String>,
    /// Seconds since the youngest instance was started.
    pub(crate) uptime_seconds: Option<u64>,
    pub(crate) restarts: u64,
    pub(crate) memory_bytes: u64,
    /// Whether a process of it was taken over as it ran, and carries no stamp until it is started again.
    pub(crate) adopted: bool,
    pub(crate) in_sync: bool,
    /// Why not, in sentences.
    pub(crate) why: Vec<String>,
}

/// A process that is not ours.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Foreign {
    pub(crate) app: String,
    pub(crate) pm_id: u32,
    pub(crate) status: String,
    pub(crate) owner: Option<String>,
}

/// Every app of the tree and of ours, by name.
pub(crate) fn rows(report: &Report, now_ms: u64) -> Vec<Row> {
    let declared = report.desired.apps.iter().map(|(name, app)| (name.as_str(), app.daemon.clone()));
    let mut names: std::collections::BTreeMap<&str, DaemonId> = declared.collect();
    for process in report.observed.processes.iter().filter(|process| is_ours(report, process)) {
        let source = process.stamp().map(|stamp| DaemonId::new(stamp.source));
        names.entry(&process.name).or_insert_with(|| source.unwrap_or_else(|| DaemonId::new("")));
    }
    names.into_iter().map(|(name, daemon)| row(report, name, &daemon, now_ms)).collect()
}

/// Everything else that PM2 runs.
pub(crate) fn foreign(report: &Report) -> Vec<Foreign> {
    let theirs = report.observed.processes.iter().filter(|process| !is_ours(report, process));
    let entry = |process: &Process| Foreign {
        app: process.name.clone(),
        pm_id: process.pm_id,
        status: process.status.as_str().to_owned(),
        owner: process.stamp().map(|stamp| stamp.owner.to_string()),
    };
    theirs.map(entry).collect()
}

fn is_ours(report: &Report, process: &Process) -> bool {
    process.stamp().is_some_and(|stamp| stamp.owner == report.desired.owner)
}

fn row(report: &Report, name: &str, daemon: &DaemonId, now_ms: u64) -> Row {
    let processes: Vec<&Process> =
        report.observed.processes.iter().filter(|it| it.name == name && is_ours(report, it)).collect();
    let app = report.desired.apps.iter().find(|(app, _)| app.as_str() == name).map(|(_, app)| app);
    let odd = processes.iter().find(|process| process.status.as_str() != "online").or(processes.first());
    let started = processes.iter().filter(|it| it.pid.is_some()).filter_map(|it| it.started_at).max();
    let why = why_not(report, name);
    Row {
        daemon: daemon.to_string(),
        app: name.to_owned(),
        declared: app.and_then(|app| app.attributes.as_ref().ok()).map_or(0, Attributes::instances),
        running: processes.iter().filter(|process| process.pid.is_some()).count(),
        pids: processes.iter().filter_map(|process| process.pid).collect(),
        status: odd.map(|process| process.status.as_str().to_owned()),
        uptime_seconds: started.map(|started| now_ms.saturating_sub(started) / 1000),
        restarts: processes.iter().map(|process| process.restarts).sum(),
        memory_bytes: processes.iter().filter_map(|process| process.memory).sum(),
        adopted: processes.iter().any(|process| process.is_adopted()),
        in_sync: why.is_empty(),
        why,
    }
}

fn why_not(report: &Report, name: &str) -> Vec<String> {
    let step = report.plan.steps.iter().find(|step| step.app == name);
    let hold = report.plan.holds.iter().find(|hold| hold.app == name);
    let pending = |step: &Step| {
        let reasons = step.reasons.iter().map(|reason| format!("{} pending: {reason}", step.action.verb()));
        reasons.chain(step.waits()).collect()
    };
    let held = |hold: &Hold| vec![format!("{}: {}", hold.why.word(), hold.explain())];
    step.map(pending).or_else(|| hold.map(held)).unwrap_or_default()
}

/// The tables.
pub(crate) fn status(rows: &[Row], foreign: &[Foreign]) -> String {
    let heading = ["DAEMON", "APP", "RUNS", "STATUS", "PID", "UPTIME", "RESTARTS", "MEMORY", "IN SYNC"];
    let mut text = table(heading, &rows.iter().map(cells).collect::<Vec<_>>());
    if !foreign.is_empty() {
        text.push_str("\nnot ours, never touched:\n");
        let cells = |it: &Foreign| {
            [
                it.app.clone(),
                it.pm_id.to_string(),
                it.status.clone(),
                it.owner.clone().unwrap_or_else(|| "-".to_owned()),
            ]
        };
        text.push_str(&table(
            ["APP", "ID", "STATUS", "OWNER"],
            &foreign.iter().map(cells).collect::<Vec<_>>(),
        ));
    }
    text
}

fn cells(row: &Row) -> [String; 9] {
    let dash = || "-".to_owned();
    let pids: Vec<String> = row.pids.iter().map(ToString::to_string).collect();
    [
        row.daemon.clone(),
        row.app.clone(),
        format!("{}/{}", row.running, row.declared),
        row.status.clone().unwrap_or_else(dash),
        if pids.is_empty() { dash() } else { pids.join(",") },
        row.uptime_seconds.map_or_else(dash, |seconds| uptime(Duration::from_secs(seconds))),
        row.restarts.to_string(),
        if row.memory_bytes == 0 { dash() } else { memory(row.memory_bytes) },
        in_sync(row),
    ]
}

fn in_sync(row: &Row) -> String {
    match (row.in_sync, row.adopted) {
        (true, false) => "yes".to_owned(),
        (true, true) => "yes, adopted".to_owned(),
        (false, _) => format!("no: {}", row.why.join("; ")),
    }
}

fn uptime(duration: Duration) -> String {
    let seconds = duration.as_secs();
    match seconds {
        0..60 => format!("{seconds}s"),
        60..3600 => format!("{}m", seconds / 60),
        3600..86_400 => format!("{}h", seconds / 3600),
        _ => format!("{}d", seconds / 86_400),
    }
}

fn memory(bytes: u64) -> String {
    let tenths = bytes * 10 / (1024 * 1024);
    format!("{}.{} MB", tenths / 10, tenths % 10)
}
