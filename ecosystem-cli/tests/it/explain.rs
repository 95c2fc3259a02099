//! `explain`, and the examples of what only a disk can give.

use std::path::Path;
use std::process::Command;

use ecosystem_core::explain::{Example, explanation, explanations};
use ecosystem_core::{edn, expand, os, validate};
use serde_json::Value as Json;

use crate::support::world::World;

fn cli(args: &[&str]) -> (Option<i32>, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_ecosystem-cli")).args(args).output().unwrap();
    let text = [output.stdout, output.stderr].concat();
    (output.status.code(), String::from_utf8(text).unwrap())
}

#[test]
fn each_code_is_explained_under_its_meaning() {
    for (code, meaning) in
        [edn::codes::ALL, expand::codes::ALL, validate::codes::ALL, os::codes::ALL].concat()
    {
        assert_eq!(explanation(code).map(|it| it.meaning), Some(meaning), "{code} in docs/diagnostics.md");
    }
}

#[test]
fn a_code_at_a_terminal_and_for_programs() {
    let (code, text) = cli(&["explain", "E0207"]);
    assert_eq!(code, Some(0));
    insta::assert_snapshot!(text);
    let (code, text) = cli(&["explain", "w0313", "--json"]);
    let json: Json = serde_json::from_str(&text).unwrap();
    assert_eq!((code, &json["code"], &json["severity"]), (Some(0), &"W0313".into(), &"warning".into()));
}

#[test]
fn what_is_no_code_is_said_so() {
    let check = |subject: &str, says: &str| {
        let (code, text) = cli(&["explain", subject]);
        assert_eq!(code, Some(2));
        assert!(text.contains(says), "{text}");
    };
    check("E207", "there is no diagnostic E207; did you mean E0207?");
    check("W9999999999", "there is no diagnostic W9999999999\n");
    let (code, text) = cli(&["explain", "web"]);
    assert!(code == Some(4) && text.contains("no tree is named"), "{code:?} {text}");
}

/// The codes that `check` finds in what these commands make of an empty folder.
fn found(commands: &str) -> Vec<String> {
    let folder = tempfile::tempdir().unwrap();
    let made = Command::new("sh").args(["-e", "-c", commands]).current_dir(folder.path()).status().unwrap();
    assert!(made.success(), "{commands}");
    // What is linked to stands beside the tree.
    let tree = folder.path().join("tree");
    let root: &Path = if tree.is_dir() { &tree } else { folder.path() };
    let (_, text) = cli(&["check", root.to_str().unwrap(), "--json"]);
    let json: Json = serde_json::from_str(&text).unwrap();
    let found = json["diagnostics"].as_array().unwrap();
    found.iter().map(|diagnostic| diagnostic["code"].as_str().unwrap().to_owned()).collect()
}

/// Those that are texts are tried by the core's own tests.
#[test]
fn examples_on_a_disk_give_what_they_say() {
    let mut tried = 0;
    for it in explanations() {
        if let (Example::Commands(wrong), Example::Commands(right)) = (it.wrong, it.right) {
            assert!(found(wrong).contains(&it.code.to_owned()), "{}: {:?}", it.code, found(wrong));
            assert_eq!(found(right), Vec::<String>::new(), "the right one of {}", it.code);
            tried += 1;
        }
    }
    assert_eq!(tried, 7);
}

/// What an app has, where it was written, and what PM2 and the process have of it.
#[test]
fn an_app_tells_where_its_values_come_from() {
    let world = World::new();
    world.program("idle.sh", "exec sleep 100000\n");
    let root = world.root();
    let write = |path: &str, text: &str| {
        std::fs::create_dir_all(root.join(path).parent().unwrap()).unwrap();
        std::fs::write(root.join(path), text).unwrap();
    };
    let defaults =
        |level: &str| format!("{{:defaults {{:max-restarts 7\n            :env {{:LEVEL \"{level}\"}}}}}}");
    write("defaults.edn", &defaults("info"));
    write("more.edn", "{:MORE \"yes\"}");
    write(
        "a/ecosystem.edn",
        "{:apps [{:name \"web\" :script \"idle.sh\" :interpreter \"sh\"\n         :env #merge [#include \"../more.edn\" {:PASS #or [#env NONE \"x\"]}]}]\n \
         :profiles {:dev {:apps [{:name \"web\"\n :kill-timeout 900}]}}}",
    );
    let explain = || -> Json {
        let output = world.command(&["explain", "web", "--json", "--profile", "dev"]).succeeds();
        serde_json::from_str(&output).unwrap()
    };
    let check = |json: &Json, key: &str, expected: [&str; 5]| {
        let values = json["values"].as_array().unwrap();
        let value = values.iter().find(|value| value["key"] == key).unwrap();
        let of = |json: &Json| json.as_str().unwrap_or("-").to_owned();
        let written = &value["written"];
        let found =
            [&value["value"], &value["pm2"], &value["process"], &written["place"], &written["by"]].map(of);
        assert_eq!(found, expected, "{key}");
    };
    check(&explain(), "max_restarts", ["7", "-", "-", "defaults.edn:1", "defaults"]);
    world.command(&["sync", "--patience", "0", "--profile", "dev"]).succeeds();
    write("defaults.edn", &defaults("debug"));
    let json = explain();
    check(&json, "max_restarts", ["7", "7", "-", "defaults.edn:1", "defaults"]);
    check(&json, "kill_timeout", ["900", "900", "-", "a/ecosystem.edn:4", "profile dev"]);
    check(&json, "env.LEVEL", ["\"debug\"", "\"info\"", "\"info\"", "defaults.edn:2", "defaults"]);
    check(&json, "env.MORE", ["\"yes\"", "\"yes\"", "\"yes\"", "more.edn:1", "the app, by an include"]);
    check(&json, "env.PASS", ["•••", "•••", "•••", "a/ecosystem.edn:2", "the app, from NONE"]);
    check(&json, "treekill", ["true", "true", "-", "-", "-"]);
    let text = world.command(&["explain", "web"]).succeeds();
    assert!(text.starts_with("web  a/ecosystem.edn\nin PM2 as 0, online, process "), "{text}");
    let unknown = "nothing in the tree knows a profile dve";
    assert!(world.command(&["check", "--profile", "dve"]).succeeds().contains(unknown));
    assert!(!world.command(&["check", "--profile", "dev"]).succeeds().contains("profile"));
    let text = world.command(&["explain", "wob"]).fails(2);
    assert!(text.contains("the tree has no app wob; there are: web"), "{text}");
}
