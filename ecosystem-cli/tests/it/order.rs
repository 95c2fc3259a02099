//! What depends on what, on real PM2: in which order apps come and go, and what a failure holds.

use std::collections::BTreeMap;

use crate::support::wait::{LONG, wait_until};
use crate::support::world::World;

/// Writes its name when it begins, runs, and writes it again when it ends. The one that is to end first takes its time, so
/// that who does not wait for it is seen.
const APP: &str = r#"
import { appendFileSync } from "node:fs";
const name = process.env.name;
const tell = (what) => appendFileSync("told.log", `${what} ${name}\n`);
tell("+");
process.send?.("ready");
const end = () => { tell("-"); process.exit(0); };
process.on("SIGINT", () => setTimeout(end, name === "a-web" ? 700 : 0));
setInterval(() => {}, 1000);
"#;

/// PM2 calls it started once it has written, however long that takes on a machine under load.
const READY: &str = ":wait-ready true :listen-timeout 30000";

/// An app in a daemon of its own name, with these keys.
fn app(name: &str, keys: &str) -> String {
    format!("{{:apps [{{:name \"{name}\" :script \"app.mjs\" {READY} :min-uptime 300 {keys}}}]}}")
}

/// The same, with a program that ends at once: long before it has stayed up, on a machine under load too.
fn crashing(name: &str, keys: &str) -> String {
    app(name, keys)
        .replace("app.mjs", "crash.mjs")
        .replace(READY, "")
        .replace(":min-uptime 300", ":min-uptime 10000")
}

fn world(apps: &[(&str, &str)]) -> World {
    let world = World::new();
    world.program("app.mjs", APP);
    world.program("crash.mjs", "console.error('no such luck'); process.exit(3);\n");
    apps.iter().for_each(|(name, keys)| world.daemon(name, &app(name, keys)));
    world
}

/// What the apps have told since this was asked last.
fn told(world: &World) -> Vec<String> {
    let path = world.base().join("told.log");
    let text = std::fs::read_to_string(&path).unwrap_or_default();
    let _ = std::fs::remove_file(path);
    text.lines().map(str::to_owned).collect()
}

/// When PM2 started each app, in milliseconds.
fn started(world: &World) -> BTreeMap<String, u64> {
    let entry = |it: &serde_json::Value| {
        (it["name"].as_str().unwrap().to_owned(), it["pm2_env"]["pm_uptime"].as_u64().unwrap())
    };
    world.list().iter().map(entry).collect()
}

/// Named so that their names alone would give the opposite order.
const CHAIN: &[(&str, &str)] =
    &[("a-web", ":depends-on [\"b-api\"]"), ("b-api", ":depends-on [\"c-db\"]"), ("c-db", "")];

#[test]
fn a_chain_starts_in_order_and_goes_in_reverse() {
    let world = world(CHAIN);
    let plan = world.command(&["plan"]).succeeds();
    assert!(plan.contains("after b-api is healthy"), "{plan}");
    world.sync().succeeds();
    assert_eq!(told(&world), ["+ c-db", "+ b-api", "+ a-web"]);
    // Each has stayed up for its `min_uptime` before the next one begins.
    let at = started(&world);
    assert!(at["b-api"] >= at["c-db"] + 300 && at["a-web"] >= at["b-api"] + 300, "{at:?}");
    world.nothing_to_do();

    // A change of the last and of the first: the one waits for the other, and what is between is not touched.
    let before = world.pids();
    world.daemon("c-db", &app("c-db", ":args [\"x\"]"));
    world.daemon("a-web", &app("a-web", ":args [\"x\"] :depends-on [\"b-api\" \"c-db\"]"));
    world.sync().succeeds();
    assert_eq!(told(&world), ["- c-db", "+ c-db", "- a-web", "+ a-web"]);
    assert_eq!(world.pids()["b-api"], before["b-api"]);

    for (name, _) in CHAIN {
        world.remove(name);
    }
    world.command(&["sync", "--allow-mass-delete"]).succeeds();
    assert_eq!(told(&world), ["- a-web", "- b-api", "- c-db"]);
    assert!(world.list().is_empty());
}

