//! PM2's list as a pass looks at it: younger than what was read of the tree, and of processes that are not on their way
//! from one state to the next.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use camino::Utf8Path;

use super::pm2::{AskedList, Client, ClientError, Timeouts};
use super::state;
use crate::model::Owner;
use crate::pm2::observed::Observed;

/// A list that PM2 was asked for and that nobody has waited for yet.
///
/// It is asked for when the bytes of the tree are read, and made while they are compiled: were it asked for before,
/// somebody who starts an app and then declares it would be seen to have declared it alone.
#[derive(Debug)]
pub(super) struct Ahead {
    list: AskedList,
    at: Option<u64>,
}

impl Ahead {
    /// Asks. If that fails, it is asked again when the list is needed, and told then.
    pub(super) fn ask(home: &Utf8Path, timeouts: Timeouts) -> Option<Self> {
        let at = now();
        Some(Self { list: AskedList::ask(home, timeouts).ok()?, at })
    }

    fn observe(self, apps: Option<&BTreeSet<String>>) -> Result<Seen, ClientError> {
        let daemon = self.list.daemon_pid();
        Ok(Seen { observed: Observed { at: self.at, ..self.list.observe(apps)? }, daemon })
    }
}

/// What was seen, and the pid of the PM2 that said it.
pub(super) struct Seen {
    pub(super) observed: Observed,
    pub(super) daemon: i32,
}

/// PM2's list, when no process of this owner is between two states, or as it is when that takes too long.
///
/// # Errors
/// PM2 cannot be asked, or has not answered in time what it was asked ahead.
pub(super) fn look(
    client: &mut Client,
    owner: &Owner,
    apps: Option<&BTreeSet<String>>,
    ahead: Option<Ahead>,
) -> Result<Seen, ClientError> {
    let mut first = match ahead.filter(|it| it.list.age() < STALE).map(|it| it.observe(apps)) {
        Some(Ok(seen)) => Some(seen),
        // It would not answer now either.
        Some(Err(error @ ClientError::Timeout { .. })) => return Err(error),
        Some(Err(_)) | None => None,
    };
    let deadline = Instant::now() + SETTLING;
    loop {
        let seen = match first.take() {
            Some(first) => first,
            None => ask(client, apps)?,
        };
        let ours =
            seen.observed.processes.iter().filter(|it| it.stamp().is_some_and(|it| it.owner == *owner));
        if !ours.clone().any(|process| process.status.is_transient()) || Instant::now() >= deadline {
            return Ok(seen);
        }
        std::thread::sleep(Duration::from_millis(25));
    }
}

fn ask(client: &mut Client, apps: Option<&BTreeSet<String>>) -> Result<Seen, ClientError> {
    let at = now();
    let observed = match apps {
        Some(apps) => client.observe_apps(apps)?,
        None => client.observe()?,
    };
    Ok(Seen { observed: Observed { at, ..observed }, daemon: client.daemon_pid() })
}

fn now() -> Option<u64> {
    u64::try_from(state::now().as_millisecond()).ok()
}

/// A list that was asked for before so long is asked for again: more may have happened since than while it is made.
const STALE: Duration = Duration::from_millis(250);

/// The longest to wait for processes that are on their way from one state to the next: a little more than
/// PM2's own default for the end of one (`kill_timeout`, 1.6 s) and for a start (`listen_timeout`, 3 s).
const SETTLING: Duration = Duration::from_secs(5);
