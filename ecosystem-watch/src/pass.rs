//! One pass after another, saying what is new in each.

use std::time::{Duration, Instant};

use camino::Utf8Path;
use ecosystem_core::converge::{HostError, Pass, Report, converge};
use ecosystem_core::os::host::{OsHost, Settings};
use ecosystem_core::os::interrupt::Interrupt;
use ecosystem_core::os::kernel::own_pids;
use ecosystem_core::os::place::{Place, pm2_home, variable};
use ecosystem_core::os::pm2::{Pm2Program, Search};
use ecosystem_core::os::state::now;
use ecosystem_core::plan::{Policy, Stopped};

use crate::args::Args;
use crate::speak::{self, Aloud, Line, Said};

/// Makes passes, and remembers what was said so as not to say it again.
pub(crate) struct Passes<'a> {
    args: &'a Args,
    place: Place,
    said: Said,
}

/// How long to wait for somebody's `sync` on the same tree.
const LOCK_PATIENCE: Duration = Duration::from_secs(300);

/// The longest that a new process is watched for the sake of its `min_uptime`.
const PATIENCE: Duration = Duration::from_secs(30);

/// Apps that are changed at once.
const JOBS: usize = 8;

impl<'a> Passes<'a> {
    pub(crate) fn new(args: &'a Args, place: Place) -> Self {
        Self { args, place, said: Said::default() }
    }

    /// Makes one pass. What goes wrong is said, once; the next pass tries again.
    pub(crate) fn make(&mut self) {
        let (began, result) = (Instant::now(), self.pass());
        let lines = match &result {
            Ok(report) => {
                speak::happening::removed(report).iter().for_each(Line::say);
                speak::happening::looked(report, began.elapsed()).say();
                self.said.after(report, now())
            }
            Err(error) => self.said.after_trouble(error, now()),
        };
        lines.iter().for_each(Line::say);
    }

    fn pass(&self) -> Result<Report, HostError> {
        let home = pm2_home(self.args.pm2_home.as_deref())?;
        let policy = Policy { own_pids: own_pids(), stopped: Stopped::Hold, ..Policy::default() };
        let settings = Settings {
            root: self.place.root.clone(),
            base: self.place.base.clone(),
            owner: self.place.owner(),
            home,
            jobs: JOBS,
            patience: PATIENCE,
            allow_pm2: None,
            interrupt: Interrupt::default(),
        };
        let mut host = OsHost::to_act(settings, LOCK_PATIENCE, || {
            let (pm2_bin, path) = (variable("PM2_BIN"), variable("PATH"));
            Pm2Program::find(&Search {
                option: self.args.pm2.as_deref().map(Utf8Path::as_str),
                pm2_bin: pm2_bin.as_deref(),
                base: &self.place.base,
                path: path.as_deref(),
            })
        })?;
        let generated_by = self.place.generated_by(env!("CARGO_PKG_VERSION"))?;
        converge(
            &mut host,
            &Pass { policy, generated_by, base: self.place.base.clone(), dry_run: false },
            &Aloud::default(),
        )
    }
}
