//! The examples of the repository: valid without a warning, and what is generated from them.

use std::process::Command;

use camino::{Utf8Path, Utf8PathBuf};
use ecosystem_core::converge::read;
use ecosystem_core::os::place::Place;
use ecosystem_core::render::{GeneratedBy, Layout, render};

use crate::support::cli_program;
use crate::support::hermetic::short_temp_dir;
use crate::support::pm2_home::Pm2Home;
use crate::support::pm2_program::DEFAULT;
use crate::support::world::Ran;

const EXAMPLES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../examples");

/// A change here is a change of what every user's generated files say: to be reviewed as such.
#[test]
fn generated_configs_of_the_examples() {
    for tree in ["daemons", "team"] {
        generated_configs_of(tree);
    }
}

fn examples_base() -> Utf8PathBuf {
    Utf8Path::new(EXAMPLES).join("..").canonicalize_utf8().unwrap()
}

fn generated_configs_of(example: &str) {
    let root = Utf8Path::new(EXAMPLES).join(example);
    let place = Place { root: root.canonicalize_utf8().unwrap(), base: examples_base(), ..Place::default() };
    let reading = read(place.tree().unwrap());
    assert_eq!(reading.diagnostics, []);
    let by = GeneratedBy {
        version: "0.0.0".to_owned(),
        time: "2026-01-02T03:04:05Z".to_owned(),
        layout: Layout { root_to_base: "../..".to_owned(), owner: None },
    };
    for daemon in reading.ecosystem.daemons.values() {
        let source = reading.sources.iter().find(|source| source.path == daemon.id.source_path()).unwrap();
        let source = String::from_utf8(source.contents.clone()).unwrap();
        let text = format!("{source}\n----- generated -----\n{}", render(daemon, &by));
        insta::assert_snapshot!(daemon.id.as_str().replace('/', "-"), text);
    }
}

/// The tree with defaults: it runs, and a second pass has nothing to do.
#[test]
fn the_team_runs() {
    let pm2 = Pm2Home::running(DEFAULT);
    // What is generated is not to be left in the repository.
    let copy = short_temp_dir();
    let copied =
        Command::new("cp").args(["-r", EXAMPLES, "examples"]).current_dir(copy.path()).status().unwrap();
    assert!(copied.success());
    let root = copy.path().join("examples/team");
    let cli = |args: &[&str]| {
        let mut command = pm2.command(cli_program::path());
        command.args(args).arg(&root);
        Ran::of(command.output().unwrap()).succeeds()
    };
    cli(&["sync", "--patience", "0"]);
    assert!(cli(&["plan", "--exit-code"]).contains("nothing to do"));
    let list = pm2.client().list().unwrap();
    let greeter = list.iter().find(|entry| entry["name"] == "team-greeter").unwrap();
    let env = &greeter["pm2_env"];
    assert_eq!(env["ECOSYSTEM_OWNER"], "example-team");
    assert_eq!(
        (&env["max_restarts"], &env["kill_timeout"], &env["GREETING"]),
        (&3.into(), &5000.into(), &"hello".into())
    );
    let reminder = list.iter().find(|entry| entry["name"] == "team-reminder-tea").unwrap();
    let env = &reminder["pm2_env"]["env"];
    assert_eq!(
        (&env["TEXT"], &env["LOAD"], &env["INTERVAL"]),
        (&"tea at four".into(), &0.5.into(), &600.into())
    );
    cli(&["sync", "--profile", "dev", "--patience", "0"]);
    let list = pm2.client().list().unwrap();
    let greetings = list.iter().filter_map(|entry| entry["pm2_env"]["GREETING"].as_str());
    assert_eq!(greetings.collect::<Vec<_>>(), ["hello, developer", "hello"]);
    cli(&["down"]);
    assert_eq!(pm2.client().list().unwrap().len(), 0);
}

/// The committed snapshots of the examples are those of their sources, as `docs/reviews.md` has it checked.
#[test]
fn snapshots_of_the_examples_are_current() {
    let top = concat!(env!("CARGO_MANIFEST_DIR"), "/..");
    let mut cli = Command::new(env!("CARGO_BIN_EXE_ecosystem-cli"));
    cli.args(["snapshot", &format!("{EXAMPLES}/daemons"), "--base", top, "--dir"])
        .arg(format!("{top}/examples/snapshots"))
        .arg("--check");
    let output = cli.output().unwrap();
    let said = [output.stdout, output.stderr].concat();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&said));
}

/// The reference of the command line is its own help: it cannot lag behind.
#[test]
fn help() {
    for command in [
        "", "init", "new", "import", "check", "explain", "schema", "fmt", "render", "snapshot", "diff",
        "graph", "plan", "sync", "status", "prune", "down",
    ] {
        let mut cli = Command::new(env!("CARGO_BIN_EXE_ecosystem-cli"));
        cli.args(command.split_whitespace()).arg("--help").env("COLUMNS", "110");
        let output = cli.output().unwrap();
        assert!(output.status.success());
        let name = if command.is_empty() { "help".to_owned() } else { format!("help-{command}") };
        insta::assert_snapshot!(name, String::from_utf8(output.stdout).unwrap());
    }
}

/// What the README shows of `examples/broken`, drawn as people see it.
#[test]
fn mistakes_are_drawn() {
    let broken = concat!(env!("CARGO_MANIFEST_DIR"), "/../examples/broken");
    let output = Command::new(env!("CARGO_BIN_EXE_ecosystem-cli")).args(["check", broken]).output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    insta::assert_snapshot!("broken", String::from_utf8(output.stderr).unwrap());
}
