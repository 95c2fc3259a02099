//! What has changed since a plan was agreed to, in sentences.

use std::collections::BTreeSet;

use super::work::{AgreedHold, AgreedProcess, AgreedStep, Work};

impl Work {
    /// What is to be done now and was not agreed to, or the other way round: a sentence each, without a full stop, by app.
    /// Empty where a plan made now does exactly what was agreed to.
    ///
    /// Two holds of one word are the same, whatever they say: nothing is done by either.
    #[must_use]
    pub fn differences(&self, now: &Self) -> Vec<String> {
        self.apps()
            .union(&now.apps())
            .flat_map(|app| difference(app, self.fate(app), now.fate(app)))
            .collect()
    }

    fn apps(&self) -> BTreeSet<&str> {
        let held = self.holds.iter().map(|hold| hold.app.as_str());
        self.steps.iter().map(|step| step.app.as_str()).chain(held).collect()
    }

    fn fate(&self, app: &str) -> Fate<'_> {
        let step = self.steps.iter().find(|step| step.app == app).map(Fate::Step);
        let hold = || self.holds.iter().find(|hold| hold.app == app).map(Fate::Hold);
        step.or_else(hold).unwrap_or(Fate::Nothing)
    }
}

/// What becomes of one app by a plan.
#[derive(Clone, Copy)]
enum Fate<'a> {
    Step(&'a AgreedStep),
    Hold(&'a AgreedHold),
    Nothing,
}

fn difference(app: &str, then: Fate<'_>, now: Fate<'_>) -> Vec<String> {
    match (then, now) {
        (Fate::Step(then), Fate::Step(now)) if then.looks_like(now) => within(then, now),
        (Fate::Hold(then), Fate::Hold(now)) if then.why == now.why => Vec::new(),
        _ => vec![format!("{app}: {}, {}", then.was(), now.is())],
    }
}

impl Fate<'_> {
    fn was(self) -> String {
        match self {
            Fate::Step(step) => format!("was to be {}", step.shown()),
            Fate::Hold(hold) => format!("was to be left alone ({})", hold.text),
            Fate::Nothing => "nothing was to be done".to_owned(),
        }
    }

    fn is(self) -> String {
        match self {
            Fate::Step(step) => format!("is to be {}", step.shown_now()),
            Fate::Hold(hold) => format!("is to be left alone now ({})", hold.text),
            Fate::Nothing => "nothing is to be done now".to_owned(),
        }
    }
}

impl AgreedStep {
    /// Whether people are shown the same of both.
    fn looks_like(&self, other: &Self) -> bool {
        self.action == other.action && self.reasons == other.reasons
    }

    fn shown(&self) -> String {
        format!("{} ({})", participle(&self.action), self.reasons.join("; "))
    }

    fn shown_now(&self) -> String {
        format!("{} now ({})", participle(&self.action), self.reasons.join("; "))
    }
}

/// `restarted` for `restart`; a verb that is not known, out of a file, as it is.
fn participle(verb: &str) -> &str {
    match verb {
        "adopt" => "taken over",
        "ask" => "asked whether it is well",
        "scale" => "scaled",
        "reload" => "reloaded",
        "restart" => "restarted",
        "replace" => "replaced",
        "replace-after" => "replaced by a new one beside it",
        "start" => "started",
        "delete" => "deleted",
        other => other,
    }
}

/// What is not the same in two steps that look the same.
fn within(then: &AgreedStep, now: &AgreedStep) -> Vec<String> {
    let mut said: Vec<String> = processes(&then.processes, &now.processes).collect();
    if then.after != now.after {
        said.push(format!("was to wait {}, is to wait {} now", wait(&then.after), wait(&now.after)));
    }
    said.extend(other_app(then, now));
    // What is done to PM2 differs too where it has another process, or is to get another app.
    if said.is_empty() && then.fingerprint != now.fingerprint {
        said.push("what PM2 has of it has changed".to_owned());
    }
    said.into_iter().map(|what| format!("{}: {what}", then.app)).collect()
}

/// Why the app is to be another one, if it is: the first cause that can be told.
fn other_app(then: &AgreedStep, now: &AgreedStep) -> Option<String> {
    if then.daemon != now.daemon {
        Some(format!("its definition stands in {} now, and stood in {}", now.daemon, then.daemon))
    } else if then.definition != now.definition {
        Some("its definition has been changed".to_owned())
    } else if let (Some(then), Some(now)) = (then.instances, now.instances)
        && then != now
    {
        Some(format!("it is to have {now} processes now, and was to have {then}"))
    } else if then.app_to_be != now.app_to_be {
        Some("what it takes from env files, the environment or this machine has changed".to_owned())
    } else {
        (then.probes != now.probes).then(|| "its probes have been changed".to_owned())
    }
}

fn wait(after: &[String]) -> String {
    if after.is_empty() { "for nothing".to_owned() } else { format!("until {}", after.join(", ")) }
}

/// What has become of the processes that something was to be done to.
fn processes(then: &[AgreedProcess], now: &[AgreedProcess]) -> impl Iterator<Item = String> {
    let find = |all: &[AgreedProcess], pm_id| all.iter().find(|it| it.pm_id == pm_id).cloned();
    let ids: BTreeSet<_> = then.iter().chain(now).map(|it| it.pm_id).collect();
    let pairs: Vec<_> = ids.into_iter().map(|id| (find(then, id), find(now, id))).collect();
    pairs.into_iter().filter_map(|(then, now)| match (then, now) {
        (Some(then), Some(now)) => then.became(&now),
        (Some(then), None) => Some(format!("{then} is gone, or is to be left alone now")),
        (None, now) => now.map(|now| format!("{now} has come, or was to be left alone")),
    })
}

impl AgreedProcess {
    /// A pid that is the same is the same process, be it that somebody has had PM2 count its restarts from 0 again.
    fn became(&self, now: &Self) -> Option<String> {
        let again = now.restarts > self.restarts;
        match (self.pid, now.pid) {
            (then, now) if then == now && !again => None,
            (None, Some(pid)) => Some(format!("{self} has been started since, as pid {pid}")),
            (Some(_), None) => Some(format!("{self} has ended since")),
            (Some(_), Some(pid)) => Some(format!("{self} has been restarted since, and is pid {pid} now")),
            (None, None) => Some(format!("{self} has been started since, and has ended again")),
        }
    }
}

impl std::fmt::Display for AgreedProcess {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.pid {
            Some(pid) => write!(f, "process {} (pid {pid})", self.pm_id),
            None => write!(f, "process {}", self.pm_id),
        }
    }
}
