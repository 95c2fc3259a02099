//! Reading PM2's process list: a pure function from its JSON to what matters here.
//!
//! Source of the shapes: the reply of `getMonitorData` on PM2 5.4.3, 6.0.14 and 7.0.4.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use serde::de::{Error as _, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::{Map, Value as Json};

use crate::model::{DIGEST_VARIABLE, OWNER_VARIABLE, Owner, SOURCE_VARIABLE};

/// What PM2 says runs now.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Observed {
    /// PM2's processes by ascending id; workers parked during a reload are left out.
    pub processes: Vec<Process>,
    /// When PM2 was asked, in milliseconds since the epoch; `None` where nobody asked it.
    pub at: Option<u64>,
    /// Of those processes that were asked for it.
    pub listening: Listening,
}

/// Ports on which processes listen, with those of everything that they have started, by pid.
pub type Listening = BTreeMap<u32, BTreeSet<u16>>;

/// PM2's number for a process: the only thing it is ever addressed by, since names can hit bystanders.
pub type PmId = u32;

/// One process of PM2's list.
#[derive(Debug, Clone, PartialEq)]
pub struct Process {
    /// PM2's id for it.
    pub pm_id: PmId,
    /// The app's name.
    pub name: String,
    /// The process, if there is one.
    pub pid: Option<u32>,
    /// What PM2 says of it.
    pub status: Status,
    /// How often PM2 started it again.
    pub restarts: u64,
    /// When it was last started, in milliseconds since the epoch.
    pub started_at: Option<u64>,
    /// Resident memory in bytes, as PM2 last measured it.
    pub memory: Option<u64>,
    /// The stamp it would carry, had it been started by us: it was taken over as it runs, and a running process
    /// cannot be given another environment.
    adopted: Option<Stamp>,
    /// PM2's whole record of it (`pm2_env`): holds secrets, never to be shown raw.
    record: Map<String, Json>,
}

/// PM2's word for the state of a process.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Status {
    /// Running.
    Online,
    /// Started, not yet said to be ready.
    Launching,
    /// Being ended.
    Stopping,
    /// Ended, by hand or by itself.
    Stopped,
    /// Given up on after too many crashes.
    Errored,
    /// Crashed, to be started again after a delay.
    WaitingRestart,
    /// Anything else, as PM2 spells it.
    Other(String),
}

/// What PM2 takes for stable where an app does not say: `min_uptime` in `lib/God.js`.
const MIN_UPTIME_MS: u64 = 1000;

/// The longest that PM2 may take from the question to the list, in milliseconds.
const ASKING_MS: u64 = 60_000;

/// Who a process belongs to and what it was started from: carried in its environment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stamp {
    /// The tree.
    pub owner: Owner,
    /// The daemon's id.
    pub source: String,
    /// The digest of the definition it was started from.
    pub digest: String,
}

/// PM2's list is not of the known shape.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("entry {index} of PM2's process list has no usable `{field}`")]
pub struct UnreadableList {
    /// Which entry, from 0.
    pub index: usize,
    /// What is missing or of another type.
    pub field: &'static str,
}

impl Observed {
    /// Reads the entries of `getMonitorData` (or of `pm2 jlist`).
    ///
    /// # Errors
    /// An entry without an id of its own, a name or a record: guessing at a list could end in a wrong deletion.
    pub fn read(list: Vec<Json>) -> Result<Self, UnreadableList> {
        let (entries, mut ids) = (list.into_iter().enumerate(), BTreeSet::new());
        let read = entries.filter_map(|(index, entry)| read_entry(index, entry, &mut ids).transpose());
        read.collect::<Result<_, _>>().map(Self::of)
    }

    fn of(mut processes: Vec<Process>) -> Self {
        processes.sort_by_key(|process| process.pm_id);
        Self { processes, ..Self::default() }
    }

    /// The process of this id.
    #[must_use]
    pub fn process(&self, pm_id: PmId) -> Option<&Process> {
        self.processes.iter().find(|process| process.pm_id == pm_id)
    }
}

/// Entry by entry, as [`Observed::read`] does: of a list of megabytes little is kept.
impl<'de> Deserialize<'de> for Observed {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_seq(Entries)
    }
}

struct Entries;

impl<'de> Visitor<'de> for Entries {
    type Value = Observed;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PM2's process list")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut entries: A) -> Result<Observed, A::Error> {
        let (mut processes, mut ids) = (Vec::new(), BTreeSet::new());
        let mut index = 0;
        while let Some(entry) = entries.next_element::<Json>()? {
            processes.extend(read_entry(index, entry, &mut ids).map_err(A::Error::custom)?);
            index += 1;
        }
        Ok(Observed::of(processes))
    }
}

