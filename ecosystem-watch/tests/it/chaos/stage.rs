//! A tree, PM2 and the programs under test, started so that things can go wrong with them.

use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use crate::support::cli_program;
use crate::support::pm2_program::{DEFAULT, pm2_program};
use crate::support::process::Process;
use crate::support::wait::{LONG, wait_until};
use crate::support::world::{Ran, World};

/// Goes on until it is ended.
const GOOD: &str = "setInterval(() => {}, 1000);\n";
/// Ends at once.
const BAD: &str = "process.exit(1);\n";
/// Ends before it has been up for the `:min-uptime` of the apps here, however long node took to come up.
const LATE: &str = "setTimeout(() => process.exit(1), 250 - process.uptime() * 1000);\n";
/// Goes on without PM2 too: node ends when the channel to its parent does.
const IDLE: &str = "exec sleep 100000\n";

pub(super) struct Stage {
    pub(super) world: World,
    version: String,
    /// An app of somebody else's.
    pub(super) foreign: Process,
    foreign_since: Option<u64>,
}

impl Stage {
    /// With these variables in the environment of PM2's daemon.
    pub(super) fn new(environment: &[(&str, &str)]) -> Self {
        let version = std::env::var("ECOSYSTEM_CHAOS_PM2").unwrap_or_else(|_| DEFAULT.to_owned());
        let world = World::with_daemon(&version, environment);
        for (name, text) in [("good.cjs", GOOD), ("bad.cjs", BAD), ("late.cjs", LATE), ("idle.sh", IDLE)] {
            world.program(name, text);
        }
        let foreign = Process::new(world.start_foreign("foreign", "idle.sh"));
        Self { world, version, foreign, foreign_since: foreign.start_time() }
    }

    /// The tool on the tree, started by a shell that does something before.
    fn tool(&self, before: &str, args: &[&str]) -> Command {
        let mut command = self.world.pm2.command("/bin/sh");
        command.arg("-c").arg(format!("{before}\nexec \"$0\" \"$@\"")).arg(cli_program::path()).args(args);
        if args.first() == Some(&"sync") {
            // A machine under load must not make the test wait.
            command.args(["--pressure", "off"]);
        }
        command.arg(self.world.root()).arg("--base").arg(self.world.base());
        command.env("PM2_BIN", pm2_program(&self.version)).env("NO_COLOR", "1");
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }

    /// Starts the tool.
    pub(super) fn begins(&self, args: &[&str]) -> Tool {
        self.begins_after(":", args)
    }

    /// Starts the tool once a shell has done this, in the very process.
    pub(super) fn begins_after(&self, before: &str, args: &[&str]) -> Tool {
        Tool(self.tool(before, args).spawn().unwrap())
    }

    /// Runs the tool to its end.
    pub(super) fn runs(&self, args: &[&str]) -> Ran {
        Ran::of(self.begins(args).ended())
    }

    /// That nobody has touched what is somebody else's, which outlives PM2 if need be.
    pub(super) fn foreign_is_untouched(&self) {
        assert!(self.foreign.is_alive(), "the foreign app has ended");
        assert_eq!(self.foreign.start_time(), self.foreign_since, "it is another process now");
    }
}

/// The tool at work.
pub(super) struct Tool(Child);

impl Tool {
    /// Waits for so long, or for its end where that comes first.
    pub(super) fn goes_on_for(&mut self, time: Duration) {
        let began = Instant::now();
        while began.elapsed() < time && self.0.try_wait().unwrap().is_none() {
            std::thread::sleep(Duration::from_millis(2));
        }
    }

    pub(super) fn kill(mut self) {
        let _ = self.0.kill();
        self.0.wait().unwrap();
    }

    /// Waits for its end; one that hangs fails the test.
    pub(super) fn ended(mut self) -> Output {
        wait_until("the tool has ended", 3 * LONG, || self.0.try_wait().unwrap().is_some());
        self.0.wait_with_output().unwrap()
    }
}
