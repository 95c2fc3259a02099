//! Carrying out a plan's steps on PM2. There is nothing to decide here: the plan has said it all.

use std::ops::Range;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use camino::{Utf8Path, Utf8PathBuf};
use serde_json::{Map, Value as Json};

use super::health;
use super::interrupt::Interrupt;
use super::observer::{Observer, observer};
use super::pm2::{Change, Client, ClientError, Hazard, Preparation, Timeouts};
use super::schedule::{Schedule, Task};
use super::verify::{Expected, Vigil};
use crate::converge::{Applied, Outcome, Progress, StepError};
use crate::plan::{Action, Plan, Scaling, Step, Update};
use crate::pm2::Attributes;
use crate::pm2::observed::{Observed, PmId, Process};

/// How steps are carried out.
pub(super) struct Applier<'a> {
    /// PM2's home.
    pub(super) home: &'a Utf8Path,
    /// How many steps are in hand at once; at least one.
    pub(super) jobs: usize,
    /// What ran before.
    pub(super) observed: &'a Observed,
    /// The longest that a new process is watched for the sake of its `min_uptime`.
    pub(super) patience: Duration,
    /// Whether to hurry, or to end.
    pub(super) interrupt: &'a Interrupt,
    /// Told of each outcome when it is there.
    pub(super) progress: &'a dyn Progress,
}

impl Applier<'_> {
    /// Carries out a plan's steps; one outcome for each, in order.
    ///
    /// Deletions come before all else, since what is started may need what they hold. What ends this very program
    /// comes when everything else is done. Within each of these, a step is taken as soon as those that it waits for are
    /// over.
    pub(super) fn apply(&self, plan: &Plan) -> Vec<Outcome> {
        let (steps, end) = (&plan.steps, plan.steps.len());
        let deletions = steps.partition_point(|step| matches!(step.action, Action::Delete(_)));
        let own = steps.partition_point(|step| !plan.ends_us(step)).max(deletions);
        let schedule = Schedule::new(steps);
        let stages = [0..deletions, deletions..own, own..end];
        stages.into_iter().flat_map(|stage| self.in_parallel(&schedule, &stage)).collect()
    }

    /// This thread looks at PM2 for all of them.
    fn in_parallel(&self, schedule: &Schedule<'_>, stage: &Range<usize>) -> Vec<Outcome> {
        if stage.is_empty() {
            return Vec::new();
        }
        let done = Mutex::new(Vec::with_capacity(stage.len()));
        let (observer, service) = observer(self.home);
        std::thread::scope(|scope| {
            for _ in 0..self.jobs.clamp(1, stage.len()) {
                let (observer, done) = (observer.clone(), &done);
                scope.spawn(move || {
                    while let Some(task) = schedule.take(stage) {
                        let outcome = self.step(&task, &observer);
                        self.progress.done(task.step, &outcome);
                        let (index, ok) = (task.index, outcome.result.is_ok());
                        // A worker that panicked has lost its own outcome only.
                        done.lock().unwrap_or_else(PoisonError::into_inner).push((index, outcome));
                        task.over(ok);
                    }
                });
            }
            drop(observer);
            service.serve();
        });
        let mut done = done.into_inner().unwrap_or_else(PoisonError::into_inner);
        done.sort_by_key(|(index, _)| *index);
        done.into_iter().map(|(_, outcome)| outcome).collect()
    }

    fn step(&self, task: &Task<'_, '_>, observer: &Observer) -> Outcome {
        let (began, step) = (Instant::now(), task.step);
        let held = self.interrupt.ends().then_some(StepError::Interrupted).or_else(|| task.held.clone());
        if let Some(held) = held {
            return Outcome { app: step.app.clone(), result: Err(held), took: Duration::ZERO };
        }
        self.progress.begins(step);
        let timeouts = Timeouts { call: call_timeout(step, self.observed), ..Timeouts::default() };
        let client = Client::connect(self.home, timeouts).map_err(|error| pm2_error(&error));
        let result = client.and_then(|mut client| self.act(&mut client, task, observer));
        Outcome { app: step.app.clone(), result, took: began.elapsed() }
    }

    fn act(
        &self,
        client: &mut Client,
        task: &Task<'_, '_>,
        observer: &Observer,
    ) -> Result<Applied, StepError> {
        let expected = match &task.step.action {
            Action::Adopt(ids) => return Ok(self.as_they_run(ids)),
            Action::Ask(ids, app) => self.as_they_are(ids, app),
            Action::Delete(ids) => return delete_all(client, ids).map(|()| Applied::default()),
            Action::Start(app) => start(client, app)?,
            Action::Replace(ids, app) => {
                delete_all(client, ids)?;
                start(client, app)?
            }
            Action::Scale(scaling) => scale(client, scaling)?,
            Action::Reload(updates, scaling) => self.update(client, updates, scaling, reload)?,
            Action::Restart(updates, scaling) => self.update(client, updates, scaling, restart)?,
        };
        task.started();
        let mut vigil = Vigil::over(&expected);
        let applied = vigil.verify(observer, self.patience, self.interrupt)?;
        health::wait(&mut vigil, observer, &task.step.probes, self.interrupt)?;
        Ok(applied)
    }

    /// What is taken over stays what was seen of it.
    fn as_they_run(&self, ids: &[PmId]) -> Applied {
        Applied { pids: ids.iter().filter_map(|id| self.observed.process(*id)?.pid).collect() }
    }

    /// What runs is to go on running.
    fn as_they_are(&self, ids: &[PmId], app: &Attributes) -> Vec<Expected> {
        let processes = ids.iter().filter_map(|id| self.observed.process(*id));
        processes.map(|process| Expected::running(process, app)).collect()
    }

    /// One process after the other: of a cluster, all but one keep serving.
    fn update(
        &self,
        client: &mut Client,
        updates: &[Update],
        scaling: &Scaling,
        call: fn(&mut Client, PmId, &Change) -> Result<Option<u64>, ClientError>,
    ) -> Result<Vec<Expected>, StepError> {
        delete_all(client, &scaling.remove)?;
        let mut expected = Vec::new();
        for update in updates {
            if update.unwatch {
                client.stop_watch(update.pm_id).map_err(|error| pm2_error(&error))?;
            }
            make_folders(&update.app)?;
            let before = Expected::updated(update, self.observed.process(update.pm_id));
            let env = Map::from_iter([("current_conf".to_owned(), Json::Object(update.conf.clone()))]);
            let change = Change::new(env).map_err(|hazard| refused(&hazard))?;
            let restarts = call(client, update.pm_id, &change).map_err(|error| pm2_error(&error))?;
            expected.push(before.counted(restarts));
        }
        if let Some(app) = &scaling.add {
            expected.extend(start(client, app)?);
        }
        Ok(expected)
    }
}

