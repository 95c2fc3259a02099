//! PM2's daemon, spoken to directly over its sockets.
//!
//! The `pm2` program is a client of the same sockets, takes about 130 ms and 57 MB for each command, and pours
//! its caller's environment into every app it starts. This client needs about one millisecond and sends what
//! it was given. The protocol is not documented by PM2; it was read in the sources of pm2 5.4.3, 6.0.14 and
//! 7.0.4 (`lib/Daemon.js`, `lib/God`, `modules/pm2-axon`, `modules/pm2-axon-rpc`, `amp`, `amp-message`), and the
//! tests run against those three.

mod bus;
mod call;
mod client;
mod connection;
mod deadline;
pub mod dump;
mod error;
pub mod frame;
pub mod hazard;
mod launch;
mod list;
pub mod message;
mod program;
mod reply;

pub use bus::{Bus, BusMessage, ProcessEvent};
pub use call::ProcessId;
pub use client::{Client, Timeouts};
pub use error::ClientError;
pub use hazard::{Change, Hazard, Preparation};
pub use launch::{LaunchError, launch};
pub use list::AskedList;
pub use program::{NPX_PACKAGE, Pm2Program, ProgramError, Search};
pub use reply::{Report, Started};
