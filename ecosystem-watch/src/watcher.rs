//! The loop: a hint, a look, the least that must be done, and what was seen kept for the next time.

use std::ops::ControlFlow;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::sync::mpsc::{Receiver, Sender};
use std::time::{Duration, Instant, SystemTime};

use ecosystem_core::converge::{Extent, HostError, Outcome, Report};
use ecosystem_core::diagnostic::Source;
use ecosystem_core::model::{AppName, DaemonId};
use ecosystem_core::os::pm2::{Client, ClientError, Timeouts};
use ecosystem_core::os::state::{WatchLock, now};
use ecosystem_core::plan::Why;

use crate::args::Args;
use crate::aside::aside;
use crate::files::{Files, Touched};
use crate::hint::{self, Hint};
use crate::known::KnownTree;
use crate::liveness::Liveness;
use crate::news::News;
use crate::pass::{Made, Passes, Seen};
use crate::pm2_events::{self, Ours};
use crate::pm2_life::{Permit, Pm2Life};
use crate::record::Record;
use crate::removals::Removals;
use crate::retries::Retries;
use crate::setback::Setback;
use crate::speak::{Aloud, Said, happening, say_all};
use crate::succession::Succession;

/// The watcher of one tree.
pub(crate) struct Watcher<'a> {
    args: &'a Args,
    passes: Arc<Passes<'a>>,
    hints: Receiver<Hint>,
    /// For hints that we give ourselves.
    sender: Sender<Hint>,
    files: Files,
    ours: Ours,
    own_step: Arc<AtomicBool>,
    pm2: Pm2Life,
    removals: Removals,
    retries: Retries,
    liveness: Liveness,
    succession: Succession,
    said: Said,
    record: Record,
    /// What kept PM2's dump from being written last.
    save_problem: Option<String>,
    /// What kept the state from being written last: no pass is stopped by it, so none can say that it is over.
    record_problem: Option<HostError>,
    /// When PM2 may be started, where that is waited for.
    launch_due: Option<Instant>,
    known: KnownTree,
    /// What the next look is at.
    extent: Extent,
    /// When the last look at everything was over.
    whole_at: Instant,
    /// When the last look at everything began: what has come due since was not due for it.
    began: Instant,
    /// Looks that could not be had since the last one that could.
    setback: Setback,
    news: News,
    /// Whether somebody has asked for everything to be tried again.
    anew: bool,
}

/// What came of a look.
struct Looked {
    /// Whether anything was to be done.
    acted: bool,
    /// Whether to go on.
    flow: ControlFlow<()>,
}

/// How long PM2 may take to be asked whether it is there.
const ASKING: Timeouts = Timeouts { connect: Duration::from_secs(2), call: Duration::from_secs(2) };

impl<'a> Watcher<'a> {
    /// Takes up the watch of a tree of which this process is the watcher.
    pub(crate) fn new(
        args: &'a Args,
        passes: Passes<'a>,
        lock: WatchLock,
        (sender, hints): (Sender<Hint>, Receiver<Hint>),
        own_step: Arc<AtomicBool>,
    ) -> Self {
        let ours = Ours::of(passes.owner().clone());
        pm2_events::follow(passes.home().to_owned(), ours.clone(), sender.clone());
        let files = crate::file_hints::watch(args.debounce, &passes.settings, &sender);
        Self {
            args,
            files,
            ours,
            own_step,
            pm2: Pm2Life::default(),
            removals: Removals::new(args.prune_grace),
            retries: Retries::default(),
            liveness: Liveness::new(sender.clone()),
            succession: Succession::new(lock.folder()),
            said: Said::default(),
            record: Record::new(lock, args.prune.unwrap_or_default()),
            save_problem: None,
            record_problem: None,
            launch_due: None,
            known: KnownTree::default(),
            extent: Extent::Whole,
            whole_at: Instant::now(),
            began: Instant::now(),
            setback: Setback::default(),
            news: News::new(SystemTime::now()),
            anew: false,
            passes: Arc::new(passes),
            hints,
            sender,
        }
    }

