//! PM2's list for many who wait at once: it is asked for once for all of them, and by one thread.

use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, channel};

use super::apply::pm2_error;
use super::pm2::{Client, Timeouts};
use super::same_daemon::SameDaemon;
use crate::converge::StepError;
use crate::pm2::observed::Observed;

/// Asks for PM2's list through whoever [serves](Service::serve).
#[derive(Clone)]
pub(super) struct Observer(Sender<Request>);

type Answer = Result<Arc<Observed>, StepError>;
type Request = Sender<Answer>;

impl Observer {
    /// PM2's list as it is now.
    ///
    /// # Errors
    /// PM2 cannot be asked.
    pub(super) fn observe(&self) -> Answer {
        let (sender, receiver) = channel();
        // Nobody serves any more only when nobody asks either.
        let gone = || StepError::Pm2("nobody looks at PM2 any more".to_owned());
        self.0.send(sender).map_err(|_| gone())?;
        receiver.recv().map_err(|_| gone())?
    }
}

/// The side that asks PM2.
pub(super) struct Service<'a> {
    pm2: SameDaemon<'a>,
    requests: Receiver<Request>,
    client: Option<Client>,
}

/// The two sides.
pub(super) fn observer(pm2: SameDaemon<'_>) -> (Observer, Service<'_>) {
    let (sender, requests) = channel();
    (Observer(sender), Service { pm2, requests, client: None })
}

impl Service<'_> {
    /// Serves until every [`Observer`] is gone.
    ///
    /// Whoever asks while PM2 is being asked gets the next list: each is younger than the question.
    pub(super) fn serve(mut self) {
        while let Ok(first) = self.requests.recv() {
            let waiting: Vec<Request> = std::iter::once(first).chain(self.requests.try_iter()).collect();
            let answer = self.ask().map(Arc::new);
            // Whoever does not wait any more does not need it.
            waiting.iter().for_each(|request| drop(request.send(answer.clone())));
        }
    }

    fn ask(&mut self) -> Result<Observed, StepError> {
        let mut client = match self.client.take() {
            Some(client) => client,
            None => self.pm2.connect(Timeouts::default())?,
        };
        let observed = client.observe().map_err(|error| pm2_error(&error))?;
        // One that failed is not used again.
        self.client = Some(client);
        Ok(observed)
    }
}
