//! Processes as the kernel shows them in /proc (proc(5)).

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;

use rustix::process::{Pid, Signal, kill_process};

use super::wait::{LONG, wait_until};

/// A process by its number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Process {
    pid: i32,
}

impl Process {
    pub(crate) fn new(pid: impl TryInto<i32>) -> Self {
        Self { pid: pid.try_into().ok().expect("a pid is a positive number") }
    }

    pub(crate) fn pid(self) -> i32 {
        self.pid
    }

    /// Every process whose environment, as it was started with, holds this text.
    pub(crate) fn all_with_environ(text: &str) -> Vec<Self> {
        let pids =
            fs::read_dir("/proc").unwrap().filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok());
        pids.map(|pid: i32| Self { pid }).filter(|process| process.environ_text().contains(text)).collect()
    }

    /// Its arguments, the program first; empty once it has ended.
    pub(crate) fn cmdline(self) -> Vec<String> {
        self.text("cmdline").split_terminator('\0').map(str::to_owned).collect()
    }

    /// The environment it was started with.
    pub(crate) fn environ(self) -> BTreeMap<String, String> {
        let text = self.environ_text();
        let pairs = text.split_terminator('\0').filter_map(|pair| pair.split_once('='));
        pairs.map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
    }

    /// Its working folder; `None` once it has ended.
    pub(crate) fn cwd(self) -> Option<PathBuf> {
        fs::read_link(format!("/proc/{}/cwd", self.pid)).ok()
    }

    /// When it was started, in the kernel's ticks: with the pid, this names one process for good.
    pub(crate) fn start_time(self) -> Option<u64> {
        self.stat_field(22 - 3)?.parse().ok()
    }

    /// Whether it runs: a zombie does not, unless some of its threads are still ending and hold its sockets open.
    pub(crate) fn is_alive(self) -> bool {
        self.state().is_some_and(|state| !matches!(state.as_str(), "Z" | "X") || self.threads() > 1)
    }

    /// Freezes it, and waits until it is frozen.
    pub(crate) fn freeze(self) {
        self.signal(Signal::STOP);
        wait_until("the process is frozen", LONG, || self.state().as_deref() == Some("T"));
    }

    /// Ends it at once, and waits until it has ended.
    pub(crate) fn kill(self) {
        self.signal(Signal::KILL);
        wait_until("the process has ended", LONG, || !self.is_alive());
    }

    /// Sends a signal; nothing happens if it has ended.
    pub(crate) fn signal(self, signal: Signal) {
        let _ = kill_process(Pid::from_raw(self.pid).expect("not zero"), signal);
    }

    fn threads(self) -> usize {
        fs::read_dir(format!("/proc/{}/task", self.pid)).map_or(0, Iterator::count)
    }

    fn state(self) -> Option<String> {
        self.stat_field(0)
    }

    /// Fields from the third, the state, on: the second is a name in parentheses with anything in it.
    fn stat_field(self, index: usize) -> Option<String> {
        let stat = self.text("stat");
        stat.rsplit_once(") ")?.1.split(' ').nth(index).map(str::to_owned)
    }

    fn environ_text(self) -> String {
        self.text("environ")
    }

    fn text(self, file: &str) -> String {
        let bytes = fs::read(format!("/proc/{}/{file}", self.pid)).unwrap_or_default();
        String::from_utf8_lossy(&bytes).into_owned()
    }
}