fn scale(client: &mut Client, scaling: &Scaling) -> Result<Vec<Expected>, StepError> {
    delete_all(client, &scaling.remove)?;
    scaling.add.as_ref().map_or(Ok(Vec::new()), |app| start(client, app))
}

fn start(client: &mut Client, app: &Attributes) -> Result<Vec<Expected>, StepError> {
    make_folders(app)?;
    let marks = Expected::marks(app);
    let preparation = Preparation::new(app.as_map().clone()).map_err(|hazard| refused(&hazard))?;
    let started = client.prepare(&preparation).map_err(|error| pm2_error(&error))?;
    Ok(started.into_iter().map(|worker| Expected::started(worker.id, app, &marks)).collect())
}

/// Gives PM2's count of restarts with this one.
fn restart(client: &mut Client, pm_id: PmId, change: &Change) -> Result<Option<u64>, ClientError> {
    client.restart(pm_id, change).map(|started| started.restarts)
}

fn reload(client: &mut Client, pm_id: PmId, change: &Change) -> Result<Option<u64>, ClientError> {
    client.reload(pm_id, change).map(|()| None)
}

/// What PM2's daemon would not survive is never sent; validation should have found it before.
fn refused(hazard: &Hazard) -> StepError {
    StepError::Pm2(format!("not sent to PM2: {hazard}"))
}

/// How long one call of a step may take: PM2 answers when the old process has ended and the new one is ready.
fn call_timeout(step: &Step, observed: &Observed) -> Duration {
    let touched = step.action.touched();
    let old = touched.iter().filter_map(|id| observed.process(*id)?.attribute("kill_timeout")?.as_u64());
    let new = step.action.started().and_then(|app| app.get("listen_timeout")?.as_u64());
    let instances = step.action.started().map_or(1, Attributes::instances);
    let waits = old.max().unwrap_or(0) + new.unwrap_or(LISTEN_TIMEOUT) * u64::from(instances);
    Timeouts::default().call + Duration::from_millis(waits)
}

/// How long PM2 waits for a worker to listen where an app does not say: `GRACEFUL_LISTEN_TIMEOUT` in
/// `constants.js` of PM2 7.0.4, in milliseconds.
const LISTEN_TIMEOUT: u64 = 3000;

fn delete_all(client: &mut Client, ids: &[PmId]) -> Result<(), StepError> {
    for id in ids {
        client.delete(*id).map_err(|error| pm2_error(&error))?;
    }
    Ok(())
}

fn make_folders(app: &Attributes) -> Result<(), StepError> {
    for folder in app.folders() {
        std::fs::create_dir_all(&folder)
            .map_err(|error| StepError::Disk(format!("cannot make the folder {folder}: {error}")))?;
    }
    Ok(())
}

pub(super) fn pm2_error(error: &ClientError) -> StepError {
    let text = error.to_string();
    if error.outcome_is_unknown() { StepError::Unknown(text) } else { StepError::Pm2(text) }
}

/// Where a process's errors are logged.
pub(super) fn error_log(process: &Process) -> Option<Utf8PathBuf> {
    process.attribute("pm_err_log_path").and_then(Json::as_str).map(Utf8PathBuf::from)
}
