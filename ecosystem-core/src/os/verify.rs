//! Waiting until new processes have stayed up, and checking that they are what was declared.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use camino::{Utf8Path, Utf8PathBuf};
use serde_json::Value as Json;

use super::apply::error_log;
use super::interrupt::Interrupt;
use super::kernel;
use super::log_tail;
use super::observer::Observer;
use crate::converge::{Applied, StepError};
use crate::plan::Update;
use crate::pm2::Attributes;
use crate::pm2::observed::{Observed, PmId, Process, Status};
use crate::pm2::verify::{Kernel, removed_variables, untruths};

/// A process that a step should have left running.
pub(super) struct Expected {
    pm_id: PmId,
    app: Attributes,
    removed: Vec<String>,
    /// The process before the step, where there was one.
    before: Option<(Process, Option<Kernel>)>,
    /// PM2's count of restarts when the step was taken, where PM2 said it.
    counted: Option<u64>,
    /// How long the error log was before the step.
    marks: Marks,
}

/// Lengths of log files, to tell new lines from old ones.
type Marks = BTreeMap<Utf8PathBuf, u64>;

/// How often to look while waiting: a look costs PM2 about a millisecond.
const LOOK_AGAIN: Duration = Duration::from_millis(25);

/// What PM2 takes for stable where an app does not say: `min_uptime` in `lib/God.js`.
const MIN_UPTIME: Duration = Duration::from_secs(1);

/// How much longer than `min_uptime` a process may take to be reported online.
const GRACE: Duration = Duration::from_secs(15);

impl Expected {
    /// A process that PM2 made for an app.
    pub(super) fn started(pm_id: PmId, app: &Attributes, marks: &Marks) -> Self {
        Self {
            pm_id,
            app: app.clone(),
            removed: Vec::new(),
            before: None,
            counted: None,
            marks: marks.clone(),
        }
    }

    /// A process that runs already. Where its logs stood when it was started is not known: all of them count.
    pub(super) fn running(process: &Process, app: &Attributes) -> Self {
        let logs = LOGS.iter().filter_map(|log| process.attribute(log)?.as_str());
        Self {
            pm_id: process.pm_id,
            app: app.clone(),
            removed: Vec::new(),
            before: None,
            counted: Some(process.restarts),
            marks: logs.map(|path| (Utf8PathBuf::from(path), 0)).collect(),
        }
    }

    /// A process that is given a new configuration; to be called before it is.
    pub(super) fn updated(update: &Update, before: Option<&Process>) -> Self {
        let old = LOGS.iter().filter_map(|log| before?.attribute(log)?.as_str());
        let new = LOGS.iter().filter_map(|log| update.conf.get(*log)?.as_str());
        let paths = old.chain(new).map(Utf8PathBuf::from);
        Self {
            pm_id: update.pm_id,
            app: update.app.clone(),
            removed: removed_variables(&update.conf).into_iter().map(str::to_owned).collect(),
            before: before.map(|process| (process.clone(), process.pid.and_then(kernel::look))),
            counted: None,
            marks: paths.map(|path| mark(&path)).collect(),
        }
    }

    /// With what PM2 said of its restarts when the step was taken.
    pub(super) fn counted(self, counted: Option<u64>) -> Self {
        Self { counted, ..self }
    }

    /// Where the logs of an app stand before it is started.
    pub(super) fn marks(app: &Attributes) -> Marks {
        let paths = LOGS.iter().filter_map(|log| app.get(log)?.as_str());
        paths.map(|path| mark(Utf8Path::new(path))).collect()
    }

    /// Its id.
    pub(super) fn pm_id(&self) -> PmId {
        self.pm_id
    }

    fn min_uptime(&self) -> Duration {
        self.app.get("min_uptime").and_then(Json::as_u64).map_or(MIN_UPTIME, Duration::from_millis)
    }

    fn listen_timeout(&self) -> Duration {
        Duration::from_millis(self.app.get("listen_timeout").and_then(Json::as_u64).unwrap_or(0))
    }
}

/// Where PM2's record says that a process's output and errors go.
const LOGS: [&str; 2] = ["pm_out_log_path", "pm_err_log_path"];

fn mark(path: &Utf8Path) -> (Utf8PathBuf, u64) {
    (path.to_owned(), std::fs::metadata(path).map_or(0, |metadata| metadata.len()))
}

