//! Whether a cheaper step would have done: what `sync` replaces is restarted, and what it restarts is reloaded.

use std::collections::BTreeSet;

use camino::Utf8PathBuf;
use ecosystem_core::converge::{
    Discarded, Extent, Host, HostError, Outcome, Pass, Progress, Report, Silent, Tree, Written, converge,
};
use ecosystem_core::history::{Change, Generation};
use ecosystem_core::model::{AppName, DaemonId};
use ecosystem_core::os::host::{OsHost, Settings};
use ecosystem_core::os::interrupt::Interrupt;
use ecosystem_core::os::place::{Named, Place};
use ecosystem_core::plan::{Action, Inventory, Plan, Policy, Scaling, Step, Update};
use ecosystem_core::pm2::observed::{Listening, Observed, PmId};
use ecosystem_core::pm2::{Attributes, Machine, Questions};
use ecosystem_core::render::GeneratedFile;

use crate::support::wait::LONG;
use crate::support::world::World;

/// The step to try in place of this one.
pub(crate) fn cheaper(verb: &str, cluster: bool) -> Option<&'static str> {
    match verb {
        "replace" => Some("restart"),
        "restart" if cluster => Some("reload"),
        _ => None,
    }
}

/// Makes one pass over the tree in which every step is a cheaper one.
pub(crate) fn sync(world: &World) -> Report {
    let path = |path: std::path::PathBuf| Utf8PathBuf::from_path_buf(path).unwrap();
    let (root, base) = (path(world.root()), path(world.base()));
    let place = Place::find(&Named { root: Some(&root), base: Some(&base), ..Named::default() }).unwrap();
    let settings = Settings {
        root: place.root.clone(),
        base: place.base.clone(),
        profile: place.profile.clone(),
        owner: place.owner(),
        home: world.pm2.path().to_owned(),
        processors: ecosystem_core::os::processors::Processors::ONE,
        jobs: 16,
        pressure: ecosystem_core::os::pressure::Limit::OFF,
        patience: std::time::Duration::from_secs(3),
        allow_pm2: None,
        interrupt: Interrupt::default(),
        by: "truth".to_owned(),
    };
    let host = OsHost::to_act(settings, LONG, || unreachable!("PM2 runs")).unwrap();
    let pass = Pass {
        policy: Policy::default(),
        generated_by: place.generated_by("0.0.0").unwrap(),
        base: place.base,
        expected: place.expected,
        extent: Extent::Whole,
        agreed: None,
        dry_run: false,
    };
    converge(&mut Cheaper(host), &pass, &Silent).unwrap()
}

/// The real world, in which every step is a cheaper one than was asked for.
struct Cheaper(OsHost);

impl Host for Cheaper {
    fn tree(&mut self) -> Result<Tree, HostError> {
        self.0.tree()
    }

    fn write(&mut self, files: &[GeneratedFile], progress: &dyn Progress) -> Vec<Written> {
        self.0.write(files, progress)
    }

    fn machine(&mut self, questions: &Questions) -> Result<Machine, HostError> {
        self.0.machine(questions)
    }

    fn daemons(&mut self, daemons: &BTreeSet<DaemonId>) -> Option<Tree> {
        self.0.daemons(daemons)
    }

    fn observe(&mut self, apps: Option<&BTreeSet<String>>) -> Result<Observed, HostError> {
        self.0.observe(apps)
    }

    fn inventory(&mut self) -> Result<Inventory, HostError> {
        self.0.inventory()
    }

    fn remember(&mut self, inventory: &Inventory) -> Result<(), HostError> {
        self.0.remember(inventory)
    }

    fn apply(&mut self, plan: &Plan, observed: &Observed, progress: &dyn Progress) -> Vec<Outcome> {
        let steps =
            plan.steps.iter().map(|step| Step { action: instead(&step.action, observed), ..step.clone() });
        let plan = Plan { steps: steps.collect(), ..plan.clone() };
        self.0.apply(&plan, observed, progress)
    }

    fn listening(&mut self, pids: &BTreeSet<u32>) -> Listening {
        self.0.listening(pids)
    }

    /// Without one, a step that comes to nothing is not put back: what is looked at is what the step itself makes.
    fn history(&mut self, _: &AppName) -> Result<Vec<Generation>, HostError> {
        Ok(Vec::new())
    }

    fn record(&mut self, changes: Vec<Change>) -> Result<Vec<u64>, HostError> {
        self.0.record(changes)
    }

    fn discard(&mut self, daemons: &[DaemonId]) -> Vec<Discarded> {
        self.0.discard(daemons)
    }
}

fn instead(action: &Action, observed: &Observed) -> Action {
    match action {
        Action::Replace(ids, app) => in_place(ids, app, observed),
        Action::Restart(updates, scaling) => Action::Reload(updates.clone(), scaling.clone()),
        other => other.clone(),
    }
}

fn in_place(ids: &[PmId], app: &Attributes, observed: &Observed) -> Action {
    let (kept, surplus) = ids.split_at(ids.len().min(usize::try_from(app.instances()).unwrap()));
    let update = |id: &PmId| Update::in_place(app, observed.process(*id).unwrap());
    let missing = app.instances() - u32::try_from(kept.len()).unwrap();
    let add = (missing > 0).then(|| app.with_instances(missing));
    Action::Restart(kept.iter().map(update).collect(), Scaling { remove: surplus.to_vec(), add })
}
