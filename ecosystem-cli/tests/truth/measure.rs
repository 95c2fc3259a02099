//! Measuring cases: what a fresh start makes of both sides, what we do, what PM2's own reload does, and whether
//! something cheaper would have done.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value as Json;

use crate::case::{Case, Mode};
use crate::cheaper;
use crate::stage::{Record, Seen, Side, Stage};
use crate::support::process::Process;
use crate::support::world::World;
use crate::synced::Step;

/// What was seen of one case on one version in one mode.
#[derive(Debug, Clone)]
pub(crate) struct Measured {
    /// What a fresh start of each side looks like.
    pub(crate) before: String,
    pub(crate) after: String,
    /// What our step was, and what the app looks like afterwards.
    pub(crate) step: Step,
    pub(crate) ours: String,
    /// What PM2's own reload came to.
    pub(crate) own: Own,
    /// Where there is a cheaper step than ours: that step, and whether it does as well.
    pub(crate) cheaper: Option<(&'static str, bool)>,
    /// What is wrong beside that.
    pub(crate) problems: Vec<String>,
}

/// What PM2's own `pm2 reload FILE` came to.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Own {
    /// The process is what a fresh start makes it.
    Applied,
    /// PM2 lists the new value, and the process is as before.
    Recorded,
    /// Nothing has changed.
    Ignored,
    /// Neither as before nor as after: this.
    Other(String),
    /// PM2's daemon died of it.
    Ended,
    /// It is not given to PM2's program, for this reason.
    Untried(&'static str),
}

/// Measures cases together.
pub(crate) fn measure(version: &str, mode: Mode, cases: &[&Case]) -> BTreeMap<String, Measured> {
    let (before, _) = fresh(version, mode, cases, Side::Before);
    let (after, environs) = fresh(version, mode, cases, Side::After);
    let mut ours = change(version, mode, cases);
    let mut own = reload(version, mode, cases);
    let dear: Vec<&Case> = cases.iter().copied().filter(|case| ours.cheaper(mode, case).is_some()).collect();
    let cheap = change_cheaply(version, mode, &dear);
    let measured = cases.iter().map(|case| {
        let app = case.app();
        let cheaper = ours.cheaper(mode, case).map(|verb| (verb, cheap.get(&app) == after.get(&app)));
        let own = match (case.unfit, own.remove(&app)) {
            (_, Some(reloaded)) => reloaded.told_by(&before[&app], &after[&app]),
            (Some((_, why)), None) => Own::Untried(why),
            (None, None) => Own::Ended,
        };
        // What is about no app of a case is told once.
        let is_of =
            |problem: &str, case: &Case| problem.starts_with(&format!("{}:", case.app_with(case.after)));
        let mine = |problem: &mut String| {
            let of_none =
                || std::ptr::eq(*case, cases[0]) && !cases.iter().any(|other| is_of(problem, other));
            is_of(problem, case) || of_none()
        };
        let mut problems: Vec<String> = ours.problems.extract_if(.., mine).collect();
        // A worker's is in a variable that PM2 gives it, with times in it.
        if mode == Mode::Fork {
            problems.extend(differing(environs.get(&app), ours.environs.get(&app)));
        }
        let measured = Measured {
            before: before[&app].clone(),
            after: after[&app].clone(),
            step: ours.step(case),
            ours: ours.seen.remove(&app).unwrap(),
            own,
            cheaper,
            problems,
        };
        (app, measured)
    });
    measured.collect()
}

type Environs = BTreeMap<String, BTreeMap<String, String>>;

/// What a fresh start looks like.
fn fresh(version: &str, mode: Mode, cases: &[&Case], side: Side) -> (Seen, Environs) {
    let stage = Stage::new(version, mode, cases, side);
    // Some of these apps crash, or are restarted by the clock: what is seen of them tells.
    assert_eq!(stage.sync().refused, [""; 0], "PM2 {version}, {}", mode.word());
    let environs = stage.environs();
    (stage.look(), environs)
}

struct Ours {
    steps: BTreeMap<String, Step>,
    seen: Seen,
    environs: Environs,
    problems: Vec<String>,
}

impl Ours {
    fn step(&self, case: &Case) -> Step {
        self.steps.get(&case.app_with(case.after)).cloned().unwrap_or_default()
    }

    fn cheaper(&self, mode: Mode, case: &Case) -> Option<&'static str> {
        cheaper::cheaper(&self.step(case).verb, mode == Mode::Cluster)
    }
}

/// The change by a cheaper step than ours: what is seen then. Nothing where PM2's daemon did not survive it.
fn change_cheaply(version: &str, mode: Mode, cases: &[&Case]) -> Seen {
    if cases.is_empty() {
        return Seen::new();
    }
    let mut stage = Stage::new(version, mode, cases, Side::Before);
    assert_eq!(stage.sync().refused, [""; 0], "PM2 {version}, {}", mode.word());
    stage.restart();
    stage.turn(Side::After);
    let report = cheaper::sync(&stage.world);
    if stage.settle().is_none() {
        assert_eq!(cases.len(), 1, "PM2 {version} died of one of these: {:?}", report.outcomes);
        return Seen::new();
    }
    stage.look()
}

