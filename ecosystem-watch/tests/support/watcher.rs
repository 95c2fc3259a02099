//! A watcher outside of PM2, as somebody runs it in a terminal.

use std::fs::File;
use std::process::{Child, ExitStatus, Stdio};

use rustix::process::Signal;

use super::log::Log;
use super::process::Process;
use super::wait::{LONG, wait_until};
use super::world::World;

/// A running watcher, which ends with this value.
pub(crate) struct Watcher {
    child: Child,
    pub(crate) log: Log,
}

impl Watcher {
    /// Watches the tree of a world, with these options besides; nothing but events and dues makes it look, unless
    /// they say `--resync`.
    pub(crate) fn start(world: &World, options: &[&str]) -> Self {
        Self::named(world, "watcher", options)
    }

    /// The same with a log file of its own.
    pub(crate) fn named(world: &World, name: &str, options: &[&str]) -> Self {
        let mut command = world.pm2.command(env!("CARGO_BIN_EXE_ecosystem-watch"));
        command.arg(world.root()).arg("--base").arg(world.base()).args(["--log-format", "json", "--verbose"]);
        if !options.contains(&"--resync") {
            command.args(["--resync", "3600"]);
        }
        let file = format!("{name}.log");
        let log = File::options().create(true).append(true).open(world.base().join(&file)).unwrap();
        command.args(options).stdout(log).stderr(Stdio::inherit());
        Self { child: command.spawn().unwrap(), log: Log::of(world.base(), &file) }
    }

    pub(crate) fn process(&self) -> Process {
        Process::new(self.child.id())
    }

    /// Sends a signal.
    pub(crate) fn signal(&self, signal: Signal) {
        self.process().signal(signal);
    }

    /// Waits for its end.
    pub(crate) fn ended(mut self) -> ExitStatus {
        wait_until("the watcher has ended", LONG, || self.child.try_wait().unwrap().is_some());
        self.child.wait().unwrap()
    }
}

impl Drop for Watcher {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
