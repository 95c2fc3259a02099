//! What can go wrong between us and PM2's daemon.

use std::io;
use std::time::Duration;

use camino::Utf8PathBuf;
use thiserror::Error;

/// Why PM2's daemon could not be reached, or did not do what it was asked.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum ClientError {
    /// No socket, or one that a killed daemon left behind.
    #[error("PM2 is not running: nobody listens on {socket}")]
    NotRunning {
        /// Where PM2 would listen.
        socket: Utf8PathBuf,
    },
    /// The socket belongs to another user.
    #[error("no permission to talk to PM2 on {socket}: run this as the user that runs PM2")]
    Denied {
        /// Where PM2 listens.
        socket: Utf8PathBuf,
    },
    /// Another user's process listens there, so what it says cannot be trusted and what we say is not for it.
    #[error("{socket} is served by user {uid}, who is neither this user nor root")]
    NotOurs {
        /// Where it listens.
        socket: Utf8PathBuf,
        /// The user of the listening process.
        uid: u32,
    },
    /// The system refused for another reason, such as a path too long for a socket (107 bytes).
    #[error("cannot connect to PM2 on {socket}: {source}")]
    Unreachable {
        /// Where PM2 would listen.
        socket: Utf8PathBuf,
        /// The system's reason.
        source: io::Error,
    },
    /// No whole answer in time; PM2 may still do it. A frozen PM2 accepts connections and never answers.
    #[error("PM2 did not answer `{method}` within {after:?}: it may be frozen or busy, and may still do it")]
    Timeout {
        /// What was asked.
        method: &'static str,
        /// How long was waited.
        after: Duration,
    },
    /// The connection ended before the answer: whether it was done is unknown, so look again.
    #[error("PM2 went away during `{method}`: whether it was done is unknown")]
    Lost {
        /// What was asked.
        method: &'static str,
    },
    /// PM2 answered that it would not or could not.
    #[error("PM2 refused `{method}`: {message}")]
    Refused {
        /// What was asked.
        method: &'static str,
        /// PM2's words.
        message: String,
    },
    /// The peer does not speak as PM2 5, 6 and 7 do.
    #[error("unexpected answer to `{method}`, is this PM2? {what}")]
    Protocol {
        /// What was asked.
        method: &'static str,
        /// What is wrong with the answer.
        what: String,
    },
}

impl ClientError {
    /// Whether PM2 may have done, or may still do, what was asked: only looking tells.
    #[must_use]
    pub fn outcome_is_unknown(&self) -> bool {
        matches!(self, Self::Timeout { .. } | Self::Lost { .. } | Self::Protocol { .. })
    }
}
