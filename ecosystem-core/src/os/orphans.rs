//! Processes that outlived the PM2 that had started them.
//!
//! When PM2's daemon is killed, its children live on, and the daemon that comes next knows nothing of them: it would
//! start a second copy of each. Only what is sure to be such a process of ours is ended.

use std::collections::BTreeSet;
use std::fs;
use std::time::{Duration, Instant};

use camino::Utf8Path;
use rustix::process::{Pid, Signal, kill_process};

use super::kernel::{self, is_alive};
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
    let trees: Vec<(BTreeSet<u32>, Duration)> = orphans
        .iter()
        .map(|orphan| {
            (kernel::tree(orphan.pid, &all).difference(&own).copied().collect(), orphan.kill_timeout)
        })
        .collect();
    let began = Instant::now();
    trees.iter().flat_map(|(pids, _)| pids).for_each(|pid| signal(*pid, Signal::INT));
    for (pids, kill_timeout) in &trees {
        while pids.iter().any(|pid| is_alive(*pid)) && began.elapsed() < *kill_timeout {
            std::thread::sleep(LOOK_AGAIN);
        }
        pids.iter().filter(|pid| is_alive(**pid)).for_each(|pid| signal(*pid, Signal::KILL));
    }
    orphans.len()
}

/// PM2's daemon of this home, if it is alive although nobody answers at its socket: it is on its way up or down, or
/// somebody has removed the socket.
///
/// PM2 notes its pid (`lib/Daemon.js`); what has the pid of one that is gone is no daemon of PM2.
pub(super) fn daemon(home: &Utf8Path) -> Option<u32> {
    let noted = fs::read_to_string(home.join("pm2.pid")).ok()?;
    noted.trim().parse().ok().filter(|pid| is_daemon(*pid))
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
        let named = fs::read_to_string(environ.get("pm_pid_path")?).ok()?;
        let milliseconds = environ.get("kill_timeout").and_then(|text| text.parse().ok());
        let kill_timeout = milliseconds.map_or(KILL_TIMEOUT, Duration::from_millis);
        (named.trim().parse() == Ok(pid)).then_some(Self { pid, kill_timeout })
    }
}

fn signal(pid: u32, signal: Signal) {
    let pid = i32::try_from(pid).ok().and_then(Pid::from_raw);
    // It may have ended by itself.
    let _ = pid.map(|pid| kill_process(pid, signal));
}
