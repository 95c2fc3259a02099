//! Waits for quiet, and then hints.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender};
use std::thread;
use std::time::{Duration, Instant};

use camino::Utf8PathBuf;
use notify_debouncer_full::notify::Error;
use notify_debouncer_full::{DebounceEventResult, DebouncedEvent};

use super::FileHint;
use super::git::Lock;
use super::relevance::Relevance;
use super::trouble::{Kind, Trouble};

/// The thread between the debouncer and whoever takes the hints.
pub(super) struct Listener {
    inbox: Receiver<Heard>,
    hints: Sender<FileHint>,
    root: Utf8PathBuf,
    times: Times,
    /// Set when the watches are found not to cover everything.
    gaps: Arc<AtomicBool>,
    relevance: Relevance,
    /// A hint in the making.
    window: Option<Window>,
    /// When to hint without an event, while watching has a gap.
    poll: Option<Instant>,
    said: BTreeSet<Kind>,
    /// A lock that nobody waits for any more.
    stale: Option<Lock>,
}

/// What the listener is told.
pub(super) enum Heard {
    /// Events, by the debouncer.
    Events(Vec<DebouncedEvent>),
    /// Failures of the watcher, by the debouncer.
    Failed(Vec<Error>),
    /// What counts from now on.
    Counts(Relevance),
    /// How watching stands: well, or with a trouble.
    Stands(Option<Trouble>),
}

impl From<DebounceEventResult> for Heard {
    fn from(result: DebounceEventResult) -> Self {
        match result {
            Ok(events) => Self::Events(events),
            Err(errors) => Self::Failed(errors),
        }
    }
}

/// How long to wait for what.
#[derive(Debug, Clone, Copy)]
pub(super) struct Times {
    /// How long nothing that counts must happen.
    pub(super) quiet: Duration,
    /// How often the debouncer hands on what it has gathered.
    pub(super) tick: Duration,
    /// How often to look where the kernel does not tell.
    pub(super) poll: Duration,
    /// How long a git command may take until it is taken for dead.
    pub(super) git: Duration,
}

/// However busy the tree is, the hint comes after this many times the quiet that was asked for.
const STARVED: u32 = 10;

impl Times {
    pub(super) fn new(quiet: Duration) -> Self {
        // Each tick wakes the program up, whether anything happens or not.
        let tick = (quiet / 4).clamp(Duration::from_millis(5), Duration::from_millis(250));
        Self { quiet, tick, poll: Duration::from_secs(2), git: Duration::from_secs(30) }
    }

    /// How long after the last event that is known of the hint comes: the debouncer holds an event for one tick, and
    /// hands it on at the next.
    fn settled(&self) -> Duration {
        self.quiet + self.tick
    }
}

/// The time from the first event that counts to its hint.
struct Window {
    due: Instant,
    latest: Instant,
    /// Until when git is waited for, once it was found at work.
    git: Option<Instant>,
    /// Git was at work when the hint was due last.
    held: bool,
    /// Events were lost.
    rescan: bool,
}

impl Window {
    fn opened(at: Instant, times: &Times) -> Self {
        let latest = at + times.settled().max(times.quiet * STARVED);
        Self { due: at + times.settled(), latest, git: None, held: false, rescan: false }
    }

    fn now() -> Self {
        let now = Instant::now();
        Self { due: now, latest: now, git: None, held: false, rescan: false }
    }

    fn extend(&mut self, at: Instant, times: &Times) {
        self.due = self.due.max(at + times.settled()).min(self.latest);
    }
}

impl Listener {
    /// Listens until everybody who could tell it something is gone, or nobody wants its hints.
    pub(super) fn start(
        inbox: Receiver<Heard>,
        hints: Sender<FileHint>,
        root: Utf8PathBuf,
        times: Times,
        gaps: Arc<AtomicBool>,
    ) {
        let no_thread = hints.clone();
        let listener = Self {
            inbox,
            hints,
            root,
            times,
            gaps,
            relevance: Relevance::default(),
            window: None,
            poll: None,
            said: BTreeSet::new(),
            stale: None,
        };
        let started = thread::Builder::new().name("file hints".to_owned()).spawn(move || listener.run());
        if let Err(error) = started {
            let text = format!(
                "changed files are noticed by the periodic pass alone, as no thread can be started: {error}"
            );
            let _ = no_thread.send(FileHint::Trouble(text));
        }
    }

