//! The examples of the repository: valid without a warning, and what is generated from them.

use std::process::Command;

use camino::Utf8Path;
use ecosystem_core::converge::read;
use ecosystem_core::os::tree;
use ecosystem_core::render::{GeneratedBy, Layout, render};

const DAEMONS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../examples/daemons");

/// A change here is a change of what every user's generated files say: to be reviewed as such.
#[test]
fn generated_configs_of_the_examples() {
    let reading = read(tree::read(Utf8Path::new(DAEMONS)).unwrap());
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

/// The reference of the command line is its own help: it cannot lag behind.
#[test]
fn help() {
    for command in [
        "", "init", "new", "import", "check", "explain", "schema", "fmt", "render", "plan", "sync", "status",
        "prune", "down",
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
