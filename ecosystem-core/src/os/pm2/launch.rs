//! Bringing PM2's daemon up, once.
//!
//! Two `pm2` commands at once without a daemon start two: one of them hangs, and an app is lost with it. So a
//! lock keeps our own tools from doing that to each other, and nothing here tries twice.

use std::fs::{File, TryLockError};
use std::io::{self, Read, Seek, SeekFrom};
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::thread;
use std::time::Duration;

use camino::{Utf8Path, Utf8PathBuf};
use rustix::fs::OFlags;
use rustix::process::{Pid, Signal, kill_process_group};
use thiserror::Error;

use super::client::{Client, Timeouts};
use super::deadline::Deadline;
use super::error::ClientError;
use super::program::{NPX_PACKAGE, Pm2Program};
use crate::os::state_folder::{self, open_lock};
use crate::pm2::is_base;

/// How often to look whether a lock is free, a program has ended, or a socket is there: none of them can be
/// waited for with a limit.
const LOOK_EVERY: Duration = Duration::from_millis(10);

/// How much of a failing program's output is kept, from its end.
const OUTPUT_KEPT: u64 = 4096;

/// Why PM2's daemon is not up.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum LaunchError {
    /// The folder or file of the lock, or the program's output file.
    #[error("cannot prepare the launch of PM2 in {home}: {source}")]
    Prepare {
        /// PM2's home.
        home: Utf8PathBuf,
        /// The system's reason.
        source: io::Error,
    },
    /// Another process of ours is launching it and did not finish.
    #[error("another process has been launching PM2 for {after:?} (it holds {lock})")]
    Locked {
        /// The file that is locked.
        lock: Utf8PathBuf,
        /// How long was waited.
        after: Duration,
    },
    /// The program could not be run.
    #[error("cannot run `{program}`: {source}")]
    Spawn {
        /// The program.
        program: String,
        /// The system's reason.
        source: io::Error,
    },
    /// The program ended with an error.
    #[error("`{program}` failed ({status}):\n{output}")]
    Failed {
        /// The program.
        program: String,
        /// How it ended.
        status: ExitStatus,
        /// The end of what it printed.
        output: String,
    },
    /// The program did not end, or no daemon listened afterwards.
    #[error("`{program}` did not bring PM2 up within {after:?}:\n{output}")]
    TooLate {
        /// The program.
        program: String,
        /// How long was waited.
        after: Duration,
        /// The end of what it printed.
        output: String,
    },
    /// There is a daemon, and it cannot be used.
    #[error(transparent)]
    Client(#[from] ClientError),
}

/// Connects to the daemon of `home`, starting it with `pm2 ping` if there is none.
///
/// The daemon gets this process's environment, as with PM2's own commands (only the base of it where PM2 itself runs
/// this process), with `PM2_HOME`, and with `_` naming
/// the `pm2` script: PM2 restarts itself by that variable when a call fails badly, and loses all apps
/// if it names anything else. Nothing of the daemon holds on to our input or output.
///
/// # Errors
/// [`LaunchError`] after at most about `limit`; the program is started at most once.
pub fn launch(
    program: &Pm2Program,
    home: &Utf8Path,
    limit: Duration,
    timeouts: Timeouts,
) -> Result<Client, LaunchError> {
    if let Some(client) = running(home, timeouts)? {
        return Ok(client);
    }
    let deadline = Deadline::after(limit);
    let _lock = lock(home, deadline)?;
    // Whoever held the lock before has probably brought it up.
    if let Some(client) = running(home, timeouts)? {
        return Ok(client);
    }
    let pm2 = match program {
        Pm2Program::Path(path) => path.clone(),
        Pm2Program::Npx => fetch_by_npx(home, deadline)?,
    };
    let ping = Run::to_end(ping(&pm2, home), format!("{program} ping"), home, deadline)?;
    loop {
        if let Some(client) = running(home, timeouts)? {
            return Ok(client);
        }
        if deadline.remaining().is_none() {
            return Err(ping.too_late(deadline));
        }
        thread::sleep(LOOK_EVERY);
    }
}

fn running(home: &Utf8Path, timeouts: Timeouts) -> Result<Option<Client>, ClientError> {
    match Client::connect(home, timeouts) {
        Ok(client) => Ok(Some(client)),
        Err(ClientError::NotRunning { .. }) => Ok(None),
        Err(error) => Err(error),
    }
}

