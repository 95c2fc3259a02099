//! Carrying out a plan, and keeping what came of it.

use std::collections::BTreeMap;

use super::keep::Deeds;
use super::{Discarded, Host, HostError, Looked, Outcome, Pass, Progress, Reading, Written};
use crate::history::{Change, Verdict, last_healthy};
use crate::model::{App, AppName};
use crate::plan::{DesiredApp, LastGood, Plan};
use crate::pm2::{Questions, questions_of};

/// What came of carrying out a plan.
pub(super) struct Done {
    pub(super) written: Vec<Written>,
    pub(super) outcomes: Vec<Outcome>,
    pub(super) discarded: Vec<Discarded>,
    pub(super) remembered: Result<(), HostError>,
}

impl Done {
    pub(super) fn nothing() -> Self {
        Self { written: Vec::new(), outcomes: Vec::new(), discarded: Vec::new(), remembered: Ok(()) }
    }
}

/// Carries out a plan, and keeps what came of it.
///
/// What apps say of their own removal, and what is about to be tried, is kept before anything is done: the program may be
/// ended in the middle, and their definitions be gone when it comes back.
pub(super) fn carry_out(
    host: &mut impl Host,
    pass: &Pass,
    reading: &Reading,
    looked: &mut Looked,
    progress: &dyn Progress,
) -> Done {
    let ask_about =
        |app: &App| questions_of(std::iter::once(app), &pass.base, &reading.surroundings.environment);
    let known = last_good(host, &looked.plan, &ask_about);
    let none = BTreeMap::new();
    looked.plan.prepare(&looked.desired, &looked.observed, known.as_ref().unwrap_or(&none));
    let done = apply(host, reading, looked, progress);
    Done { remembered: known.map(drop).and(done.remembered), ..done }
}

fn apply(host: &mut impl Host, reading: &Reading, looked: &Looked, progress: &dyn Progress) -> Done {
    let Looked { whole, inventory, desired, observed, plan, .. } = looked;
    let before = inventory.before(desired).trying(plan, desired);
    let first = if before == *inventory { Ok(()) } else { host.remember(&before) };
    let outcomes = host.apply(plan, observed, progress);
    let succeeded: Vec<bool> = outcomes.iter().map(|outcome| outcome.result.is_ok()).collect();
    // What was not looked at is not forgotten.
    let present = if *whole { before.present(desired, observed) } else { before.clone() };
    let after = present.after(desired, observed, plan, &succeeded);
    let deeds = Deeds { ecosystem: &reading.ecosystem, desired, inventory, plan, outcomes: &outcomes };
    let changes = deeds.changes();
    let unknown = || changes.iter().map(|change| (change.app.clone(), 0)).collect();
    let recorded = record(host, &changes);
    // Whose history cannot be kept has none: once it can be, what is found running is its beginning.
    let after = deeds.concluded(after, &recorded.clone().unwrap_or_else(|_| unknown()));
    // The files first: what is forgotten before they are gone is never looked for again.
    let discarded = host.discard(&plan.ended(desired, &before.lost(&after, desired), &succeeded));
    let failed = discarded.iter().filter(|it| it.result.is_err()).map(|it| &it.daemon);
    let after = after.with_all_of(&failed.collect(), &before);
    let second = if after == before { Ok(()) } else { host.remember(&after) };
    Done { written: Vec::new(), outcomes, discarded, remembered: first.and(recorded.map(drop)).and(second) }
}

/// What the apps of risky steps were when they were well last.
///
/// # Errors
/// It could not be read: then they stay as they come out.
fn last_good(
    host: &mut impl Host,
    plan: &Plan,
    ask_about: &dyn Fn(&App) -> Questions,
) -> Result<BTreeMap<String, LastGood>, HostError> {
    let mut found = Vec::new();
    let mut questions = Questions::default();
    for step in plan.steps.iter().filter(|step| step.is_risky()) {
        let history = host.history(&AppName::new(step.app.as_str()))?;
        if let Some((generation, definition)) = last_healthy(&history)
            && definition.app.name.as_str() == step.app
        {
            questions.and(ask_about(&definition.app));
            found.push((step.app.clone(), generation, definition.clone()));
        }
    }
    if found.is_empty() {
        return Ok(BTreeMap::new());
    }
    let machine = host.machine(&questions)?;
    let resolved = found.into_iter().map(|(name, generation, definition)| {
        let app = DesiredApp::new(&definition.daemon, &definition.app, &machine);
        (name, LastGood { generation, definition, app })
    });
    Ok(resolved.collect())
}

/// Keeps what was done; gives the generations in which apps were well.
fn record(host: &mut impl Host, changes: &[Change]) -> Result<BTreeMap<AppName, u64>, HostError> {
    if changes.is_empty() {
        return Ok(BTreeMap::new());
    }
    let healthy = |change: &Change| change.verdict == Verdict::Healthy;
    let apps: Vec<Option<AppName>> =
        changes.iter().map(|change| healthy(change).then(|| change.app.clone())).collect();
    let numbers = host.record(changes.to_vec())?;
    Ok(apps.into_iter().zip(numbers).filter_map(|(app, number)| Some((app?, number))).collect())
}
