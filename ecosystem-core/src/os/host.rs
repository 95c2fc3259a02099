//! The real outside world: disk, PM2, kernel.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use camino::{Utf8Path, Utf8PathBuf};
use serde_json::Value as Json;

use super::apply::Applier;
use super::dist::Removal;
use super::interrupt::Interrupt;
use super::look::{Ahead, Seen, look};
use super::machine::DaemonFacts;
use super::pm2::{Client, ClientError, Pm2Program, ProgramError, Report, Timeouts, launch};
use super::pressure::Limit;
use super::processors::Processors;
use super::same_daemon::SameDaemon;
use super::{dist, history, inventory, kernel, lock, lock::Lock, machine, orphans, surroundings};
use crate::converge::{Discarded, Host, HostError, Outcome, Progress, Tree, WriteOutcome, Written};
use crate::history::{Change, Generation};
use crate::model::{AppName, DaemonId, Owner};
use crate::plan::{Inventory, Plan};
use crate::pm2::observed::{Listening, Observed};
use crate::pm2::{Machine, Questions};
use crate::render::GeneratedFile;
use crate::workers::Workers;

/// Where things are, and how to act on them.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The tree.
    pub root: Utf8PathBuf,
    /// What relative paths resolve against.
    pub base: Utf8PathBuf,
    /// The profile that its daemons are read with.
    pub profile: Option<String>,
    /// Whose apps these are.
    pub owner: Owner,
    /// PM2's home.
    pub home: Utf8PathBuf,
    /// What a tree is read and compiled by, and generated files are written by.
    pub processors: Processors,
    /// Steps in hand at once.
    pub jobs: usize,
    /// From what pressure on the machine starts are held back.
    pub pressure: Limit,
    /// The longest that a new process is watched for the sake of its `min_uptime`.
    pub patience: Duration,
    /// A major version of PM2 beyond the tested ones that may be used.
    pub allow_pm2: Option<u64>,
    /// How to tell a pass at work to hurry or to end.
    pub interrupt: Interrupt,
    /// The program and its version, for the history of apps.
    pub by: String,
}

/// The versions of PM2 that everything here is tried on, newest first, one of each supported major version: the tests
/// install these, and the truth table has a column for each.
pub const TESTED_PM2: &[&str] = &["7.0.4", "6.0.14", "5.4.3"];

/// The host that `sync` and the watcher work on.
pub struct OsHost {
    settings: Settings,
    pm2: Option<(Client, Report)>,
    ahead: Option<Ahead>,
    /// The pid of the PM2 that was looked at.
    seen: Option<i32>,
    left_behind: usize,
    lock: Option<Lock>,
}

impl OsHost {
    /// A host to look with: where PM2 is not up, nothing runs, and nothing is started.
    ///
    /// # Errors
    /// PM2 is up and cannot be used.
    pub fn to_look(settings: Settings) -> Result<Self, HostError> {
        let pm2 = match Client::connect(&settings.home, LOOKING) {
            Ok(client) => Some(introduce(client, &settings)?),
            Err(ClientError::NotRunning { .. }) => None,
            Err(error) => return Err(unusable(&error)),
        };
        Ok(Self { settings, pm2, ahead: None, seen: None, left_behind: 0, lock: None })
    }

    /// A host to act on: takes the tree's lock, and starts PM2 through `program` where it is not up. What a PM2 that
    /// was killed has left of this tree is ended before.
    ///
    /// `program` is asked for only then. `patience` is how long to wait for another run on the same tree.
    ///
    /// # Errors
    /// Another run has the lock, or PM2 cannot be started or used; or it is alive and does not listen: another one beside
    /// it would run everything a second time.
    pub fn to_act(
        settings: Settings,
        patience: Duration,
        program: impl FnOnce() -> Result<Pm2Program, ProgramError>,
    ) -> Result<Self, HostError> {
        let lock = Lock::take(&settings.home, &settings.owner, patience)?;
        let mut left_behind = 0;
        let client = match connect(&settings.home)? {
            Err(ClientError::NotRunning { .. }) => {
                let claims = inventory::last_claims(&settings.home, &settings.owner)?;
                left_behind = orphans::end(&settings.home, &settings.owner, &claims);
                let program = program().map_err(|error| HostError::new(error.to_string()))?;
                launch(&program, &settings.home, LAUNCH_PATIENCE, LOOKING)
                    .map_err(|error| HostError::new(format!("PM2 cannot be started: {error}")))?
            }
            other => other.map_err(|error| unusable(&error))?,
        };
        let pm2 = Some(introduce(client, &settings)?);
        Ok(Self { settings, pm2, ahead: None, seen: None, left_behind, lock: Some(lock) })
    }

    /// PM2's list as it is now, raw: what `pm2 save` keeps. It holds the secrets of apps.
    ///
    /// # Errors
    /// PM2 cannot be asked.
    pub fn list(&mut self) -> Result<Vec<Json>, HostError> {
        match &mut self.pm2 {
            Some((client, _)) => client.list().map_err(|error| unusable(&error)),
            None => Ok(Vec::new()),
        }
    }

