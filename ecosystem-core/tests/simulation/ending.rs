//! What must hold once nobody does anything any more.

use std::collections::BTreeMap;
use std::time::Duration;

use ecosystem_core::converge::{Report, read};
use ecosystem_core::plan::{Desired, Why};
use ecosystem_core::pm2::questions;

use crate::files::{AppText, Edit, app_name};
use crate::host::machine;
use crate::image::differences;
use crate::laws::OWNER;
use crate::pm2_model::Slot;
use crate::script::{Hand, Options};
use crate::world::World;

/// Looks until the watcher has come to rest: the last looks have found nothing to do.
///
/// No app needs as many: each is tried eight times at most.
const LOOKS: usize = 150;

/// Lets the watcher come to rest, and judges what it has made of the world.
pub fn silence(world: &mut World) {
    let Some(report) = rest(world) else {
        let left = world.watcher.due(world.now());
        let due = left.saturating_duration_since(world.now());
        return world
            .laws
            .broke("the watcher comes to rest", format!("after {LOOKS} looks the next is due in {due:?}"));
    };
    let holds: BTreeMap<&str, &Why> =
        report.plan.holds.iter().map(|hold| (hold.app.as_str(), &hold.why)).collect();
    for (app, how) in unequal(world) {
        match holds.get(app.as_str()) {
            None if crashes(world, &app) && how.starts_with("it is waiting restart") => {}
            None => world.laws.broke("the set equals the tree", format!("{app}: {how}")),
            Some(why) => judge(world, &app, why, &report),
        }
    }
}

fn rest(world: &mut World) -> Option<Report> {
    let mut idle = 0;
    for _ in 0..LOOKS {
        // What crashes again and again is heard of for ever; whether there is anything to do is not a matter of that.
        let due = if idle < 2 { world.watcher.due(world.now()) } else { world.watcher.due_by_the_clock() };
        world.pass_until(due);
        let report = world.watch(Vec::new())?;
        idle = if report.plan.steps.is_empty() { idle + 1 } else { 0 };
        if idle >= 3 && report.only.is_none() && world.watcher.is_at_rest() {
            return Some(report);
        }
    }
    None
}

/// Apps that do not run as the tree says, each with how; what it does not declare and is ours counts too.
fn unequal(world: &World) -> BTreeMap<String, String> {
    let desired = desired(world);
    let mut found = BTreeMap::new();
    for (name, app) in &desired.apps {
        let Ok(wanted) = &app.attributes else {
            found.insert(name.to_string(), "it cannot be resolved".to_owned());
            continue;
        };
        let ours = of_name(world, name.as_str());
        let wrong: Vec<String> = ours
            .iter()
            .filter(|(_, slot)| slot.variable("ECOSYSTEM_OWNER") == Some(OWNER))
            .flat_map(|(id, slot)| differences(slot, wanted, *id))
            .collect();
        if ours.len() != wanted.instances() as usize {
            found.insert(name.to_string(), format!("{} processes, not {}", ours.len(), wanted.instances()));
        } else if !wrong.is_empty() {
            found.insert(name.to_string(), wrong.join("; "));
        }
    }
    for slot in world.pm2.slots.values().filter(|slot| slot.variable("ECOSYSTEM_OWNER") == Some(OWNER)) {
        if !desired.declares(slot.name()) {
            found.insert(slot.name().to_owned(), "it is not declared".to_owned());
        }
    }
    found
}

/// Ours, or taken over.
fn of_name<'a>(world: &'a World, name: &str) -> Vec<(u32, &'a Slot)> {
    let inventory = world.kept.inventory.as_ref().map(|(_, inventory)| inventory);
    let claims =
        inventory.and_then(|it| it.apps.get(name)).map(|it| it.adopted.as_slice()).unwrap_or_default();
    let claimed = |id: u32, slot: &Slot| {
        claims.iter().any(|it| it.pm_id == id && slot.variable("unique_id") == Some(it.unique_id.as_str()))
    };
    let ours = |(id, slot): &(&u32, &Slot)| {
        slot.name() == name && (slot.variable("ECOSYSTEM_OWNER") == Some(OWNER) || claimed(**id, slot))
    };
    world.pm2.slots.iter().filter(ours).map(|(id, slot)| (*id, slot)).collect()
}

