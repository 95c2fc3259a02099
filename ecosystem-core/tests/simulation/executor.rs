//! Steps, carried out on the model of PM2 in the order and by the calls of `os/apply.rs`, `os/verify.rs` and `os/fallback.rs`.

use std::collections::BTreeMap;
use std::time::Duration;

use ecosystem_core::converge::{Aftermath, Applied, Outcome, StepError};
use ecosystem_core::model::Owner;
use ecosystem_core::plan::{
    Action, Fallback, LastGood, Plan, Scaling, Step, Swap, Until, Update, left_by, step_back,
};
use ecosystem_core::pm2::Attributes;
use ecosystem_core::pm2::observed::Observed;
use serde_json::{Map, Value as Json};

use crate::host::{Luck, SimHost};
use crate::image::differences;
use crate::laws::{OWNER, is_ours};
use crate::pm2_model::{Pm2Model, Record, Refusal, Slot};
use crate::script::Fault;

/// A process that a step should have left running.
struct Expected {
    id: u32,
    app: Attributes,
    /// PM2's count of restarts when the step was taken.
    counted: u64,
}

/// The longest that a process is watched for the sake of its `min_uptime`.
const PATIENCE: u64 = 3000;
/// How long nobody answers before that is taken for no answer.
const TIMEOUT: u64 = 30_000;

type Reached = (bool, Result<Applied, StepError>);

