//! The outside world, as one pass needs it.

use std::collections::{BTreeMap, BTreeSet};

use super::Reading;
use super::report::{Discarded, Outcome, Written};
use crate::diagnostic::{Diagnostic, Source};
use crate::expand::Surroundings;
use crate::history::{Change, Generation};
use crate::model::{AppName, DaemonId};
use crate::plan::{Inventory, Plan, Step};
use crate::pm2::observed::{Listening, Observed};
use crate::pm2::{Machine, Questions};
use crate::render::GeneratedFile;
use crate::workers::{InTurn, Workers};

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

    /// The ports on which these processes listen, with everything that they have started.
    fn listening(&mut self, pids: &BTreeSet<u32>) -> Listening;

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

    /// What was applied to an app before, oldest first; nothing for one that is not known.
    ///
    /// # Errors
    /// There is a record of it that cannot be read.
    fn history(&mut self, app: &AppName) -> Result<Vec<Generation>, HostError>;

    /// Keeps what was done, each as a new generation of its app; gives the numbers, in order.
    ///
    /// # Errors
    /// It could not be written.
    fn record(&mut self, changes: Vec<Change>) -> Result<Vec<u64>, HostError>;

    /// Removes what was generated for daemons that are gone from the tree and from PM2; one result for each.
    fn discard(&mut self, daemons: &[DaemonId]) -> Vec<Discarded>;

    /// Who reads and renders; one daemon after the other if nothing else is said.
    fn workers(&self) -> impl Workers + use<Self> {
        InTurn
    }
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

    /// The machine is hard-pressed, and starts are held back for it from now on, one after the other; why, in words.
    fn held_back(&self, why: &str);

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
    fn held_back(&self, _: &str) {}
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
