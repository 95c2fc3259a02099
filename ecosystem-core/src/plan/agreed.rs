//! A plan that somebody has seen and agreed to, kept until it is carried out: what was to be done, and on what grounds.
//!
//! It is no list of orders. Whoever carries it out makes the plan anew, from the world as it is then, and takes its steps
//! only where there is no difference between the two: so nothing has to be believed of the file, and what it holds need
//! not be enough to act on. That is why it can do without any secret: texts that are fit to be shown say what was to be
//! done, and a fingerprint stands for the rest.
//!
//! ```text
//! Desired, Observed, Plan ──▶ Work ──▶ Agreed ──▶ a file
//!                              │                    │
//!                          differences ◀── Work ◀───┘
//! ```

mod differences;
mod fingerprint;
mod grounds;
mod work;

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

pub use grounds::Grounds;
pub use work::{AgreedHold, AgreedProcess, AgreedStep, Work};

use super::Policy;
use crate::model::{DaemonId, Prune};

/// The form of the file that this program reads and writes.
const FORM: u32 = 1;

/// The member that tells such a file from any other JSON.
const MARK: &str = "ecosystem_plan";

/// A plan as it was agreed to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Agreed {
    #[serde(rename = "ecosystem_plan")]
    form: u32,
    /// When it was made, for people.
    pub made: String,
    /// What it was made on.
    pub grounds: Grounds,
    /// What the caller had asked for.
    pub asked: Asked,
    /// What was to be done.
    pub work: Work,
}

/// What a caller asks for that changes what a pass does.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Asked {
    /// What relative paths are to resolve against, whatever the tree says; absolute.
    pub base: Option<String>,
    /// Whose the tree's apps are to be, whatever the tree says.
    pub owner: Option<String>,
    /// [`Policy::only`], by the daemons' ids.
    pub only: Option<BTreeSet<String>>,
    /// [`Policy::adopt`].
    pub adopt: BTreeSet<String>,
    /// [`Policy::adopt_all`].
    pub adopt_all: bool,
    /// [`Policy::change`].
    pub change: BTreeSet<String>,
    /// [`Policy::allow_mass_delete`].
    pub allow_mass_delete: bool,
    /// [`Policy::prune`].
    pub prune: Option<Prune>,
}

/// Why a text is no agreed plan.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotAPlan {
    /// It is something else.
    #[error("it was not written by `ecosystem-cli plan --out`")]
    SomethingElse,
    /// It has the mark of a plan, in another form.
    #[error("it is a plan of form {0}, and this program knows form {FORM}")]
    OtherForm(String),
    /// It has been changed, or is not whole.
    #[error("it is not as it was written: {0}")]
    Damaged(String),
}

impl Agreed {
    /// What is to be kept of a plan that was made at this time.
    #[must_use]
    pub fn new(made: String, grounds: Grounds, asked: Asked, work: Work) -> Self {
        Self { form: FORM, made, grounds, asked, work }
    }

    /// Reads what [`text`](Self::text) has written.
    ///
    /// # Errors
    /// It is not that.
    pub fn read(bytes: &[u8]) -> Result<Self, NotAPlan> {
        let value: Json = serde_json::from_slice(bytes).map_err(|_| NotAPlan::SomethingElse)?;
        match value.get(MARK) {
            None => Err(NotAPlan::SomethingElse),
            Some(form) if *form != FORM => Err(NotAPlan::OtherForm(form.to_string())),
            Some(_) => serde_json::from_value(value).map_err(|error| NotAPlan::Damaged(error.to_string())),
        }
    }

    /// As it is kept: JSON that people can read.
    ///
    /// # Errors
    /// None that is known of: there is nothing in it that JSON cannot say.
    pub fn text(&self) -> Result<String, serde_json::Error> {
        serde_json::to_string_pretty(self).map(|text| format!("{text}\n"))
    }
}

impl Asked {
    /// What of a policy somebody has asked for; nothing of the tree.
    #[must_use]
    pub fn of(policy: &Policy) -> Self {
        // Exhaustive on purpose: a new member must be decided on here.
        let Policy {
            only,
            adopt,
            adopt_all,
            change,
            allow_mass_delete,
            prune,
            // It is found out anew by whoever carries the plan out.
            own_pids: _,
            // These belong to a watcher, and to commands that make no plan to be agreed to.
            stopped: _,
            ill: _,
            drift: _,
            apps: _,
            confirmed: _,
            missing_for_long: _,
            resting: _,
            // It is so in every pass that somebody asks for by hand.
            retry: _,
        } = policy;
        Self {
            base: None,
            owner: None,
            only: only.as_ref().map(|only| only.iter().map(ToString::to_string).collect()),
            adopt: adopt.clone(),
            adopt_all: *adopt_all,
            change: change.clone(),
            allow_mass_delete: *allow_mass_delete,
            prune: *prune,
        }
    }

    /// The policy of a pass that does what was asked for, as `sync` does it, by a program that has these pids.
    #[must_use]
    pub fn policy(&self, own_pids: BTreeSet<u32>) -> Policy {
        Policy {
            only: self.only.as_ref().map(|only| only.iter().map(DaemonId::new).collect()),
            adopt: self.adopt.clone(),
            adopt_all: self.adopt_all,
            change: self.change.clone(),
            allow_mass_delete: self.allow_mass_delete,
            prune: self.prune,
            own_pids,
            retry: true,
            ..Policy::default()
        }
    }
}
