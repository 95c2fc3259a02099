//! PM2's process list as the planner looks at it, read as it comes.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use camino::Utf8Path;
use serde::Deserialize;
use serde_json::value::RawValue;

use super::call::Call;
use super::client::Timeouts;
use super::connection::{Begun, Connection};
use super::error::ClientError;
use super::message::parse_json;
use crate::pm2::observed::Observed;

/// A list that PM2 was asked for, on a connection of its own, and that nobody has waited for yet.
///
/// PM2 needs some milliseconds for a hundred processes. Whoever has something else to do until then need not wait.
#[derive(Debug)]
pub struct AskedList {
    connection: Connection,
    begun: Begun,
    asked: Instant,
}

impl AskedList {
    /// Asks the daemon whose PM2_HOME is `home`.
    ///
    /// # Errors
    /// As of [`Client::connect`](super::Client::connect).
    pub fn ask(home: &Utf8Path, timeouts: Timeouts) -> Result<Self, ClientError> {
        let mut connection = Connection::open(&home.join("rpc.sock"), timeouts.connect)?;
        let begun = connection.begin(&Call::GetMonitorData, timeouts.call)?;
        Ok(Self { connection, begun, asked: Instant::now() })
    }

    /// How long ago it was asked for: what PM2 lists is not older.
    #[must_use]
    pub fn age(&self) -> Duration {
        self.asked.elapsed()
    }

    /// The pid of the daemon that was asked, as the system knows it.
    #[must_use]
    pub fn daemon_pid(&self) -> i32 {
        self.connection.peer().as_raw_nonzero().get()
    }

    /// Waits for it; of apps of these names alone where they are given.
    ///
    /// # Errors
    /// [`ClientError`] if there is no such answer.
    pub fn observe(mut self, names: Option<&BTreeSet<String>>) -> Result<Observed, ClientError> {
        match names {
            Some(names) => some(self.connection.end(self.begun)?, names),
            None => all(self.connection.end(self.begun)?),
        }
    }
}

/// The one result of the call.
pub(super) fn all(results: Vec<Observed>) -> Result<Observed, ClientError> {
    results.into_iter().next().ok_or_else(|| protocol("there is no result".to_owned()))
}

/// The same, of apps of these names: the records of others are passed over unread.
pub(super) fn some(
    results: Vec<Vec<Box<RawValue>>>,
    names: &BTreeSet<String>,
) -> Result<Observed, ClientError> {
    #[derive(Deserialize)]
    struct Entry {
        name: String,
    }
    let list = results.into_iter().next().ok_or_else(|| protocol("there is no result".to_owned()))?;
    let mut named = Vec::new();
    for entry in list {
        let bytes = entry.get().as_bytes();
        let Entry { name } = parse_json(bytes).map_err(protocol)?;
        if names.contains(&name) {
            named.push(parse_json(bytes).map_err(protocol)?);
        }
    }
    Observed::read(named).map_err(|error| protocol(error.to_string()))
}

fn protocol(what: String) -> ClientError {
    ClientError::Protocol { method: Call::GetMonitorData.method(), what }
}