    fn run(mut self) {
        loop {
            // What is due comes first: those who always have something to tell must not keep it waiting.
            if self.act().is_err() {
                return;
            }
            let heard = match self.next_due() {
                None => self.inbox.recv().map_err(|_| RecvTimeoutError::Disconnected),
                Some(at) => self.inbox.recv_timeout(at.saturating_duration_since(Instant::now())),
            };
            match heard {
                Ok(heard) => self.hear(heard),
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => return,
            }
        }
    }

    fn next_due(&self) -> Option<Instant> {
        self.window.iter().map(|window| window.due).chain(self.poll).min()
    }

    fn hear(&mut self, heard: Heard) {
        match heard {
            Heard::Events(events) => self.events(&events),
            Heard::Failed(errors) => errors.iter().for_each(|error| self.failed(error)),
            Heard::Counts(relevance) => self.relevance = relevance,
            Heard::Stands(Some(trouble)) => self.hindered(trouble),
            Heard::Stands(None) => {
                self.poll = None;
                self.said.clear();
            }
        }
    }

    fn events(&mut self, events: &[DebouncedEvent]) {
        for event in self.relevance.counting(events) {
            let window = self.window.get_or_insert_with(|| Window::opened(event.time, &self.times));
            window.extend(event.time, &self.times);
            if event.need_rescan() {
                window.rescan = true;
                // A folder whose creation was among the lost events is not watched.
                self.gaps.store(true, Ordering::Release);
            }
        }
    }

    fn failed(&mut self, error: &Error) {
        self.gaps.store(true, Ordering::Release);
        self.hindered(Trouble::of(error, self.times.poll));
        let now = Instant::now();
        self.window.get_or_insert_with(|| Window::opened(now, &self.times)).extend(now, &self.times);
    }

    fn hindered(&mut self, trouble: Trouble) {
        self.poll.get_or_insert_with(|| Instant::now() + self.times.poll);
        self.say(trouble);
    }

    fn say(&mut self, trouble: Trouble) {
        if self.said.insert(trouble.kind) {
            // That nobody listens shows with the next hint.
            let _ = self.hints.send(FileHint::Trouble(trouble.text));
        }
    }

    /// Does what is due. An error: nobody wants hints any more.
    fn act(&mut self) -> Result<(), ()> {
        let now = Instant::now();
        if self.poll.is_some_and(|at| at <= now) {
            self.poll = Some(now + self.times.poll);
            self.window.get_or_insert_with(Window::now);
        }
        match self.window.take() {
            Some(window) if window.due <= now => self.hint(window, now),
            window => {
                self.window = window;
                Ok(())
            }
        }
    }

    /// Hints, unless git is at work: then once it is done and all is quiet.
    fn hint(&mut self, mut window: Window, now: Instant) -> Result<(), ()> {
        if let Some(lock) = self.lock() {
            let until = *window.git.get_or_insert(now + self.times.git);
            if now < until {
                let pause = self.times.quiet.clamp(self.times.tick, self.times.poll) / 4;
                self.window = Some(Window { due: now + pause, held: true, ..window });
                return Ok(());
            }
            self.say(Trouble::git(&lock, self.times.git));
            self.stale = Some(lock);
        } else if window.held {
            let fresh = Window::opened(now, &self.times);
            window = Window { due: fresh.due, latest: fresh.latest, held: false, ..window };
            self.window = Some(window);
            return Ok(());
        }
        let hint = if window.rescan { FileHint::Rescan } else { FileHint::Changed };
        self.hints.send(hint).map_err(|_| ())
    }

    /// The lock to wait for.
    fn lock(&mut self) -> Option<Lock> {
        let held = Lock::held(&self.root);
        if held.is_none() {
            self.stale = None;
        }
        held.filter(|lock| self.stale.as_ref() != Some(lock))
    }
}
