//! Command lines that ask for something that cannot be.

use super::tree::{Tree, idle};
use crate::support::world::World;

#[test]
fn wrong_command_lines_are_usage_errors() {
    let tree = Tree::of(&["alpha", "group/beta"]);
    tree.daemon("broken", "{:apps [");
    for args in [&["check", "--nope"][..], &["plan", "--jobs", "1"], &["nope"]] {
        tree.run(args).says(2, &["Usage:"]);
    }
    tree.run(&["sync", "--jobs", "0"]).says(2, &["0 is not in 1..=256"]);
    let known = "there is no daemon nope; there are: alpha, broken, group/beta";
    tree.run(&["render", "--daemon", "nope"]).says(2, &[known]);
    for command in ["plan", "sync", "down"] {
        tree.run(&[command, "--only", "alpha,nope"]).says(2, &[known]);
    }
    assert!(!tree.config("alpha").exists(), "something was done before the mistake was found");
    // One with errors is known, and so is what a place that cannot be looked at may hold.
    tree.run(&["plan", "--only", "broken"]).says(1, &["E0101"]);
    std::fs::remove_file(tree.path("group/beta/ecosystem.edn")).unwrap();
    std::fs::create_dir(tree.path("group/beta/ecosystem.edn")).unwrap();
    tree.run(&["plan", "--only", "group/beta/"]).says(1, &["E0402"]);
    tree.run(&["render", "--daemon", "group/beta"]).says(1, &["E0402"]);
}

#[test]
fn a_removed_daemon_is_known_while_it_runs() {
    let world = World::new();
    for id in ["alpha", "beta", "gamma"] {
        world.daemon(id, &idle(id));
    }
    world.command(&["sync", "--patience", "0"]).succeeds();
    world.remove("beta");
    world.remove("gamma");
    let output = world.command(&["plan", "--only", "nope"]).fails(2);
    assert!(output.contains("there are: alpha, beta, gamma"), "{output}");
    world.command(&["sync", "--only", "beta"]).succeeds();
    assert_eq!(world.pids().keys().collect::<Vec<_>>(), ["alpha", "gamma"]);
    world.command(&["down", "--only", "gamma"]).succeeds();
    assert_eq!(world.pids().keys().collect::<Vec<_>>(), ["alpha"]);
    let output = world.command(&["sync", "--only", "beta"]).fails(2);
    assert!(output.contains("there are: alpha"), "{output}");
}
