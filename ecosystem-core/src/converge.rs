//! One pass: read, compile, write, observe, plan, apply, verify, report.
//!
//! [`converge`] is the whole of it and has no effects of its own; they are behind [`Host`], which is the
//! outside world. `sync` calls it once, a watcher whenever something hints that the world has changed.

mod extent;

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use camino::Utf8PathBuf;

use crate::diagnostic::{Checked, Diagnostic, Source};
use crate::expand::Surroundings;
use crate::model::{DaemonId, Ecosystem};
use crate::plan::{Desired, Inventory, Plan, Policy, Step, plan, violations};
use crate::pm2::observed::Observed;
use crate::pm2::{Machine, Questions, questions};
use crate::render::{GeneratedBy, GeneratedFile};
use crate::validate::{DEFAULTS_FILE, compile_in};

pub use extent::{Extent, Known};

/// The outside world, as one pass needs it.
pub trait Host {
    /// Reads every source of the tree.
    ///
    /// # Errors
    /// The root cannot be looked at: that is not an empty tree.
    fn tree(&mut self) -> Result<Tree, HostError>;

    /// Reads what these daemons are made of, and nothing else: their sources, the defaults above them, what these include
    /// and what they are read in. `None` where that is not simply there to be read: only a look at the whole tree can tell
    /// what has become of it.
    fn daemons(&mut self, daemons: &BTreeSet<DaemonId>) -> Option<Tree>;

    /// Writes generated files that differ from what is there; one result for each, in order.
    fn write(&mut self, files: &[GeneratedFile], progress: &dyn Progress) -> Vec<Written>;

    /// Looks up what resolving definitions needs.
    ///
    /// # Errors
    /// PM2 cannot be asked.
    fn machine(&mut self, questions: &Questions) -> Result<Machine, HostError>;

    /// Asks PM2 what runs; of these apps alone where they are given.
    ///
    /// # Errors
    /// PM2 cannot be asked, or its answer cannot be read.
    fn observe(&mut self, apps: Option<&BTreeSet<String>>) -> Result<Observed, HostError>;

    /// What was applied before.
    ///
    /// # Errors
    /// There is a record of it that cannot be read: an app that is never to be pruned could be in it.
    fn inventory(&mut self) -> Result<Inventory, HostError>;

    /// Keeps what is applied now for the next pass.
    ///
    /// # Errors
    /// It could not be written.
    fn remember(&mut self, inventory: &Inventory) -> Result<(), HostError>;

    /// Carries out a plan's steps, each once those that it waits for are over, and checks what came of each;
    /// one outcome for each, in order. A step that fails holds those that wait for it, and no others.
    fn apply(&mut self, plan: &Plan, observed: &Observed, progress: &dyn Progress) -> Vec<Outcome>;

    /// Removes what was generated for daemons that are gone from the tree and from PM2; one result for each.
    fn discard(&mut self, daemons: &[DaemonId]) -> Vec<Discarded>;
}

/// Is told what a pass does while it does it.
pub trait Progress: Sync {
    /// The tree has been read.
    fn read(&self, reading: &Reading);

    /// A generated file that somebody edited is about to be overwritten; the edit is kept beside it under this name.
    fn edited(&self, path: &str, kept_as: &str);

    /// A generated file has been written, was right already, or could not be written.
    fn written(&self, written: &Written);

    /// A plan is about to be carried out.
    fn planned(&self, plan: &Plan);

    /// A step is about to be taken.
    fn begins(&self, step: &Step);

    /// A step has come to its end.
    fn done(&self, step: &Step, outcome: &Outcome);
}

/// Tells nobody.
#[derive(Debug, Clone, Copy, Default)]
pub struct Silent;

impl Progress for Silent {
    fn read(&self, _: &Reading) {}
    fn edited(&self, _: &str, _: &str) {}
    fn written(&self, _: &Written) {}
    fn planned(&self, _: &Plan) {}
    fn begins(&self, _: &Step) {}
    fn done(&self, _: &Step, _: &Outcome) {}
}

/// The sources of a tree, and the places where there may be more.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Tree {
    /// Every `.edn` file, by ascending path.
    pub sources: Vec<Source>,
    /// Places that could not be looked at, by path below the root, each with what stood in the way.
    pub unreadable: BTreeMap<String, Diagnostic>,
    /// What else there is to say, such as links that are not followed.
    pub notes: Vec<Diagnostic>,
    /// What the sources are read in, but for [`unreadable`](Tree::unreadable).
    pub surroundings: Surroundings,
}

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

