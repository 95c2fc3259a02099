//! What a watcher leaves for others to read: `$PM2_HOME/ecosystem/<owner>/state.json`, and whether it is alive.
//!
//! Whoever holds the [`WatchLock`] of a tree is its watcher and writes the file; nobody else can. That it is there
//! says nothing of a watcher being alive: the lock does ([`watcher`]), as the kernel lets go of it when the process
//! ends in any way.

mod watch_lock;

#[cfg(test)]
mod tests;

use std::io;
use std::os::unix::fs::MetadataExt as _;

use camino::Utf8Path;
use serde::{Deserialize, Serialize};

pub use jiff::Timestamp;
pub use watch_lock::{Holder, Taken, WatchLock, watcher};

use super::regular_file::{ReadError, read_unlinked};
use super::state_folder;
use crate::converge::HostError;
use crate::model::{Owner, Prune};

/// What a watcher has done and how things stand. No value of an app's environment is in it: texts are those of
/// plans, where secrets are masked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct WatcherState {
    /// Version of the program.
    pub program_version: String,
    /// The watcher's process.
    pub pid: u32,
    /// When it took the tree's [`WatchLock`].
    pub started_at: Timestamp,
    /// The end of its last look at the tree and PM2, whatever came of it; `None` before the first.
    pub looked_at: Option<Timestamp>,
    /// How often it has looked.
    pub looks: u64,
    /// When it last took a step; `None` if it never did.
    pub changed_at: Option<Timestamp>,
    /// How it learns of edits.
    pub mode: Mode,
    /// What it does with apps that the tree has lost and that say nothing of it themselves.
    pub prune: Prune,
    /// What stands in the way now, oldest first.
    pub problems: Vec<Problem>,
    /// How many problems there are beyond those listed.
    #[serde(default)]
    pub problems_left_out: usize,
    /// The last time that it could not look at all, even if it could since.
    pub last_error: Option<LastError>,
}

/// How a watcher learns of edits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Mode {
    /// The system tells it of file events.
    Watching,
    /// It looks every so often, as the system tells nothing.
    Polling,
}

/// Something that stands until somebody mends it, says yes to it, or it passes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Problem {
    /// What kind of thing.
    pub kind: ProblemKind,
    /// The app it is about, if it is about one.
    pub app: Option<String>,
    /// The daemon it is about, if it is about one; the empty text is the root's own.
    pub daemon: Option<String>,
    /// What is the matter and what can be done, in a sentence without a full stop.
    pub text: String,
    /// When the watcher first saw it.
    pub since: Timestamp,
}

/// Kinds of standing problems.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ProblemKind {
    /// The tree, PM2 or the disk could not be used, so that nothing could be done.
    Trouble,
    /// A step came to nothing, or a file could not be written.
    Failed,
    /// Something in the tree is wrong.
    Diagnostic,
    /// An app is left as it is.
    Held,
    /// An app is to be deleted and waits for somebody to say so.
    Pending,
}

/// Why a watcher could not look.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LastError {
    /// What was the matter, in a sentence without a full stop.
    pub text: String,
    /// When.
    pub at: Timestamp,
}

/// The file: the version first, as it says how to read the rest.
#[derive(Debug, Serialize, Deserialize)]
struct Contents<State> {
    version: u32,
    #[serde(flatten)]
    state: State,
}

/// All of a file that readers of every version understand.
#[derive(Debug, Deserialize)]
struct Version {
    version: u64,
}

const VERSION: u32 = 1;

/// Far beyond what is written: [`MOST_PROBLEMS`] with texts of [`MOST_CHARS`].
const LIMIT: u64 = 4 * 1024 * 1024;

/// A state is looked at by people and by programs that poll: a tree that is all wrong need not be in it whole.
const MOST_PROBLEMS: usize = 100;
const MOST_CHARS: usize = 1000;

/// The time, in milliseconds: more would only make texts longer.
#[must_use]
pub fn now() -> Timestamp {
    let now = Timestamp::now();
    Timestamp::from_millisecond(now.as_millisecond()).unwrap_or(now)
}

/// What the watcher of a tree left last; `None` if there never was one.
///
/// # Errors
/// There is a file, and it is no regular one, too large, somebody else's, of a newer version, or not what a watcher
/// writes.
pub fn read(home: &Utf8Path, owner: &Owner) -> Result<Option<WatcherState>, HostError> {
    let path = state_folder::of(home, owner).join(FILE);
    let unreadable = |problem: &str| unreadable(&path, problem);
    let (bytes, uid) = match read_unlinked(&path, LIMIT) {
        Ok(read) => read,
        Err(ReadError::Io(error)) if is_absent(&error) => return Ok(None),
        Err(error) => return Err(unreadable(&error.to_string())),
    };
    if !is_trusted(home, uid) {
        return Err(unreadable(&format!("it belongs to the user {uid}, neither us nor PM2's home's")));
    }
    parse(&bytes).map(Some).map_err(|problem| unreadable(&problem))
}

/// Tells the watcher of a tree to look again; whether there is one, and PM2 for it to look at. One whose PM2 is gone is
/// left alone: to be told so would have it start PM2, whoever ended that.
#[must_use]
pub fn wake(home: &Utf8Path, owner: &Owner) -> bool {
    let Some(pid) = watch_lock::proven_watcher(home, owner) else { return false };
    let pid = i32::try_from(pid).ok().and_then(rustix::process::Pid::from_raw);
    let is_up = super::pm2::Client::connect(home, super::pm2::Timeouts::default()).is_ok();
    is_up && pid.is_some_and(|pid| rustix::process::kill_process(pid, rustix::process::Signal::HUP).is_ok())
}

const FILE: &str = "state.json";

fn is_absent(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory)
}

/// Ours, or of whose PM2 it is: root may look at another user's.
fn is_trusted(home: &Utf8Path, uid: u32) -> bool {
    let homes = || std::fs::metadata(home).is_ok_and(|metadata| metadata.uid() == uid);
    uid == rustix::process::geteuid().as_raw() || homes()
}

fn parse(bytes: &[u8]) -> Result<WatcherState, String> {
    let Version { version } = serde_json::from_slice(bytes).map_err(|error| error.to_string())?;
    if version != u64::from(VERSION) {
        return Err(format!("its version is {version}, and this program reads {VERSION}"));
    }
    let contents: Contents<WatcherState> =
        serde_json::from_slice(bytes).map_err(|error| error.to_string())?;
    Ok(contents.state)
}

fn unreadable(path: &Utf8Path, problem: &str) -> HostError {
    HostError::new(format!("cannot read what the watcher left in {path}: {problem}")).hint(
        "use the program of the version that wrote it, or remove the file: a watcher writes it anew when it looks",
    )
}

/// What is written: as many problems and as much of each text as a reader takes.
fn text(state: &WatcherState) -> serde_json::Result<Vec<u8>> {
    let mut state = state.clone();
    state.problems_left_out += state.problems.len().saturating_sub(MOST_PROBLEMS);
    state.problems.truncate(MOST_PROBLEMS);
    for problem in &mut state.problems {
        let texts = [problem.app.as_mut(), problem.daemon.as_mut(), Some(&mut problem.text)];
        texts.into_iter().flatten().for_each(shorten);
    }
    state.last_error.iter_mut().for_each(|error| shorten(&mut error.text));
    serde_json::to_vec_pretty(&Contents { version: VERSION, state })
}

fn shorten(text: &mut String) {
    if let Some((at, _)) = text.char_indices().nth(MOST_CHARS) {
        text.truncate(at);
        text.push('…');
    }
}
