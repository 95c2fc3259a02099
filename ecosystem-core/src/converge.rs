//! One pass: read, compile, observe, plan, write, apply, verify, report.
//!
//! [`converge`] is the whole of it and has no effects of its own; they are behind [`Host`], which is the
//! outside world. `sync` calls it once, a watcher whenever something hints that the world has changed.

mod extent;
mod host;
mod keep;
mod report;

use std::collections::{BTreeMap, BTreeSet};

use camino::Utf8PathBuf;

use crate::diagnostic::{Checked, Diagnostic, Source};
use crate::expand::Surroundings;
use crate::history::{Change, Verdict, last_healthy};
use crate::model::{App, AppName, DaemonId, Ecosystem};
use crate::plan::agreed::Work;
use crate::plan::{Desired, DesiredApp, Inventory, LastGood, Plan, Policy, plan, violations};
use crate::pm2::observed::Observed;
use crate::pm2::{Questions, questions_of};
use crate::render::{GeneratedBy, GeneratedFile};
use crate::validate::{DEFAULTS_FILE, compile_in};

use keep::Deeds;

pub use extent::{Extent, Known};
pub use host::{Host, HostError, Progress, Silent, Tree};
pub use keep::deletions;
pub use report::{Aftermath, Applied, Discarded, Outcome, Report, StepError, WriteOutcome, Written};

/// What one pass is to do.
#[derive(Debug, Clone)]
pub struct Pass {
    /// What is allowed and wanted.
    pub policy: Policy,
    /// What generated files say of their making.
    pub generated_by: GeneratedBy,
    /// The folder that relative paths resolve against, absolute.
    pub base: Utf8PathBuf,
    /// What the tree had said of itself when its owner and its base were looked up.
    pub expected: Expected,
    /// How much is looked at.
    pub extent: Extent,
    /// The only thing that may be done, where somebody has agreed to that and to nothing else.
    pub agreed: Option<Work>,
    /// Whether to stop before anything is written or applied.
    pub dry_run: bool,
}

/// What a tree's own `defaults.edn` said when whose it is and what it resolves against were looked up; `None` for what
/// the caller has chosen, whatever the tree says.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Expected {
    /// `:owner`, if it had one.
    pub owner: Option<Option<String>>,
    /// `:base`, if it had one.
    pub base: Option<Option<String>>,
}

impl Expected {
    /// Why a pass that began on these grounds cannot go on: every process would be taken for somebody else's.
    fn check(&self, ecosystem: &Ecosystem) -> Result<(), HostError> {
        let said = &ecosystem.settings;
        let changed = |before: &Option<Option<String>>, now: &Option<String>| {
            before.as_ref().is_some_and(|it| it != now)
        };
        let what = match (changed(&self.owner, &said.owner), changed(&self.base, &said.base)) {
            // What broken defaults say is not known, and nothing is done below them.
            _ if ecosystem.unreadable.contains(DEFAULTS_FILE) => return Ok(()),
            (true, _) => "owner",
            (_, true) => "base",
            (false, false) => return Ok(()),
        };
        let message =
            format!("`:{what}` in the tree's defaults.edn is not what it was when this program began");
        Err(HostError::new(message).hint("nothing was changed; run it again, or start the watcher again"))
    }
}

