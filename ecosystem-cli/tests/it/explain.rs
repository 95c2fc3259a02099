//! `explain`, and the examples of what only a disk can give.

use std::path::Path;
use std::process::Command;

use ecosystem_core::explain::{Example, explanation, explanations};
use ecosystem_core::{edn, expand, os, validate};
use serde_json::Value as Json;

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
    check("web", "web is no code");
    check("", "is no code");
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