fn desired(world: &World) -> Desired {
    let ecosystem = read(world.files.tree()).ecosystem;
    let environment = world.files.variables();
    let questions = questions(&ecosystem, "/base".into(), &environment);
    Desired::new(&ecosystem, &machine(&questions, world.files.env_file().as_deref(), &environment))
}

/// Whether an app's program ends by itself; what is declared twice may be either.
fn crashes(world: &World, app: &str) -> bool {
    let ends = |script: &str| matches!(script, "crash.js" | "late.js" | "once.js");
    world.files.apps().any(|it| app_name(it.name) == app && ends(it.script))
}

/// A hold must be for what it says.
fn judge(world: &mut World, app: &str, why: &Why, report: &Report) {
    let crashes = crashes(world, app);
    let hand = world.laws.hand.contains(app);
    let faulted = world.laws.tally.keys().any(|it| it.starts_with("fault"));
    let errors = report.diagnostics.iter().any(ecosystem_core::Diagnostic::is_error);
    let deletions = |guard: &ecosystem_core::plan::Guard| *guard != ecosystem_core::plan::Guard::Pass;
    let unowned = world.foreign().iter().any(|id| world.pm2.slots[id].name() == app);
    let fits = match why {
        Why::Conflict { .. } => unowned,
        Why::Unresolvable(_) => true,
        Why::Broken(_) => errors,
        Why::Unreadable(_) => world.files.daemons.values().any(|it| it.unreadable),
        Why::Guard(guard) => deletions(guard),
        Why::StoppedByHand | Why::Drifted(_) => hand || faulted || crashes,
        Why::Resting { given_up, .. } => *given_up && (crashes || hand || faulted),
        Why::Reverted { .. } | Why::Failed { .. } => crashes || hand || faulted,
        Why::Dependency { app, .. } => {
            report.plan.holds.iter().any(|hold| hold.app == *app)
                || !report.plan.in_sync.contains(app)
                || crashed(world, app)
        }
        Why::Unconfirmed | Why::NeverPruned => true,
        // What stands in for a definition that failed may have said so.
        Why::KeptAsItIs(_) | Why::CannotTakeEffect { .. } | Why::SharedPort(_) => {
            crashes || world.files.apps().any(AppText::chooses_its_step)
        }
        Why::NotAlive { .. }
        | Why::MissingForNow
        | Why::RunsUs
        | Why::RolledBack { .. }
        | Why::Suspended { .. } => false,
    };
    if !fits {
        world.laws.broke("what is held is held for a reason", format!("{app}: {why:?}"));
    }
}

/// Whether an app that counts as declared has failed all the same.
fn crashed(world: &World, app: &str) -> bool {
    let ended =
        |slot: &Slot| slot.pid == 0 || slot.record.get("unstable_restarts").is_some_and(|it| *it != 0);
    of_name(world, app).iter().any(|(_, slot)| ended(slot))
}

/// Somebody mends everything and says yes to everything: the set equals the tree then, and nothing more is to do.
pub fn mended(world: &mut World) {
    let mut files = world.files.mended();
    (files.env_file, files.environment) = (1, 1);
    world.edit(&Edit::Restore(Box::new(files)));
    world.hand(Hand::DeleteForeign);
    let yes = Options { allow_mass_delete: true, confirmed: true, ..Options::default() };
    for _ in 0..4 {
        let _ = world.sync(yes, Vec::new());
        let later = world.now() + Duration::from_secs(20);
        world.pass_until(later);
    }
    let left = unequal(world);
    if !left.is_empty() {
        world.laws.broke("what is mended comes to be what the tree says", format!("{left:?}"));
    }
    match world.sync(yes, Vec::new()) {
        Some(report) if report.plan.steps.is_empty() && report.plan.holds.is_empty() => {}
        Some(report) => {
            let left = format!(
                "{:?} {:?}",
                report.plan.holds,
                report.plan.steps.iter().map(|it| (&it.app, &it.reasons)).collect::<Vec<_>>()
            );
            world.laws.broke("a second sync has nothing to do", left);
        }
        None => world.laws.broke("a second sync has nothing to do", "it fails"),
    }
}