/// One entry of PM2's list; nothing for a worker that is parked. An id that another one of `ids` has would lead to either.
fn read_entry(
    index: usize,
    entry: Json,
    ids: &mut BTreeSet<PmId>,
) -> Result<Option<Process>, UnreadableList> {
    if is_parked(&entry) {
        return Ok(None);
    }
    let process = Process::read(entry).map_err(|field| UnreadableList { index, field })?;
    if ids.insert(process.pm_id) { Ok(Some(process)) } else { Err(UnreadableList { index, field: "pm_id" }) }
}

/// During a cluster reload the old worker is listed under an id such as `_old_3`.
pub(crate) fn is_parked(entry: &Json) -> bool {
    entry.get("pm_id").and_then(Json::as_str).is_some_and(|id| id.starts_with("_old_"))
}

impl Process {
    fn read(mut entry: Json) -> Result<Self, &'static str> {
        let record = match entry.get_mut("pm2_env").map(Json::take) {
            Some(Json::Object(record)) => record,
            _ => return Err("pm2_env"),
        };
        let pm_id =
            entry.get("pm_id").and_then(number).and_then(|id| PmId::try_from(id).ok()).ok_or("pm_id")?;
        let name = entry.get("name").and_then(Json::as_str).ok_or("name")?.to_owned();
        let pid =
            entry.get("pid").and_then(number).and_then(|pid| u32::try_from(pid).ok()).filter(|pid| *pid != 0);
        Ok(Self {
            pm_id,
            name,
            pid,
            status: Status::read(record.get("status").and_then(Json::as_str).unwrap_or_default()),
            restarts: record.get("restart_time").and_then(number).unwrap_or(0),
            started_at: record.get("pm_uptime").and_then(number),
            memory: entry.pointer("/monit/memory").and_then(number).filter(|bytes| *bytes > 0),
            adopted: None,
            record: lean(record),
        })
    }

    /// One attribute of PM2's record, such as `pm_exec_path`.
    #[must_use]
    pub fn attribute(&self, name: &str) -> Option<&Json> {
        self.record.get(name).filter(|value| !value.is_null())
    }

    /// Names of everything in PM2's record.
    pub fn attribute_names(&self) -> impl Iterator<Item = &str> {
        self.record.keys().map(String::as_str)
    }

    /// The environment as PM2 recorded it for this app.
    pub fn env(&self) -> impl Iterator<Item = (&str, &Json)> {
        let env = self.record.get("env").and_then(Json::as_object);
        env.into_iter().flatten().map(|(name, value)| (name.as_str(), value))
    }

    /// The recorded value of one environment variable, as the process sees it.
    #[must_use]
    pub fn variable(&self, name: &str) -> Option<String> {
        self.record.get("env")?.get(name).map(text_of)
    }

    /// The code it last ended with.
    #[must_use]
    pub fn exit_code(&self) -> Option<i64> {
        self.attribute("exit_code").and_then(Json::as_i64)
    }

    /// Whether PM2 is told to leave it ended after the way it last ended, so that nobody need have stopped it.
    ///
    /// PM2 keeps no word of who stopped a process.
    #[must_use]
    pub fn may_have_finished(&self) -> bool {
        let never_restarted = self.attribute("autorestart") == Some(&Json::Bool(false));
        never_restarted || self.ended_as_told()
    }

    /// Whether it has just ended, and PM2 is about to start it again: it says `stopped` of it for a moment, and keeps the
    /// pid of before (`handleExit` in `lib/God.js`); of what somebody has stopped it forgets that.
    #[must_use]
    pub fn is_between_two(&self) -> bool {
        self.status == Status::Stopped && self.pid.is_some()
    }

    /// Whether PM2 is about to start it again, or may be at any moment: it crashes. PM2 was asked at `at`.
    #[must_use]
    pub fn is_unsteady(&self, at: u64) -> bool {
        match self.status {
            Status::Online => self.is_on_probation(at),
            Status::Stopped => self.is_between_two(),
            Status::WaitingRestart => true,
            _ => false,
        }
    }

    /// Whether it runs after a crash, and not yet for as long as PM2 takes for stable: it may be about to crash again.
    ///
    /// PM2 counts the crashes of young processes since somebody last asked for a start (`handleExit` in `lib/God.js`).
    #[must_use]
    pub fn is_on_probation(&self, at: u64) -> bool {
        let crashed = self.attribute("unstable_restarts").and_then(number).is_some_and(|times| times > 0);
        let min_uptime = self.attribute("min_uptime").and_then(number).unwrap_or(MIN_UPTIME_MS);
        crashed
            && self.pid.is_some()
            // It may have been started while PM2 was asked; what was started much later than that, was started before the
            // clock was set back.
            && self.started_at.is_some_and(|started| {
                (started.saturating_sub(ASKING_MS)..started.saturating_add(min_uptime)).contains(&at)
            })
    }

    /// Whether it last ended with 0 or one of its `stop_exit_codes`.
    #[must_use]
    pub fn ended_well(&self) -> bool {
        self.exit_code() == Some(0) || self.ended_as_told()
    }

    fn ended_as_told(&self) -> bool {
        let codes = match self.attribute("stop_exit_codes") {
            Some(Json::Array(codes)) => codes.as_slice(),
            Some(code) => std::slice::from_ref(code),
            None => &[],
        };
        self.exit_code().is_some_and(|code| codes.iter().any(|it| it.as_i64() == Some(code)))
    }

    /// The stamp: the one that the process carries if that is whole, else the one that it was taken over with.
    #[must_use]
    pub fn stamp(&self) -> Option<Stamp> {
        self.carried_stamp().or_else(|| self.adopted.clone())
    }

    /// Whether nobody owns it: neither does it carry anything of a stamp, nor was it taken over.
    #[must_use]
    pub fn is_unowned(&self) -> bool {
        self.adopted.is_none() && self.variable(OWNER_VARIABLE).is_none()
    }

    /// Whether it is ours without a stamp of its own, until it is started again.
    #[must_use]
    pub fn is_adopted(&self) -> bool {
        self.adopted.is_some() && self.carried_stamp().is_none()
    }

    /// Lets it be known by a stamp that it does not carry; what it carries itself comes first.
    pub(crate) fn adopt(&mut self, stamp: Stamp) {
        if self.is_unowned() {
            self.adopted = Some(stamp);
        }
    }

    fn carried_stamp(&self) -> Option<Stamp> {
        Some(Stamp {
            owner: Owner::new(self.variable(OWNER_VARIABLE)?),
            source: self.variable(SOURCE_VARIABLE)?,
            digest: self.variable(DIGEST_VARIABLE)?,
        })
    }
}