/// The change as our `sync` makes it, with apps beside it that are not to be touched.
fn change(version: &str, mode: Mode, cases: &[&Case]) -> Ours {
    let mut stage = Stage::new(version, mode, cases, Side::Before);
    stage.world.daemon("bystanders", BYSTANDERS);
    let mut problems = stage.sync().refused;
    stage.restart();
    let bystanders = Bystanders::of(&stage.world);
    stage.turn(Side::After);
    let synced = stage.sync();
    problems.extend(synced.refused.into_iter().chain(synced.failed));
    problems.extend(nothing_to_do(&stage.world));
    let environs = stage.environs();
    let seen = stage.look();
    if bystanders != Bystanders::of(&stage.world) {
        problems.push("a bystander was touched".to_owned());
    }
    Ours { steps: synced.steps, seen, environs, problems }
}

fn nothing_to_do(world: &World) -> Option<String> {
    let output = world.command(&["plan", "--exit-code"]).output();
    (!output.contains("nothing to do")).then(|| format!("something is left to do: {output}"))
}

/// What PM2's own reload made of an app.
struct Reloaded {
    seen: String,
    /// Whether anything has changed in PM2's record of it that does not change at every reload.
    recorded: bool,
}

/// What PM2's own reload makes of each case. Nothing where PM2's daemon did not survive it.
fn reload(version: &str, mode: Mode, cases: &[&Case]) -> BTreeMap<String, Reloaded> {
    let fit: Vec<&Case> = cases.iter().copied().filter(|case| case.fits(version)).collect();
    if fit.is_empty() {
        return BTreeMap::new();
    }
    let mut stage = Stage::new(version, mode, &fit, Side::Before);
    stage.world.daemon("control", CONTROL);
    stage.start_by_pm2();
    stage.restart();
    let before = stage.records();
    stage.turn(Side::After);
    let Some(success) = stage.reload_by_pm2() else {
        assert_eq!(fit.len(), 1, "PM2 {version} died of one of these");
        return BTreeMap::new();
    };
    assert!(success, "whatever it does not do, PM2 {version} says that all is well");
    stage.settle();
    let after = stage.records();
    let always = changed(&before["control"], &after["control"]);
    let mut seen = stage.look();
    let reloaded = fit.iter().map(|case| {
        let seen = seen.remove(&case.app()).unwrap();
        let records = before.get(&case.app_with(case.before)).zip(after.get(&case.app_with(case.before)));
        let recorded = records.is_some_and(|(before, after)| !changed(before, after).is_subset(&always));
        (case.app(), Reloaded { seen, recorded })
    });
    reloaded.collect()
}

impl Reloaded {
    fn told_by(self, before: &str, after: &str) -> Own {
        match self.seen {
            seen if seen == after => Own::Applied,
            seen if seen == before && self.recorded => Own::Recorded,
            seen if seen == before => Own::Ignored,
            seen => Own::Other(seen),
        }
    }
}

/// Names of members that are not the same in two records, those of the environment included.
fn changed(before: &Record, after: &Record) -> BTreeSet<String> {
    let flat = |record: &Record| -> BTreeMap<String, Json> {
        let env = record.get("env").and_then(Json::as_object).into_iter().flatten();
        let env = env.map(|(name, value)| (format!("env.{name}"), value.clone()));
        record.clone().into_iter().filter(|(name, _)| name != "env").chain(env).collect()
    };
    let (before, after) = (flat(before), flat(after));
    let names: BTreeSet<&String> = before.keys().chain(after.keys()).collect();
    names.into_iter().filter(|name| before.get(*name) != after.get(*name)).cloned().collect()
}

/// An app that stays as it is, to tell what a reload changes in any case.
const CONTROL: &str = r#"{:apps [{:name "control" :script "app.cjs"}]}"#;

/// What of the environment of a process is not as in a fresh start, though no case is about it.
fn differing(
    fresh: Option<&BTreeMap<String, String>>,
    ours: Option<&BTreeMap<String, String>>,
) -> Vec<String> {
    let (Some(fresh), Some(ours)) = (fresh, ours) else { return Vec::new() };
    let names: BTreeSet<&String> = fresh.keys().chain(ours.keys()).collect();
    let differing = names.into_iter().filter(|name| fresh.get(*name) != ours.get(*name));
    differing
        .map(|name| format!("variable {name}: {:?}, fresh {:?}", ours.get(name), fresh.get(name)))
        .collect()
}

/// Apps that no case is about.
const BYSTANDERS: &str = r#"{:apps [{:name "bystander" :script "app.cjs"}
        {:name "bystanders-in-cluster" :script "app.cjs" :instances 2 :exec-mode "cluster"}
        {:name "bystander-shell" :script "shell.sh"}]}
"#;

/// Their processes, each with the time it was started.
#[derive(PartialEq, Eq)]
struct Bystanders(Vec<(String, Process, Option<u64>)>);

impl Bystanders {
    fn of(world: &World) -> Self {
        let apps = world.pids().into_iter().filter(|(app, _)| app.starts_with("bystander"));
        let processes = apps.flat_map(|(app, pids)| {
            pids.into_iter().map(move |pid| {
                let process = Process::new(pid);
                (app.clone(), process, process.start_time())
            })
        });
        Self(processes.collect())
    }
}
