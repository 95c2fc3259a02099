//! The client: what can be asked of PM2's daemon, in Rust's types.

use std::collections::BTreeSet;
use std::time::Duration;

use camino::Utf8Path;
use serde_json::Value as Json;

use super::call::{Call, ProcessId};
use super::connection::Connection;
use super::error::ClientError;
use super::hazard::{Change, Preparation};
use super::list;
use super::reply::{self, Report, Started};
use crate::pm2::observed::Observed;

/// How long to wait for PM2's daemon.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Timeouts {
    /// For the connection. Only a frozen daemon needs long.
    pub connect: Duration,
    /// For one call, from the first byte sent to the last received. Stopping waits for the app (its
    /// `kill_timeout`), starting with `wait_ready` waits for its `listen_timeout`.
    pub call: Duration,
}

impl Default for Timeouts {
    /// Two seconds to connect and thirty for a call.
    fn default() -> Self {
        Self { connect: Duration::from_secs(2), call: Duration::from_secs(30) }
    }
}

/// A connection to the daemon of one PM2 home, for one thread: calls follow each other.
///
/// PM2 itself serialises nothing. Two clients may call at once, but calls about one app must not overlap: a
/// delete beside a restart can leave a process that PM2 no longer knows.
#[derive(Debug)]
pub struct Client {
    connection: Connection,
    timeouts: Timeouts,
}

impl Client {
    /// Connects to the daemon whose PM2_HOME is `home`.
    ///
    /// # Errors
    /// [`ClientError::NotRunning`] if nobody listens; `Denied`, `NotOurs`, `Unreachable` or `Timeout`.
    pub fn connect(home: &Utf8Path, timeouts: Timeouts) -> Result<Self, ClientError> {
        let connection = Connection::open(&home.join("rpc.sock"), timeouts.connect)?;
        Ok(Self { connection, timeouts })
    }

    /// The pid of the daemon as the system knows it; `pm2.pid` can name another one.
    #[must_use]
    pub fn daemon_pid(&self) -> i32 {
        self.connection.peer().as_raw_nonzero().get()
    }

    /// Waits this long for each later call.
    pub fn set_call_timeout(&mut self, limit: Duration) {
        self.timeouts.call = limit;
    }

    /// Whether the daemon answers.
    ///
    /// # Errors
    /// [`ClientError`] if it does not.
    pub fn ping(&mut self) -> Result<(), ClientError> {
        self.call(&Call::Ping).map(drop)
    }

    /// The daemon's version, such as `7.0.4`.
    ///
    /// # Errors
    /// [`ClientError`] if there is no such answer.
    pub fn version(&mut self) -> Result<String, ClientError> {
        self.read(&Call::GetVersion, reply::text)
    }

    /// What the daemon says of itself.
    ///
    /// # Errors
    /// [`ClientError`] if there is no such answer.
    pub fn report(&mut self) -> Result<Report, ClientError> {
        self.read(&Call::GetReport, Report::read)
    }

    /// All processes as PM2 lists them, each an object with `pid`, `name`, `pm_id`, `pm2_env` and `monit`. The
    /// values hold the secrets of apps. Workers that a reload is about to end are left out by PM2.
    ///
    /// # Errors
    /// [`ClientError`] if there is no such answer.
    pub fn list(&mut self) -> Result<Vec<Json>, ClientError> {
        self.read(&Call::GetMonitorData, reply::list)
    }

    /// The same as what the planner looks at, read as it comes.
    ///
    /// # Errors
    /// [`ClientError`] if there is no such answer.
    pub fn observe(&mut self) -> Result<Observed, ClientError> {
        list::all(self.connection.call(&Call::GetMonitorData, self.timeouts.call)?)
    }

    /// The same of apps of these names alone: the records of others are passed over unread.
    ///
    /// # Errors
    /// [`ClientError`] if there is no such answer.
    pub fn observe_apps(&mut self, names: &BTreeSet<String>) -> Result<Observed, ClientError> {
        list::some(self.connection.call(&Call::GetMonitorData, self.timeouts.call)?, names)
    }

    /// Adds an app and starts it, once for each instance. PM2 does not look whether the name is taken.
    ///
    /// # Errors
    /// [`ClientError`]; `Refused` if PM2 could not.
    pub fn prepare(&mut self, app: &Preparation) -> Result<Vec<Started>, ClientError> {
        self.read(&Call::Prepare(app), Started::read_all)
    }

