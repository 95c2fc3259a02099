//! A PM2_HOME of one test with a running daemon in it, which leaves nothing behind.

use std::process::Command;

use camino::{Utf8Path, Utf8PathBuf};
use ecosystem_core::os::pm2::{Client, Timeouts};
use rustix::process::Signal;
use tempfile::TempDir;

use super::hermetic;
use super::pm2_program::pm2_program;
use super::process::Process;
use super::wait::{LONG, wait_until};

/// A folder that is PM2_HOME and HOME. Everything that was started with its path in the environment ends with it.
pub(crate) struct Pm2Home {
    version: String,
    path: Utf8PathBuf,
    _folder: TempDir,
}

impl Pm2Home {
    /// A home with a running daemon.
    pub(crate) fn running(version: &str) -> Self {
        Self::running_with(version, &[])
    }

    /// A home with a daemon that has these variables too: some of its settings come in no other way.
    pub(crate) fn running_with(version: &str, environment: &[(&str, &str)]) -> Self {
        let home = Self::empty(version);
        let output = home.pm2().envs(environment.iter().copied()).arg("ping").output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        wait_until("PM2's daemon listens", LONG, || Client::connect(&home.path, Timeouts::default()).is_ok());
        home
    }

    /// A home in which no daemon runs yet.
    pub(crate) fn empty(version: &str) -> Self {
        let folder = hermetic::short_temp_dir();
        let path = Utf8PathBuf::from_path_buf(folder.path().canonicalize().unwrap()).unwrap();
        Self { version: version.to_owned(), path, _folder: folder }
    }

    pub(crate) fn path(&self) -> &Utf8Path {
        &self.path
    }

    /// The `pm2` program of the home's version with this home, and nothing of the environment but PATH.
    ///
    /// It has no variable `_`, so a daemon that a call kills stays dead and the test sees it.
    pub(crate) fn pm2(&self) -> Command {
        self.command(pm2_program(&self.version))
    }

    /// Any program with this home, and nothing of the environment but PATH.
    pub(crate) fn command(&self, program: impl AsRef<std::path::Path>) -> Command {
        hermetic::command(program, self.path.as_std_path())
    }

    /// A new connection to the daemon.
    pub(crate) fn client(&self) -> Client {
        Client::connect(&self.path, Timeouts { connect: LONG, call: LONG }).unwrap()
    }

    /// The daemon, as the socket names it.
    pub(crate) fn daemon(&self) -> Process {
        Process::new(self.client().daemon_pid())
    }

    /// Every process that belongs to this home.
    pub(crate) fn processes(&self) -> Vec<Process> {
        Process::all_with_environ(self.path.as_str())
    }
}

impl Drop for Pm2Home {
    /// The daemon goes first, so that nothing is started again; frozen ones end too. Fork apps carry the home in
    /// their log paths, so they are found even if the daemon died or forgot them.
    fn drop(&mut self) {
        if let Ok(client) = Client::connect(&self.path, Timeouts::default()) {
            Process::new(client.daemon_pid()).signal(Signal::KILL);
        }
        wait_until("all processes of the home have ended", LONG, || {
            let left = self.processes();
            left.iter().for_each(|process| process.signal(Signal::KILL));
            left.is_empty()
        });
    }
}