impl SimHost<'_> {
    pub fn carry_out(&mut self, plan: &Plan, observed: &Observed) -> Vec<Outcome> {
        let mut reached: BTreeMap<(bool, String), (bool, bool)> = BTreeMap::new();
        let mut outcomes = Vec::new();
        for step in &plan.steps {
            let (started, result, aftermath) = match why_not(step, &reached) {
                Some(why) => (false, Err(why), None),
                None => {
                    let (started, result) = self.take(&step.action, observed);
                    let aftermath = result.as_ref().err().and_then(|error| self.fall_back(step, error));
                    (started, result, aftermath)
                }
            };
            let deletes = matches!(step.action, Action::Delete(_));
            reached.insert((deletes, step.app.clone()), (started, result.is_ok()));
            outcomes.push(Outcome { app: step.app.clone(), result, aftermath, took: Duration::ZERO });
        }
        outcomes
    }

    fn take(&mut self, action: &Action, observed: &Observed) -> Reached {
        if let Action::ReplaceAfter(swap) = action {
            return self.replace_after(swap, observed);
        }
        match self.act(action, observed) {
            Err(error) => (false, Err(error)),
            Ok(expected) => (true, self.verify(&expected)),
        }
    }

    fn act(&mut self, action: &Action, observed: &Observed) -> Result<Vec<Expected>, StepError> {
        match action {
            Action::Adopt(_) | Action::ReplaceAfter(_) => Ok(Vec::new()),
            Action::Ask(ids, app) => Ok(as_they_are(ids, app, observed)),
            Action::Delete(ids) => self.delete_all(ids).map(|()| Vec::new()),
            Action::Start(app) => self.start(app),
            Action::Replace(ids, app) => {
                self.delete_all(ids)?;
                self.start(app)
            }
            Action::Scale(scaling) => self.scale(scaling),
            Action::Restart(updates, scaling) => self.update_all(updates, scaling, Pm2Model::restart),
            Action::Reload(updates, scaling) => {
                let (first, others) = updates.split_at(updates.len().min(1));
                if others.is_empty() {
                    return self.update_all(updates, scaling, Pm2Model::reload);
                }
                let mut expected = self.update_all(first, &Scaling::default(), Pm2Model::reload)?;
                self.verify(&expected)?;
                expected.extend(self.update_all(others, scaling, Pm2Model::reload)?);
                Ok(expected)
            }
        }
    }

    /// New processes beside old ones, which go when the new ones are well.
    fn replace_after(&mut self, swap: &Swap, observed: &Observed) -> Reached {
        let mut expected = as_they_are(&swap.new, &swap.app, observed);
        let added = swap.scaling.add.as_ref().map_or(Ok(Vec::new()), |app| self.start(app));
        match added {
            Ok(added) => expected.extend(added),
            Err(error) => return (false, Err(error)),
        }
        let result = match self.verify(&expected) {
            Err(StepError::Interrupted) => Err(StepError::Interrupted),
            Err(error) => {
                let new: Vec<u32> = expected.iter().map(|it| it.id).collect();
                let _ = self.delete_all(&new);
                Err(error)
            }
            Ok(applied) => {
                let left =
                    |error: StepError| StepError::Unknown(format!("the old process beside it: {error}"));
                self.delete_all(&swap.scaling.remove).map(|()| applied).map_err(left)
            }
        };
        (true, result)
    }

    fn update_all(
        &mut self,
        updates: &[Update],
        scaling: &Scaling,
        call: fn(&mut Pm2Model, u32, &Record) -> Result<u64, Refusal>,
    ) -> Result<Vec<Expected>, StepError> {
        self.delete_all(&scaling.remove)?;
        let mut expected = Vec::new();
        for update in updates {
            let id = update.pm_id;
            if update.unwatch {
                self.on(id, |pm2| {
                    pm2.stop_watch(id);
                    Ok(())
                })?;
            }
            let about_to_start = |slot: &Slot| slot.pid != 0 && slot.status() != "online";
            if self.world.pm2.slots.get(&id).is_some_and(about_to_start) {
                self.on(id, |pm2| pm2.stop(id))?;
            }
            let env = Map::from_iter([("current_conf".to_owned(), Json::Object(update.conf.clone()))]);
            let counted = self.on(id, |pm2| call(pm2, id, &env))?;
            expected.push(Expected { id, app: update.app.clone(), counted });
        }
        if let Some(app) = &scaling.add {
            expected.extend(self.start(app)?);
        }
        Ok(expected)
    }

    fn scale(&mut self, scaling: &Scaling) -> Result<Vec<Expected>, StepError> {
        self.delete_all(&scaling.remove)?;
        scaling.add.as_ref().map_or(Ok(Vec::new()), |app| self.start(app))
    }

    fn start(&mut self, app: &Attributes) -> Result<Vec<Expected>, StepError> {
        let ids = self.pm2(|pm2| Ok(pm2.prepare(app.as_map())))?;
        Ok(ids.into_iter().map(|id| Expected { id, app: app.clone(), counted: 0 }).collect())
    }

    fn delete_all(&mut self, ids: &[u32]) -> Result<(), StepError> {
        ids.iter().try_for_each(|id| self.on(*id, |pm2| pm2.delete(*id)))
    }

    /// A call about one process: it must be the one that was looked at, and ours.
    fn on<T>(
        &mut self,
        id: u32,
        call: impl FnOnce(&mut Pm2Model) -> Result<T, Refusal>,
    ) -> Result<T, StepError> {
        let (policy, inventory, seen) =
            (self.policy.clone(), self.inventory.clone(), self.seen.slots.get(&id).cloned());
        let mut touched = None;
        let result = self.pm2(|pm2| {
            touched = pm2.slots.get(&id).cloned();
            call(pm2)
        });
        let Some(slot) = touched.filter(|slot| !is_ours(id, slot, &inventory, &policy)) else {
            return result;
        };
        let same = |name: &str| seen.as_ref().and_then(|it| it.variable(name)) == slot.variable(name);
        if seen.is_none() || same("unique_id") {
            self.world.laws.broke("nothing foreign is touched", format!("process {id}, {}", slot.name()));
        } else {
            self.world.laws.count("another process under an id that was looked at");
        }
        result
    }

    /// A call of PM2, with what may go wrong.
    fn pm2<T>(&mut self, call: impl FnOnce(&mut Pm2Model) -> Result<T, Refusal>) -> Result<T, StepError> {
        let luck = self.call();
        let pm2 = &mut self.world.pm2;
        let unknown = || Err(StepError::Unknown("PM2 did not answer".to_owned()));
        let done = |pm2: &mut Pm2Model| {
            if !pm2.up {
                return Err(StepError::Pm2("PM2 is not running".to_owned()));
            }
            pm2.advance(5);
            call(pm2).map_err(StepError::Pm2)
        };
        match luck {
            Luck::Good => done(pm2),
            Luck::Fault(Fault::KilledAfter) => {
                let result = done(pm2);
                self.dead = true;
                result
            }
            Luck::Fault(Fault::LostReply) => {
                let _ = done(pm2);
                pm2.advance(TIMEOUT);
                unknown()
            }
            Luck::Fault(Fault::Silence) => {
                pm2.advance(TIMEOUT);
                unknown()
            }
            Luck::Fault(Fault::Pm2Dies) => unknown(),
            Luck::Fault(Fault::Refused | Fault::Killed) => Err(StepError::Pm2("refused".to_owned())),
        }
    }

    /// Once every process has had its time to stay up.
    fn verify(&mut self, expected: &[Expected]) -> Result<Applied, StepError> {
        if self.dead {
            return Err(StepError::Interrupted);
        }
        let needed =
            |it: &Expected| it.app.get("min_uptime").and_then(Json::as_u64).unwrap_or(1000).min(PATIENCE);
        self.world.pm2.advance(expected.iter().map(needed).max().unwrap_or(0));
        let mut pids = Vec::new();
        for it in expected {
            pids.extend(self.look(it)?);
        }
        Ok(Applied { pids, unproven: false })
    }

    fn look(&mut self, it: &Expected) -> Result<Option<u32>, StepError> {
        match self.call() {
            Luck::Good => {}
            Luck::Fault(Fault::KilledAfter | Fault::Killed) => {
                self.dead = true;
                return Err(StepError::Interrupted);
            }
            Luck::Fault(_) => return Err(StepError::Unknown("PM2 did not answer".to_owned())),
        }
        let Some(slot) = self.world.pm2.slots.get(&it.id) else {
            return Err(StepError::TakenAway("it was deleted"));
        };
        if !it.app.autostart() {
            return Ok(None);
        }
        let crashed =
            |problem: &str| StepError::Crashed { problem: problem.to_owned(), last_lines: Vec::new() };
        let number = |name: &str| slot.record.get(name).and_then(Json::as_u64).unwrap_or(0);
        let on_purpose = (slot.watched.is_some() || slot.cron.is_some()) && number("unstable_restarts") <= 1;
        if number("restart_time") > it.counted && !on_purpose {
            return Err(crashed("it crashed and was restarted"));
        }
        match slot.status() {
            "online" if slot.pid != 0 => {
                let different = differences(slot, &it.app, it.id);
                let adopted = slot.variable("ECOSYSTEM_OWNER").is_none();
                if different.is_empty() || adopted {
                    Ok(Some(slot.pid))
                } else {
                    Err(StepError::NotTrue(different))
                }
            }
            "stopped" => ended(slot),
            status => Err(crashed(&format!("it crashed (PM2 says {status})"))),
        }
    }
}

