//! Processes that outlived the PM2 that had started them.
//!
//! When PM2's daemon is killed, its children live on, and the daemon that comes next knows nothing of them: it would
//! start a second copy of each. Only what is sure to be such a process of ours is ended.

use std::fs;
use std::os::unix::fs::MetadataExt as _;
use std::time::{Duration, Instant};

use camino::Utf8Path;
use rustix::process::{Pid, Signal, kill_process};

use super::kernel::{self, is_alive};
use super::ownership::is_trusted;
use super::regular_file;
use crate::model::{OWNER_VARIABLE, Owner};
use crate::plan::Claim;

/// Ends every process of `owner` that a PM2 with this home has left behind; their number.
///
/// To be called only while no PM2 is up there. Such a process carries our stamp, or the `unique_id` of one that was
/// `adopted` without a stamp, and PM2's attributes in its environment, and the pid file that is named among them names it: PM2 writes that for the process itself, while
/// whatever that one started has inherited the environment alone. It has lost its parent: what a daemon still looks
/// after, such as one that came up a moment ago, is not left behind. Like PM2, this ends the process and its tree with
/// SIGINT, and after its `kill_timeout` with SIGKILL (`lib/God/Methods.js`). This program and those it runs in are
/// spared.
pub(super) fn end(home: &Utf8Path, owner: &Owner, adopted: &[Claim]) -> usize {
    let own = kernel::own_pids();
    let all = kernel::processes();
    let orphans: Vec<Orphan> = all
        .iter()
        .filter(|(pid, parent)| !own.contains(pid) && !is_daemon(**parent))
        .filter_map(|(pid, _)| Orphan::find(*pid, home, owner, adopted))
        .collect();
    let trees: Vec<(Vec<Known>, Duration)> = orphans
        .iter()
        .map(|orphan| {
            let tree = kernel::tree(orphan.pid, &all);
            (tree.difference(&own).filter_map(|pid| Known::of(*pid)).collect(), orphan.kill_timeout)
        })
        .collect();
    let began = Instant::now();
    trees.iter().flat_map(|(tree, _)| tree).for_each(|process| process.signal(Signal::INT));
    for (tree, kill_timeout) in &trees {
        while tree.iter().any(Known::is_alive) && began.elapsed() < *kill_timeout {
            std::thread::sleep(LOOK_AGAIN);
        }
        tree.iter().for_each(|process| process.signal(Signal::KILL));
    }
    orphans.len()
}

/// A process by what no other one has: while its end is waited for, its pid may become another one's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Known {
    pid: u32,
    started: u64,
}

impl Known {
    fn of(pid: u32) -> Option<Self> {
        kernel::started(pid).map(|started| Self { pid, started })
    }

    fn is_alive(&self) -> bool {
        Self::of(self.pid) == Some(*self) && is_alive(self.pid)
    }

    /// Nothing is done to whoever has its pid when it is gone.
    fn signal(&self, signal: Signal) {
        let pid = i32::try_from(self.pid).ok().and_then(Pid::from_raw);
        if let Some(pid) = pid.filter(|_| self.is_alive()) {
            // It may have ended by itself in between.
            let _ = kill_process(pid, signal);
        }
    }
}

/// PM2's daemon of this home, if it is alive although nobody answers at its socket: it is on its way up or down, or
/// somebody has removed the socket.
///
/// PM2 notes its pid (`lib/Daemon.js`); what has the pid of one that is gone is no daemon of PM2, or one of another user.
pub(super) fn daemon(home: &Utf8Path) -> Option<u32> {
    noted_pid(&home.join("pm2.pid")).filter(|pid| is_daemon(*pid) && is_of_a_trusted_user(*pid))
}

/// The pid in a file that PM2 has written: no other user, and nothing that could be waited for without end.
fn noted_pid(path: &Utf8Path) -> Option<u32> {
    let (bytes, uid) = regular_file::read_with_owner(path, LONGEST_PID_FILE).ok()?;
    if is_trusted(uid) { str::from_utf8(&bytes).ok()?.trim().parse().ok() } else { None }
}

const LONGEST_PID_FILE: u64 = 64;

fn is_of_a_trusted_user(pid: u32) -> bool {
    fs::metadata(format!("/proc/{pid}")).is_ok_and(|process| is_trusted(process.uid()))
}

/// Whether a process has the title that PM2's daemon gives itself (`lib/Daemon.js`), of which the home at its end may
/// be cut off.
fn is_daemon(pid: u32) -> bool {
    let title = kernel::look(pid).and_then(|it| it.command.into_iter().next());
    title.is_some_and(|title| title.contains(": God Daemon"))
}

const LOOK_AGAIN: Duration = Duration::from_millis(20);

/// PM2's own default of `kill_timeout`.
const KILL_TIMEOUT: Duration = Duration::from_millis(1600);

/// Nothing is waited for without end, whatever an environment says.
const LONGEST_KILL_TIMEOUT: Duration = Duration::from_secs(600);

struct Orphan {
    pid: u32,
    kill_timeout: Duration,
}

