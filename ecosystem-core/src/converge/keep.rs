//! What is kept of a pass: generations for the history of each app, and what the next pass has to know.

use std::collections::BTreeMap;

use super::report::{Aftermath, Outcome, StepError};
use crate::history::{Change, Definition, Verdict};
use crate::model::{AppName, Ecosystem};
use crate::plan::{Action, Desired, Fallback, Instead, Inventory, Plan, StandIn, Step};

/// What a pass has done, and to what.
pub(super) struct Deeds<'a> {
    pub(super) ecosystem: &'a Ecosystem,
    pub(super) desired: &'a Desired,
    pub(super) inventory: &'a Inventory,
    pub(super) plan: &'a Plan,
    pub(super) outcomes: &'a [Outcome],
}

impl Deeds<'_> {
    /// What is new in the history of apps: each step that was taken, and each app that was found as declared and of which
    /// nothing, or something else, was known.
    ///
    /// What only put back what somebody else had changed is no change: a history of it would be one of crashes, and push
    /// out what one wants to go back to.
    pub(super) fn changes(&self) -> Vec<Change> {
        let taken = self.steps().filter(|(step, outcome)| self.is_worth_keeping(step, outcome));
        let taken = taken.map(|(step, outcome)| {
            let deleted = matches!(step.action, Action::Delete(_));
            change(step, outcome, if deleted { None } else { self.definition(&step.app) })
        });
        let found = self.plan.in_sync.iter().filter(|app| self.is_news(app)).map(|app| Change {
            app: AppName::new(app.as_str()),
            action: "found".to_owned(),
            why: vec!["running as declared".to_owned()],
            verdict: Verdict::Healthy,
            definition: self.definition(app),
        });
        taken.chain(found).collect()
    }

    fn steps(&self) -> impl Iterator<Item = (&Step, &Outcome)> {
        self.plan.steps.iter().zip(self.outcomes)
    }

    fn is_worth_keeping(&self, step: &Step, outcome: &Outcome) -> bool {
        let heals = step.is_drift() && self.generation(&step.app) > 0;
        match &outcome.result {
            Ok(applied) => !heals && !applied.unproven,
            Err(error) => !error.is_not_done(),
        }
    }

    /// Whether an app is found as declared, and nothing is known of that: it is not known at all, or was something else
    /// when it was heard of last, as of a pass on a full disk.
    fn is_news(&self, app: &str) -> bool {
        let was_else = |digest: &str| {
            let declared = self.desired.apps.get(app).filter(|it| it.instead.is_none());
            // Without one, it ran under another PM2.
            !digest.is_empty() && declared.is_some_and(|it| it.digest.as_str() != digest)
        };
        self.generation(app) == 0 || self.inventory.apps.get(app).is_some_and(|it| was_else(&it.digest))
    }

    fn generation(&self, app: &str) -> u64 {
        self.inventory.apps.get(app).map_or(0, |applied| applied.generation)
    }

    /// What an app is to be after this pass, as far as the pass knew.
    fn definition(&self, app: &str) -> Option<Definition> {
        if self.desired.apps.get(app)?.instead.is_some() {
            let stand_in = self.inventory.apps.get(app)?.stand_in.as_ref()?;
            return stand_in.state.definition().cloned();
        }
        let (daemon, app) = self.ecosystem.apps().find(|(_, it)| it.name.as_str() == app)?;
        Some(Definition { daemon: daemon.id.clone(), app: app.clone() })
    }

    /// The inventory with what has become of steps that failed, and with the generations in which apps were well.
    pub(super) fn concluded(&self, mut inventory: Inventory, numbers: &BTreeMap<AppName, u64>) -> Inventory {
        for (name, applied) in &mut inventory.apps {
            if let Some(number) = numbers.get(name.as_str()) {
                applied.generation = *number;
            }
        }
        for (step, outcome) in self.steps() {
            let Some(applied) = inventory.apps.get_mut(&step.app) else { continue };
            match &outcome.result {
                // What was well before under the same definition needs no proof.
                Ok(came) if came.unproven && step.fallback.acts() => {
                    applied.trying = step.tries(self.desired);
                }
                Err(error) if error.is_over() => applied.trying = None,
                _ => {}
            }
            if let Some(state) = instead(step, outcome)
                && let Some(app) = self.desired.apps.get(step.app.as_str())
                && let Ok(attributes) = &app.attributes
            {
                if let (Instead::Reverted { .. }, Fallback::Revert(good)) = (&state, &step.fallback) {
                    applied.digest = good.app.digest.to_string();
                }
                // What failed may itself have stood in for what the tree says.
                let before = applied.stand_in.take().filter(|_| app.instead.is_some());
                let instead_of = before.map_or_else(|| attributes.fingerprint(), |before| before.instead_of);
                applied.stand_in = Some(StandIn { instead_of, state });
            }
        }
        inventory
    }
}

/// What an app is from now on, instead of what the tree says: after a step that failed.
fn instead(step: &Step, outcome: &Outcome) -> Option<Instead> {
    let problem = outcome.result.as_ref().err()?.to_string();
    match (&outcome.aftermath, &step.fallback) {
        (Some(Aftermath::Reverted { .. }), Fallback::Revert(good)) => {
            let definition = Box::new(good.definition.clone());
            Some(Instead::Reverted { problem, to: good.generation, definition })
        }
        (Some(Aftermath::Stopped(Ok(()))), _) => Some(Instead::Stopped { problem }),
        _ => None,
    }
}

/// Deletions of a plan that has been carried out, for the history of their apps.
#[must_use]
pub fn deletions(plan: &Plan, outcomes: &[Outcome]) -> Vec<Change> {
    let taken = plan.steps.iter().zip(outcomes);
    let taken = taken.filter(|(_, outcome)| !outcome.result.as_ref().is_err_and(StepError::is_not_done));
    taken.map(|(step, outcome)| change(step, outcome, None)).collect()
}

fn change(step: &Step, outcome: &Outcome, definition: Option<Definition>) -> Change {
    Change {
        app: AppName::new(step.app.as_str()),
        action: step.action.verb().to_owned(),
        why: step.reasons.iter().map(ToString::to_string).collect(),
        verdict: verdict(outcome),
        definition,
    }
}

fn verdict(outcome: &Outcome) -> Verdict {
    let Err(error) = &outcome.result else { return Verdict::Healthy };
    let problem = error.to_string();
    match &outcome.aftermath {
        Some(Aftermath::Reverted { to, result: Ok(_) }) => Verdict::Reverted { problem, to: *to },
        Some(Aftermath::Stopped(Ok(()))) => Verdict::Stopped { problem },
        Some(Aftermath::Reverted { result: Err(_), .. } | Aftermath::Stopped(Err(_))) | None => {
            Verdict::Failed { problem }
        }
    }
}