/// Makes one pass.
///
/// # Errors
/// The world could not be read; nothing has been applied then. What is wrong with the tree, with one
/// generated file or with one step is in the report.
pub fn converge(host: &mut impl Host, pass: &Pass, progress: &dyn Progress) -> Result<Report, HostError> {
    let (reading, only) = read_within(host, &pass.extent)?;
    progress.read(&reading);
    pass.expected.check(&reading.ecosystem)?;
    let mut known = extent::known(&reading);
    let Reading { sources, ecosystem, diagnostics, surroundings } = reading;
    let policy = within(&pass.policy, only.as_ref());
    let inventory = host.inventory()?;
    let ask_about =
        |apps: &mut dyn Iterator<Item = &App>| questions_of(apps, &pass.base, &surroundings.environment);
    let mut questions = ask_about(&mut ecosystem.apps().map(|(_, app)| app));
    questions.and(ask_about(&mut inventory.stand_ins().map(|definition| &definition.app)));
    let machine = host.machine(&questions)?;
    let mut desired = Desired::new(&ecosystem, &machine);
    desired.replace(&inventory, &machine, policy.retry);
    let names = || desired.apps.keys().map(ToString::to_string).collect::<BTreeSet<_>>();
    let mut observed = host.observe(only.as_ref().map(|_| names()).as_ref())?;
    inventory.claim(&mut observed);
    observed.listening = host.listening(&desired.beside(&observed));
    desired.hide(&inventory);
    let mut plan = plan(&desired, &observed, &inventory, &policy);
    if let Some(violation) = violations(&plan, &desired, &observed, &policy).first() {
        return Err(HostError::new(violation.to_string())
            .hint("nothing was applied; this is a defect, please report it"));
    }
    extent::without_surplus(&mut known, &plan, &desired);
    let stale = pass.agreed.as_ref().map(|it| it.differences(&Work::of(&desired, &observed, &plan)));
    let stale = stale.unwrap_or_default();
    let looks_only = pass.dry_run || !stale.is_empty();
    let Done { written, outcomes, discarded, remembered } = if looks_only {
        Done::nothing()
    } else {
        let written = host.write(&generated_files(&ecosystem, &policy, &pass.generated_by), progress);
        let ask_about = |app: &App| ask_about(&mut std::iter::once(app));
        let known = last_good(host, &plan, &ask_about);
        plan.prepare(&desired, &observed, known.as_ref().unwrap_or(&BTreeMap::new()));
        let looked =
            Looked { whole: only.is_none(), ecosystem: &ecosystem, desired: &desired, observed: &observed };
        let done = apply(host, &inventory, &looked, &plan, progress);
        Done { written, remembered: known.map(drop).and(done.remembered), ..done }
    };
    let env_files = questions.env_files;
    let included = surroundings.included.into_keys().collect();
    Ok(Report {
        only,
        known,
        sources,
        diagnostics,
        written,
        env_files,
        included,
        desired,
        observed,
        plan,
        stale,
        outcomes,
        discarded,
        remembered,
    })
}

/// Reads what is to be looked at; with the daemons that this is, where it is not all of them.
fn read_within(
    host: &mut impl Host,
    extent: &Extent,
) -> Result<(Reading, Option<BTreeSet<DaemonId>>), HostError> {
    if let Extent::Daemons(known) = extent {
        let daemons: BTreeSet<DaemonId> = known.keys().cloned().collect();
        let some = host.daemons(&daemons).map(read);
        if let Some(reading) = some.filter(|reading| extent::known(reading) == *known) {
            return Ok((reading, Some(daemons)));
        }
    }
    Ok((read(host.tree()?), None))
}

/// The policy of a pass that looks at these daemons alone.
fn within(policy: &Policy, only: Option<&BTreeSet<DaemonId>>) -> Policy {
    let only = only.cloned().or_else(|| policy.only.clone());
    Policy { only, ..policy.clone() }
}

/// What PM2 has of apps of these names, or all of it, and what was applied before. Those processes that were taken over
/// as they ran are known for ours.
///
/// # Errors
/// The world could not be read.
pub fn observe(
    host: &mut impl Host,
    names: Option<&BTreeSet<String>>,
) -> Result<(Observed, Inventory), HostError> {
    let mut observed = host.observe(names)?;
    let inventory = host.inventory()?;
    inventory.claim(&mut observed);
    Ok((observed, inventory))
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

/// What came of carrying out a plan.
struct Done {
    written: Vec<Written>,
    outcomes: Vec<Outcome>,
    discarded: Vec<Discarded>,
    remembered: Result<(), HostError>,
}

impl Done {
    fn nothing() -> Self {
        Self { written: Vec::new(), outcomes: Vec::new(), discarded: Vec::new(), remembered: Ok(()) }
    }
}

/// What a plan was made from.
struct Looked<'a> {
    whole: bool,
    ecosystem: &'a Ecosystem,
    desired: &'a Desired,
    observed: &'a Observed,
}

