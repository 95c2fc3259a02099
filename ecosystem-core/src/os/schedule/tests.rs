#![allow(clippy::unwrap_used, reason = "a failing test panics")]

use std::sync::Mutex;

use super::*;
use crate::model::DaemonId;
use crate::os::pressure::{Limit, Pressed, Pressure};
use crate::plan::{Reason, Scaling};

/// Steps by name, each with what it waits for.
fn steps(waits: &[(&str, &[(&str, Until)])]) -> Vec<Step> {
    let step = |(app, after): &(&str, &[(&str, Until)])| Step {
        app: (*app).to_owned(),
        daemon: DaemonId::new("d"),
        action: match after.first().is_some_and(|(_, until)| *until == Until::Gone) || app.starts_with("old")
        {
            true => Action::Delete(vec![1]),
            false => Action::Scale(Scaling::default()),
        },
        reasons: vec![Reason::NotRunning],
        probes: Vec::new(),
        fallback: crate::plan::Fallback::Keep,
        after: after.iter().map(|(app, until)| Wait { app: (*app).to_owned(), until: *until }).collect(),
    };
    waits.iter().map(step).collect()
}

/// A machine that has all the time.
fn free() -> Budget<'static> {
    Budget::new(Limit::OFF, &Pressure::default, &|_| {})
}

/// What is done, by one worker to whom nothing is ever to be waited for; `failing` ones fail.
fn alone(steps: &[Step], failing: &[&str]) -> Vec<String> {
    let budget = free();
    let schedule = Schedule::new(steps, &budget);
    let mut done = Vec::new();
    while let Some(task) = schedule.take(&(0..steps.len())) {
        let app = task.step.app.clone();
        match &task.held {
            Some(why) => done.push(format!("{app}: {why}")),
            None => done.push(app.clone()),
        }
        let ok = task.held.is_none() && !failing.contains(&app.as_str());
        task.over(ok);
    }
    done
}

const HEALTHY: Until = Until::Healthy;

#[test]
fn a_failure_holds_what_is_behind_it_and_nothing_else() {
    let steps = steps(&[
        ("db", &[]),
        ("far", &[]),
        ("api", &[("db", HEALTHY)]),
        ("web", &[("api", HEALTHY), ("far", HEALTHY)]),
    ]);
    assert_eq!(alone(&steps, &[]), ["db", "far", "api", "web"]);
    assert_eq!(
        alone(&steps, &["db"]),
        [
            "db",
            "far",
            "api: not done: it depends on db, which did not come to run",
            "web: not done: it depends on api, which did not come to run"
        ]
    );
}

#[test]
fn what_is_needed_stays_while_what_needs_it_is_there() {
    let steps = steps(&[("old-web", &[]), ("old-db", &[("old-web", Until::Gone)])]);
    assert_eq!(alone(&steps, &[]), ["old-web", "old-db"]);
    assert_eq!(
        alone(&steps, &["old-web"]),
        ["old-web", "old-db: not done: old-web depends on it, and is still there"]
    );
}

#[test]
fn a_start_is_enough_for_who_waits_for_no_more() {
    let steps = steps(&[("db", &[]), ("api", &[("db", Until::Started)]), ("web", &[("db", HEALTHY)])]);
    let budget = free();
    let schedule = Schedule::new(&steps, &budget);
    let db = schedule.take(&(0..3)).unwrap();
    assert!(matches!(schedule.turn(1, &schedule.lock()), Turn::NotYet));
    db.started();
    assert!(matches!(schedule.turn(1, &schedule.lock()), Turn::Now));
    let api = schedule.take(&(0..3)).unwrap();
    assert_eq!((api.step.app.as_str(), &api.held), ("api", &None));
    db.over(false);
    let web = schedule.take(&(0..3)).unwrap();
    assert_eq!(web.held, Some(StepError::Held { by: "db".to_owned() }));
    // What was started before it failed was started.
    assert!(matches!(schedule.turn(1, &schedule.lock()), Turn::Now));
}

#[test]
fn a_wait_that_nobody_can_end_is_none() {
    let steps = steps(&[("a", &[("b", HEALTHY)]), ("b", &[("a", HEALTHY)]), ("c", &[("gone", HEALTHY)])]);
    assert_eq!(alone(&steps, &[]), ["c", "a", "b"]);
}

/// Independent ones are in hand at once, and those behind them wait.
#[test]
fn workers_wait_for_one_another() {
    let steps = steps(&[("a", &[]), ("b", &[]), ("c", &[("a", HEALTHY), ("b", HEALTHY)])]);
    let budget = free();
    let schedule = Schedule::new(&steps, &budget);
    let (done, both) = (Mutex::new(Vec::new()), std::sync::Barrier::new(2));
    std::thread::scope(|scope| {
        for _ in 0..3 {
            scope.spawn(|| {
                while let Some(task) = schedule.take(&(0..3)) {
                    if task.step.app != "c" {
                        both.wait();
                    }
                    done.lock().unwrap().push(task.step.app.clone());
                    task.over(true);
                }
            });
        }
    });
    assert_eq!(done.into_inner().unwrap().last().map(String::as_str), Some("c"));
}

/// Or the others would wait for ever.
#[test]
fn a_step_that_is_dropped_is_over() {
    let steps = steps(&[("a", &[]), ("b", &[("a", HEALTHY)])]);
    let budget = free();
    let schedule = Schedule::new(&steps, &budget);
    drop(schedule.take(&(0..2)));
    assert!(matches!(schedule.turn(1, &schedule.lock()), Turn::Never(_)));
}

/// On a pressed machine starts come one a second as long as something is in hand, and at once where nothing is; what
/// starts nothing does not wait.
#[test]
fn pressure_holds_starts_back_and_nothing_else() {
    let pressed = || Pressure { cpu: Some(100.0), ..Pressure::default() };
    let told = Mutex::new(Vec::new());
    let tell = |it: Pressed| told.lock().unwrap().push(it.to_string());
    let budget = Budget::new(Limit::default(), &pressed, &tell);
    let mut steps = steps(&[("a", &[]), ("b", &[]), ("c", &[]), ("old", &[])]);
    let app = crate::pm2::testing::attributes();
    for step in steps.iter_mut().take(3) {
        step.action = Action::Start(app.clone());
    }
    let schedule = Schedule::new(&steps, &budget);
    let all = 0..4;
    let first = schedule.take(&all).unwrap();
    assert_eq!(first.step.app, "a");
    let began = Instant::now();
    assert_eq!(schedule.take(&all).unwrap().step.app, "old", "a deletion does not wait");
    let second = schedule.take(&all).unwrap();
    assert_eq!(second.step.app, "b");
    assert!(began.elapsed() > Duration::from_millis(900), "{:?}", began.elapsed());
    first.over(true);
    second.over(true);
    assert_eq!(schedule.take(&all).unwrap().step.app, "c", "nothing else is done");
    assert_eq!(*told.lock().unwrap(), ["cpu pressure 100 % of the time, more than 90 %"]);
}