/// What came of one pass.
#[derive(Debug, Clone)]
#[must_use]
pub struct Report {
    /// The daemons that were looked at, where that is not all of them: the rest of the report is about them alone.
    pub only: Option<BTreeSet<DaemonId>>,
    /// What a later pass may take for known, of each daemon of which there is nothing to say.
    pub known: BTreeMap<DaemonId, Known>,
    /// The sources as they were read: what diagnostics point into.
    pub sources: Vec<Source>,
    /// Everything there is to say of the tree.
    pub diagnostics: Vec<Diagnostic>,
    /// What became of each generated file; empty in a dry run.
    pub written: Vec<Written>,
    /// Files beside the tree that its definitions take something from, there or not: env files, absolute.
    pub env_files: BTreeSet<Utf8PathBuf>,
    /// Files that its sources include, there or not, by their paths as seen from the root.
    pub included: BTreeSet<String>,
    /// What the tree says, for this machine.
    pub desired: Desired,
    /// What PM2 had before.
    pub observed: Observed,
    /// What was to be done.
    pub plan: Plan,
    /// What became of each step, in the plan's order; empty in a dry run.
    pub outcomes: Vec<Outcome>,
    /// What became of the generated files of daemons that are gone.
    pub discarded: Vec<Discarded>,
    /// Whether what was applied could be kept for the next pass.
    pub remembered: Result<(), HostError>,
}

impl Report {
    /// Whether something is left to be mended: an error in the tree, an app held for a fault, a step that failed.
    #[must_use]
    pub fn has_failures(&self) -> bool {
        self.diagnostics.iter().any(Diagnostic::is_error)
            || self.written.iter().any(|written| written.result.is_err())
            || self.plan.holds.iter().any(|hold| hold.why.is_failure())
            || self.outcomes.iter().any(|outcome| outcome.result.is_err())
            || self.discarded.iter().any(|discarded| discarded.result.is_err())
            || self.remembered.is_err()
    }
}

/// What became of one generated file.
#[derive(Debug, Clone)]
pub struct Written {
    /// Its path below the root.
    pub path: String,
    /// What happened, or why it could not be written.
    pub result: Result<WriteOutcome, String>,
}

/// What writing a generated file came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WriteOutcome {
    /// It was right already and is untouched.
    Unchanged,
    /// It is new or was replaced by a newer one.
    Written,
    /// Somebody had edited it; the edit is kept beside it.
    EditReplaced,
}

/// What became of the generated file of a daemon that is gone.
#[derive(Debug, Clone)]
pub struct Discarded {
    /// The daemon.
    pub daemon: DaemonId,
    /// Whether anything was removed, or why it could not be.
    pub result: Result<bool, String>,
}

/// What became of one step.
#[derive(Debug, Clone)]
pub struct Outcome {
    /// The app.
    pub app: String,
    /// The processes that run for it now, verified, or what went wrong.
    pub result: Result<Applied, StepError>,
    /// How long it took, verification included.
    pub took: Duration,
}

/// What a step came to.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Applied {
    /// The processes that run now; none after a deletion or for an app that has done its work.
    pub pids: Vec<u32>,
}

/// Why a step did not come to what it should.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum StepError {
    /// PM2 refused or could not be reached.
    #[error("{0}")]
    Pm2(String),
    /// PM2 was asked and did not answer: it may have been done, or may still be.
    #[error("{0}; whether it was done is not known, the next run looks again")]
    Unknown(String),
    /// Something on disk that the process needs could not be made.
    #[error("{0}")]
    Disk(String),
    /// The process did not stay up.
    #[error("{problem}")]
    Crashed {
        /// What was seen.
        problem: String,
        /// The last lines of its error log since the step began, oldest first.
        last_lines: Vec<String>,
    },
    /// It runs, and a probe of its own says that it is not well.
    #[error("it runs, but is not well: {problem}")]
    Unwell {
        /// The last answer.
        problem: String,
        /// The last lines of its error log since the step began, oldest first.
        last_lines: Vec<String>,
    },
    /// The program was told to end before the step's turn came.
    #[error("not done: this program was told to end")]
    Interrupted,
    /// An app that it depends on did not come to run.
    #[error("not done: it depends on {by}, which did not come to run")]
    Held {
        /// Which.
        by: String,
    },
    /// It was to be deleted, and an app that depends on it could not be.
    #[error("not done: {by} depends on it, and is still there")]
    Needed {
        /// Which.
        by: String,
    },
    /// PM2 reports success and the process is not as declared.
    #[error("PM2 reports success, but {}", .0.join("; "))]
    NotTrue(Vec<String>),
}