    /// Watches until a signal ends it, or another watcher has taken over.
    ///
    /// # Errors
    /// It is not certain any more that this is the tree's only watcher.
    pub(crate) fn run(mut self) -> Result<(), HostError> {
        happening::watching(&self.passes.settings.root, self.files.mode()).say();
        loop {
            if self.look()?.is_break() {
                return Ok(());
            }
            let due = self.due();
            let hints = hint::next(&self.hints, due);
            if hints.contains(&Hint::Stop) {
                happening::stopping("a signal asked for it").say();
                return Ok(());
            }
            // However many hints there are, what is due is not put off by them.
            let is_due = Instant::now() >= due;
            self.extent = if is_due { Extent::Whole } else { self.known.extent(&hints) };
            hints.into_iter().for_each(|hint| self.take_in(hint));
        }
    }

    fn take_in(&mut self, hint: Hint) {
        match hint {
            Hint::Files(_) | Hint::Process { .. } | Hint::Health { .. } | Hint::Stop => {}
            Hint::Trouble(text) => happening::trouble(&text).say(),
            Hint::Pm2Up => self.pm2.is_up(),
            Hint::Pm2Gone { deliberately } => self.pm2.is_gone(deliberately, Instant::now()),
            Hint::BeginAnew => {
                self.retries.forget();
                self.pm2.begin_anew();
                self.anew = true;
            }
        }
    }

    /// When there is something to do although nothing happens; a time that has passed where a look took so long that
    /// something has come due meanwhile.
    fn due(&self) -> Instant {
        let dues = [self.removals.due(self.began), self.retries.due(self.began), self.launch_due];
        let resync = self.whole_at + jittered(self.args.resync);
        match self.setback.again() {
            // What has come due meanwhile waits for the world to be there again.
            Some(again) => self.launch_due.map_or(again, |launch| launch.min(again)),
            None => dues.into_iter().flatten().fold(resync, Instant::min),
        }
    }

    fn look(&mut self) -> Result<ControlFlow<()>, HostError> {
        let began = Instant::now();
        self.passes.settings.interrupt.calm();
        let Looked { acted, flow } = match self.pm2_is_missing(began) {
            Some(problem) => self.trouble(&problem),
            None => self.pass(began),
        };
        if self.files.rearm() {
            self.look_again();
        }
        let recorded = self.record.looked(acted, self.files.mode(), &self.said);
        if !self.record.is_ours() {
            recorded?;
        } else {
            self.note_recorded(recorded.err());
        }
        Ok(flow)
    }

    fn pass(&mut self, began: Instant) -> Looked {
        let seen = Seen {
            missing_for_long: self.removals.missing_for_long(began),
            resting: self.retries.resting(began),
            retry: std::mem::take(&mut self.anew),
            ill: self.liveness.ill(),
            extent: std::mem::take(&mut self.extent),
        };
        let (passes, own_step) = (Arc::clone(&self.passes), Arc::clone(&self.own_step));
        let (news, looked_at) = (self.news.clone(), SystemTime::now());
        let make = move || {
            let aloud = Aloud::new(&passes.settings.root, news, &own_step);
            passes.make(seen, &aloud)
        };
        aside(make, |made| match made {
            Ok(made) => {
                self.news.looked(made.report.only.as_ref(), looked_at);
                self.after(made, began)
            }
            Err(error) => self.trouble(error),
        })
    }

    /// Says that a look was not to be had, unless it has been said.
    fn trouble(&mut self, problem: &HostError) -> Looked {
        self.known.forget();
        self.liveness.forget();
        self.setback.met(Instant::now(), self.args.resync);
        say_all(&self.said.after_trouble(problem, now()));
        Looked { acted: false, flow: ControlFlow::Continue(()) }
    }

    /// What happened while something was not watched yet made no event.
    fn look_again(&self) {
        // We have the other end ourselves.
        let _ = self.sender.send(Hint::Files(Touched::Anything));
    }

