//! What was to be done, in a form that can be kept and that holds no secret.

use serde::{Deserialize, Serialize};

use super::fingerprint::{of_all_probes, of_app_to_be, of_step};
use crate::plan::{Action, Desired, Hold, Plan, Step};
use crate::pm2::Attributes;
use crate::pm2::observed::{Observed, PmId, Process};

/// What a plan is to do, and what it leaves alone.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Work {
    /// Its steps, in its order.
    pub steps: Vec<AgreedStep>,
    /// The apps that it leaves as they are.
    pub holds: Vec<AgreedHold>,
}

/// One app's change, as it was agreed to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AgreedStep {
    /// The app's name.
    pub app: String,
    /// The daemon that declares it, or that did when it was started.
    pub daemon: String,
    /// [`Action::verb`].
    pub action: String,
    /// Why, as it is shown to people: secrets are masked.
    pub reasons: Vec<String>,
    /// The processes that something is done to, by ascending id.
    pub processes: Vec<AgreedProcess>,
    /// The steps that it waits for, each with how far that must have come.
    pub after: Vec<String>,
    /// The digest of the app's definition; `None` where nothing declares it.
    pub definition: Option<String>,
    /// How many processes it is about, where it starts or changes some.
    pub instances: Option<u32>,
    /// Stands for all that the app is to be, what comes from outside the tree included; `None` where it is to be nothing.
    pub app_to_be: Option<String>,
    /// Stands for what must pass before the app counts as healthy; `None` where nothing must.
    pub probes: Option<String>,
    /// Stands for everything that is done to PM2 and asked of the app.
    pub fingerprint: String,
}

/// A process, by what tells whether it is the same one, untouched.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AgreedProcess {
    /// PM2's id for it.
    pub pm_id: PmId,
    /// The kernel's, if it runs.
    pub pid: Option<u32>,
    /// How often PM2 had started it again.
    pub restarts: u64,
}

/// An app that was to be left as it is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AgreedHold {
    /// The app's name.
    pub app: String,
    /// One word for why: what is compared.
    pub why: String,
    /// The sentence that was shown.
    pub text: String,
}

impl Work {
    /// What a plan is to do that was made from these.
    #[must_use]
    pub fn of(desired: &Desired, observed: &Observed, plan: &Plan) -> Self {
        let hold = |hold: &Hold| AgreedHold {
            app: hold.app.clone(),
            why: hold.why.word().to_owned(),
            text: hold.explain(),
        };
        Self {
            steps: plan.steps.iter().map(|step| AgreedStep::of(step, desired, observed)).collect(),
            holds: plan.holds.iter().map(hold).collect(),
        }
    }
}

impl AgreedStep {
    fn of(step: &Step, desired: &Desired, observed: &Observed) -> Self {
        let declared = desired.apps.iter().find(|(name, _)| name.as_str() == step.app);
        let app = app_to_be(&step.action);
        let mut ids = concerned(&step.action);
        ids.sort_unstable();
        Self {
            app: step.app.clone(),
            daemon: step.daemon.to_string(),
            action: step.action.verb().to_owned(),
            reasons: step.reasons.iter().map(ToString::to_string).collect(),
            processes: ids.into_iter().map(|id| AgreedProcess::of(id, observed.process(id))).collect(),
            after: step.after.iter().map(|wait| format!("{} is {}", wait.app, wait.until.word())).collect(),
            definition: declared.map(|(_, app)| app.digest.to_string()),
            instances: app.map(Attributes::instances),
            app_to_be: app.map(of_app_to_be),
            probes: (!step.probes.is_empty()).then(|| of_all_probes(&step.probes)),
            fingerprint: of_step(step),
        }
    }
}

impl AgreedProcess {
    fn of(pm_id: PmId, process: Option<&Process>) -> Self {
        Self {
            pm_id,
            pid: process.and_then(|it| it.pid),
            restarts: process.map_or(0, |process| process.restarts),
        }
    }
}

/// The processes that a step does something to, be it that they are asked.
fn concerned(action: &Action) -> Vec<PmId> {
    match action {
        Action::Ask(ids, _) => ids.clone(),
        other => other.touched(),
    }
}

/// What runs by a step, or is asked by it.
fn app_to_be(action: &Action) -> Option<&Attributes> {
    match action {
        Action::Ask(_, app) => Some(app),
        other => other.started(),
    }
}