/// Carries out a plan, and keeps what came of it.
///
/// What apps say of their own removal is kept before anything is done: the program may be ended in the middle,
/// and their definitions be gone when it comes back.
fn apply(
    host: &mut impl Host,
    inventory: &Inventory,
    looked: &Looked<'_>,
    plan: &Plan,
    progress: &dyn Progress,
) -> Done {
    let Looked { whole, ecosystem, desired, observed } = looked;
    let before = inventory.before(desired).trying(plan, desired);
    let first = if before == *inventory { Ok(()) } else { host.remember(&before) };
    let outcomes = host.apply(plan, observed, progress);
    let succeeded: Vec<bool> = outcomes.iter().map(|outcome| outcome.result.is_ok()).collect();
    // What was not looked at is not forgotten.
    let present = if *whole { before.present(desired, observed) } else { before.clone() };
    let after = present.after(desired, observed, plan, &succeeded);
    let deeds = Deeds { ecosystem, desired, inventory, plan, outcomes: &outcomes };
    let recorded = record(host, deeds.changes());
    let after = deeds.concluded(after, recorded.as_ref().unwrap_or(&BTreeMap::new()));
    // The files first: what is forgotten before they are gone is never looked for again.
    let discarded = host.discard(&plan.ended(desired, &before.lost(&after, desired), &succeeded));
    let failed = discarded.iter().filter(|it| it.result.is_err()).map(|it| &it.daemon);
    let after = after.with_all_of(&failed.collect(), &before);
    let second = if after == before { Ok(()) } else { host.remember(&after) };
    Done { written: Vec::new(), outcomes, discarded, remembered: first.and(recorded.map(drop)).and(second) }
}

/// Keeps what was done; gives the generations in which apps were well.
fn record(host: &mut impl Host, changes: Vec<Change>) -> Result<BTreeMap<AppName, u64>, HostError> {
    if changes.is_empty() {
        return Ok(BTreeMap::new());
    }
    let healthy = |change: &Change| change.verdict == Verdict::Healthy;
    let apps: Vec<Option<AppName>> =
        changes.iter().map(|change| healthy(change).then(|| change.app.clone())).collect();
    let numbers = host.record(changes)?;
    Ok(apps.into_iter().zip(numbers).filter_map(|(app, number)| Some((app?, number))).collect())
}

/// A tree as it was read and compiled.
#[derive(Debug, Clone)]
pub struct Reading {
    /// The sources: what diagnostics point into.
    pub sources: Vec<Source>,
    /// What they say.
    pub ecosystem: Ecosystem,
    /// Everything there is to say of them.
    pub diagnostics: Vec<Diagnostic>,
    /// What they were read in.
    pub surroundings: Surroundings,
}

/// Compiles what was read of a tree.
#[must_use]
pub fn read(tree: Tree) -> Reading {
    let Tree { mut sources, unreadable, notes, surroundings } = tree;
    let surroundings = Surroundings { unreadable: unreadable.keys().cloned().collect(), ..surroundings };
    let Checked { output: ecosystem, mut diagnostics } = compile_in(&sources, &surroundings);
    diagnostics.extend(unreadable.into_values());
    diagnostics.extend(notes);
    let Checked { output: ecosystem, diagnostics } = Checked::new(ecosystem, diagnostics);
    // Diagnostics may point into a file beside the tree.
    let beside = surroundings.included.iter().filter(|(path, _)| path.starts_with("../"));
    let beside = beside.filter_map(|(path, contents)| Some((path.clone(), contents.clone().ok()?)));
    sources.extend(beside.map(|(path, contents)| Source { path, contents }));
    Reading { sources, ecosystem, diagnostics, surroundings }
}

/// The generated file of every valid daemon in scope.
#[must_use]
pub fn generated_files(
    ecosystem: &Ecosystem,
    policy: &Policy,
    generated_by: &GeneratedBy,
) -> Vec<GeneratedFile> {
    // Where single apps are meant, what the tree says of the rest of a daemon is not.
    let in_scope =
        |id: &DaemonId| policy.apps.is_none() && policy.only.as_ref().is_none_or(|only| only.contains(id));
    let daemons = ecosystem.daemons.values().filter(|daemon| in_scope(&daemon.id));
    daemons.map(|daemon| GeneratedFile::of(daemon, generated_by)).collect()
}