    fn ask_ahead(&mut self) {
        self.ahead = self.pm2.as_ref().and_then(|_| Ahead::ask(&self.settings.home, LOOKING));
    }

    /// The node that runs PM2's daemon, and the environment it was started with; that of a daemon to be where it is not
    /// up. Holds secrets.
    #[must_use]
    pub fn daemon_program_and_env(&self) -> (Utf8PathBuf, BTreeMap<String, String>) {
        let facts =
            self.pm2.as_ref().map_or_else(facts_of_a_daemon_to_be, |(_, report)| report.clone().into());
        (facts.node, facts.env)
    }

    /// How many processes of this tree were ended because a PM2 that was killed had left them behind: the PM2 that was
    /// started then would have started second copies.
    #[must_use]
    pub fn left_behind(&self) -> usize {
        self.left_behind
    }

    /// When PM2's daemon was started, in milliseconds since 1970; 0 where it is not up.
    #[must_use]
    pub fn pm2_started_at(&self) -> u64 {
        self.pm2.as_ref().map_or(0, |(_, report)| report.started_at)
    }

    /// PM2's version, if it is up.
    #[must_use]
    pub fn pm2_version(&self) -> Option<&str> {
        self.pm2.as_ref().map(|(_, report)| report.pm2_version.as_str())
    }
}

/// Connects to PM2; where it is on its way up or down, once that is over.
///
/// # Errors
/// Its daemon stays alive and does not listen.
fn connect(home: &Utf8Path) -> Result<Result<Client, ClientError>, HostError> {
    let deadline = Instant::now() + CHANGING;
    loop {
        let client = Client::connect(home, LOOKING);
        if !matches!(client, Err(ClientError::NotRunning { .. })) {
            return Ok(client);
        }
        match orphans::daemon(home) {
            None => return Ok(client),
            Some(pid) if Instant::now() >= deadline => {
                let message = format!(
                    "PM2's daemon (process {pid}) is alive, and nobody answers at its socket in {home}"
                );
                return Err(HostError::new(message).hint(format!(
                    "nothing was changed; `kill {pid}` ends it and its apps, so that it can be started anew"
                )));
            }
            Some(_) => std::thread::sleep(Duration::from_millis(25)),
        }
    }
}

fn introduce(mut client: Client, settings: &Settings) -> Result<(Client, Report), HostError> {
    let report = client.report().map_err(|error| unusable(&error))?;
    let found = major(&report.pm2_version);
    if found.is_some() && (settings.allow_pm2 == found || tested_majors().any(|tested| Some(tested) == found))
    {
        return Ok((client, report));
    }
    let message = format!("PM2 {} is a version that nothing here was tried on", report.pm2_version);
    let tested: Vec<String> = tested_majors().map(|major| major.to_string()).collect();
    let hint = format!("use PM2 {}, or take the risk with `--allow-pm2 MAJOR`", tested.join(" or "));
    Err(HostError::new(message).hint(hint))
}

fn tested_majors() -> impl Iterator<Item = u64> {
    TESTED_PM2.iter().filter_map(|version| major(version))
}

fn major(version: &str) -> Option<u64> {
    version.split('.').next()?.parse().ok()
}

fn unusable(error: &ClientError) -> HostError {
    let unusable = HostError::new(format!("PM2 cannot be used: {error}"));
    match error {
        ClientError::Timeout { .. } => unusable.hint(
            "nothing was changed; look whether PM2's daemon is stopped (state T in `ps`) or busy, and try again",
        ),
        _ => unusable,
    }
}

impl Host for OsHost {
    fn tree(&mut self) -> Result<Tree, HostError> {
        let Settings { root, base, profile, processors, .. } = &self.settings;
        let tree = surroundings::tree(root, base, profile.as_deref(), *processors)?;
        self.ask_ahead();
        Ok(tree)
    }

    fn daemons(&mut self, daemons: &BTreeSet<DaemonId>) -> Option<Tree> {
        let Settings { root, base, profile, .. } = &self.settings;
        let tree = surroundings::daemons(root, base, profile.as_deref(), daemons)?;
        self.ask_ahead();
        Some(tree)
    }

    fn write(&mut self, files: &[GeneratedFile], progress: &dyn Progress) -> Vec<Written> {
        write(&self.settings.root, files, self.settings.processors, progress)
    }

    fn machine(&mut self, questions: &Questions) -> Result<Machine, HostError> {
        let Settings { base, owner, home, .. } = &self.settings;
        let daemon = match &self.pm2 {
            Some((_, report)) => report.clone().into(),
            None => facts_of_a_daemon_to_be(),
        };
        Ok(machine::gather(questions, owner.clone(), base.clone(), home.clone(), daemon))
    }

