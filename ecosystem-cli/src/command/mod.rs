//! One file for each command: what it does, in the order it does it.

mod agreed;
mod begin;
mod check;
mod diff;
mod down;
mod explain;
mod fmt;
mod graph;
mod history;
mod import;
mod init;
mod new;
mod plan;
mod prune;
mod render;
mod rollback;
mod schema;
mod scope;
mod snapshot;
mod status;
mod suspend;
mod sync;

use ecosystem_core::converge::{Extent, Outcome, Pass, Progress, Reading, Silent, Written};
use ecosystem_core::os::host::Settings;
use ecosystem_core::os::interrupt::Interrupt;
use ecosystem_core::os::place::{Place, pm2_home};
use ecosystem_core::os::pressure::Limit;
use ecosystem_core::os::processors::Processors;
use ecosystem_core::plan::{Plan, Policy, Step};

use crate::args::{self, Command};
use crate::exit::{Exit, Failure};
use crate::show;
use crate::show::bar::Bar;

/// Runs a command.
///
/// # Errors
/// It could not do its work at all; what is wrong with the tree or with single steps is in [`Exit`].
pub(crate) fn run(command: &Command) -> Result<Exit, Failure> {
    match command {
        Command::Init(args) => init::run(args),
        Command::New(args) => new::run(args),
        Command::Import(args) => import::run(args),
        Command::Check(args) => check::run(args),
        Command::Explain(args) => explain::run(args),
        Command::Schema => schema::run(),
        Command::Fmt(args) => fmt::run(args),
        Command::Render(args) => render::run(args),
        Command::Diff(args) => diff::run(args),
        Command::Graph(args) => graph::run(args),
        Command::Snapshot(args) => snapshot::run(args),
        Command::Plan(args) => plan::run(&args.into()),
        Command::Sync(args) if args.dry_run => plan::run(&args.into()),
        Command::Sync(args) => match &args.plan {
            Some(file) => agreed::run(args, file),
            None => sync::run(args),
        },
        Command::Status(args) => status::run(args),
        Command::History(args) => history::run(args),
        Command::Rollback(args) => rollback::run(args),
        Command::Suspend(args) => suspend::suspend(args),
        Command::Resume(args) => suspend::resume(args),
        Command::Prune(args) => prune::run(args),
        Command::Down(args) => down::run(args),
    }
}

/// A pace for commands that change nothing.
const IDLE: args::Pace = args::Pace { jobs: 1, pressure: Limit::OFF, patience: 0, lock_timeout: 0 };

fn settings(place: &Place, pm2: &args::Pm2, pace: &args::Pace) -> Result<Settings, Failure> {
    Ok(Settings {
        root: place.root.clone(),
        base: place.base.clone(),
        profile: place.profile.clone(),
        owner: place.owner(),
        home: pm2_home(pm2.pm2_home.as_deref())?,
        processors: Processors::all(),
        jobs: usize::from(pace.jobs),
        pressure: pace.pressure,
        patience: std::time::Duration::from_secs(pace.patience),
        allow_pm2: pm2.allow_pm2,
        interrupt: Interrupt::default(),
        by: concat!("ecosystem-cli ", env!("CARGO_PKG_VERSION")).to_owned(),
    })
}

fn pass(place: &Place, policy: Policy, dry_run: bool) -> Result<Pass, Failure> {
    Ok(Pass {
        policy,
        generated_by: place.generated_by(env!("CARGO_PKG_VERSION"))?,
        base: place.base.clone(),
        expected: place.expected.clone(),
        extent: Extent::Whole,
        agreed: None,
        dry_run,
    })
}

/// Shows everything when it happens, and below it how far long work has come.
///
/// That it cannot be shown, since stdout or stderr is closed, is no reason to stop half way.
#[derive(Default)]
struct Shown(Bar);

impl Shown {
    fn tell(&self, text: &str) {
        self.0.beside(|| {
            let _ = show::tell(text);
        });
    }
}

impl Progress for Shown {
    fn read(&self, reading: &Reading) {
        let _ = show::diagnostics::show(&reading.diagnostics, &reading.sources);
    }

    fn edited(&self, path: &str, kept_as: &str) {
        self.tell(&show::outcome::edited(path, kept_as));
    }

    fn written(&self, written: &Written) {
        self.tell(&show::outcome::written(written));
    }

    fn planned(&self, plan: &Plan) {
        if !plan.is_empty() || !plan.holds.is_empty() {
            let _ = show::print(&show::plan::plan(plan));
        }
        self.0.begin(plan.steps.len());
    }

    fn held_back(&self, why: &str) {
        self.tell(&show::outcome::held_back(why));
    }

    fn begins(&self, _: &Step) {}

    fn done(&self, step: &Step, outcome: &Outcome) {
        self.tell(&show::outcome::outcome(step, outcome));
        self.0.step();
    }
}

/// For people as it goes on; for programs the report has it all.
fn progress(json: bool) -> Box<dyn Progress> {
    if json { Box::new(Silent) } else { Box::new(Shown::default()) }
}

fn failed_if(failed: bool) -> Exit {
    if failed { Exit::Failed } else { Exit::Done }
}