/// Takes the lock, which lasts as long as the file is open.
fn lock(home: &Utf8Path, deadline: Deadline) -> Result<File, LaunchError> {
    let prepare = |source| LaunchError::Prepare { home: home.to_owned(), source };
    let folder = state_folder::of_all(home);
    state_folder::make(home, &folder).map_err(prepare)?;
    let path = folder.join("launch.lock");
    let file = open_lock(&path, OFlags::RDWR | OFlags::CREATE).map_err(prepare)?;
    loop {
        match file.try_lock() {
            Ok(()) => return Ok(file),
            Err(TryLockError::WouldBlock) if deadline.remaining().is_some() => thread::sleep(LOOK_EVERY),
            Err(TryLockError::WouldBlock) => {
                return Err(LaunchError::Locked { lock: path, after: deadline.limit() });
            }
            Err(TryLockError::Error(source)) => return Err(prepare(source)),
        }
    }
}

/// `pm2 ping` starts the daemon if there is none, and nothing else.
fn ping(pm2: &Utf8Path, home: &Utf8Path) -> Command {
    let mut command = Command::new(pm2);
    command.arg("ping");
    if std::env::var_os("pm_id").is_some() {
        // We are run by PM2: what it laid over our environment would be laid over that of every app.
        for (name, _) in std::env::vars_os().filter(|(name, _)| !name.to_str().is_some_and(is_base)) {
            command.env_remove(name);
        }
    }
    command.env("_", pm2.canonicalize_utf8().unwrap_or_else(|_| pm2.to_owned())).env("PM2_HOME", home);
    // They would move the sockets away from where we look.
    command.env_remove("PM2_DAEMON_RPC_PORT").env_remove("PM2_DAEMON_PUB_PORT");
    command
}

/// Lets `npx` fetch PM2 and say where it is. Running PM2 through `npx` would leave `_` naming `npx`.
fn fetch_by_npx(home: &Utf8Path, deadline: Deadline) -> Result<Utf8PathBuf, LaunchError> {
    let mut npx = Command::new("npx");
    npx.args(["--yes", "--package", NPX_PACKAGE, "--call", "command -v pm2"]);
    let fetched = Run::to_end(npx, format!("npx --yes {NPX_PACKAGE}"), home, deadline)?;
    let last = fetched.output.lines().rev().map(str::trim).find(|line| line.starts_with('/'));
    last.map(Utf8PathBuf::from).ok_or_else(|| fetched.too_late(deadline))
}

/// A program that has been run to its end.
struct Run {
    name: String,
    output: String,
}

impl Run {
    /// Runs a command without input, its output going to a file: a pipe would stay open as long as anything that
    /// the program leaves behind.
    fn to_end(
        mut command: Command,
        name: String,
        home: &Utf8Path,
        deadline: Deadline,
    ) -> Result<Self, LaunchError> {
        let prepare = |source| LaunchError::Prepare { home: home.to_owned(), source };
        let mut file = tempfile::tempfile().map_err(prepare)?;
        let (out, err) = (file.try_clone().map_err(prepare)?, file.try_clone().map_err(prepare)?);
        // Its own group, so that a shell's Ctrl-C does not end it half way and we can end all of it.
        command.current_dir(home).stdin(Stdio::null()).stdout(out).stderr(err).process_group(0);
        let mut child =
            command.spawn().map_err(|source| LaunchError::Spawn { program: name.clone(), source })?;
        let ended = wait(&mut child, deadline).map_err(prepare)?;
        let run = Self { name, output: tail(&mut file).map_err(prepare)? };
        match ended {
            Some(status) if status.success() => Ok(run),
            Some(status) => Err(LaunchError::Failed { program: run.name, status, output: run.output }),
            None => Err(run.too_late(deadline)),
        }
    }

    fn too_late(self, deadline: Deadline) -> LaunchError {
        LaunchError::TooLate { program: self.name, after: deadline.limit(), output: self.output }
    }
}

/// Waits until the child has ended, or ends it and its group and gives nothing.
fn wait(child: &mut Child, deadline: Deadline) -> io::Result<Option<ExitStatus>> {
    loop {
        if let Some(status) = child.try_wait()? {
            return Ok(Some(status));
        }
        if deadline.remaining().is_none() {
            if let Some(group) = i32::try_from(child.id()).ok().and_then(Pid::from_raw) {
                // Not yet waited for, so the number is still its own. A daemon is in a group of its own.
                kill_process_group(group, Signal::KILL)?;
            }
            return child.wait().map(|_| None);
        }
        thread::sleep(LOOK_EVERY);
    }
}

fn tail(file: &mut File) -> io::Result<String> {
    let length = file.seek(SeekFrom::End(0))?;
    file.seek(SeekFrom::Start(length.saturating_sub(OUTPUT_KEPT)))?;
    let mut bytes = Vec::new();
    file.read_to_end(&mut bytes)?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}
