//! `check --format`: what other programs make of the problems.

use std::path::Path;
use std::process::Command;

use serde_json::Value as Json;

const REPOSITORY: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/..");

/// What `check` prints on stdout for a tree, called in a folder.
fn check(folder: &Path, args: &[&str]) -> String {
    let mut command = Command::new(env!("CARGO_BIN_EXE_ecosystem-cli"));
    let output = command.arg("check").args(args).current_dir(folder).output().unwrap();
    assert!(matches!(output.status.code(), Some(0 | 1)), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

fn broken(format: &str) -> String {
    check(Path::new(REPOSITORY), &["examples/broken", "--format", format])
}

#[test]
fn annotations_land_on_files_of_the_working_folder() {
    insta::assert_snapshot!(broken("github"));
}

#[test]
fn json_is_the_same_in_both_ways_to_ask() {
    assert_eq!(broken("json"), check(Path::new(REPOSITORY), &["examples/broken", "--json"]));
}

#[test]
fn a_sarif_log_of_the_broken_examples() {
    let mut log: Json = serde_json::from_str(&broken("sarif")).unwrap();
    sarif(&log);
    log["runs"][0]["tool"]["driver"]["semanticVersion"] = "0.0.0".into();
    log["runs"][0]["tool"]["driver"]["rules"].as_array_mut().unwrap().retain(|rule| rule["id"] == "E0207");
    insta::assert_json_snapshot!(log);
}

#[test]
fn a_sarif_log_of_a_tree_without_problems_has_no_results() {
    let log: Json =
        serde_json::from_str(&check(Path::new(REPOSITORY), &["examples/daemons", "--format", "sarif"]))
            .unwrap();
    sarif(&log);
    assert_eq!(log["runs"][0]["results"], Json::Array(Vec::new()));
}

/// Files outside of the working folder, of names that a URI cannot hold, and without any text to point into.
#[test]
fn places_are_found_from_anywhere() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path().canonicalize().unwrap();
    let daemon = root.join("a b:ü%");
    std::fs::create_dir_all(daemon.join("ecosystem.edn")).unwrap();
    std::fs::create_dir_all(root.join("c")).unwrap();
    std::fs::write(root.join("c/ecosystem.edn"), "{:apps []\n").unwrap();
    let root = root.to_str().unwrap();
    let uris = |here: &Path| {
        let log: Json = serde_json::from_str(&check(here, &[root, "--format", "sarif"])).unwrap();
        sarif(&log);
        let results = log["runs"][0]["results"].as_array().unwrap().clone();
        let uri =
            |result: Json| result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"].clone();
        results.into_iter().map(uri).collect::<Vec<_>>()
    };
    assert_eq!(uris(Path::new(root)), ["a%20b%3A%C3%BC%25/ecosystem.edn", "c/ecosystem.edn"]);
    let outside = format!("file://{root}/c/ecosystem.edn");
    assert!(uris(Path::new(REPOSITORY)).iter().any(|uri| *uri == outside.as_str()));
    let annotated = check(&Path::new(root).join("c"), &[root, "--format", "github"]);
    assert!(annotated.contains("::error file=ecosystem.edn,line=1"), "{annotated}");
    assert!(
        annotated.contains(&format!("file={root}/a b%3Aü%25/ecosystem.edn,title=E0402::")),
        "{annotated}"
    );
}

/// Holds a log to what SARIF 2.1.0 demands of the parts that we write: which properties there must be (the sections of the
/// standard are named), of which types, and that what points to something points to something.
fn sarif(log: &Json) {
    // §3.13
    members(log, &["version", "runs"], &["$schema"]);
    assert_eq!(log["version"], "2.1.0");
    for run in array(&log["runs"]) {
        // §3.14
        members(run, &["tool"], &["results", "columnKind"]);
        assert!(["utf16CodeUnits", "unicodeCodePoints"].contains(&text(&run["columnKind"])));
        members(&run["tool"], &["driver"], &[]);
        let driver = &run["tool"]["driver"];
        // §3.19
        members(driver, &["name"], &["semanticVersion", "rules"]);
        assert_eq!(text(&driver["semanticVersion"]).split('.').count(), 3);
        let rules = array(&driver["rules"]);
        rules.iter().for_each(rule);
        let ids: std::collections::BTreeSet<&str> = rules.iter().map(|rule| text(&rule["id"])).collect();
        assert_eq!(ids.len(), rules.len(), "ids of rules are distinct");
        array(&run["results"]).iter().for_each(|it| result(it, rules));
    }
}

/// §3.49
fn rule(rule: &Json) {
    members(rule, &["id"], &["shortDescription", "fullDescription", "help", "defaultConfiguration"]);
    assert!(!text(&rule["id"]).is_empty());
    message(&rule["shortDescription"]);
    level(&rule["defaultConfiguration"]["level"]);
    for name in ["fullDescription", "help"] {
        rule.get(name).into_iter().for_each(message);
    }
}

/// §3.27
fn result(result: &Json, rules: &[Json]) {
    members(result, &["message"], &["ruleId", "ruleIndex", "level", "locations", "relatedLocations"]);
    message(&result["message"]);
    level(&result["level"]);
    let index = usize::try_from(result["ruleIndex"].as_u64().unwrap()).unwrap();
    assert_eq!(rules[index]["id"], result["ruleId"]);
    assert_eq!(rules[index]["defaultConfiguration"]["level"], result["level"]);
    array(&result["locations"]).iter().chain(array(&result["relatedLocations"])).for_each(location);
}

/// §3.28 to §3.30, §3.4
fn location(location: &Json) {
    members(location, &["physicalLocation"], &["message"]);
    location.get("message").into_iter().for_each(message);
    let physical = &location["physicalLocation"];
    members(physical, &["artifactLocation"], &["region"]);
    let artifact = &physical["artifactLocation"];
    members(artifact, &["uri"], &["uriBaseId"]);
    let uri = text(&artifact["uri"]);
    assert!(uri.bytes().all(|byte| byte.is_ascii_graphic() && !b"\"<>\\^`{|}".contains(&byte)), "{uri}");
    // With a base it is relative: it has neither a scheme nor a root, nor goes up.
    let relative =
        !uri.split('/').next().unwrap().contains(':') && !uri.starts_with('/') && !uri.contains("..");
    assert_eq!(artifact.get("uriBaseId").is_some(), relative, "{uri}");
    if let Some(region) = physical.get("region") {
        members(region, &["startLine", "startColumn", "endLine", "endColumn"], &[]);
        let number = |name: &str| region[name].as_u64().unwrap();
        let (start, end) =
            ((number("startLine"), number("startColumn")), (number("endLine"), number("endColumn")));
        assert!(start <= end && start.0 >= 1 && start.1 >= 1, "{region}");
    }
}

/// §3.11, §3.12: plain text first.
fn message(message: &Json) {
    members(message, &["text"], &["markdown"]);
    assert!(!text(&message["text"]).is_empty());
}

/// §3.27.10
fn level(level: &Json) {
    assert!(["none", "note", "warning", "error"].contains(&text(level)));
}

/// The object has all of the first, and nothing that is of neither.
#[track_caller]
fn members(object: &Json, needed: &[&str], allowed: &[&str]) {
    let members = object.as_object().unwrap();
    assert!(needed.iter().all(|name| members.contains_key(*name)), "{needed:?} in {object}");
    assert!(
        members.keys().all(|name| needed.contains(&name.as_str()) || allowed.contains(&name.as_str())),
        "{object}"
    );
}

#[track_caller]
fn text(value: &Json) -> &str {
    value.as_str().unwrap()
}

#[track_caller]
fn array(value: &Json) -> &[Json] {
    value.as_array().unwrap()
}
