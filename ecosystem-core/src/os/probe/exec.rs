//! Asking by a command.

use std::collections::BTreeMap;
use std::os::unix::process::CommandExt as _;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use camino::Utf8PathBuf;
use rustix::process::{Pid, Signal, WaitId, WaitIdOptions, kill_process_group, waitid};

use super::{Patient, Reply};
use crate::model::CommandLine;

/// Where the commands of a probe run: the app's own folder and environment.
#[derive(Debug, Clone, Default)]
pub(in crate::os) struct Surroundings {
    pub(in crate::os) folder: Utf8PathBuf,
    pub(in crate::os) env: BTreeMap<String, String>,
}

/// Whether the command ends well in time. What it writes is nobody's.
pub(super) fn run(line: &CommandLine, patient: &Patient<'_>, timeout: Duration) -> Reply {
    let surroundings = patient.surroundings;
    let Some(mut command) = command(line) else { return Reply::Ill("there is no command".to_owned()) };
    command
        .current_dir(&surroundings.folder)
        .env_clear()
        .envs(&surroundings.env)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        // A group of its own: what it has started ends with it.
        .process_group(0);
    let child = match command.spawn() {
        Ok(child) => child,
        Err(error) => return Reply::Ill(format!("its command cannot be run: {error}")),
    };
    match wait(child, timeout, patient.ends) {
        Some(status) if status.success() => Reply::Well,
        Some(status) => Reply::Ill(format!("its command ends with {}", words(status))),
        None => Reply::Ill(format!("its command has not ended within {timeout:?}")),
    }
}

fn command(line: &CommandLine) -> Option<Command> {
    match line {
        CommandLine::Shell(text) => {
            let mut command = Command::new("/bin/sh");
            command.arg("-c").arg(text);
            Some(command)
        }
        CommandLine::Words(words) => {
            let (program, arguments) = words.split_first()?;
            let mut command = Command::new(program);
            command.args(arguments);
            Some(command)
        }
    }
}

/// How it ended; `None` where it has not in time. Its group is killed in either case: a command that is done may have
/// left something behind. That comes before its end is taken note of: until then nobody else gets its number.
fn wait(mut child: Child, timeout: Duration, ends: &dyn Fn() -> bool) -> Option<ExitStatus> {
    let pid = i32::try_from(child.id()).ok().and_then(Pid::from_raw)?;
    let deadline = Instant::now() + timeout;
    while !has_ended(pid) && Instant::now() < deadline && !ends() {
        std::thread::sleep(LOOK_AGAIN);
    }
    let in_time = has_ended(pid);
    // Whoever is gone already cannot be killed.
    let _ = kill_process_group(pid, Signal::KILL);
    child.wait().ok().filter(|_| in_time)
}

fn has_ended(pid: Pid) -> bool {
    let looking = WaitIdOptions::EXITED | WaitIdOptions::NOHANG | WaitIdOptions::NOWAIT;
    // A child that cannot be asked about is none that can be waited for.
    waitid(WaitId::Pid(pid), looking).map_or(true, |status| status.is_some())
}

fn words(status: ExitStatus) -> String {
    status.code().map_or_else(|| "a signal".to_owned(), |code| format!("exit code {code}"))
}

const LOOK_AGAIN: Duration = Duration::from_millis(10);
