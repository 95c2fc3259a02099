//! What tests of the watcher stand on: what those of the command line do, a watcher, and a tree with apps to watch.

#![allow(dead_code, reason = "what is shared with the tests of the command line is more than is needed here")]

#[path = "../../../ecosystem-cli/tests/support/hermetic.rs"]
pub(crate) mod hermetic;
#[path = "../../../ecosystem-cli/tests/support/pm2_home.rs"]
pub(crate) mod pm2_home;
#[path = "../../../ecosystem-cli/tests/support/pm2_program.rs"]
pub(crate) mod pm2_program;
#[path = "../../../ecosystem-cli/tests/support/process.rs"]
pub(crate) mod process;
#[path = "../../../ecosystem-cli/tests/support/sibling.rs"]
pub(crate) mod sibling;
#[path = "../../../ecosystem-cli/tests/support/wait.rs"]
pub(crate) mod wait;
#[path = "../../../ecosystem-cli/tests/support/world.rs"]
pub(crate) mod world;

pub(crate) mod cli_program;
pub(crate) mod cost;
pub(crate) mod log;
pub(crate) mod scene;
pub(crate) mod watcher;
