//! Carrying out a plan's steps on PM2. There is nothing to decide here: the plan has said it all.

use std::ops::Range;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use camino::Utf8PathBuf;
use serde_json::{Map, Value as Json};

use super::budget::Budget;
use super::health;
use super::interrupt::Interrupt;
use super::observer::{Observer, observer};
use super::pm2::{Change, Client, ClientError, Hazard, Preparation, Timeouts};
use super::pressure::{Limit, Pressed, Pressure};
use super::same_daemon::SameDaemon;
use super::schedule::{Schedule, Task};
use super::state::now;
use super::verify::{Expected, Vigil};
use crate::converge::{Applied, Outcome, Progress, StepError};
use crate::model::{Owner, Probe};
use crate::plan::{Action, Plan, Scaling, Update};
use crate::pm2::Attributes;
use crate::pm2::observed::{Observed, PmId, Process};

/// How steps are carried out.
pub(super) struct Applier<'a> {
    /// Where they are carried out.
    pub(super) pm2: SameDaemon<'a>,
    /// Whose apps these are.
    pub(super) owner: &'a Owner,
    /// How many steps are in hand at once; at least one.
    pub(super) jobs: usize,
    /// From what pressure on starts are held back.
    pub(super) pressure: Limit,
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
        let tell = |pressed: Pressed| self.progress.held_back(&pressed.to_string());
        let budget = Budget::new(self.pressure, &Pressure::read, &tell);
        let schedule = Schedule::new(steps, &budget);
        let stages = [0..deletions, deletions..own, own..end];
        stages.into_iter().flat_map(|stage| self.in_parallel(&schedule, &stage)).collect()
    }

    /// This thread looks at PM2 for all of them.
    fn in_parallel(&self, schedule: &Schedule<'_>, stage: &Range<usize>) -> Vec<Outcome> {
        if stage.is_empty() {
            return Vec::new();
        }
        let done = Mutex::new(Vec::with_capacity(stage.len()));
        let (observer, service) = observer(self.pm2);
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
            let (result, took) = (Err(held), Duration::ZERO);
            return Outcome { app: step.app.clone(), result, aftermath: None, took };
        }
        self.progress.begins(step);
        let stage = Stage { observed: self.observed, observer };
        let result = self.take(&step.action, &step.probes, &stage, || task.started());
        let aftermath = result.as_ref().err().and_then(|error| self.fall_back(step, error, observer));
        Outcome { app: step.app.clone(), result, aftermath, took: began.elapsed() }
    }

    /// Does something to an app, and waits until it is well.
    pub(super) fn take(
        &self,
        action: &Action,
        probes: &[Probe],
        stage: &Stage<'_>,
        started: impl FnOnce(),
    ) -> Result<Applied, StepError> {
        let timeouts = Timeouts { call: call_timeout(action, stage.observed), ..Timeouts::default() };
        let mut client = self.pm2.connect(timeouts)?;
        let client = &mut client;
        let expected = match action {
            Action::Adopt(ids) => return Ok(stage.as_they_run(ids)),
            Action::Ask(ids, app) => stage.as_they_are(ids, app),
            Action::Delete(ids) => return delete_all(client, ids).map(|()| Applied::default()),
            Action::Start(app) => start(client, app)?,
            Action::Replace(ids, app) => {
                make_folders(app)?;
                delete_all(client, ids)?;
                start(client, app)?
            }
            Action::ReplaceAfter(swap) => return self.replace_after(client, swap, probes, stage, started),
            Action::Scale(scaling) => scale(client, scaling)?,
            Action::Reload(updates, scaling) => self.reload(client, updates, scaling, stage)?,
            Action::Restart(updates, scaling) => update_all(client, updates, scaling, stage, Call::Restart)?,
        };
        started();
        self.confirm(&expected, probes, stage)
    }

    /// Waits until what was started is well.
    pub(super) fn confirm(
        &self,
        expected: &[Expected],
        probes: &[Probe],
        stage: &Stage<'_>,
    ) -> Result<Applied, StepError> {
        let mut vigil = Vigil::over(expected);
        let applied = vigil.verify(stage.observer, self.patience, self.interrupt)?;
        health::wait(&mut vigil, stage.observer, probes, self.interrupt)?;
        Ok(applied)
    }

    /// The first worker alone, and the others when it has stayed up: what crashes takes no more than one of them.
    fn reload(
        &self,
        client: &mut Client,
        updates: &[Update],
        scaling: &Scaling,
        stage: &Stage<'_>,
    ) -> Result<Vec<Expected>, StepError> {
        let (first, others) = updates.split_at(updates.len().min(1));
        if others.is_empty() {
            return update_all(client, updates, scaling, stage, Call::Reload);
        }
        let mut expected = update_all(client, first, &Scaling::default(), stage, Call::Reload)?;
        Vigil::over(&expected).verify(stage.observer, self.patience, self.interrupt)?;
        expected.extend(update_all(client, others, scaling, stage, Call::Reload)?);
        Ok(expected)
    }
}