    /// Starts a stopped process again as it was.
    ///
    /// # Errors
    /// [`ClientError`]; `Refused` if it runs or is unknown.
    pub fn start_id(&mut self, id: ProcessId) -> Result<Started, ClientError> {
        self.read(&Call::Start(id), Started::read)
    }

    /// Stops a process and keeps it in the list. Stopping a stopped one is no error.
    ///
    /// Its file watcher goes first, as in PM2's own client: a watcher would start the process again.
    ///
    /// # Errors
    /// [`ClientError`]; `Refused` if it is unknown or did not end.
    pub fn stop(&mut self, id: ProcessId) -> Result<(), ClientError> {
        self.stop_watch(id)?;
        self.end(&Call::Stop(id))
    }

    /// Stops a process that is about to be started again: its file watcher stays.
    ///
    /// # Errors
    /// [`ClientError`]; `Refused` if it is unknown or did not end.
    pub fn halt(&mut self, id: ProcessId) -> Result<(), ClientError> {
        self.end(&Call::Stop(id))
    }

    /// Stops a process and forgets it.
    ///
    /// Its file watcher goes first: PM2 leaves it behind otherwise, and it restarts by name, so it would hit the next
    /// app of that name.
    ///
    /// Not an error if it is unknown: somebody else was faster, as PM2 itself is where a tool that was killed had asked it
    /// to delete the process, and gone it is.
    ///
    /// # Errors
    /// [`ClientError`]; `Refused` if it did not end and is forgotten all the same.
    pub fn delete(&mut self, id: ProcessId) -> Result<(), ClientError> {
        self.stop_watch(id)?;
        match self.end(&Call::Delete(id)) {
            Err(ClientError::Refused { message, .. }) if is_unknown(&message) => Ok(()),
            other => other,
        }
    }

    /// Stops a process if it runs, and starts it with a change.
    ///
    /// # Errors
    /// [`ClientError`]; `Refused` if it is unknown or another client was faster.
    pub fn restart(&mut self, id: ProcessId, change: &Change) -> Result<Started, ClientError> {
        self.read(&Call::Restart(id, change), Started::read)
    }

    /// Replaces a cluster worker by a new one that takes over before the old one ends; restarts anything else.
    /// PM2 answers with the old worker or the new one depending on its kind, so the answer is left aside.
    ///
    /// # Errors
    /// [`ClientError`]; `Refused` if it is unknown or being reloaded.
    pub fn reload(&mut self, id: ProcessId, change: &Change) -> Result<(), ClientError> {
        self.call(&Call::Reload(id, change)).map(drop)
    }

    /// Stops watching the files of a process. Not an error if it is unknown or not watched.
    ///
    /// # Errors
    /// [`ClientError`] if PM2 did not answer.
    pub fn stop_watch(&mut self, id: ProcessId) -> Result<(), ClientError> {
        self.call(&Call::StopWatch(id)).map(drop)
    }

    fn call(&mut self, call: &Call<'_>) -> Result<Vec<Json>, ClientError> {
        self.connection.call(call, self.timeouts.call)
    }

    /// Makes a call that has one result, and reads it.
    fn read<T>(
        &mut self,
        call: &Call<'_>,
        read: impl Fn(Json) -> Result<T, String>,
    ) -> Result<T, ClientError> {
        let result = self.call(call)?.into_iter().next().unwrap_or_default();
        read(result).map_err(|what| ClientError::Protocol { method: call.method(), what })
    }

    fn end(&mut self, call: &Call<'_>) -> Result<(), ClientError> {
        let result = self.call(call)?.into_iter().next().unwrap_or_default();
        match reply::survivor(&result) {
            None => Ok(()),
            Some(pid) => {
                let message = format!("process {pid} did not end");
                Err(ClientError::Refused { method: call.method(), message })
            }
        }
    }
}

/// Whether PM2 refused as it knows no process of that id: `N : id unknown` in `God/ActionMethods.js` of PM2 5.4.3, 6.0.14 and
/// 7.0.4.
fn is_unknown(refusal: &str) -> bool {
    refusal.ends_with("id unknown")
}