impl StepError {
    /// The app for whose sake the step was not taken, if it was not.
    #[must_use]
    pub fn held_by(&self) -> Option<&str> {
        match self {
            StepError::Held { by } | StepError::Needed { by } => Some(by),
            _ => None,
        }
    }

    /// What the app itself wrote before it failed, oldest first.
    #[must_use]
    pub fn last_lines(&self) -> &[String] {
        match self {
            StepError::Crashed { last_lines, .. } | StepError::Unwell { last_lines, .. } => last_lines,
            _ => &[],
        }
    }
}

/// Why a pass could not be made at all.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct HostError {
    /// What is the matter, in a sentence without a full stop.
    pub message: String,
    /// What can be done about it.
    pub hint: Option<String>,
}

impl HostError {
    /// An error without a hint.
    pub fn new(message: impl Into<String>) -> Self {
        Self { message: message.into(), hint: None }
    }

    /// Says what to do.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
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
    let written = if pass.dry_run {
        Vec::new()
    } else {
        host.write(&generated_files(&ecosystem, &policy, &pass.generated_by), progress)
    };
    let questions = questions(&ecosystem, &pass.base, &surroundings.environment);
    let machine = host.machine(&questions)?;
    let mut desired = Desired::new(&ecosystem, &machine);
    let names = || desired.apps.keys().map(ToString::to_string).collect::<BTreeSet<_>>();
    let (observed, inventory) = observe(host, only.as_ref().map(|_| names()).as_ref())?;
    desired.hide(&inventory);
    let plan = plan(&desired, &observed, &inventory, &policy);
    if let Some(violation) = violations(&plan, &desired, &observed, &policy).first() {
        return Err(HostError::new(violation.to_string())
            .hint("nothing was applied; this is a defect, please report it"));
    }
    extent::without_surplus(&mut known, &plan, &desired);
    let applied = if pass.dry_run {
        Done::nothing()
    } else {
        let looked = Looked { whole: only.is_none(), desired: &desired, observed: &observed };
        apply(host, &inventory, &looked, &plan, progress)
    };
    let Done { outcomes, discarded, remembered } = applied;
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

/// What came of carrying out a plan.
struct Done {
    outcomes: Vec<Outcome>,
    discarded: Vec<Discarded>,
    remembered: Result<(), HostError>,
}

impl Done {
    fn nothing() -> Self {
        Self { outcomes: Vec::new(), discarded: Vec::new(), remembered: Ok(()) }
    }
}

/// What a plan was made from.
struct Looked<'a> {
    whole: bool,
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
    let Looked { whole, desired, observed } = looked;
    let before = inventory.before(desired);
    let first = if before == *inventory { Ok(()) } else { host.remember(&before) };
    let outcomes = host.apply(plan, observed, progress);
    let succeeded: Vec<bool> = outcomes.iter().map(|outcome| outcome.result.is_ok()).collect();
    // What was not looked at is not forgotten.
    let present = if *whole { before.present(desired, observed) } else { before.clone() };
    let after = present.after(desired, observed, plan, &succeeded);
    // The files first: what is forgotten before they are gone is never looked for again.
    let discarded = host.discard(&plan.ended(desired, &before.lost(&after, desired), &succeeded));
    let failed = discarded.iter().filter(|it| it.result.is_err()).map(|it| &it.daemon);
    let after = after.with_all_of(&failed.collect(), &before);
    let second = if after == before { Ok(()) } else { host.remember(&after) };
    Done { outcomes, discarded, remembered: first.and(second) }
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
    let in_scope = |id: &DaemonId| policy.only.as_ref().is_none_or(|only| only.contains(id));
    let daemons = ecosystem.daemons.values().filter(|daemon| in_scope(&daemon.id));
    daemons.map(|daemon| GeneratedFile::of(daemon, generated_by)).collect()
}
