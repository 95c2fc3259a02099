//! New processes beside old ones, which go when the new ones are well.

use super::apply::{Applier, Stage, delete_all, start};
use super::pm2::Client;
use super::verify::Expected;
use crate::converge::{Applied, StepError};
use crate::model::Probe;
use crate::plan::Swap;
use crate::pm2::observed::PmId;

impl Applier<'_> {
    /// Starts what is missing beside the old processes, and deletes these when all of the new ones are well; or the new
    /// ones, if they are not. Whoever asks the app meanwhile is answered by the old ones, or by both.
    pub(super) fn replace_after(
        &self,
        client: &mut Client,
        swap: &Swap,
        probes: &[Probe],
        stage: &Stage<'_>,
        started: impl FnOnce(),
    ) -> Result<Applied, StepError> {
        let mut expected = stage.as_they_are(&swap.new, &swap.app);
        if let Some(app) = &swap.scaling.add {
            expected.extend(start(client, app)?);
        }
        started();
        match self.confirm(&expected, probes, stage) {
            Ok(applied) => delete_all(client, &swap.scaling.remove)
                .map(|()| applied)
                .map_err(|error| left_beside(&error)),
            // The next pass goes on with both.
            Err(StepError::Interrupted) => Err(StepError::Interrupted),
            Err(error) => {
                let new: Vec<PmId> = expected.iter().map(Expected::pm_id).collect();
                // What cannot be deleted now is one too many for the next pass.
                let _ = delete_all(client, &new);
                Err(error)
            }
        }
    }
}

/// The new ones are well: there is nothing to put back.
fn left_beside(error: &StepError) -> StepError {
    StepError::Unknown(format!("it runs, but the old process beside it could not be deleted: {error}"))
}
