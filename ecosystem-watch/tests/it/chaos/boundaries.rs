//! The tool is killed at every call by which a sync changes something in PM2: right before PM2 gets it, and right after.
//!
//! PM2's daemon itself kills it, by a few lines that are loaded before its own: so the moment is exact, and everything
//! else is as always. Before a step's first call, what is about to be tried has been written down; after its last one,
//! nothing has.

use std::collections::BTreeSet;
use std::fs;

use serde_json::json;

use super::stage::Stage;
use super::tree::{CALM, CALM_SOURCE};
use crate::random_edits::{clock, number};

/// One app for each kind of step, in a tree that says one thing and then another.
const SIDES: [&[(&str, &str)]; 2] = [
    &[
        ("comes", ""),
        ("replaced", ":exec-mode \"fork\""),
        ("reloaded", ":exec-mode \"cluster\" :instances 2 :env {:SIDE 0}"),
        ("restarted", ":env {:SIDE 0}"),
        ("scaled", ":exec-mode \"cluster\" :instances 1"),
        ("swapped", ":on-change :replace-after :env {:SIDE 0}"),
    ],
    &[
        ("replaced", ":exec-mode \"cluster\""),
        ("reloaded", ":exec-mode \"cluster\" :instances 2 :env {:SIDE 1}"),
        ("restarted", ":env {:SIDE 1}"),
        ("scaled", ":exec-mode \"cluster\" :instances 2"),
        ("swapped", ":on-change :replace-after :env {:SIDE 1}"),
    ],
];

/// More than any of these syncs makes.
const MOST_CALLS: u32 = 40;

#[test]
fn the_tool_killed_at_every_call_that_changes_something() {
    let stage = hooked();
    stage.world.daemon("calm", CALM_SOURCE);
    declare(&stage, 0);
    let _ = stage.runs(&["sync"]).succeeds();
    let calm = stage.calm_pids();
    let mut met = BTreeSet::new();
    // Both ways at each call take twice the time; by themselves, the tests take one for each direction.
    let at_length = number("ECOSYSTEM_CHAOS_ROUNDS").is_some();
    let ways: &[[bool; 2]] = if at_length { &[[false, true], [true, false]] } else { &[[false, true]] };
    for [forth, back] in ways {
        for at in 1..MOST_CALLS {
            let both = [(1, *forth), (0, *back)].map(|(side, arrives)| {
                declare(&stage, side);
                let killed = killed_at(&stage, at, arrives, &["sync", "--jobs", "1", "--patience", "0"]);
                let said = stage.runs(&["sync", "--patience", "0"]).output();
                let plan = stage.runs(&["plan", "--exit-code"]).output();
                assert!(plan.contains("nothing to do"), "{killed:?} towards side {side}:\n{said}\n{plan}");
                is_so(&stage, side, &format!("{killed:?} towards side {side}:\n{said}"));
                killed
            });
            assert_eq!(stage.calm_pids(), calm, "apps that nobody edits are touched");
            met.extend(both.iter().filter_map(|killed| killed.call.clone()));
            if both.iter().all(|killed| killed.call.is_none()) {
                break;
            }
        }
    }
    stage.foreign_is_untouched();
    let expected = ["deleteProcessId", "prepare", "reloadProcessId", "restartProcessId", "stopWatch"];
    assert!(expected.iter().all(|call| met.contains(*call)), "{met:?}");
}

