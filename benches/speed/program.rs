//! What the programs weigh, and how long they take to begin.

use std::process::{Command, Stdio};

use super::render::daemons;
use crate::figures::table::{Table, Way};
use crate::figures::{full_or_trial, rounds};
use crate::support::cli_program;

/// Daemons of a tree as most people have it.
const DAEMONS: usize = 12;

pub(crate) fn measure() {
    let cli = cli_program::path();
    for program in [cli.as_path(), env!("CARGO_BIN_EXE_ecosystem-watch").as_ref()] {
        let bytes = std::fs::metadata(program).unwrap().len();
        println!("\n{}: {:.1} MB", program.file_name().unwrap().display(), bytes as f64 / 1e6);
    }
    let tree = tempfile::tempdir().unwrap();
    for number in 0..DAEMONS {
        let folder = tree.path().join(daemons::place(number));
        std::fs::create_dir_all(&folder).unwrap();
        std::fs::write(folder.join("ecosystem.edn"), daemons::text(number)).unwrap();
    }
    let runs = |program: &str, args: &[&str]| {
        let mut command = Command::new(program);
        command.args(args).current_dir(tree.path()).stdout(Stdio::null());
        move || assert!(command.status().unwrap().success())
    };
    let cli = cli.to_str().unwrap();
    let mut table = Table::new("A program begins and ends", "daemons");
    let ways = vec![
        Way::new("true", runs("true", &[])),
        Way::new("ecosystem-cli --version", runs(cli, &["--version"])),
        Way::new("ecosystem-cli check", runs(cli, &["check", ".", "--base", "."])),
        Way::new("node --version", runs("node", &["--version"])),
    ];
    table.measure(DAEMONS, rounds(full_or_trial(101, 1)), ways);
}
