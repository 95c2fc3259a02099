//! What is done about an app whose step has failed: what the plan says of that.

use std::time::{Duration, Instant};

use super::apply::{Applier, Stage, call_timeout, pm2_error};
use super::observer::Observer;
use super::pm2::{Client, ClientError, Timeouts};
use super::state::now;
use crate::converge::{Aftermath, Applied, StepError};
use crate::plan::{Action, Fallback, LastGood, Step, left_by, step_back};
use crate::pm2::observed::{Observed, PmId, Process, Status};

impl Applier<'_> {
    /// Puts an app back or stops it, as its step says; `None` where nothing is to be done, or it is not known what there
    /// is to be done, as PM2 is gone or somebody has taken the app away: the next pass looks again then.
    pub(super) fn fall_back(&self, step: &Step, error: &StepError, observer: &Observer) -> Option<Aftermath> {
        if !error.is_setback() {
            return None;
        }
        let observed = observer.observe().ok()?;
        let is_gone = left_by(&step.app, self.owner, &step.action.touched(), &observed).is_empty();
        if is_gone && !matches!(step.action, Action::Replace(..)) {
            return None;
        }
        match &step.fallback {
            Fallback::Keep | Fallback::NoWayBack(_) => None,
            Fallback::Stop => Some(Aftermath::Stopped(self.stop(step, observer))),
            Fallback::Revert(good) => {
                let result = self.put_back(step, good, observer);
                Some(Aftermath::Reverted { to: good.generation, result })
            }
        }
    }

    /// Again and again, for a while: what crashes is started again by PM2 at the same time, and one of the two comes late.
    fn put_back(&self, step: &Step, good: &LastGood, observer: &Observer) -> Result<Applied, StepError> {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let result = self.try_to_put_back(step, good, observer);
            match result {
                Err(StepError::Pm2(_) | StepError::NotTrue(_) | StepError::Crashed { .. })
                    if Instant::now() < deadline => {}
                _ => return result,
            }
        }
    }

    fn try_to_put_back(
        &self,
        step: &Step,
        good: &LastGood,
        observer: &Observer,
    ) -> Result<Applied, StepError> {
        let touched = step.action.touched();
        let left = |observed: &Observed| -> Vec<PmId> {
            let left = left_by(&step.app, self.owner, &touched, observed);
            left.iter().map(|process| process.pm_id).collect()
        };
        let mut observed = observer.observe()?;
        let at = u64::try_from(now().as_millisecond()).unwrap_or_default();
        let unsteady: Vec<PmId> = left(&observed)
            .into_iter()
            .filter(|id| observed.process(*id).is_some_and(|it| it.is_unsteady(at)))
            .collect();
        if !unsteady.is_empty() {
            self.stop_all(&unsteady, &observed, Client::halt)?;
            observed = observer.observe()?;
        }
        let action = step_back(&step.app, &good.app, self.owner, &touched, &observed);
        let Ok(attributes) = &good.app.attributes else { return Ok(Applied::default()) };
        let action = action.unwrap_or_else(|| Action::Ask(left(&observed), attributes.clone()));
        self.take(&action, &good.app.probes, &Stage { observed: &observed, observer }, || ())
    }

    /// Until nothing of it runs: what was about to be started again may come up once more.
    fn stop(&self, step: &Step, observer: &Observer) -> Result<(), StepError> {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let observed = observer.observe()?;
            let left = left_by(&step.app, self.owner, &step.action.touched(), &observed);
            let at_rest = |it: &&&Process| it.pid.is_none() && it.status == Status::Stopped;
            let ids: Vec<PmId> = left.iter().filter(|it| !at_rest(it)).map(|it| it.pm_id).collect();
            match self.stop_all(&ids, &observed, Client::stop) {
                Ok(()) if ids.is_empty() => return Ok(()),
                Err(error) if Instant::now() >= deadline => return Err(error),
                _ if Instant::now() >= deadline => {
                    return Err(StepError::Pm2("it is started again and again".to_owned()));
                }
                _ => {}
            }
        }
    }

    fn stop_all(
        &self,
        ids: &[PmId],
        observed: &Observed,
        stop: fn(&mut Client, PmId) -> Result<(), ClientError>,
    ) -> Result<(), StepError> {
        let timeouts =
            Timeouts { call: call_timeout(&Action::Delete(ids.to_vec()), observed), ..Timeouts::default() };
        let mut client = self.pm2.connect(timeouts)?;
        ids.iter().try_for_each(|id| stop(&mut client, *id).map_err(|error| pm2_error(&error)))
    }
}

/// How long to go on trying to put an app back.
const PATIENCE: Duration = Duration::from_secs(10);
