//! How PM2 ends a process: `kill_timeout`, `kill_retry_time`, `treekill`, `shutdown_with_message`.

use std::thread;
use std::time::{Duration, Instant};

use rustix::process::Signal;

use super::Subject;
use super::obedient::{Verb, obedient};
use crate::case::Case;
use crate::support::process::Process;
use crate::support::wait::{LONG, wait_until};

/// A minute, against PM2's default of 1.6 seconds and less.
const TIME: &str = ":kill-timeout 60000";
const NO_TIME: &str = ":kill-timeout 300";

/// PM2 looks in this interval whether a process has ended. It must not lose patience meanwhile.
const OFTEN: &str = ":kill-timeout 60000 :kill-retry-time 50";
const SELDOM: &str = ":kill-timeout 60000 :kill-retry-time 10000";

/// With time enough for a slow machine to tell how it was ended.
const SIGNAL: &str = ":kill-timeout 30000";
const MESSAGE: &str = ":kill-timeout 30000 :shutdown-with-message true";

pub(super) const CASES: &[Case] = &[
    kill_timeout("set", "", TIME),
    kill_timeout("change", TIME, NO_TIME),
    kill_timeout("change to more", NO_TIME, TIME),
    kill_timeout("to 0", TIME, ":kill-timeout 0"),
    kill_timeout("remove", TIME, ""),
    kill_retry_time("set", TIME, SELDOM),
    kill_retry_time("change", SELDOM, OFTEN),
    kill_retry_time("change to more", OFTEN, SELDOM),
    kill_retry_time("to 0", SELDOM, ":kill-timeout 60000 :kill-retry-time 0"),
    kill_retry_time("remove", SELDOM, TIME),
    treekill("set", "", ":treekill false"),
    treekill("change", ":treekill false", ":treekill true"),
    treekill("remove", ":treekill false", ""),
    shutdown_with_message("set", SIGNAL, MESSAGE),
    shutdown_with_message("to false", MESSAGE, ":kill-timeout 30000 :shutdown-with-message false"),
    shutdown_with_message("remove", MESSAGE, SIGNAL),
];

const fn kill_timeout(change: &'static str, before: &'static str, after: &'static str) -> Case {
    obedient("kill_timeout", change, before, after, |it| it.is_deaf()).both()
}

const fn kill_retry_time(change: &'static str, before: &'static str, after: &'static str) -> Case {
    obedient("kill_retry_time", change, before, after, |it| it.is_missed()).both()
}

const fn treekill(change: &'static str, before: &'static str, after: &'static str) -> Case {
    obedient("treekill", change, before, after, |it| it.has_a_child()).both()
}

const fn shutdown_with_message(change: &'static str, before: &'static str, after: &'static str) -> Case {
    obedient("shutdown_with_message", change, before, after, |it| it.listens()).both()
}

impl Subject<'_> {
    /// Whether PM2 soon loses patience with a process that ignores SIGINT.
    fn is_deaf(&self) -> String {
        let process = self.running();
        self.order(process, Verb::Deaf);
        self.while_stopped(|| {
            let asked = || self.told_by(process).is_some_and(|told| told == "asked");
            wait_until("PM2 asks it to end", LONG, || asked() || !process.is_alive());
            let killed = within(Duration::from_secs(10), || !process.is_alive());
            // Else PM2's answer would take the whole minute.
            process.kill();
            if killed { "soon killed" } else { "given time" }
        })
    }

    /// Whether PM2 soon notices that a process has ended.
    fn is_missed(&self) -> String {
        let process = self.running();
        self.while_stopped(|| {
            wait_until("the process has ended", LONG, || !process.is_alive());
            let noticed = self.happens(Duration::from_secs(4), |seen| seen.status == "stopped");
            if noticed { "noticed soon" } else { "noticed late" }
        })
    }

    /// Whether the child of a stopped process lives on.
    fn has_a_child(&self) -> String {
        let process = self.running();
        let child = Process::new(self.order(process, Verb::Breed).unwrap().parse::<i32>().unwrap());
        assert!(child.is_alive(), "the child of {} runs", self.app);
        self.stop_by_hand();
        wait_until("the process has ended", LONG, || !process.is_alive());
        let ended = within(Duration::from_secs(4), || !child.is_alive());
        child.signal(Signal::KILL);
        if ended { "the child ends too" } else { "the child lives on" }.to_owned()
    }

    /// How the process is asked to end.
    fn listens(&self) -> String {
        let process = self.running();
        self.order(process, Verb::Listen);
        self.stop_by_hand();
        self.told_by(process).expect("the process that was stopped was the last to tell")
    }

    /// What is seen while PM2 stops the app; waits for PM2's answer afterwards.
    fn while_stopped(&self, look: impl FnOnce() -> &'static str) -> String {
        thread::scope(|scope| {
            scope.spawn(|| self.stop_by_hand());
            look().to_owned()
        })
    }
}

fn within(limit: Duration, condition: impl Fn() -> bool) -> bool {
    let started = Instant::now();
    while !condition() {
        if started.elapsed() >= limit {
            return false;
        }
        thread::sleep(Duration::from_millis(20));
    }
    true
}