/// What a step is taken on.
pub(super) struct Stage<'a> {
    /// What there was before it.
    pub(super) observed: &'a Observed,
    /// What there is at any time.
    pub(super) observer: &'a Observer,
}

impl Stage<'_> {
    /// What is taken over stays what was seen of it.
    fn as_they_run(&self, ids: &[PmId]) -> Applied {
        let pids = ids.iter().filter_map(|id| self.observed.process(*id)?.pid);
        Applied { pids: pids.collect(), unproven: false }
    }

    /// What runs is to go on running.
    pub(super) fn as_they_are(&self, ids: &[PmId], app: &Attributes) -> Vec<Expected> {
        let processes = ids.iter().filter_map(|id| self.observed.process(*id));
        processes.map(|process| Expected::running(process, app)).collect()
    }
}

/// How a process is given a change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Call {
    Restart,
    Reload,
}

impl Call {
    /// Gives PM2's count of restarts with this one, where PM2 says it.
    fn make(self, client: &mut Client, pm_id: PmId, change: &Change) -> Result<Option<u64>, ClientError> {
        match self {
            Self::Restart => client.restart(pm_id, change).map(|started| started.restarts),
            Self::Reload => client.reload(pm_id, change).map(|()| None),
        }
    }

    /// What there is of the processes before it is made. PM2 does not count for us at a reload, and a worker that crashes
    /// may have done so again while those before it were reloaded.
    fn before(self, stage: &Stage<'_>) -> Result<Option<Arc<Observed>>, StepError> {
        match self {
            Self::Restart => Ok(None),
            Self::Reload => stage.observer.observe().map(Some),
        }
    }
}

/// One process after the other: of a cluster, all but one keep serving.
fn update_all(
    client: &mut Client,
    updates: &[Update],
    scaling: &Scaling,
    stage: &Stage<'_>,
    call: Call,
) -> Result<Vec<Expected>, StepError> {
    delete_all(client, &scaling.remove)?;
    let mut expected = Vec::new();
    for update in updates {
        if update.unwatch {
            client.stop_watch(update.pm_id).map_err(|error| pm2_error(&error))?;
        }
        make_folders(&update.app)?;
        let fresh = call.before(stage)?;
        let observed = fresh.as_deref().unwrap_or(stage.observed);
        // PM2 refuses to restart what it is about to start itself.
        let asked_now = fresh.is_some().then(|| u64::try_from(now().as_millisecond()).ok()).flatten();
        let at = asked_now.or(stage.observed.at).unwrap_or_default();
        if observed.process(update.pm_id).is_some_and(|process| process.is_unsteady(at)) {
            client.halt(update.pm_id).map_err(|error| pm2_error(&error))?;
        }
        let before = Expected::updated(update, observed.process(update.pm_id));
        let env = Map::from_iter([("current_conf".to_owned(), Json::Object(update.conf.clone()))]);
        let change = Change::new(env).map_err(|hazard| refused(&hazard))?;
        let restarts = call.make(client, update.pm_id, &change).map_err(|error| pm2_error(&error))?;
        expected.push(before.counted(restarts));
    }
    if let Some(app) = &scaling.add {
        expected.extend(start(client, app)?);
    }
    Ok(expected)
}

fn scale(client: &mut Client, scaling: &Scaling) -> Result<Vec<Expected>, StepError> {
    delete_all(client, &scaling.remove)?;
    scaling.add.as_ref().map_or(Ok(Vec::new()), |app| start(client, app))
}

pub(super) fn start(client: &mut Client, app: &Attributes) -> Result<Vec<Expected>, StepError> {
    make_folders(app)?;
    let marks = Expected::marks(app);
    let preparation = Preparation::new(app.as_map().clone()).map_err(|hazard| refused(&hazard))?;
    let started = client.prepare(&preparation).map_err(|error| pm2_error(&error))?;
    Ok(started.into_iter().map(|worker| Expected::started(worker.id, app, &marks)).collect())
}

/// What PM2's daemon would not survive is never sent; validation should have found it before.
fn refused(hazard: &Hazard) -> StepError {
    StepError::Pm2(format!("not sent to PM2: {hazard}"))
}

/// How long one call of a step may take: PM2 answers when the old process has ended and the new one is ready.
pub(super) fn call_timeout(action: &Action, observed: &Observed) -> Duration {
    let touched = action.touched();
    let old = touched.iter().filter_map(|id| observed.process(*id)?.attribute("kill_timeout")?.as_u64());
    let new = action.started().and_then(|app| app.get("listen_timeout")?.as_u64());
    let instances = action.started().map_or(1, Attributes::instances);
    let waits = old.max().unwrap_or(0) + new.unwrap_or(LISTEN_TIMEOUT) * u64::from(instances);
    Timeouts::default().call + Duration::from_millis(waits)
}

/// How long PM2 waits for a worker to listen where an app does not say: `GRACEFUL_LISTEN_TIMEOUT` in
/// `constants.js` of PM2 7.0.4, in milliseconds.
const LISTEN_TIMEOUT: u64 = 3000;

pub(super) fn delete_all(client: &mut Client, ids: &[PmId]) -> Result<(), StepError> {
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
