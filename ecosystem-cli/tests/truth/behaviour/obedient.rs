//! The program under all these policies: it does what a file says, so its environment need not vary.

use std::fs;
use std::path::PathBuf;

use super::Subject;
use crate::case::{Case, case};
use crate::subject::Look;
use crate::support::process::Process;
use crate::support::wait::{LONG, wait_until};

/// The program's file in the base folder.
pub(super) const FILE: (&str, &str) = (NAME, include_str!("obedient.js"));
const NAME: &str = "obedient.js";

/// A case of that program.
pub(super) const fn obedient(
    field: &'static str,
    change: &'static str,
    before: &'static str,
    after: &'static str,
    look: Look,
) -> Case {
    case(field, change, before, after, look).running(NAME)
}

/// What the program can be told to do.
#[derive(Debug, Clone, Copy)]
pub(super) enum Verb {
    /// Ends with a code after some milliseconds.
    Exit { code: u8, after: u16 },
    /// Fills some megabytes.
    Eat(u16),
    /// Does not end by SIGINT from now on, and tells when one comes.
    Deaf,
    /// Tells how it is asked to end.
    Listen,
    /// Has a child, and tells its pid.
    Breed,
    /// Says to PM2 that it is ready.
    Ready,
    /// Does not say so at its start.
    Silent,
    /// Nothing.
    Rest,
}

impl Verb {
    fn words(self) -> String {
        match self {
            Self::Exit { code, after } => format!("exit {code} {after}"),
            Self::Eat(megabytes) => format!("eat {megabytes}"),
            Self::Deaf => "deaf".to_owned(),
            Self::Listen => "listen".to_owned(),
            Self::Breed => "breed".to_owned(),
            Self::Ready => "ready".to_owned(),
            Self::Silent => "silent".to_owned(),
            Self::Rest => "rest".to_owned(),
        }
    }
}

impl Subject<'_> {
    /// The app's process, once it is up and says so: PM2 lists a process before its program runs.
    pub(super) fn running(&self) -> Process {
        let mut running = None;
        wait_until(&format!("{} runs", self.app), LONG, || {
            running = self.seen().process.filter(|process| self.told_by(*process).is_some());
            running.is_some()
        });
        running.expect("waited for")
    }

    /// Has one process do something, and gives what came of it; `None` if it ended meanwhile. Processes that
    /// follow it do not do the same.
    pub(super) fn order(&self, process: Process, verb: Verb) -> Option<String> {
        let words = verb.words();
        self.write_order(&format!("{} {words}", process.pid()));
        let name = words.split(' ').next().unwrap_or_default().to_owned();
        let mut told = None;
        wait_until(&format!("{} does: {words}", self.app), LONG, || {
            told = self.told_by(process).filter(|told| told.starts_with(&name));
            told.is_some() || !process.is_alive()
        });
        told.map(|told| told.trim_start_matches(&name).trim().to_owned())
    }

    /// Has this process and each that follows it do something. Does not wait for it.
    pub(super) fn order_all(&self, verb: Verb) {
        self.write_order(&format!("all {}", verb.words()));
    }

    /// What this process told last.
    pub(super) fn told_by(&self, process: Process) -> Option<String> {
        let told = fs::read_to_string(self.file("told")).ok()?;
        told.strip_prefix(&format!("{} ", process.pid())).map(str::to_owned)
    }

    /// Whether a process has told something since that is not this one.
    pub(super) fn told_by_another(&self, process: Process) -> bool {
        let told = fs::read_to_string(self.file("told")).unwrap_or_default();
        let pid = told.split(' ').next().and_then(|pid| pid.parse().ok());
        pid.is_some_and(|pid: i32| pid != process.pid())
    }

    /// As one step: the program must not read half an order.
    fn write_order(&self, order: &str) {
        let new = self.file("order.new");
        fs::write(&new, order).unwrap();
        fs::rename(new, self.file("order")).unwrap();
    }

    fn file(&self, extension: &str) -> PathBuf {
        self.world.base().join(format!("{}.{extension}", self.app))
    }
}