/// What was well runs in the end, whenever the tool was killed that tried something else or was putting it back.
#[test]
fn the_tool_killed_at_every_call_of_a_change_that_is_put_back() {
    let stage = hooked();
    for mode in ["fork", "cluster"] {
        let declare = |script: &str, value: u32| {
            let members = format!(":exec-mode \"{mode}\" :min-uptime 1000 :env {{:VALUE {value}}}");
            let text = app("edited", &members).replace("good.cjs", script);
            stage.world.daemon("edited", &format!("{{:apps [{text}]}}\n"));
        };
        declare("good.cjs", 0);
        let _ = stage.runs(&["sync"]).succeeds();
        for at in 1..MOST_CALLS {
            declare("bad.cjs", at);
            let killed = killed_at(&stage, at, at % 2 == 0, &["sync"]);
            let said = stage.runs(&["sync"]).fails(1);
            let record = stage.world.record("edited");
            let is_good = record["pm_exec_path"].as_str().is_some_and(|path| path.ends_with("/good.cjs"));
            assert!(is_good && record["status"] == "online", "{mode}, {killed:?}:\n{said}\n{record}");
            stage.nothing_runs_beside_pm2();
            declare("good.cjs", 0);
            let _ = stage.runs(&["plan", "--exit-code"]).succeeds();
            if killed.call.is_none() {
                assert!(at > 2, "there is a call to try and one to put back");
                break;
            }
        }
    }
}

fn hooked() -> Stage {
    let hook = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/it/chaos/stepwise.cjs");
    Stage::new(&[("NODE_OPTIONS", &format!("--require {hook}"))])
}

/// Where the tool was killed.
#[derive(Debug)]
struct Killed {
    /// Counted from 1.
    #[allow(dead_code, reason = "told where a test fails")]
    at: u32,
    /// Whether PM2 got the call.
    #[allow(dead_code, reason = "told where a test fails")]
    arrives: bool,
    /// What it was, if the tool came to it.
    call: Option<String>,
}

/// Syncs, with the tool killed at a call.
fn killed_at(stage: &Stage, at: u32, arrives: bool, sync: &[&str]) -> Killed {
    let path = |name: &str| stage.world.pm2.path().join(name);
    fs::write(path("step"), json!({ "at": at, "arrives": arrives, "run": clock() }).to_string()).unwrap();
    stage.begins_after("echo $$ > \"$PM2_HOME/step.pid\"", sync).ended();
    fs::remove_file(path("step")).unwrap();
    let call = fs::read_to_string(path("step.hit")).ok();
    fs::remove_file(path("step.hit")).unwrap_or_default();
    stage.files_are_whole();
    Killed { at, arrives, call }
}

fn app(name: &str, members: &str) -> String {
    format!("{{:name \"{name}\" :script \"good.cjs\" :kill-retry-time 5 :listen-timeout 20 {members}}}")
}

fn declare(stage: &Stage, side: usize) {
    let apps: Vec<String> = SIDES[side].iter().map(|(name, members)| app(name, members)).collect();
    stage.world.daemon("edited", &format!("{{:apps [{}]}}\n", apps.join("\n        ")));
}

/// PM2 has the processes of one side, and no others.
fn is_so(stage: &Stage, side: usize, when: &str) {
    let list = stage.world.list();
    let mut expected = vec![("foreign", "fork_mode".to_owned(), None)];
    let member = |members: &str, key: &str| {
        let (_, rest) = members.split_once(key)?;
        Some(rest.trim_start().trim_start_matches('"').split(['"', ' ', '}']).next()?.to_owned())
    };
    let calm = CALM.map(|(name, workers)| {
        let mode = if workers > 1 { "cluster" } else { "fork" };
        (name, format!(":exec-mode \"{mode}\" :instances {workers}"))
    });
    let edited = SIDES[side].iter().map(|(name, members)| (*name, (*members).to_owned()));
    for (name, members) in calm.into_iter().chain(edited) {
        let count: usize = member(&members, ":instances").map_or(1, |it| it.parse().unwrap());
        let mode = format!("{}_mode", member(&members, ":exec-mode").unwrap_or_else(|| "fork".to_owned()));
        let one = (name, mode, member(&members, ":SIDE"));
        expected.extend(std::iter::repeat_n(one, count));
    }
    let text = |value: &serde_json::Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    let mut found: Vec<_> = list
        .iter()
        .map(|entry| {
            let record = &entry["pm2_env"];
            assert_eq!(record["status"], "online", "{when}");
            let side = record["env"].get("SIDE").map(text);
            (entry["name"].as_str().unwrap(), text(&record["exec_mode"]), side)
        })
        .collect();
    found.sort();
    expected.sort();
    assert_eq!(found, expected, "{when}");
    stage.nothing_runs_beside_pm2();
}
