//! One pass: read, compile, observe, plan, write, apply, verify, report.
//!
//! [`converge`] is the whole of it and has no effects of its own; they are behind [`Host`], which is the
//! outside world. `sync` calls it once, a watcher whenever something hints that the world has changed.

mod carry_out;
mod extent;
mod host;
mod keep;
mod report;

use std::collections::BTreeSet;

use camino::Utf8PathBuf;

use crate::diagnostic::{Checked, Diagnostic, Source};
use crate::expand::Surroundings;
use crate::model::{DaemonId, Ecosystem};
use crate::plan::agreed::Work;
use crate::plan::{Desired, Inventory, Plan, Policy, plan, violations};
use crate::pm2::observed::Observed;
use crate::pm2::questions_of;
use crate::render::{GeneratedBy, GeneratedFile};
use crate::validate::{DEFAULTS_FILE, compile_by};
use crate::workers::{InTurn, Workers};

use carry_out::{Done, carry_out};

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
    let policy = within(&pass.policy, only.as_ref());
    let mut looked = look(host, pass, &policy, &reading, only.is_none())?;
    extent::without_surplus(&mut known, &looked.plan, &looked.desired);
    let work = || Work::of(&looked.desired, &looked.observed, &looked.plan);
    let stale = pass.agreed.as_ref().map(|it| it.differences(&work())).unwrap_or_default();
    let done = if pass.dry_run || !stale.is_empty() {
        Done::nothing()
    } else {
        let written = host.write(&looked.files, progress);
        Done { written, ..carry_out(host, pass, &reading, &mut looked, progress) }
    };
    let Looked { desired, observed, plan, env_files, .. } = looked;
    let Done { written, outcomes, discarded, remembered } = done;
    let Reading { sources, diagnostics, surroundings, .. } = reading;
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

/// What there is, what there is to be, and what would make the one of the other.
struct Looked {
    /// Whether all of the tree was looked at.
    whole: bool,
    inventory: Inventory,
    desired: Desired,
    /// What is to be generated.
    files: Vec<GeneratedFile>,
    observed: Observed,
    plan: Plan,
    env_files: BTreeSet<Utf8PathBuf>,
}

/// Looks at the world, and plans.
fn look(
    host: &mut impl Host,
    pass: &Pass,
    policy: &Policy,
    reading: &Reading,
    whole: bool,
) -> Result<Looked, HostError> {
    let Reading { ecosystem, surroundings, .. } = reading;
    let inventory = host.inventory()?;
    let apps = ecosystem.apps().map(|(_, app)| app);
    let all = apps.chain(inventory.stand_ins().map(|definition| &definition.app));
    let questions = questions_of(all, &pass.base, &surroundings.environment);
    let machine = host.machine(&questions)?;
    let mut desired = Desired::new(ecosystem, &machine);
    desired.replace(&inventory, &machine, policy.retry);
    desired.hide(&inventory);
    // Before PM2's list is waited for, which it may still be making.
    let files = if pass.dry_run {
        Vec::new()
    } else {
        generated_files_by(ecosystem, policy, &pass.generated_by, &host.workers())
    };
    let names = || desired.apps.keys().map(ToString::to_string).collect::<BTreeSet<_>>();
    let mut observed = host.observe((!whole).then(names).as_ref())?;
    inventory.claim(&mut observed);
    observed.listening = host.listening(&desired.beside(&observed));
    let plan = plan(&desired, &observed, &inventory, policy);
    if let Some(violation) = violations(&plan, &desired, &observed, policy).first() {
        return Err(HostError::new(violation.to_string())
            .hint("nothing was applied; this is a defect, please report it"));
    }
    Ok(Looked { whole, inventory, desired, files, observed, plan, env_files: questions.env_files })
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
    Ok((read_by(host.tree()?, &host.workers()), None))
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
    read_by(tree, &InTurn)
}

/// The same by these workers.
#[must_use]
pub fn read_by(tree: Tree, workers: &impl Workers) -> Reading {
    let Tree { mut sources, unreadable, notes, surroundings } = tree;
    let surroundings = Surroundings { unreadable: unreadable.keys().cloned().collect(), ..surroundings };
    let Checked { output: ecosystem, mut diagnostics } = compile_by(&sources, &surroundings, workers);
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
    generated_files_by(ecosystem, policy, generated_by, &InTurn)
}

/// The same by these workers.
#[must_use]
pub fn generated_files_by(
    ecosystem: &Ecosystem,
    policy: &Policy,
    generated_by: &GeneratedBy,
    workers: &impl Workers,
) -> Vec<GeneratedFile> {
    // Where single apps are meant, what the tree says of the rest of a daemon is not.
    let in_scope =
        |id: &DaemonId| policy.apps.is_none() && policy.only.as_ref().is_none_or(|only| only.contains(id));
    let daemons: Vec<_> = ecosystem.daemons.values().filter(|daemon| in_scope(&daemon.id)).collect();
    workers.each(&daemons, |daemon| GeneratedFile::of(daemon, generated_by))
}
