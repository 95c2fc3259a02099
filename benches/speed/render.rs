//! Generated files of a whole tree: all of them anew, beside copying the very same; and none of them, beside reading
//! everything that there is to be read.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use tempfile::TempDir;

use crate::figures::table::{Table, Way};
use crate::figures::{full_or_trial, rounds};
use crate::support::cli_program;

#[path = "../daemons.rs"]
pub(crate) mod daemons;

const DAEMONS: &[usize] = &[100, 1000, 10_000];

pub(crate) fn measure() {
    let trees: Vec<Tree> = full_or_trial(DAEMONS, &[100]).iter().map(|daemons| Tree::of(*daemons)).collect();
    let mut cold = Table::new("All files are generated", "daemons");
    for tree in &trees {
        cold.measure(
            tree.daemons,
            rounds(7),
            vec![
                Way::timed("cp -r", || tree.copied()),
                Way::timed("ecosystem-cli render", || tree.rendered_anew()),
            ],
        );
    }
    cold.finish("render-cold");
    let mut nothing = Table::new("All files are as they should be", "daemons");
    for tree in &trees {
        let read = || assert!(read_below(&tree.path("tree")) > 0);
        nothing.measure(
            tree.daemons,
            rounds(15),
            vec![Way::new("walk and read", read), Way::timed("ecosystem-cli render", || tree.rendered())],
        );
    }
    nothing.finish("render-nothing");
}

/// Sources with what is generated from them, and what is generated alone.
struct Tree {
    daemons: usize,
    folder: TempDir,
}

impl Tree {
    fn of(daemons: usize) -> Self {
        let tree = Self { daemons, folder: tempfile::tempdir().unwrap() };
        for number in 0..daemons {
            let text = daemons::text(number);
            for below in ["tree", "copy"] {
                let folder = tree.path(below).join(daemons::place(number));
                fs::create_dir_all(&folder).unwrap();
                fs::write(folder.join("ecosystem.edn"), &text).unwrap();
            }
        }
        tree.rendered();
        for number in 0..daemons {
            let generated = tree.path("generated").join(daemons::place(number)).join("dist");
            fs::create_dir_all(&generated).unwrap();
            for entry in fs::read_dir(tree.path("tree").join(daemons::place(number)).join("dist")).unwrap() {
                let entry = entry.unwrap();
                fs::copy(entry.path(), generated.join(entry.file_name())).unwrap();
            }
        }
        tree
    }

    fn path(&self, below: &str) -> PathBuf {
        self.folder.path().join(below)
    }

    /// The folders that hold the sources are there before, as for the other way.
    fn copied(&self) -> Duration {
        self.clear("copy");
        timed(Command::new("cp").arg("-rT").arg(self.path("generated")).arg(self.path("copy")))
    }

    fn rendered_anew(&self) -> Duration {
        self.clear("tree");
        self.rendered()
    }

    fn rendered(&self) -> Duration {
        let mut command = Command::new(cli_program::path());
        timed(command.arg("render").arg(self.path("tree")).arg("--base").arg(self.folder.path()))
    }

    fn clear(&self, below: &str) {
        for number in 0..self.daemons {
            let dist = self.path(below).join(daemons::place(number)).join("dist");
            if dist.exists() {
                fs::remove_dir_all(dist).unwrap();
            }
        }
    }
}

fn timed(command: &mut Command) -> Duration {
    let began = Instant::now();
    assert!(command.stdout(Stdio::null()).stderr(Stdio::null()).status().unwrap().success());
    began.elapsed()
}

/// The bytes of everything below a folder.
fn read_below(folder: &Path) -> usize {
    let entries = fs::read_dir(folder).unwrap().map(Result::unwrap);
    let bytes = entries.map(|entry| {
        if entry.file_type().unwrap().is_dir() {
            read_below(&entry.path())
        } else {
            fs::read(entry.path()).unwrap().len()
        }
    });
    bytes.sum()
}
