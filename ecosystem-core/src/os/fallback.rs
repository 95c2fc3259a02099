//! What is done about an app whose step has failed: what the plan says of that.

use super::apply::{Applier, Stage, call_timeout, pm2_error};
use super::observer::Observer;
use super::pm2::{Client, Timeouts};
use crate::converge::{Aftermath, Applied, StepError};
use crate::plan::{Action, Fallback, LastGood, Step, left_by, step_back};
use crate::pm2::observed::PmId;

impl Applier<'_> {
    /// Puts an app back or stops it, as its step says; `None` where nothing is to be done, or it is not known what there
    /// is to be done: the next pass looks again then.
    pub(super) fn fall_back(&self, step: &Step, error: &StepError, observer: &Observer) -> Option<Aftermath> {
        if error.is_not_done() || !error.is_over() {
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

    fn put_back(&self, step: &Step, good: &LastGood, observer: &Observer) -> Result<Applied, StepError> {
        let observed = observer.observe()?;
        let touched = step.action.touched();
        match step_back(&step.app, &good.app, self.owner, &touched, &observed) {
            Some(action) => {
                let stage = Stage { observed: &observed, observer };
                self.take(&action, &good.app.probes, &stage, || ())
            }
            None => {
                let left = left_by(&step.app, self.owner, &touched, &observed);
                Ok(Applied { pids: left.iter().filter_map(|process| process.pid).collect() })
            }
        }
    }

    fn stop(&self, step: &Step, observer: &Observer) -> Result<(), StepError> {
        let observed = observer.observe()?;
        let left = left_by(&step.app, self.owner, &step.action.touched(), &observed);
        let ids: Vec<PmId> = left.iter().map(|process| process.pm_id).collect();
        let timeouts =
            Timeouts { call: call_timeout(&Action::Delete(ids.clone()), &observed), ..Timeouts::default() };
        let mut client = Client::connect(self.home, timeouts).map_err(|error| pm2_error(&error))?;
        for id in ids {
            client.stop(id).map_err(|error| pm2_error(&error))?;
        }
        Ok(())
    }
}