#[test]
fn down_goes_in_reverse() {
    let world = world(CHAIN);
    world.sync().succeeds();
    told(&world);
    world.command(&["down"]).succeeds();
    assert_eq!(told(&world), ["- a-web", "- b-api", "- c-db"]);
}

#[test]
fn prune_goes_in_reverse() {
    let world = world(&[]);
    let one = |name: &str, keys: &str| {
        format!("{{:name \"{name}\" :script \"app.mjs\" {READY} :prune :confirm {keys}}}")
    };
    let apps: Vec<String> = CHAIN.iter().map(|(name, keys)| one(name, keys)).collect();
    world.daemon("all", &format!("{{:apps [{}]}}", apps.join("\n")));
    world.sync().succeeds();
    assert_eq!(told(&world), ["+ c-db", "+ b-api", "+ a-web"]);
    world.remove("all");
    world.sync().succeeds();
    assert_eq!(told(&world), Vec::<String>::new());
    world.command(&["prune", "all"]).succeeds();
    assert_eq!(told(&world), ["- a-web", "- b-api", "- c-db"]);
}

/// Each stays up for seconds before it counts as well: one behind the other they would take far longer.
#[test]
fn what_is_independent_starts_at_once() {
    let names = ["a", "b", "c", "d", "e", "f"];
    let world = world(&[]);
    for name in names {
        world.daemon(name, &app(name, "").replace(":min-uptime 300", ":min-uptime 8000"));
    }
    world.daemon(
        "z",
        &app("z", &format!(":depends-on [{}]", names.map(|name| format!("\"{name}\"")).join(" "))),
    );
    world.sync().succeeds();
    let at = started(&world);
    let first = names.iter().map(|name| at[*name]).min().unwrap();
    let last = names.iter().map(|name| at[*name]).max().unwrap();
    assert!(last < first + 8000, "one waited for another: {at:?}");
    assert!(at["z"] >= last + 8000, "it did not wait: {at:?}");
}

/// A start is enough for who says so, however long it takes until it is known to be well.
#[test]
fn a_start_is_enough_for_who_says_so() {
    let world = world(&[("c-db", ""), ("b-api", ":depends-on [{:name \"c-db\" :condition :started}]")]);
    world.daemon("c-db", &app("c-db", "").replace(":min-uptime 300", ":min-uptime 8000"));
    world.sync().succeeds();
    let at = started(&world);
    assert!(at["c-db"] <= at["b-api"] && at["b-api"] < at["c-db"] + 8000, "{at:?}");
}

#[test]
fn a_failure_holds_what_is_behind_it_and_nothing_else() {
    let mut apps = CHAIN.to_vec();
    apps.extend([("d-far", ""), ("e-far", ":depends-on [\"d-far\"]")]);
    let world = world(&apps);
    world.daemon("b-api", &crashing("b-api", ":depends-on [\"c-db\"]"));
    let said = world.sync().fails(1);
    assert!(said.contains("no such luck"), "{said}");
    assert!(said.contains("a-web: start not done: it depends on b-api, which did not come to run"), "{said}");
    assert!(said.contains("3 done, 1 failed, 1 held"), "{said}");
    let mut ran = told(&world);
    ran.sort();
    assert_eq!(ran, ["+ c-db", "+ d-far", "+ e-far"]);
    assert!(!world.pids().contains_key("a-web"));
    // What runs is not touched for the sake of it, and not until it is mended either.
    // PM2 starts it again and again, and each time it is online for a moment.
    let kept = world.pids();
    for _ in 0..3 {
        let said = world.sync().fails(1);
        assert!(said.contains("a-web") && said.contains("depends on b-api"), "{said}");
        assert!(!world.pids().contains_key("a-web"));
        assert_eq!(world.pids()["c-db"], kept["c-db"]);
    }

    told(&world);
    world.daemon("b-api", &app("b-api", ":depends-on [\"c-db\"]"));
    world.sync().succeeds();
    assert_eq!(told(&world), ["+ b-api", "+ a-web"]);
    for app in ["c-db", "d-far", "e-far"] {
        assert_eq!(world.pids()[app], kept[app], "{app} was not to be touched");
    }
    world.nothing_to_do();
}

