//! PM2's list for many who wait at once: it is asked for once for all of them.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use camino::Utf8Path;

use super::apply::pm2_error;
use super::pm2::{Client, Timeouts};
use crate::converge::StepError;
use crate::pm2::observed::Observed;

/// PM2's list, shared between those who look at it at the same time.
pub(super) struct Observer<'a> {
    home: &'a Utf8Path,
    last: Mutex<Last>,
}

#[derive(Default)]
struct Last {
    client: Option<Client>,
    /// What PM2 said, and when it was asked.
    seen: Option<(Instant, Arc<Observed>)>,
}

impl<'a> Observer<'a> {
    pub(super) fn new(home: &'a Utf8Path) -> Self {
        Self { home, last: Mutex::default() }
    }

    /// PM2's list as it is now: asked for by us, or by somebody else since we wanted it.
    ///
    /// # Errors
    /// PM2 cannot be asked.
    pub(super) fn observe(&self) -> Result<Arc<Observed>, StepError> {
        let wanted = Instant::now();
        // Whoever waits here is given what the one before asked for, if that was after it began to wait.
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((asked, observed)) = &last.seen
            && *asked >= wanted
        {
            return Ok(Arc::clone(observed));
        }
        let asked = Instant::now();
        let observed = Arc::new(self.ask(&mut last)?);
        last.seen = Some((asked, Arc::clone(&observed)));
        Ok(observed)
    }

    fn ask(&self, last: &mut Last) -> Result<Observed, StepError> {
        let mut client = match last.client.take() {
            Some(client) => client,
            None => Client::connect(self.home, Timeouts::default()).map_err(|error| pm2_error(&error))?,
        };
        let list = client.list().map_err(|error| pm2_error(&error))?;
        // One that failed is not used again.
        last.client = Some(client);
        Observed::read(list).map_err(|error| StepError::Pm2(error.to_string()))
    }
}
