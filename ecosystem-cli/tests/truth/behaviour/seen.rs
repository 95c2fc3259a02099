//! An app as PM2 and the kernel show it at one moment, and what can be done to it by hand.

use std::thread;
use std::time::{Duration, Instant};

use ecosystem_core::os::pm2::{Change, ProcessId};
use serde_json::Value as Json;

use super::Subject;
use crate::support::process::Process;
use crate::support::wait::{LONG, wait_until};

/// Between two looks: dozens of apps are looked at together, and each look costs PM2's daemon some milliseconds.
const REST: Duration = Duration::from_millis(200);

/// For what takes many starts of a process.
const VERY_LONG: Duration = LONG.saturating_mul(3);

/// The first process of an app.
pub(super) struct Seen {
    pub(super) id: ProcessId,
    /// While it has a pid.
    pub(super) process: Option<Process>,
    pub(super) status: String,
    /// How often PM2 restarted it.
    pub(super) restarts: u64,
    /// PM2's whole record.
    pub(super) record: Json,
}

impl Seen {
    fn read(entry: &Json) -> Self {
        let record = &entry["pm2_env"];
        let process = entry["pid"].as_i64().filter(|pid| *pid > 0).map(Process::new);
        Self {
            id: entry["pm_id"].as_u64().and_then(|id| id.try_into().ok()).expect("PM2 numbers its processes"),
            process,
            status: record["status"].as_str().unwrap_or_default().to_owned(),
            restarts: record["restart_time"].as_u64().unwrap_or_default(),
            record: record.clone(),
        }
    }

    /// Whether PM2 is not just doing something with it, and knows what has become of its process.
    fn is_settled(&self) -> bool {
        match self.status.as_str() {
            "stopping" | "launching" => false,
            "online" => self.process.is_some_and(Process::is_alive),
            _ => true,
        }
    }
}

impl Subject<'_> {
    pub(super) fn seen(&self) -> Seen {
        let mut seen = None;
        wait_until(&format!("PM2 lists {}", self.app), LONG, || {
            let list = self.world.list();
            seen = list.iter().find(|entry| entry["name"] == self.app).map(Seen::read);
            seen.is_some()
        });
        seen.expect("waited for")
    }

    /// Whether another process takes the place of this one, after it had every chance: this long, and PM2's daemon
    /// has answered then. Node runs timers that are due before it reads its sockets, so a daemon that answers has
    /// done its other work too. The program itself tells first, which costs PM2 nothing.
    pub(super) fn is_replaced(&self, process: Process, patience: Duration) -> bool {
        let started = Instant::now();
        let mut replaced = None;
        wait_until(&format!("{} is replaced, or stays", self.app), patience + LONG, || {
            thread::sleep(REST / 4);
            replaced = self.is_replaced_now(process, started.elapsed() >= patience);
            replaced.is_some()
        });
        replaced.expect("waited for")
    }

    /// `None` while that cannot be told.
    fn is_replaced_now(&self, process: Process, had_its_chance: bool) -> Option<bool> {
        if self.told_by_another(process) {
            return Some(true);
        }
        let seen = had_its_chance.then(|| self.seen())?;
        let stays = seen.is_settled() && seen.process.is_none_or(|it| it == process);
        stays.then_some(false)
    }

    /// Whether something happens in this time, after which PM2's daemon has answered too.
    pub(super) fn happens(&self, patience: Duration, mut has: impl FnMut(&Seen) -> bool) -> bool {
        let started = Instant::now();
        loop {
            let had_its_chance = started.elapsed() >= patience;
            if has(&self.seen()) {
                return true;
            }
            if had_its_chance {
                return false;
            }
            thread::sleep(REST);
        }
    }

    /// Waits until something is so.
    #[track_caller]
    pub(super) fn wait_for(&self, what: &str, mut has: impl FnMut(&Seen) -> bool) {
        assert!(self.happens(VERY_LONG, |seen| has(seen)), "{}: not within {VERY_LONG:?}: {what}", self.app);
    }

    /// Restarts it as it is. With `wait_ready`, PM2 answers when the program is ready, or never: no matter here.
    pub(super) fn restart_by_hand(&self) {
        self.restart_with(&Change::none());
    }

    /// The same with a changed record.
    pub(super) fn restart_with(&self, change: &Change) {
        let id = self.seen().id;
        let _ = self.world.pm2.client().restart(id, change);
    }

    /// Stops it. PM2 answers when it has ended, or that it did not.
    pub(super) fn stop_by_hand(&self) {
        let id = self.seen().id;
        let _ = self.world.pm2.client().stop(id);
    }
}
