//! Parts of tests that need a process of their own: for limits of the system, to be stopped, or to be counted in.

use std::env;
use std::io::{self, Write as _};
use std::process::{Command, Output, Stdio};

/// Says in the child which test it is to run.
const ROLE: &str = "ECOSYSTEM_WATCH_TEST_CHILD";

/// What the child says when it went through its part: a test that was not found would pass as well.
const DONE: &str = "the child is done";

/// The name of the test that calls it, as the test runner knows it.
macro_rules! this_test {
    ($name:ident) => {
        module_path!().split_once("::").unwrap().1.to_owned() + "::" + stringify!($name)
    };
}
pub(super) use this_test;

/// Runs `body` in a child, which is this very program asked for this very test, started as `wrap` says.
pub(super) fn in_child(test: &str, wrap: &[&str], body: impl FnOnce()) {
    if env::var(ROLE).as_deref() == Ok(test) {
        body();
        println!("{DONE}");
        return;
    }
    let Output { status, stdout, stderr } = command(test, wrap).output().unwrap();
    let (said, problems) = (String::from_utf8_lossy(&stdout), String::from_utf8_lossy(&stderr));
    print!("{said}");
    assert!(status.success() && said.contains(DONE), "{status}\n{said}\n{problems}");
}

fn command(test: &str, wrap: &[&str]) -> Command {
    let program = env::current_exe().unwrap();
    let mut command = match wrap {
        [first, rest @ ..] => {
            let mut command = Command::new(first);
            command.args(rest).arg(program);
            command
        }
        [] => Command::new(program),
    };
    command.args([test, "--exact", "--nocapture", "--test-threads=1"]).env(ROLE, test).stdin(Stdio::null());
    command
}

/// Says what could not be tested here, past the test runner, which keeps what is printed to itself.
pub(super) fn not_tested(what: &str) {
    let _ = writeln!(io::stderr(), "\n!!! NOT TESTED on this machine: {what}\n");
}
