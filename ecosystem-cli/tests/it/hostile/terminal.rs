//! Where output goes: closed, a file, a terminal.

use std::fs::File;
use std::io::Read as _;
use std::process::{Command, Stdio};

use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};

use super::tree::{Tree, idle};

const COMMANDS: &[&[&str]] =
    &[&["check"], &["render"], &["render", "--stdout"], &["plan"], &["status", "--json"]];

fn cli(tree: &Tree, args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_ecosystem-cli"));
    command.args(args).arg(tree.root()).stdin(Stdio::null()).env_remove("NO_COLOR").env("TERM", "xterm");
    command.env("PM2_HOME", tree.path("../home")).env_remove("CLICOLOR_FORCE").env_remove("CLICOLOR");
    command
}

/// A pipe whose reader has gone.
fn closed() -> Stdio {
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    writer.into()
}

#[test]
fn a_reader_that_has_gone_changes_nothing() {
    let (good, bad) = (Tree::of(&["fine"]), Tree::of(&["fine"]));
    bad.daemon("broken", "{:apps [");
    for args in COMMANDS {
        for (tree, code) in [(&good, 0), (&bad, 1)] {
            let output = cli(tree, args).stdout(closed()).stderr(Stdio::piped()).output().unwrap();
            let said = String::from_utf8_lossy(&output.stderr);
            assert_eq!(output.status.code(), Some(code), "{args:?}: {said}");
            assert!(!said.contains("panicked") && !said.contains("roken pipe"), "{args:?}: {said}");
            let both = cli(tree, args).stdout(closed()).stderr(closed()).status().unwrap();
            assert_eq!(both.code(), Some(code), "{args:?} without stderr");
        }
    }
    assert!(good.config("fine").exists());
    let help =
        Command::new(env!("CARGO_BIN_EXE_ecosystem-cli")).arg("--help").stdout(closed()).status().unwrap();
    assert_eq!(help.code(), Some(0));
}

/// All that a command writes to a terminal.
fn at_a_terminal(mut command: Command) -> String {
    let ours = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).unwrap();
    grantpt(&ours).unwrap();
    unlockpt(&ours).unwrap();
    let name = ptsname(&ours, Vec::new()).unwrap().into_string().unwrap();
    let theirs = File::options().read(true).write(true).open(name).unwrap();
    command.stdout(theirs.try_clone().unwrap()).stderr(theirs);
    let mut child = command.spawn().unwrap();
    // The command holds the last ends of the terminal, so reading ends (with EIO) when it does.
    drop(command);
    let mut written = Vec::new();
    let _ = File::from(ours).read_to_end(&mut written);
    child.wait().unwrap();
    String::from_utf8(written).unwrap()
}

#[test]
fn colours_are_for_terminals_that_want_them() {
    let tree = Tree::new();
    tree.daemon("fine", idle("fine").replace(":script", ":scirpt"));
    tree.daemon("other", idle("other"));
    for args in [&["check"][..], &["plan"], &["status"]] {
        let to_a_pipe = cli(&tree, args).output().unwrap();
        assert!(![to_a_pipe.stdout, to_a_pipe.stderr].concat().contains(&0x1b), "{args:?} to a pipe");
        assert!(at_a_terminal(cli(&tree, args)).contains('\u{1b}'), "{args:?} at a terminal");
        let mut plain = cli(&tree, args);
        plain.env("NO_COLOR", "1");
        assert!(!at_a_terminal(plain).contains('\u{1b}'), "{args:?} with NO_COLOR");
        let mut never = cli(&tree, args);
        never.arg("--color=never");
        assert!(!at_a_terminal(never).contains('\u{1b}'), "{args:?} with --color=never");
    }
}