/// What one look at a process tells.
enum Look {
    Wait,
    /// It runs, has stayed up, and is this process.
    Up(u32),
    /// It has done its work, or is not to be started.
    Done,
    Down(String),
    /// Somebody has taken it away.
    TakenAway(&'static str),
}

/// A watch over the processes that a step should have left running.
pub(super) struct Vigil<'a> {
    expected: &'a [Expected],
    began: Instant,
    /// How many restarts each has had when it has not crashed.
    baselines: BTreeMap<PmId, u64>,
}

impl<'a> Vigil<'a> {
    /// Begins now.
    pub(super) fn over(expected: &'a [Expected]) -> Self {
        Self { expected, began: Instant::now(), baselines: BTreeMap::new() }
    }

    /// Waits until every process has stayed up for its `min_uptime`, at most `patience` and until it is to hurry, and
    /// checks it.
    ///
    /// # Errors
    /// The first process that crashed, is gone, or is not as declared.
    pub(super) fn verify(
        &mut self,
        observer: &Observer,
        patience: Duration,
        interrupt: &Interrupt,
    ) -> Result<Applied, StepError> {
        let needed = self.expected.iter().map(|it| it.min_uptime().min(patience)).max().unwrap_or_default();
        loop {
            let patience = if interrupt.hurries() { Duration::ZERO } else { patience };
            if let Some(pids) = self.all_up(observer, patience)? {
                return Ok(Applied { pids, unproven: patience.is_zero() && self.began.elapsed() < needed });
            }
            std::thread::sleep(LOOK_AGAIN);
        }
    }

    fn all_up(&mut self, observer: &Observer, patience: Duration) -> Result<Option<Vec<u32>>, StepError> {
        let observed = observer.observe()?;
        let mut pids = Vec::new();
        let mut waiting = false;
        for it in self.expected {
            match look(it, &observed, &mut self.baselines, self.began, patience) {
                Look::Wait => waiting = true,
                Look::Up(pid) => pids.push(check(it, &observed, pid)?),
                Look::Done => {}
                Look::Down(problem) => return Err(crashed(it, &observed, problem)),
                Look::TakenAway(how) => return Err(StepError::TakenAway(how)),
            }
        }
        Ok((!waiting).then_some(pids))
    }

    /// Looks whether what was up still is.
    ///
    /// # Errors
    /// As for [`verify`](Self::verify).
    pub(super) fn glance(&mut self, observer: &Observer) -> Result<(), StepError> {
        let observed = observer.observe()?;
        for it in self.expected {
            match look(it, &observed, &mut self.baselines, self.began, Duration::ZERO) {
                Look::Down(problem) => return Err(crashed(it, &observed, problem)),
                Look::TakenAway(how) => return Err(StepError::TakenAway(how)),
                Look::Wait | Look::Up(_) | Look::Done => {}
            }
        }
        Ok(())
    }

    /// What was started.
    pub(super) fn app(&self) -> Option<&'a Attributes> {
        self.expected.first().map(|it| &it.app)
    }

    /// The logs of all its processes, each with its length before the step.
    pub(super) fn logs(&self) -> Marks {
        self.expected.iter().flat_map(|it| it.marks.clone()).collect()
    }

    /// What there is to say of processes that run and are not well.
    pub(super) fn unwell(&self, observer: &Observer, problem: String) -> StepError {
        let observed = observer.observe().ok();
        let lines = |it| observed.as_deref().map(|observed| last_lines(it, observed)).unwrap_or_default();
        let said = self.expected.iter().map(lines).find(|lines| !lines.is_empty());
        StepError::Unwell { problem, last_lines: said.unwrap_or_default() }
    }
}

