//! Waiting until an app that was started or changed is well, by its own word.

use std::time::{Duration, Instant};

use camino::Utf8PathBuf;
use serde_json::Value as Json;

use super::interrupt::Interrupt;
use super::observer::Observer;
use super::probe::{self, Answer, Ill, Logs, Patient, Surroundings};
use super::verify::Vigil;
use crate::converge::StepError;
use crate::model::{DIGEST_VARIABLE, OWNER_VARIABLE, Probe, SOURCE_VARIABLE};
use crate::pm2::Attributes;
use crate::pm2::observed::text_of;

/// Asks an app by each of its probes in turn. Whether its processes stay up meanwhile is looked at all along: what has
/// crashed is not asked any longer, however good its answers are.
///
/// That there is more to do does not cut it short: only the answer tells whether what depends on the app may start, and
/// how long it may take is what its author said.
///
/// # Errors
/// A probe that has not passed, a process that crashed, or the end of this program.
pub(super) fn wait(
    vigil: &mut Vigil<'_>,
    observer: &Observer,
    probes: &[Probe],
    interrupt: &Interrupt,
) -> Result<(), StepError> {
    let (Some(app), false) = (vigil.app(), probes.is_empty()) else { return Ok(()) };
    let (surroundings, logs) = (surroundings(app), Logs::new(vigil.logs()));
    let patient = Patient { surroundings: &surroundings, logs: &logs, ends: &|| interrupt.ends() };
    let mut looked = Instant::now();
    for probe in probes {
        let otherwise = || {
            if interrupt.ends() {
                return Some(StepError::Interrupted);
            }
            let again = looked.elapsed() >= LOOK_AGAIN;
            again.then(|| looked = Instant::now()).and_then(|()| vigil.glance(observer).err())
        };
        match probe::wait(probe, &patient, otherwise) {
            Answer::Well => {}
            Answer::Ill(Ill(problem)) => return Err(vigil.unwell(observer, problem)),
            Answer::Interrupted(error) => return Err(error),
        }
    }
    // A probe may lie, and it may be another process that answers.
    vigil.glance(observer)
}

/// How often to look whether it still runs: a look costs PM2 about a millisecond for each dozen of apps.
const LOOK_AGAIN: Duration = Duration::from_millis(250);

const STAMP: [&str; 3] = [OWNER_VARIABLE, SOURCE_VARIABLE, DIGEST_VARIABLE];

/// Where and in what environment commands of an app's probes run.
pub(super) fn surroundings(app: &Attributes) -> Surroundings {
    let folder = app.get("pm_cwd").and_then(Json::as_str).map(Utf8PathBuf::from).unwrap_or_default();
    // Without the stamp: a command of a probe is no process of the app.
    let own = app.env().filter(|(name, _)| !STAMP.contains(name));
    Surroundings { folder, env: own.map(|(name, value)| (name.to_owned(), text_of(value))).collect() }
}
