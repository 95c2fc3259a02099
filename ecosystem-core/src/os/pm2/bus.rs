//! PM2's event bus: what its daemon tells every subscriber of `pub.sock`.
//!
//! Each event is a frame of a topic (`s:`) and a payload (`j:`); a subscriber sends nothing, and what happened
//! before it came is not told again. Sources: `lib/Event.js` and `lib/Daemon.js`, the same in PM2 5, 6 and 7.
//!
//! All of it is a hint and none of it proof: look at the process list. The delete of a stopped app is not told at
//! all, a delete looks like a stop, and an app may publish under any topic it likes (`process.send` with `type` and
//! `data`). What an app publishes is wrapped in `at`, `data` and `process` by the three versions known and so has
//! not the form read here; should another version pass it on bare, a wrong hint is all that comes of it.

#[cfg(test)]
mod tests;

use std::fmt;
use std::io::{ErrorKind, Read};
use std::os::unix::net::UnixStream;
use std::time::Duration;

use camino::Utf8Path;
use serde::Deserialize;
use serde_json::Value as Json;

use super::call::ProcessId;
use super::connection::{self, READ_SIZE};
use super::error::ClientError;
use super::frame::Decoder;
use super::message::parse_json;

/// What errors call the subscription, where those of a call have its method.
const METHOD: &str = "events";

/// A subscription to the events of one PM2 home's daemon.
///
/// Read on until it is dropped, in a thread of its own: the daemon keeps whatever a subscriber leaves unread in
/// its own memory, without bound.
pub struct Bus {
    stream: UnixStream,
    decoder: Decoder,
    buffer: Vec<u8>,
}

/// What the bus tells that matters to the running set.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum BusMessage {
    /// Something happened to a process.
    Process(ProcessEvent),
    /// The daemon is about to end because it was told to, by `pm2 kill` or a signal that it could catch.
    Killed,
}

/// What happened to a process. Without its environment and whatever else PM2 tells with it: those hold secrets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProcessEvent {
    /// What happened: `online`, `exit`, `start`, `stop`, `restart`, `restart overlimit`; there are others.
    pub event: String,
    /// The name of the app.
    pub name: String,
    /// Its variable `ECOSYSTEM_OWNER`: whose app it is, if one of ours.
    pub owner: Option<String>,
    /// PM2's number of the process; `None` for a worker that a reload is about to end (PM2 calls it `_old_3`).
    pub pm_id: Option<ProcessId>,
    /// PM2's status of it at that moment, such as `stopping`.
    pub status: Option<String>,
    /// Whether PM2 says that somebody asked for it.
    pub manually: bool,
}

impl Bus {
    /// Subscribes to the daemon whose PM2_HOME is `home`, within `limit`.
    ///
    /// The daemon may be a moment behind: what it does before it has noticed the subscriber is not told. It has
    /// once it answers a call made after this, so a list asked for now closes the gap.
    ///
    /// # Errors
    /// [`ClientError::NotRunning`] if nobody listens; `Denied`, `NotOurs` if the listener is neither this user nor
    /// root, `Unreachable` or `Timeout`.
    pub fn connect(home: &Utf8Path, limit: Duration) -> Result<Self, ClientError> {
        let (stream, _) = connection::open(&home.join("pub.sock"), limit)?;
        Ok(Self { stream, decoder: Decoder::default(), buffer: vec![0; READ_SIZE] })
    }

    /// Waits, however long, for the next message that matters. Log lines and the rest are read and dropped unparsed, and
    /// so is a message that does not have the form its topic promises.
    ///
    /// # Errors
    /// [`ClientError::Lost`] once the daemon has gone, [`ClientError::Protocol`] if the peer does not speak as PM2
    /// does; nothing else comes after either.
    #[allow(
        clippy::should_implement_trait,
        reason = "an end without a reason, as an iterator has it, does not occur"
    )]
    pub fn next(&mut self) -> Result<BusMessage, ClientError> {
        loop {
            match next_message(&mut self.decoder) {
                Ok(Some(message)) => return Ok(message),
                Ok(None) => self.read()?,
                Err(what) => return Err(ClientError::Protocol { method: METHOD, what }),
            }
        }
    }

    fn read(&mut self) -> Result<(), ClientError> {
        match self.stream.read(&mut self.buffer) {
            Ok(read @ 1..) => self.decoder.push(self.buffer.get(..read).unwrap_or_default()),
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Ok(_) | Err(_) => return Err(ClientError::Lost { method: METHOD }),
        }
        Ok(())
    }
}

impl fmt::Debug for Bus {
    /// Without what was read: it may hold secrets.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Bus").field("stream", &self.stream).finish_non_exhaustive()
    }
}

/// Takes frames out of the decoder up to the first that matters.
fn next_message(decoder: &mut Decoder) -> Result<Option<BusMessage>, String> {
    while let Some(arguments) = decoder.next_borrowed().map_err(|error| error.to_string())? {
        if let [topic, payload] = arguments.as_slice()
            && let Some(message) = BusMessage::read(topic, payload)
        {
            return Ok(Some(message));
        }
    }
    Ok(None)
}

impl BusMessage {
    /// Reads a topic and its payload as they stand in a frame; `None` if they do not matter or are malformed.
    fn read(topic: &[u8], payload: &[u8]) -> Option<Self> {
        match topic {
            b"s:process:event" => json(payload).and_then(Event::read).map(Self::Process),
            b"s:pm2:kill" => json(payload).filter(End::is_kill).map(|_| Self::Killed),
            _ => None,
        }
    }
}

fn json<T: serde::de::DeserializeOwned>(payload: &[u8]) -> Option<T> {
    parse_json(payload.strip_prefix(b"j:")?).ok()
}

/// `{"status":"killed","msg":…}`.
#[derive(Deserialize)]
struct End {
    status: Json,
}

impl End {
    fn is_kill(&self) -> bool {
        self.status == "killed"
    }
}

/// The members of a `process:event` that are read. Any of them may be of any type, as environment variables stand
/// beside PM2's attributes and over them; only what is no text at all makes an event meaningless.
#[derive(Deserialize)]
struct Event {
    event: String,
    #[serde(default)]
    manually: Json,
    process: EventProcess,
}

#[derive(Deserialize)]
struct EventProcess {
    #[serde(default)]
    name: Json,
    #[serde(default)]
    pm_id: Json,
    #[serde(default)]
    status: Json,
    #[serde(default, rename = "ECOSYSTEM_OWNER")]
    owner: Json,
}

impl Event {
    fn read(self) -> Option<ProcessEvent> {
        let EventProcess { name, pm_id, status, owner } = self.process;
        Some(ProcessEvent {
            event: self.event,
            name: text(name)?,
            owner: text(owner),
            pm_id: text(pm_id).and_then(|id| id.parse().ok()),
            status: text(status),
            manually: self.manually == true,
        })
    }
}

/// Texts, and numbers as texts: an app with the variable `name` of value 5 is called 5, and one with `pm_id=4` has the
/// text `"4"` for its number.
fn text(value: Json) -> Option<String> {
    match value {
        Json::String(text) => Some(text),
        Json::Number(number) => Some(number.to_string()),
        _ => None,
    }
}
