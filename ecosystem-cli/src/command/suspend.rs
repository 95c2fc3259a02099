//! `suspend` and `resume`: leave apps as they are for a while, and stop doing so.

use std::time::Duration;

use camino::Utf8PathBuf;
use ecosystem_core::model::Owner;
use ecosystem_core::os::inventory::change;
use ecosystem_core::os::place::{Place, pm2_home};
use ecosystem_core::os::state;
use ecosystem_core::plan::{Inventory, Suspended};

use crate::args::{self, Held, Tree};
use crate::exit::{Exit, Failure};
use crate::place;
use crate::show;

pub(super) fn suspend(args: &args::Suspend) -> Result<Exit, Failure> {
    let subject = Subject::find(&args.held)?;
    let at = u64::try_from(state::now().as_millisecond()).unwrap_or(0);
    let suspended = Suspended { reason: args.reason.clone(), at };
    let Subject { app, home, owner } = subject;
    let mut known = true;
    change(&home, &owner, Duration::from_secs(args.held.lock_timeout), |inventory| {
        known = app.as_ref().is_none_or(|app| app.declared || inventory.apps.contains_key(&app.name));
        match &app {
            None => inventory.all_suspended = Some(suspended),
            Some(app) if known => drop(inventory.suspended.insert(app.name.clone(), suspended)),
            Some(_) => {}
        }
        known
    })?;
    let name = name(app.as_ref());
    if !known {
        return Err(Failure::Usage(format!("the tree has no app {name}, and none of that name was applied")));
    }
    show::print(&format!("{name} suspended: nothing is done to it until `ecosystem-cli resume`\n"))?;
    Ok(Exit::Done)
}

pub(super) fn resume(args: &Held) -> Result<Exit, Failure> {
    let Subject { app, home, owner } = Subject::find(args)?;
    let mut resumed = false;
    change(&home, &owner, Duration::from_secs(args.lock_timeout), |inventory| {
        resumed = match &app {
            None => resume_all(inventory),
            Some(app) => resume_one(inventory, &app.name),
        };
        resumed
    })?;
    let name = name(app.as_ref());
    if !resumed {
        show::print(&format!("{name} was not held: nothing to do\n"))?;
        return Ok(Exit::Done);
    }
    let told = state::wake(&home, &owner);
    let next =
        if told { "the watcher looks at it now" } else { "the next sync brings it to what the tree says" };
    show::print(&format!("{name} resumed: {next}\n"))?;
    Ok(Exit::Done)
}

/// Everything: what was suspended one by one, and what was taken or put back.
fn resume_all(inventory: &mut Inventory) -> bool {
    let mut resumed = inventory.all_suspended.take().is_some() || !inventory.suspended.is_empty();
    inventory.suspended.clear();
    for applied in inventory.apps.values_mut() {
        resumed |= applied.stand_in.take().is_some();
    }
    resumed
}

fn resume_one(inventory: &mut Inventory, app: &str) -> bool {
    let suspended = inventory.suspended.remove(app).is_some();
    let stand_in = inventory.apps.get_mut(app).and_then(|applied| applied.stand_in.take());
    suspended || stand_in.is_some()
}

/// What a command is about.
struct Subject {
    /// All of the tree where there is none.
    app: Option<App>,
    home: Utf8PathBuf,
    owner: Owner,
}

struct App {
    name: String,
    declared: bool,
}

impl Subject {
    fn find(args: &Held) -> Result<Self, Failure> {
        let Held { whom, tree, pm2, .. } = args;
        // With --all, there is no app, and the first word is the tree.
        let folder = whom.app.as_ref().filter(|_| whom.all && tree.root.is_none()).map(Utf8PathBuf::from);
        if whom.all && folder.is_none() && whom.app.is_some() {
            return Err(Failure::Usage("name an app, or say --all".to_owned()));
        }
        let place = place::find(&Tree { root: folder.or_else(|| tree.root.clone()), ..tree.clone() })?;
        let app = match &whom.app {
            Some(name) if !whom.all => Some(App { name: name.clone(), declared: declares(name, &place)? }),
            _ => None,
        };
        Ok(Self { app, home: pm2_home(pm2.pm2_home.as_deref())?, owner: place.owner() })
    }
}

fn declares(name: &str, place: &Place) -> Result<bool, Failure> {
    let ecosystem = place.reading()?.ecosystem;
    let mentioned = ecosystem.broken.values().any(|broken| broken.mentions(name));
    Ok(mentioned || ecosystem.apps().any(|(_, app)| app.name.as_str() == name))
}

fn name(app: Option<&App>) -> String {
    app.map_or_else(|| "the whole tree".to_owned(), |app| show::printable_line(&app.name))
}
