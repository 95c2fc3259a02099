//! `plan --out` and `sync --plan`: what somebody has agreed to, or nothing.

use camino::{Utf8Path, Utf8PathBuf};
use ecosystem_core::converge::{HostError, Pass, Progress, Report, Silent, converge};
use ecosystem_core::os::agreed_file;
use ecosystem_core::os::host::OsHost;
use ecosystem_core::os::kernel::own_pids;
use ecosystem_core::os::place::Place;
use ecosystem_core::plan::agreed::{Agreed, Asked, Grounds, Work};
use serde_json::json;

use super::{failed_if, pass, progress, settings, sync};
use crate::args;
use crate::exit::{Exit, Failure};
use crate::place;
use crate::show;

pub(super) fn run(args: &args::Sync, file: &Utf8Path) -> Result<Exit, Failure> {
    let agreed = agreed_file::read(file)?;
    let (tree, pm2) = named(args, &agreed);
    let place = Place { profile: agreed.grounds.profile.clone(), ..place::find(&tree)? };
    let settings = settings(&place, &pm2, &args.pace)?;
    let shown = Shown { file, json: args.json };
    let carrying_out = CarryingOut { agreed: &agreed, home: settings.home.clone(), place: &place };
    // To act is to wait for others at work, and to start a PM2 that is not up: not for a plan that is stale already.
    let mut looking = OsHost::to_look(settings.clone())?;
    let looked = carrying_out.pass(&mut looking, true, &Silent)?;
    if looked.is_stale() {
        return shown.show(&looked, &looking);
    }
    let mut host = sync::open(settings, &pm2, &place, &args.pace)?;
    let done = carrying_out.pass(&mut host, false, progress(args.json).as_ref())?;
    shown.show(&done, &host)
}

/// A plan, and where it is carried out.
struct CarryingOut<'a> {
    agreed: &'a Agreed,
    place: &'a Place,
    home: Utf8PathBuf,
}

/// What came of it.
enum Came {
    /// It was made on other grounds: there was no pass.
    OtherGrounds(Vec<String>),
    Passed(Box<Report>),
}

impl CarryingOut<'_> {
    fn pass(&self, host: &mut OsHost, dry_run: bool, progress: &dyn Progress) -> Result<Came, Failure> {
        let Agreed { grounds: then, asked, work, .. } = self.agreed;
        let differences = then.differences(&grounds(self.place, &self.home, host));
        if !differences.is_empty() {
            return Ok(Came::OtherGrounds(differences));
        }
        let pass = pass(self.place, asked.policy(own_pids()), dry_run)?;
        let pass = Pass { agreed: Some(work.clone()), ..pass };
        Ok(Came::Passed(Box::new(converge(host, &pass, progress)?)))
    }
}

impl Came {
    fn differences(&self) -> &[String] {
        match self {
            Came::OtherGrounds(differences) => differences,
            Came::Passed(report) => &report.stale,
        }
    }

    fn is_stale(&self) -> bool {
        !self.differences().is_empty()
    }
}

/// How the result is shown.
struct Shown<'a> {
    file: &'a Utf8Path,
    json: bool,
}

impl Shown<'_> {
    fn show(&self, came: &Came, host: &OsHost) -> Result<Exit, Failure> {
        match came {
            Came::OtherGrounds(differences) if self.json => {
                show::json::print(&json!({ "stale": differences }))?;
                Ok(Exit::Failed)
            }
            Came::Passed(report) if self.json || !came.is_stale() => {
                sync::show(report, host, self.json)?;
                Ok(failed_if(report.has_failures()))
            }
            stale => {
                show::tell(&show::agreed::stale(self.file, stale.differences()))?;
                Ok(Exit::Failed)
            }
        }
    }
}

/// The tree and the PM2 of the command line, as those of the plan where it does not say.
fn named(args: &args::Sync, agreed: &Agreed) -> (args::Tree, args::Pm2) {
    let (mut tree, mut pm2) = (args.tree.clone(), args.pm2.clone());
    let Agreed { grounds: Grounds { root, pm2_home, .. }, asked: Asked { base, owner, .. }, .. } = agreed;
    tree.root.get_or_insert_with(|| root.into());
    tree.base = tree.base.or_else(|| base.as_ref().map(Into::into));
    tree.owner = tree.owner.or_else(|| owner.clone());
    pm2.pm2_home.get_or_insert_with(|| pm2_home.into());
    (tree, pm2)
}

/// Keeps the plan of a pass for [`run`].
pub(super) fn keep(
    file: &Utf8Path,
    tree: &args::Tree,
    pass: &Pass,
    report: &Report,
    grounds: Grounds,
) -> Result<(), HostError> {
    let asked = Asked {
        base: tree.base.as_ref().map(|_| grounds.base.clone()),
        owner: tree.owner.clone(),
        ..Asked::of(&pass.policy)
    };
    let work = Work::of(&report.desired, &report.observed, &report.plan);
    agreed_file::write(file, &Agreed::new(pass.generated_by.time.clone(), grounds, asked, work))
}

/// What a plan is made on now.
pub(super) fn grounds(place: &Place, home: &Utf8Path, host: &OsHost) -> Grounds {
    Grounds {
        program: env!("CARGO_PKG_VERSION").to_owned(),
        root: place.root.to_string(),
        base: place.base.to_string(),
        owner: place.owner().to_string(),
        profile: place.profile.clone(),
        pm2_home: home.to_string(),
        pm2_version: host.pm2_version().map(str::to_owned),
        pm2_started_at: host.pm2_started_at(),
    }
}