impl Orphan {
    fn find(pid: u32, home: &Utf8Path, owner: &Owner, adopted: &[Claim]) -> Option<Self> {
        let environ = kernel::look(pid)?.environ?;
        let is = |name: &str, value: &str| environ.get(name).is_some_and(|it| it == value);
        let was_adopted =
            |claim: &Claim| is("unique_id", &claim.unique_id) && is("pm_id", &claim.pm_id.to_string());
        let ours = is(OWNER_VARIABLE, owner.as_str())
            || (!environ.contains_key(OWNER_VARIABLE) && adopted.iter().any(was_adopted));
        if !ours || !is("PM2_HOME", home.as_str()) {
            return None;
        }
        // Any process can have this environment, and name any file: root looks at those of all users.
        let named = noted_pid(Utf8Path::new(environ.get("pm_pid_path")?))?;
        let milliseconds = environ.get("kill_timeout").and_then(|text| text.parse().ok());
        let kill_timeout = milliseconds.map_or(KILL_TIMEOUT, Duration::from_millis).min(LONGEST_KILL_TIMEOUT);
        (named == pid).then_some(Self { pid, kill_timeout })
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a failed test may panic")]

    use std::os::unix::fs::symlink;
    use std::os::unix::process::CommandExt as _;
    use std::process::{Child, Command};
    use std::time::Duration;

    use assert_fs::TempDir;
    use rustix::fs::{CWD, FileType, Mode, mknodat};

    use super::*;

    struct Sleeper(Child);

    impl Sleeper {
        fn with(environ: &[(&str, &str)]) -> Self {
            let mut command = Command::new("/bin/sleep");
            Self(
                command
                    .arg("1000")
                    .env_clear()
                    .envs(environ.iter().copied())
                    .process_group(0)
                    .spawn()
                    .unwrap(),
            )
        }

        fn pid(&self) -> u32 {
            self.0.id()
        }
    }

    impl Drop for Sleeper {
        fn drop(&mut self) {
            let _ = self.0.kill();
            let _ = self.0.wait();
        }
    }

    /// A process whose pid another one has by now has been started at another time.
    #[test]
    fn who_has_the_pid_of_one_that_is_gone_is_spared() {
        let mut sleeper = Sleeper::with(&[]);
        let known = Known::of(sleeper.pid()).unwrap();
        let gone = Known { started: known.started - 1, ..known };
        assert!(known.is_alive() && !gone.is_alive());
        gone.signal(Signal::KILL);
        assert!(sleeper.0.try_wait().unwrap().is_none());
        known.signal(Signal::KILL);
        assert!(!sleeper.0.wait().unwrap().success());
        assert!(!known.is_alive());
    }

    /// The environment of a process is for its user to choose: what it names is looked at without harm, and what it
    /// says is believed only where PM2 has said the same.
    #[test]
    fn a_process_that_pretends_to_be_ours_does_no_harm() {
        let folder = TempDir::new().unwrap();
        let home = Utf8Path::from_path(folder.path()).unwrap();
        let owner = Owner::new("tree");
        let path = home.join("app.pid");
        let environ = [
            ("ECOSYSTEM_OWNER", "tree"),
            ("PM2_HOME", home.as_str()),
            ("pm_pid_path", path.as_str()),
            ("kill_timeout", "99999999999999"),
        ];
        let sleeper = Sleeper::with(&environ);
        let find = || Orphan::find(sleeper.pid(), home, &owner, &[]);
        let remove = || fs::remove_file(&path).unwrap();
        // The environment is another one's until the program itself runs.
        let deadline = Instant::now() + Duration::from_secs(20);
        fs::write(&path, format!("{}\n", sleeper.pid())).unwrap();
        while find().is_none() && Instant::now() < deadline {
            std::thread::sleep(LOOK_AGAIN);
        }
        assert_eq!(find().unwrap().kill_timeout, LONGEST_KILL_TIMEOUT);
        // Only root looks at the processes of others, and can make a file another one's.
        if rustix::process::geteuid().is_root() {
            std::os::unix::fs::chown(&path, Some(65534), None).unwrap();
            assert!(find().is_none());
        }
        fs::write(&path, "1").unwrap();
        assert!(find().is_none());
        remove();
        assert!(find().is_none());
        mknodat(CWD, path.as_std_path(), FileType::Fifo, Mode::RWXU, 0).unwrap();
        assert!(find().is_none());
        remove();
        symlink("/dev/zero", &path).unwrap();
        assert!(find().is_none());
    }

    #[test]
    fn a_note_of_a_daemon_is_read_without_harm() {
        let folder = TempDir::new().unwrap();
        let home = Utf8Path::from_path(folder.path()).unwrap();
        let path = home.join("pm2.pid");
        // Ourselves: alive, and no daemon of PM2.
        for noted in ["1", "0", "-1", "99999999999", "x", "", &std::process::id().to_string()] {
            fs::write(&path, noted).unwrap();
            assert_eq!(daemon(home), None, "{noted}");
        }
        fs::remove_file(&path).unwrap();
        mknodat(CWD, path.as_std_path(), FileType::Fifo, Mode::RWXU, 0).unwrap();
        assert_eq!(daemon(home), None);
    }
}
