//! Replacing the very process that PM2 runs this watcher in.
//!
//! PM2 ends the whole process tree of what it deletes, found by parents, so that nothing that this program does or
//! starts outlives the first half of its own replacement. A process whose parent has ended belongs to no tree:
//! the helper is started by a program in between that ends at once, and makes the pass for this one daemon.

use std::fs::{File, OpenOptions};
use std::os::fd::AsFd as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::os::unix::process::CommandExt as _;
use std::process::{Command, Stdio};
use std::sync::atomic::AtomicBool;
use std::thread;
use std::time::{Duration, Instant, SystemTime};

use camino::{Utf8Path, Utf8PathBuf};
use ecosystem_core::converge::{HostError, Report};
use ecosystem_core::model::DaemonId;
use ecosystem_core::os::interrupt::Interrupt;
use ecosystem_core::os::kernel::parent;
use ecosystem_core::os::place::Place;
use ecosystem_core::os::state::now;
use ecosystem_core::plan::Hold;

use crate::args::Args;
use crate::news::News;
use crate::pass::Passes;
use crate::speak::{Aloud, Said, happening, say_all};

/// Names, to the helper, the pid of the program in between; its absence makes a program that one.
const IN_BETWEEN: &str = "ECOSYSTEM_WATCH_IN_BETWEEN";

/// How long the program in between may take to end.
const ORPHANED_WITHIN: Duration = Duration::from_secs(10);

/// Replacing the process that PM2 runs this program in, and being replaced.
pub(crate) struct Succession {
    /// What the helper says goes there.
    log: Utf8PathBuf,
    /// When the last helper was started.
    begun: Option<Instant>,
    /// The app that PM2 runs this program as, once that is known.
    own_app: Option<String>,
}

/// How long a helper has before another one is started.
const HELPER_PATIENCE: Duration = Duration::from_secs(60);

impl Succession {
    pub(crate) fn new(state_folder: &Utf8Path) -> Self {
        Self { log: state_folder.join("succession.log"), begun: None, own_app: None }
    }

    /// Starts the helper for an app that cannot be brought to its declaration from inside.
    pub(crate) fn begin(&mut self, hold: &Hold) {
        if self.begun.is_some_and(|begun| begun.elapsed() < HELPER_PATIENCE) {
            return;
        }
        self.begun = Some(Instant::now());
        match start_helper(&hold.daemon, &self.log) {
            Ok(()) => happening::succession(&hold.app, &self.log).say(),
            Err(problem) => happening::trouble(&problem).say(),
        }
    }

    /// Whether PM2 runs another watcher in place of this one: PM2 was ended by force, this program lived on, and
    /// the PM2 that came next has started the tree's own watcher, which waits for our end.
    pub(crate) fn is_over(&mut self, report: &Report) -> bool {
        let Report { observed, plan, desired, .. } = report;
        if let Some(own) = plan.own_process.and_then(|id| observed.process(id)) {
            self.own_app = Some(own.name.clone());
            return false;
        }
        let Some(own_app) = &self.own_app else { return false };
        observed.processes.iter().any(|process| {
            let ours = process.stamp().is_some_and(|stamp| stamp.owner == desired.owner);
            process.name == *own_app && ours && process.pid.is_some()
        })
    }
}

/// Makes the pass of the helper, or starts it.
///
/// # Errors
/// It could not be started, or the world could not be looked at.
pub(crate) fn succeed(args: &Args, daemon: &str) -> Result<(), HostError> {
    match role().map_err(HostError::new)? {
        Role::InBetween => Ok(()),
        Role::Helper => {
            let place = Place::find(&args.named())?;
            let passes = Passes::new(args, &place, Interrupt::default())?;
            let own_step = AtomicBool::new(false);
            let aloud = Aloud::new(&place.root, News::new(SystemTime::now()), &own_step);
            let report = passes.succeed(DaemonId::new(daemon), &aloud)?;
            say_all(&Said::default().after(&report, now()));
            Ok(())
        }
    }
}

/// Starts the helper for a daemon, through a program in between.
fn start_helper(daemon: &DaemonId, log: &Utf8Path) -> Result<(), String> {
    let start = || -> std::io::Result<()> {
        let mut command = again(open(log)?)?;
        // One word: the root's own daemon has the empty id.
        command.arg(format!("{SUCCEED}{daemon}")).env_remove(IN_BETWEEN);
        let ended = command.spawn()?.wait()?;
        if ended.success() { Ok(()) } else { Err(std::io::Error::other(format!("it failed ({ended})"))) }
    };
    start().map_err(|error| format!("cannot start the helper that replaces this program: {error}"))
}

/// The option that makes this program a helper, as far as its value.
const SUCCEED: &str = "--succeed=";

/// What a program that was started to succeed is.
enum Role {
    /// It has started the helper and has nothing more to do.
    InBetween,
    /// It is the helper, and nobody's child any more.
    Helper,
}

/// Finds out which of the two this is, and does what comes first for it.
///
/// # Errors
/// The helper could not be started, or still has its parent, in words.
fn role() -> Result<Role, String> {
    let Some(in_between) = std::env::var(IN_BETWEEN).ok().and_then(|pid| pid.parse::<u32>().ok()) else {
        let helper = || -> std::io::Result<()> {
            let log = std::io::stdout().as_fd().try_clone_to_owned()?;
            let mut command = again(File::from(log))?;
            command.args(std::env::args_os().skip(1).filter(is_succeed));
            command.env(IN_BETWEEN, std::process::id().to_string()).process_group(0).spawn().map(drop)
        };
        return helper()
            .map(|()| Role::InBetween)
            .map_err(|error| format!("cannot start the helper: {error}"));
    };
    let deadline = Instant::now() + ORPHANED_WITHIN;
    while parent(std::process::id()) == Some(in_between) {
        if Instant::now() >= deadline {
            return Err("the program in between does not end".to_owned());
        }
        thread::sleep(Duration::from_millis(5));
    }
    Ok(Role::Helper)
}

/// This program with the arguments it was started with, but for those of succession.
///
/// By the kernel's own link to it: the file may have been replaced by a newer version since.
fn again(log: File) -> std::io::Result<Command> {
    let mut command = Command::new("/proc/self/exe");
    command.args(std::env::args_os().skip(1).filter(|arg| !is_succeed(arg)));
    command.stdin(Stdio::null()).stdout(log.try_clone()?).stderr(log);
    Ok(command)
}

fn is_succeed(arg: &std::ffi::OsString) -> bool {
    arg.to_str().is_some_and(|arg| arg.starts_with(SUCCEED))
}

fn open(log: &Utf8Path) -> std::io::Result<File> {
    OpenOptions::new().create(true).write(true).truncate(true).mode(0o600).open(log)
}