    fn observe(&mut self, apps: Option<&BTreeSet<String>>) -> Result<Observed, HostError> {
        match &mut self.pm2 {
            Some((client, _)) => {
                let seen = look(client, &self.settings.owner, apps, self.ahead.take());
                let Seen { observed, daemon } = seen.map_err(|error| unusable(&error))?;
                self.seen = Some(daemon);
                Ok(observed)
            }
            None => Ok(Observed::default()),
        }
    }

    fn apply(&mut self, plan: &Plan, observed: &Observed, progress: &dyn Progress) -> Vec<Outcome> {
        let Settings { home, owner, jobs, pressure, patience, interrupt, .. } = &self.settings;
        let (jobs, pressure, patience) = (*jobs, *pressure, *patience);
        progress.planned(plan);
        let pm2 = SameDaemon { home, pid: self.seen };
        Applier { pm2, owner, jobs, pressure, observed, patience, interrupt, progress }.apply(plan)
    }

    fn inventory(&mut self) -> Result<Inventory, HostError> {
        let Settings { home, owner, .. } = &self.settings;
        // Whoever only looks while another pass is at work, which may begin or end in this moment, leaves it to that one to
        // say what it is trying now.
        let others_at_work = || self.lock.is_none() && lock::is_taken(home, owner);
        let before = others_at_work();
        let inventory = inventory::read(home, owner, self.pm2_started_at())?;
        let at_work = inventory.is_trying_any() && (before || others_at_work());
        Ok(if at_work { inventory.without_trials() } else { inventory })
    }

    fn remember(&mut self, inventory: &Inventory) -> Result<(), HostError> {
        inventory::write(&self.settings.home, &self.settings.owner, self.pm2_started_at(), inventory)
    }

    fn listening(&mut self, pids: &BTreeSet<u32>) -> Listening {
        kernel::listening(pids)
    }

    fn history(&mut self, app: &AppName) -> Result<Vec<Generation>, HostError> {
        history::read(&self.settings.home, &self.settings.owner, app)
    }

    fn record(&mut self, changes: Vec<Change>) -> Result<Vec<u64>, HostError> {
        let Settings { home, owner, by, .. } = &self.settings;
        changes.into_iter().map(|change| history::add(home, owner, by, change)).collect()
    }

    fn workers(&self) -> impl Workers + use<> {
        self.settings.processors
    }

    fn discard(&mut self, daemons: &[DaemonId]) -> Vec<Discarded> {
        let discard = |daemon: &DaemonId| {
            let removal = dist::remove_dist(&self.settings.root, daemon);
            let removed = removal.map(|it| matches!(it, Removal::Removed | Removal::FolderKept));
            Discarded { daemon: daemon.clone(), result: removed.map_err(|error| error.to_string()) }
        };
        daemons.iter().map(discard).collect()
    }
}

/// Writes generated files, telling of each edit before it is replaced.
pub fn write(
    root: &Utf8Path,
    files: &[GeneratedFile],
    processors: Processors,
    progress: &dyn Progress,
) -> Vec<Written> {
    let edited = |path: &str| progress.edited(path, &format!("{path}{}", dist::EDITED));
    let outcome = |outcome: dist::Outcome| match outcome {
        dist::Outcome::Unchanged => WriteOutcome::Unchanged,
        dist::Outcome::Written | dist::Outcome::Overwritten { hand_edited: false } => WriteOutcome::Written,
        dist::Outcome::Overwritten { hand_edited: true } => WriteOutcome::EditReplaced,
    };
    let results = dist::write(root, files, processors, &edited).into_iter().zip(files);
    let written = results.map(|(result, file)| Written {
        path: file.path.clone(),
        result: result.map(outcome).map_err(|error| error.to_string()),
    });
    written.inspect(|written| progress.written(written)).collect()
}

/// What a daemon would be that we started now: it gets our environment, and is the newest, as `npx` would fetch it.
fn facts_of_a_daemon_to_be() -> DaemonFacts {
    let env: BTreeMap<String, String> = std::env::vars_os()
        .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
        .collect();
    let folders = env.get("PATH").map(String::as_str).unwrap_or_default().split(':');
    let node = folders.map(|folder| Utf8Path::new(folder).join("node")).find(|path| path.exists());
    DaemonFacts {
        pm2_version: TESTED_PM2.first().copied().unwrap_or_default().to_owned(),
        node: node.unwrap_or_else(|| "node".into()),
        pm2_lib: None,
        uid: rustix::process::getuid().as_raw(),
        env,
    }
}

/// How long PM2's daemon may take from its socket to its end: its apps have ended before.
const CHANGING: Duration = Duration::from_secs(5);

/// For questions, which PM2 answers within milliseconds: what takes as long as this is frozen.
const LOOKING: Timeouts = Timeouts { connect: Duration::from_secs(2), call: Duration::from_secs(10) };

/// How long PM2's daemon may take to come up; a first start through `npx` fetches PM2 with it.
const LAUNCH_PATIENCE: Duration = Duration::from_secs(180);