    /// Why PM2 is not there to be asked; nothing where it is, or may be started.
    fn pm2_is_missing(&mut self, now: Instant) -> Option<HostError> {
        self.launch_due = None;
        match Client::connect(self.passes.home(), ASKING) {
            Err(ClientError::NotRunning { .. }) => self.pm2.is_gone(false, now),
            // Whatever else is wrong, the pass says it.
            _ => return None,
        }
        let missing = |hint: &str| Some(HostError::new("PM2 is not running").hint(hint));
        match self.pm2.permit(now) {
            Permit::Launch => {
                self.pm2.launched(now);
                None
            }
            Permit::NotBefore(at) => {
                self.launch_due = Some(at);
                missing("waiting for it to come back; it will be started if it does not")
            }
            Permit::Never => {
                missing("somebody ended it; waiting for it to be started, or for SIGHUP to start it")
            }
        }
    }

    /// Keeps what a pass has seen, and says what is new in it.
    fn after(&mut self, made: &Made, began: Instant) -> Looked {
        let report = &made.report;
        self.pm2.is_up();
        self.setback.over();
        let done = Instant::now();
        self.retries.note(report, done);
        self.liveness.learn(report, |app| self.retries.rests_until(app, done));
        match &report.only {
            None => self.learn(report, began),
            Some(_) if self.files.follows(&self.passes.beside(report)) => {}
            Some(_) => self.look_again(),
        }
        say_all(&self.said.after(report, now()));
        say_all(&happening::removed(report));
        happening::looked(report, began.elapsed()).say();
        self.note_saved(made.saved.as_ref().err());
        let ends_us = report.plan.holds.iter().find(|hold| hold.why == Why::RunsUs);
        if let Some(hold) = ends_us {
            self.succession.begin(hold);
        }
        let acted = !report.outcomes.is_empty();
        // What was put back or stopped stands from now on, and what depends on it is to hear of that. And what was not
        // watched for long enough, as there was more to do, is asked again.
        let unproven = |outcome: &Outcome| outcome.result.as_ref().is_ok_and(|applied| applied.unproven);
        if report.outcomes.iter().any(|outcome| outcome.aftermath.is_some() || unproven(outcome)) {
            self.look_again();
        }
        if self.succession.is_over(report) {
            happening::superseded().say();
            return Looked { acted, flow: ControlFlow::Break(()) };
        }
        Looked { acted, flow: ControlFlow::Continue(()) }
    }

    /// Takes in what only a look at everything shows.
    fn learn(&mut self, report: &Report, began: Instant) {
        (self.began, self.whole_at) = (began, Instant::now());
        self.known.learn(report);
        self.removals.note(&report.plan, began);
        self.files.also(self.passes.beside(report));
        self.record.prunes(self.args.prune.or(report.desired.prune).unwrap_or_default());
        self.ours.declare(report.desired.apps.keys().map(AppName::as_str));
        let root = &self.passes.settings.root;
        let folder = |source: &Source| root.join(DaemonId::of_source(&source.path).as_str());
        if self.files.knows(report.sources.iter().map(folder).collect()) {
            self.look_again();
        }
    }

    fn note_recorded(&mut self, problem: Option<HostError>) {
        if let Some(problem) = problem.as_ref().filter(|it| self.record_problem.as_ref() != Some(*it)) {
            happening::trouble(&problem.message).say();
        }
        self.record_problem = problem;
    }

    fn note_saved(&mut self, problem: Option<&String>) {
        if let Some(problem) = problem.filter(|it| self.save_problem.as_ref() != Some(*it)) {
            happening::trouble(problem).say();
        }
        self.save_problem = problem.cloned();
    }
}

/// Within a tenth of a duration: many watchers started at once are not to look at once for ever.
fn jittered(duration: Duration) -> Duration {
    let nanos = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default().subsec_nanos();
    duration.mul_f64(0.9 + 0.2 * f64::from(nanos) / 1e9)
}
