//! What stands in sources and names of folders.

use std::fs;
use std::path::Path;
use std::process::Command;

use serde_json::{Value as Json, json};

use super::tree::{Tree, idle};
use crate::support::world::World;

/// Ends a comment, begins an expression, ends strings, begins a line, rings, colours, and turns text around.
const NASTY_FOLDER: &str = "a*/b${process.exit(7)}`\"'\n; x\u{1b}[31m\u{7}\u{202e}z\u{2028}";
/// The same without control characters, which no app's name may hold.
const NASTY_APP: &str = "w*/${process.exit(7)}`\"'\\\u{202e}z\u{2028}";

/// A source whose one app has that name and more of the same in its values.
fn nasty_source() -> String {
    let key = NASTY_APP.replace('\\', "\\\\").replace('"', "\\\"");
    // Neither keys nor what is passed through hold references, so that nothing is to be escaped there.
    let name = key.replace("${", "$${");
    format!(
        r#"{{:apps [{{:name "{name}" :script "idle.mjs" :args ["{name}\n\u001b[0m"] :min_uptime 100
                     :env {{:A "{name}\r\n*/" "B-${{x}}" "`"}} :watch_options {{:constructor 1 "*/" "{name}"}}}}]
            :deploy {{"{key}" {{"*/" "{key}"}}}}}}"#
    )
}

/// What node sees of a generated file.
fn imported(config: &Path) -> Json {
    const SHOW: &str = "import { pathToFileURL } from 'node:url';
        const { apps, default: whole } = await import(pathToFileURL(process.argv[1]));
        const { name, args, env, watch_options } = apps[0];
        console.log(JSON.stringify({ name, args, env, watch_options, deploy: whole.deploy }));";
    let mut node = Command::new("node");
    let output = node.args(["--input-type=module", "-e", SHOW]).arg(config).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

#[test]
fn nothing_is_evaluated_and_others_go_on() {
    let tree = Tree::of(&["fine"]);
    let marker = tree.path("evaluated");
    let source = format!(r#"{{:apps [{{:name "x" :script #=(spit "{}" "1")}}]}}"#, marker.display());
    tree.daemon("evil", &source);
    tree.run(&["render"]).says(1, &["E0120", "evil/ecosystem.edn", "nothing in it is evaluated"]);
    assert!(!marker.exists() && !tree.config("evil").exists());
    assert!(tree.config("fine").exists());
}

#[test]
fn nasty_names_are_only_names_in_generated_files() {
    let tree = Tree::new();
    tree.daemon(NASTY_FOLDER, nasty_source());
    tree.run(&["render"]).says(0, &[]);
    let seen = imported(&tree.config(NASTY_FOLDER));
    assert_eq!(seen["name"], NASTY_APP);
    assert_eq!(seen["args"], json!([format!("{NASTY_APP}\n\u{1b}[0m")]));
    assert_eq!(seen["env"]["A"], format!("{NASTY_APP}\r\n*/"));
    assert_eq!(seen["env"]["B-${x}"], "`");
    assert_eq!(seen["env"]["ECOSYSTEM_SOURCE"], NASTY_FOLDER);
    assert_eq!(seen["watch_options"], json!({ "constructor": 1, "*/": NASTY_APP }));
    assert_eq!(seen["deploy"], json!({ NASTY_APP: { "*/": NASTY_APP } }));
}

/// PM2 would lose it, and find the app changed for ever after.
#[test]
fn the_key_that_is_no_key_to_javascript_is_refused() {
    let app = r#"{:apps [{:name "p" :script "/bin/sleep" APP}] DAEMON}"#;
    for (code, in_app, in_daemon) in [
        ("E0221", r#":env {:__proto__ "x"}"#, ""),
        ("E0221", r#":env_production {"__proto__" "x"}"#, ""),
        ("E0232", ":watch_options {:depth 1 :__proto__ {:polluted 1}}", ""),
        ("E0232", "", ":deploy {:production {:__proto__ {:polluted 1}}}"),
        ("E0207", ":__proto__ 1", ""),
    ] {
        let tree = Tree::of(&["fine"]);
        tree.daemon("proto", app.replace("APP", in_app).replace("DAEMON", in_daemon));
        tree.run(&["render"]).says(1, &[code, "__proto__`", "proto/ecosystem.edn"]);
        assert!(tree.config("fine").exists() && !tree.config("proto").exists());
    }
}

/// Whether a terminal would do something else with it than show it.
#[track_caller]
pub(super) fn is_tame(text: &str) {
    let acts = |c: char| {
        (c.is_control() && c != '\n') || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    };
    assert!(!text.contains(acts), "{text:?}");
    assert!(!text.lines().any(|line| line.starts_with("; x")), "a name made a line: {text}");
}

#[test]
fn what_is_said_of_nasty_names_is_tame() {
    let tree = Tree::new();
    tree.daemon(NASTY_FOLDER, nasty_source());
    tree.daemon("control", idle("c\u{1b}[31m\u{7}"));
    tree.daemon(&format!("{NASTY_FOLDER}/broken"), "{:apps [\u{202e} :a\u{1b}]0;title\u{7} \"x\u{9b}31m");
    fs::write(tree.path("stray\u{1b}[31m\n; x.edn"), "").unwrap();
    fs::create_dir(tree.path(NASTY_FOLDER).join("dist")).unwrap();
    for args in [
        &["check"][..],
        &["check", "--json"],
        &["plan"],
        &["plan", "--json"],
        &["status"],
        &["status", "--json"],
        &["plan", "--only", "no\u{1b}[31m\n; x"],
        &["render", "--check"],
        &["render"],
        &["render", "--json"],
        &["render", "--stdout"],
    ] {
        let seen = tree.run(args);
        assert!(
            matches!(seen.code, Some(0..=3)) && !(seen.out.is_empty() && seen.err.is_empty()),
            "{seen:?}"
        );
        is_tame(&seen.out);
        is_tame(&seen.err);
    }
    // What somebody else put into a generated file is shown as a difference, and no more than shown.
    fs::write(tree.config(NASTY_FOLDER), "\u{1b}[31m\u{202e}\u{7}").unwrap();
    is_tame(&tree.run(&["render", "--check"]).out);
    let json: Json = serde_json::from_str(&tree.run(&["check", "--json"]).out).unwrap();
    assert_eq!(json["daemons"], json!([NASTY_FOLDER]));
}

#[test]
fn nasty_names_run_and_are_recognised() {
    let world = World::new();
    world.program("idle.mjs", "setInterval(() => {}, 1000);\n");
    world.daemon(NASTY_FOLDER, &nasty_source());
    is_tame(&world.command(&["sync", "--patience", "0"]).succeeds());
    assert_eq!(world.pids().keys().collect::<Vec<_>>(), [NASTY_APP]);
    world.nothing_to_do();
    is_tame(&world.command(&["status"]).succeeds());
    world.remove(NASTY_FOLDER);
    world.daemon("other", &idle("other"));
    is_tame(&world.command(&["sync", "--patience", "0"]).succeeds());
    assert_eq!(world.pids().keys().collect::<Vec<_>>(), ["other"]);
}
