//! Steps go to the PM2 that was looked at.

use camino::Utf8Path;

use super::apply::pm2_error;
use super::pm2::{Client, Timeouts};
use crate::converge::StepError;

/// The daemon whose list a plan was made from.
///
/// Processes are known by PM2's ids, which a PM2 that was started anew gives to others: somebody else's, it may be.
#[derive(Debug, Clone, Copy)]
pub(super) struct SameDaemon<'a> {
    /// PM2's home.
    pub(super) home: &'a Utf8Path,
    /// Its pid; none if PM2 was not up, and nothing was seen.
    pub(super) pid: Option<i32>,
}

impl SameDaemon<'_> {
    /// Connects to it.
    ///
    /// # Errors
    /// PM2 cannot be reached, or is another one by now.
    pub(super) fn connect(&self, timeouts: Timeouts) -> Result<Client, StepError> {
        let client = Client::connect(self.home, timeouts).map_err(|error| pm2_error(&error))?;
        match self.pid {
            Some(pid) if pid != client.daemon_pid() => {
                Err(StepError::Pm2("PM2 was started anew meanwhile: look again".to_owned()))
            }
            _ => Ok(client),
        }
    }
}