/// Somebody else has its name: nothing of ours can be started under it.
#[test]
fn waits_and_failures_are_told_to_programs() {
    let world = world(CHAIN);
    let crashing = crashing("b-api", ":depends-on [\"c-db\"] :autorestart false");
    world.daemon("b-api", &crashing);
    let json = |args: &[&str], code: i32| -> serde_json::Value {
        serde_json::from_str(&world.command(args).fails(code)).unwrap()
    };
    let plan = json(&["plan", "--json"], 0);
    let steps = plan["plan"]["steps"].as_array().unwrap();
    let apps: Vec<_> = steps.iter().map(|step| step["app"].as_str().unwrap()).collect();
    assert_eq!(apps, ["c-db", "b-api", "a-web"]);
    assert_eq!(steps[2]["after"], serde_json::json!([{ "app": "b-api", "until": "healthy" }]));
    let status = world.command(&["status"]).output();
    assert!(status.contains("start pending: not running; after b-api is healthy"), "{status}");
    let outcomes = json(&["sync", "--json"], 1)["outcomes"].clone();
    assert_eq!(outcomes[2]["held_by"], "b-api");
    assert!(outcomes[1]["held_by"].is_null(), "{outcomes}");
    let status = world.command(&["status"]).output();
    assert!(status.contains("depends on b-api, which is held itself (failed)"), "{status}");
}

#[test]
fn a_hold_holds_what_is_behind_it() {
    let world = world(CHAIN);
    world.start_foreign("c-db", "app.mjs");
    let said = world.sync().fails(1);
    assert!(said.contains("depends on c-db, which is held itself (conflict)"), "{said}");
    assert!(said.contains("depends on b-api, which is held itself (dependency)"), "{said}");
    assert_eq!(world.pids().len(), 1);
    let scoped = world.command(&["sync", "--only", "b-api"]).fails(1);
    assert!(scoped.contains("depends on c-db, which does not run"), "{scoped}");
}

#[test]
fn a_broken_source_hampers_nobody_who_needs_what_it_keeps_running() {
    let world = world(CHAIN);
    world.sync().succeeds();
    let db = world.pids()["c-db"].clone();
    world.daemon("c-db", "{:apps [{:name \"c-db\"");
    world.daemon("b-api", &app("b-api", ":args [\"x\"] :depends-on [\"c-db\"]"));
    told(&world);
    world.sync().fails(1);
    assert_eq!(told(&world), ["- b-api", "+ b-api"]);
    assert_eq!(world.pids()["c-db"], db);
}

#[test]
fn an_interrupted_run_is_finished_by_the_next() {
    let world = world(CHAIN);
    let slow = app("c-db", "").replace(":min-uptime 300", ":min-uptime 60000");
    world.daemon("c-db", &slow);
    world.spawn(&["sync"]).killed_once(|| world.pids().contains_key("c-db"));
    assert!(!world.pids().contains_key("b-api"), "it did not wait");
    world.daemon("c-db", &app("c-db", ""));
    world.sync().succeeds();
    wait_until("all run", LONG, || world.pids().len() == 3);
    world.nothing_to_do();
}

#[test]
fn the_graph_is_drawn() {
    let world = world(CHAIN);
    let text = world.command(&["graph"]).succeeds();
    assert_eq!(text, "  1  c-db\n  2  b-api   after c-db\n  3  a-web   after b-api\n");
    let dot = world.command(&["graph", "--format", "dot"]).succeeds();
    assert!(dot.contains("\"a-web\" -> \"b-api\";"), "{dot}");
    let mermaid = world.command(&["graph", "--format", "mermaid"]).succeeds();
    assert!(mermaid.starts_with("flowchart LR\n"), "{mermaid}");
    world.daemon("c-db", &app("c-db", ":depends-on [\"a-web\"]"));
    let said = world.command(&["graph"]).fails(1);
    assert!(said.contains("a-web → b-api → c-db → a-web"), "{said}");
}
