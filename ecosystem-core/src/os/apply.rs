//! Carrying out a plan's steps on PM2. There is nothing to decide here: the plan has said it all.

use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use camino::{Utf8Path, Utf8PathBuf};
use serde_json::{Map, Value as Json};

use super::pm2::{Client, ClientError};
use super::verify::{Expected, verify};
use crate::converge::{Applied, Outcome, StepError};
use crate::plan::{Action, Scaling, Step, Update};
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
    /// Told of each outcome when it is there.
    pub(super) on_outcome: &'a (dyn Fn(&Step, &Outcome) + Sync),
}

impl Applier<'_> {
    /// Carries out the steps; one outcome for each, in order.
    ///
    /// Deletions come before all else, since what is started may need what they hold.
    pub(super) fn apply(&self, steps: &[Step]) -> Vec<Outcome> {
        let deletions = steps.iter().take_while(|step| matches!(step.action, Action::Delete(_))).count();
        let (first, rest) = steps.split_at(deletions);
        let mut outcomes = self.in_parallel(first);
        outcomes.extend(self.in_parallel(rest));
        outcomes
    }

    fn in_parallel(&self, steps: &[Step]) -> Vec<Outcome> {
        let next = AtomicUsize::new(0);
        let done = Mutex::new(Vec::with_capacity(steps.len()));
        std::thread::scope(|scope| {
            for _ in 0..self.jobs.clamp(1, steps.len().max(1)) {
                scope.spawn(|| {
                    while let Some((index, step)) = take(steps, &next) {
                        let outcome = self.step(step);
                        (self.on_outcome)(step, &outcome);
                        // A worker that panicked has lost its own outcome only.
                        done.lock().unwrap_or_else(std::sync::PoisonError::into_inner).push((index, outcome));
                    }
                });
            }
        });
        let mut done = done.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner);
        done.sort_by_key(|(index, _)| *index);
        done.into_iter().map(|(_, outcome)| outcome).collect()
    }

    fn step(&self, step: &Step) -> Outcome {
        let began = Instant::now();
        let result = Client::connect(self.home).map_err(|error| pm2_error(&error)).and_then(|mut client| self.act(&mut client, step));
        Outcome { app: step.app.clone(), result, took: began.elapsed() }
    }

    fn act(&self, client: &mut Client, step: &Step) -> Result<Applied, StepError> {
        let expected = match &step.action {
            Action::Delete(ids) => return delete_all(client, ids).map(|()| Applied::default()),
            Action::Start(app) => start(client, app)?,
            Action::Replace(ids, app) => {
                delete_all(client, ids)?;
                start(client, app)?
            }
            Action::Scale(scaling) => scale(client, scaling)?,
            Action::Reload(updates, scaling) => self.update(client, updates, scaling, Client::reload)?,
            Action::Restart(updates, scaling) => self.update(client, updates, scaling, Client::restart)?,
        };
        verify(client, &expected, self.patience)
    }

    /// One process after the other: of a cluster, all but one keep serving.
    fn update(
        &self,
        client: &mut Client,
        updates: &[Update],
        scaling: &Scaling,
        call: fn(&mut Client, PmId, &Map<String, Json>) -> Result<Json, ClientError>,
    ) -> Result<Vec<Expected>, StepError> {
        delete_all(client, &scaling.remove)?;
        let mut expected = Vec::new();
        for update in updates {
            if update.unwatch {
                client.stop_watch(update.pm_id).map_err(|error| pm2_error(&error))?;
            }
            make_folders(&update.conf)?;
            let before = self.observed.process(update.pm_id);
            let seen = Expected::updated(update, before);
            let env = Map::from_iter([("current_conf".to_owned(), Json::Object(update.conf.clone()))]);
            call(client, update.pm_id, &env).map_err(|error| pm2_error(&error))?;
            expected.push(seen);
        }
        if let Some(app) = &scaling.add {
            expected.extend(start(client, app)?);
        }
        Ok(expected)
    }
}

fn take<'a>(steps: &'a [Step], next: &AtomicUsize) -> Option<(usize, &'a Step)> {
    let index = next.fetch_add(1, Ordering::Relaxed);
    steps.get(index).map(|step| (index, step))
}

fn scale(client: &mut Client, scaling: &Scaling) -> Result<Vec<Expected>, StepError> {
    delete_all(client, &scaling.remove)?;
    scaling.add.as_ref().map_or(Ok(Vec::new()), |app| start(client, app))
}

fn start(client: &mut Client, app: &Attributes) -> Result<Vec<Expected>, StepError> {
    make_folders(app.as_map())?;
    let marks = Expected::marks(app);
    let started = client.prepare(app.as_map()).map_err(|error| pm2_error(&error))?;
    Ok(started.into_iter().filter_map(|worker| started_id(&worker)).map(|id| Expected::started(id, app, &marks)).collect())
}

fn started_id(worker: &Json) -> Option<PmId> {
    worker.pointer("/pm2_env/pm_id")?.as_u64()?.try_into().ok()
}

fn delete_all(client: &mut Client, ids: &[PmId]) -> Result<(), StepError> {
    for id in ids {
        client.delete(*id).map_err(|error| pm2_error(&error))?;
    }
    Ok(())
}

/// Log and pid files need their folders: PM2's own command line makes them before it asks its daemon.
fn make_folders(attributes: &Map<String, Json>) -> Result<(), StepError> {
    const PATHS: [&str; 4] = ["pm_out_log_path", "pm_err_log_path", "pm_log_path", "pm_pid_path"];
    let paths = PATHS.iter().filter_map(|name| attributes.get(*name)?.as_str());
    for folder in paths.filter_map(|path| Utf8Path::new(path).parent()) {
        std::fs::create_dir_all(folder).map_err(|error| StepError::Disk(format!("cannot make the folder {folder}: {error}")))?;
    }
    Ok(())
}

pub(super) fn pm2_error(error: &ClientError) -> StepError {
    StepError::Pm2(error.to_string())
}

/// Where a process's errors are logged.
pub(super) fn error_log(process: &Process) -> Option<Utf8PathBuf> {
    process.attribute("pm_err_log_path").and_then(Json::as_str).map(Utf8PathBuf::from)
}