fn look(
    it: &Expected,
    observed: &Observed,
    first_seen: &mut BTreeMap<PmId, u64>,
    began: Instant,
    patience: Duration,
) -> Look {
    let Some(process) = observed.process(it.pm_id) else {
        return Look::TakenAway("it was deleted");
    };
    if !it.app.autostart() {
        return Look::Done;
    }
    // A process that was started by the step and crashed since has been restarted at least once; one that was
    // restarted by it, once more than that.
    let at_first = *first_seen.entry(it.pm_id).or_insert_with(|| baseline(it, process));
    if process.restarts > at_first && !restarted_on_purpose(process) {
        return Look::Down(format!(
            "it crashed and was restarted ({} so far)",
            times(process.restarts - at_first)
        ));
    }
    let needed = it.min_uptime().min(patience);
    let since = began.elapsed();
    match (&process.status, process.pid) {
        (Status::Online | Status::Launching, Some(pid))
            if !kernel::is_alive(pid) && since < needed + GRACE =>
        {
            Look::Wait
        }
        (Status::Online, Some(pid)) if since >= needed => Look::Up(pid),
        (Status::Online, None) => Look::Down(
            "PM2 says it is online, and there is no process: is its interpreter or folder missing?"
                .to_owned(),
        ),
        (Status::Stopped, _) if restarts_on_purpose(process) && since < needed + GRACE => Look::Wait,
        // It has crashed, which shows when it is started again.
        (Status::Stopped, Some(_)) if since < needed + GRACE => Look::Wait,
        (Status::Stopped, _) => ended(process),
        (Status::Errored | Status::WaitingRestart, _) => {
            Look::Down(format!("it crashed (PM2 says {})", process.status.as_str()))
        }
        _ if since > needed + it.listen_timeout() + GRACE => {
            Look::Down(format!("it is still not online (PM2 says {})", process.status.as_str()))
        }
        _ => Look::Wait,
    }
}

/// Whether its restarts may have come from a file that changed, or from the clock: PM2 counts those too, and forgets
/// the crashes before them (`resetState` in `lib/God.js`). The end of the process that is replaced then counts as
/// one crash if it was young.
fn restarted_on_purpose(process: &Process) -> bool {
    let crashes = process.attribute("unstable_restarts").and_then(Json::as_u64).unwrap_or(0);
    let watched = process.attribute("watch").is_some_and(|watch| *watch != Json::Bool(false));
    let timed = process.attribute("cron_restart").is_some_and(|pattern| !matches!(pattern, Json::Null));
    (watched || timed) && crashes <= 1
}

/// Whether it may be stopped only in order to be started again, by a file that changed or by the clock.
fn restarts_on_purpose(process: &Process) -> bool {
    restarted_on_purpose(process) && !process.may_have_finished()
}

/// How many restarts a process has had when it has not crashed since the step.
///
/// PM2's own word goes first: a process that was seen stopped may have been on its way up, by a restart that
/// somebody else had asked for, and is restarted once more then.
fn baseline(it: &Expected, process: &Process) -> u64 {
    if let Some(counted) = it.counted {
        return counted;
    }
    match &it.before {
        None => 0,
        Some((before, _)) if before.pid.is_some() => before.restarts + 1,
        Some((before, _)) => before.restarts.min(process.restarts),
    }
}

fn ended(process: &Process) -> Look {
    match process.exit_code() {
        _ if !process.may_have_finished() => Look::TakenAway("it was stopped"),
        Some(_) if process.may_have_finished() && process.ended_well() => Look::Done,
        Some(code) => Look::Down(format!("it ended with exit code {code}")),
        None => Look::Down("it ended".to_owned()),
    }
}

fn times(count: u64) -> String {
    if count == 1 { "once".to_owned() } else { format!("{count} times") }
}

fn check(it: &Expected, observed: &Observed, pid: u32) -> Result<u32, StepError> {
    let (Some(process), Some(kernel)) = (observed.process(it.pm_id), kernel::look(pid)) else {
        return Err(crashed(it, observed, "its process is gone".to_owned()));
    };
    let removed: Vec<&str> = it.removed.iter().map(String::as_str).collect();
    let previous =
        it.before.as_ref().and_then(|(process, kernel)| kernel.as_ref().map(|kernel| (kernel, process)));
    let found = untruths(&it.app, &removed, process, &kernel, previous);
    if found.is_empty() { Ok(pid) } else { Err(StepError::NotTrue(found)) }
}

fn crashed(it: &Expected, observed: &Observed, problem: String) -> StepError {
    StepError::Crashed { problem, last_lines: last_lines(it, observed) }
}

fn last_lines(it: &Expected, observed: &Observed) -> Vec<String> {
    let log = observed.process(it.pm_id).and_then(error_log);
    let lines = log.map(|path| log_tail::lines(&path, it.marks.get(&path).copied().unwrap_or(0)));
    lines.unwrap_or_default()
}
