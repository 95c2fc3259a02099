//! One pass: what `sync` does, with what the watcher knows besides.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use camino::{Utf8Path, Utf8PathBuf};
use ecosystem_core::converge::{Extent, Host as _, HostError, Pass, Progress, Report, converge};
use ecosystem_core::model::{DaemonId, Owner};
use ecosystem_core::os::host::{OsHost, Settings};
use ecosystem_core::os::interrupt::Interrupt;
use ecosystem_core::os::kernel::own_pids;
use ecosystem_core::os::place::{Place, pm2_home, variable};
use ecosystem_core::os::pm2::{Pm2Program, ProgramError, Search, dump};
use ecosystem_core::os::processors::Processors;
use ecosystem_core::plan::{Drift, Illness, Policy, Rest, Stopped};

use crate::args::Args;
use crate::resurrection;
use crate::speak::happening;

/// How long to wait for somebody's `sync` on the same tree.
const LOCK_PATIENCE: Duration = Duration::from_secs(300);

/// The tree and PM2, and how to bring the one to the other.
pub(crate) struct Passes<'a> {
    args: &'a Args,
    place: &'a Place,
    pub(crate) settings: Settings,
}

/// What the watcher has seen that a single pass cannot know.
#[derive(Default)]
pub(crate) struct Seen {
    /// Daemons that have been missing for long enough, where that is waited for.
    pub(crate) missing_for_long: Option<BTreeSet<DaemonId>>,
    /// Apps that are not to be tried now.
    pub(crate) resting: BTreeMap<String, Rest>,
    /// Whether what failed before, and was put back or stopped, is to be tried again.
    pub(crate) retry: bool,
    /// Apps that are not alive, by their own probes.
    pub(crate) ill: BTreeMap<String, Illness>,
    /// What may have changed since the last look.
    pub(crate) extent: Extent,
}

/// What came of a pass.
pub(crate) struct Made {
    pub(crate) report: Report,
    /// Whether PM2's dump could be kept in step, where that is asked for.
    pub(crate) saved: Result<(), String>,
}

impl<'a> Passes<'a> {
    /// # Errors
    /// PM2's home is not known.
    pub(crate) fn new(args: &'a Args, place: &'a Place, interrupt: Interrupt) -> Result<Self, HostError> {
        let settings = Settings {
            root: place.root.clone(),
            base: place.base.clone(),
            profile: place.profile.clone(),
            owner: place.owner(),
            home: pm2_home(args.pm2_home.as_deref())?,
            // At rest it is to be small, and what it rests from is seldom more than a few daemons.
            processors: Processors::ONE,
            jobs: usize::from(args.jobs),
            pressure: args.pressure,
            patience: args.patience,
            allow_pm2: args.allow_pm2,
            interrupt,
            by: concat!("ecosystem-watch ", env!("CARGO_PKG_VERSION")).to_owned(),
        };
        Ok(Self { args, place, settings })
    }

    pub(crate) fn home(&self) -> &Utf8Path {
        &self.settings.home
    }

    pub(crate) fn owner(&self) -> &Owner {
        &self.settings.owner
    }

    /// Makes one pass over what may have changed, starting PM2 where it is not up.
    ///
    /// # Errors
    /// The tree or PM2 could not be looked at.
    pub(crate) fn make(&self, seen: Seen, progress: &dyn Progress) -> Result<Made, HostError> {
        let Seen { missing_for_long, resting, retry, ill, extent } = seen;
        let policy = Policy { missing_for_long, resting, retry, ill, ..self.policy() };
        let mut host = self.open()?;
        resurrection::wait(&mut host, &self.settings)?;
        let report = self.converge(&mut host, policy, extent, progress)?;
        let saved = if self.args.save { self.save(&mut host) } else { Ok(()) };
        Ok(Made { report, saved })
    }

    /// Brings one daemon to what the tree says, from outside PM2.
    ///
    /// That its own app may go has been weighed before. What else the daemon has, or had, is weighed here as in any
    /// pass: an app of it that was stopped by hand, or whose deletion waits for a yes, is none of the helper's business.
    ///
    /// # Errors
    /// The tree or PM2 could not be looked at.
    pub(crate) fn succeed(&self, daemon: DaemonId, progress: &dyn Progress) -> Result<Report, HostError> {
        let policy = Policy { only: Some(BTreeSet::from([daemon])), ..self.policy() };
        let mut host = self.open()?;
        let report = self.converge(&mut host, policy, Extent::Whole, progress)?;
        let _ = if self.args.save { self.save(&mut host) } else { Ok(()) };
        Ok(report)
    }

    /// What the command line allows and wants.
    fn policy(&self) -> Policy {
        Policy {
            own_pids: own_pids(),
            stopped: if self.args.heal_stopped { Stopped::Start } else { Stopped::Hold },
            drift: if self.args.self_heal { Drift::Heal } else { Drift::Hold },
            prune: self.args.prune,
            ..Policy::default()
        }
    }

    fn open(&self) -> Result<OsHost, HostError> {
        let host = OsHost::to_act(self.settings.clone(), LOCK_PATIENCE, || self.pm2_program())?;
        if host.left_behind() > 0 {
            happening::left_behind(host.left_behind()).say();
        }
        Ok(host)
    }

    fn converge(
        &self,
        host: &mut OsHost,
        policy: Policy,
        extent: Extent,
        progress: &dyn Progress,
    ) -> Result<Report, HostError> {
        let generated_by = self.place.generated_by(env!("CARGO_PKG_VERSION"))?;
        let Place { base, expected, .. } = self.place.clone();
        let pass = Pass { policy, generated_by, base, expected, extent, agreed: None, dry_run: false };
        converge(host, &pass, progress)
    }

    /// Files beside the tree that a pass has taken something from.
    pub(crate) fn beside(&self, report: &Report) -> BTreeSet<Utf8PathBuf> {
        let included = report.included.iter().map(|path| self.place.included(path));
        report.env_files.iter().cloned().chain(included).collect()
    }

    fn save(&self, host: &mut OsHost) -> Result<(), String> {
        let mut list = host.list().map_err(|error| error.to_string())?;
        host.inventory().map_err(|error| error.to_string())?.stamp_all(&mut list);
        dump::save(self.home(), &list, self.owner()).map(drop).map_err(|error| error.to_string())
    }

    fn pm2_program(&self) -> Result<Pm2Program, ProgramError> {
        let (pm2_bin, path) = (variable("PM2_BIN"), variable("PATH"));
        Pm2Program::find(&Search {
            option: self.args.pm2.as_deref().map(Utf8Path::as_str),
            pm2_bin: pm2_bin.as_deref(),
            base: &self.place.base,
            path: path.as_deref(),
        })
    }
}