/// A record without what nobody asks for: with hundreds of processes PM2's list is most of what a pass keeps in memory.
///
/// PM2 lays the environment over the record itself, so that it is in there twice, and adds what it measures and what it
/// knows of git.
fn lean(record: Map<String, Json>) -> Map<String, Json> {
    let in_env =
        |name: &String| is_variable(name) && record.get("env").is_some_and(|env| env.get(name).is_some());
    let left_out: BTreeSet<String> = record
        .keys()
        .filter(|name| in_env(name) || name.starts_with("axm_") || *name == "versioning")
        .cloned()
        .collect();
    snug(record.into_iter().filter(|(name, _)| !left_out.contains(name)).map(|(name, value)| match value {
        Json::Object(members) => (name, Json::Object(snug(members.into_iter()))),
        other => (name, other),
    }))
}

/// A map with no room for more: one that has grown has up to twice what it needs.
pub(super) fn snug(members: impl Iterator<Item = (String, Json)>) -> Map<String, Json> {
    members.collect::<Vec<_>>().into_iter().collect()
}

/// Whether a member of PM2's record can only come from an environment: PM2's own are in lower case.
pub(crate) fn is_variable(name: &str) -> bool {
    name.chars().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_')
}

impl Status {
    fn read(word: &str) -> Self {
        match word {
            "online" | "one-launch-status" => Status::Online,
            "launching" => Status::Launching,
            "stopping" => Status::Stopping,
            "stopped" => Status::Stopped,
            "errored" => Status::Errored,
            "waiting restart" => Status::WaitingRestart,
            other => Status::Other(other.to_owned()),
        }
    }

    /// PM2's word.
    #[must_use]
    pub fn as_str(&self) -> &str {
        match self {
            Status::Online => "online",
            Status::Launching => "launching",
            Status::Stopping => "stopping",
            Status::Stopped => "stopped",
            Status::Errored => "errored",
            Status::WaitingRestart => "waiting restart",
            Status::Other(word) => word,
        }
    }

    /// Whether it will have changed in a moment by itself.
    #[must_use]
    pub fn is_transient(&self) -> bool {
        matches!(self, Status::Launching | Status::Stopping)
    }
}

/// A JSON scalar as an environment variable shows it.
pub(crate) fn text_of(value: &Json) -> String {
    match value {
        Json::String(text) => text.clone(),
        Json::Number(number) => crate::model::number::text(number),
        other => other.to_string(),
    }
}

/// PM2 gives numbers as numbers, or as text where an environment variable got in between.
fn number(value: &Json) -> Option<u64> {
    value.as_u64().or_else(|| value.as_str()?.parse().ok())
}