fn ended(slot: &crate::pm2_model::Slot) -> Result<Option<u32>, StepError> {
    let list = vec![serde_json::json!({ "pm_id": 0, "name": "x", "pid": slot.pid, "pm2_env": slot.record })];
    let observed = Observed::read(list).unwrap_or_default();
    let Some(process) = observed.process(0) else { return Ok(None) };
    match process.exit_code() {
        _ if !process.may_have_finished() => Err(StepError::TakenAway("it was stopped")),
        Some(_) if process.ended_well() => Ok(None),
        _ => Err(StepError::Crashed { problem: "it ended".to_owned(), last_lines: Vec::new() }),
    }
}

/// What becomes of an app whose step has failed.
impl SimHost<'_> {
    fn fall_back(&mut self, step: &Step, error: &StepError) -> Option<Aftermath> {
        if error.is_not_done() || !error.is_over() || self.dead {
            return None;
        }
        let observed = self.look_at_all()?;
        let gone = left_by(&step.app, &Owner::new(OWNER), &step.action.touched(), &observed).is_empty();
        if gone && !matches!(step.action, Action::Replace(..)) {
            return None;
        }
        match &step.fallback {
            Fallback::Keep | Fallback::NoWayBack(_) => None,
            Fallback::Stop => Some(Aftermath::Stopped(self.stop_app(step))),
            Fallback::Revert(good) => {
                let result = self.put_back(step, good);
                Some(Aftermath::Reverted { to: good.generation, result })
            }
        }
    }

    fn look_at_all(&mut self) -> Option<Observed> {
        let list = self.pm2(|pm2| Ok(pm2.list())).ok()?;
        let observed = Observed::read(list).ok()?;
        self.seen = self.world.pm2.clone();
        Some(observed)
    }

    fn stop_app(&mut self, step: &Step) -> Result<(), StepError> {
        let lost = || StepError::Unknown("PM2 did not answer".to_owned());
        let observed = self.look_at_all().ok_or_else(lost)?;
        let left = left_by(&step.app, &Owner::new(OWNER), &step.action.touched(), &observed);
        let ids: Vec<u32> = left.iter().map(|process| process.pm_id).collect();
        ids.into_iter().try_for_each(|id| {
            self.on(id, |pm2| {
                pm2.stop_watch(id);
                pm2.stop(id)
            })
        })
    }

    fn put_back(&mut self, step: &Step, good: &LastGood) -> Result<Applied, StepError> {
        self.stop_app(step)?;
        let lost = || StepError::Unknown("PM2 did not answer".to_owned());
        let observed = self.look_at_all().ok_or_else(lost)?;
        let action = step_back(&step.app, &good.app, &Owner::new(OWNER), &step.action.touched(), &observed);
        action.map_or(Ok(Applied::default()), |action| self.take(&action, &observed).1)
    }
}

fn as_they_are(ids: &[u32], app: &Attributes, observed: &Observed) -> Vec<Expected> {
    let restarts = |id: &u32| observed.process(*id).map_or(0, |process| process.restarts);
    ids.iter().map(|id| Expected { id: *id, app: app.clone(), counted: restarts(id) }).collect()
}

/// Why a step's turn does not come: what it waits for has come to nothing.
fn why_not(step: &Step, reached: &BTreeMap<(bool, String), (bool, bool)>) -> Option<StepError> {
    step.after.iter().find_map(|wait| {
        let (started, ok) = *reached.get(&(wait.until == Until::Gone, wait.app.clone()))?;
        let by = wait.app.clone();
        match wait.until {
            Until::Started if started => None,
            _ if ok => None,
            Until::Gone => Some(StepError::Needed { by }),
            Until::Started | Until::Healthy => Some(StepError::Held { by }),
        }
    })
}
