//! A tree, a real PM2 of its own, and the command line between them.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use serde_json::Value as Json;
use tempfile::TempDir;

use super::cli_program;
use super::hermetic;
use super::pm2_home::Pm2Home;
use super::process::Process;
use super::wait::{LONG, wait_until};

/// No command of a test takes as long as this.
const HANGS: Duration = Duration::from_secs(90);

/// A folder with a tree in `daemons/`, and PM2.
pub(crate) struct World {
    base: TempDir,
    pub(crate) pm2: Pm2Home,
    listed: Mutex<Option<(Instant, Vec<Json>)>>,
}

impl World {
    /// With the version of PM2 that tests use unless they say otherwise.
    pub(crate) fn new() -> Self {
        Self::of_version(super::pm2_program::DEFAULT)
    }

    pub(crate) fn of_version(version: &str) -> Self {
        Self::with_daemon(version, &[])
    }

    /// With these variables in the environment of PM2's daemon.
    pub(crate) fn with_daemon(version: &str, environment: &[(&str, &str)]) -> Self {
        let base = hermetic::short_temp_dir();
        let world = Self { base, pm2: Pm2Home::running_with(version, environment), listed: Mutex::default() };
        world.make_root();
        world
    }

    /// What relative paths in the tree resolve against, links resolved.
    pub(crate) fn base(&self) -> PathBuf {
        self.base.path().canonicalize().unwrap()
    }

    pub(crate) fn root(&self) -> PathBuf {
        self.base().join("daemons")
    }

    pub(crate) fn make_root(&self) {
        std::fs::create_dir_all(self.root()).unwrap();
    }

    pub(crate) fn remove_root(&self) {
        std::fs::remove_dir_all(self.root()).unwrap();
    }

    /// Writes a file beside the tree.
    pub(crate) fn program(&self, path: &str, text: &str) {
        write(&self.base().join(path), text);
    }

    /// Writes a daemon's source.
    pub(crate) fn daemon(&self, id: &str, text: &str) {
        write(&self.root().join(id).join("ecosystem.edn"), text);
    }

    /// Removes a daemon's folder.
    pub(crate) fn remove(&self, id: &str) {
        std::fs::remove_dir_all(self.root().join(id)).unwrap();
    }

    pub(crate) fn sync(&self) -> Ran {
        self.command(&["sync"])
    }

    /// Runs `ecosystem-cli` on the tree to its end; one that hangs is ended, and has no exit code then.
    pub(crate) fn command(&self, args: &[&str]) -> Ran {
        Ran(assert_cmd::Command::from_std(self.cli(args)).timeout(HANGS).output().unwrap())
    }

    /// The same with these variables in its environment.
    pub(crate) fn command_with(&self, env: &[(&str, &str)], args: &[&str]) -> Ran {
        let mut command = self.cli(args);
        command.envs(env.iter().copied());
        Ran(assert_cmd::Command::from_std(command).timeout(HANGS).output().unwrap())
    }

    /// Its whole output where no file can get any bytes, as on a full disk: beyond the limit a write fails with EFBIG where
    /// the signal for it is ignored (setrlimit(2), RLIMIT_FSIZE).
    pub(crate) fn on_full_disk(&self, args: &[&str]) -> String {
        let tool = self.cli(args);
        let mut command = self.pm2.command("/bin/sh");
        command.args(["-c", "trap '' XFSZ; ulimit -f 0; exec \"$0\" \"$@\""]).arg(tool.get_program());
        command.args(tool.get_args());
        Ran(assert_cmd::Command::from_std(command).timeout(HANGS).output().unwrap()).output()
    }

    /// Starts `ecosystem-cli` on the tree.
    pub(crate) fn spawn(&self, args: &[&str]) -> Running {
        let mut command = self.cli(args);
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        Running(command.spawn().unwrap())
    }

    fn cli(&self, args: &[&str]) -> Command {
        let mut command = self.pm2.command(cli_program::path());
        command.args(args).arg(self.root()).arg("--base").arg(self.base());
        command
    }

    pub(crate) fn nothing_to_do(&self) {
        let output = self.command(&["plan", "--exit-code"]).succeeds();
        assert!(output.contains("nothing to do"), "{output}");
    }

    /// Processes by app, as PM2 lists them, in the order of its ids.
    pub(crate) fn pids(&self) -> BTreeMap<String, Vec<u32>> {
        let mut pids: BTreeMap<String, Vec<u32>> = BTreeMap::new();
        for entry in self.list() {
            let pid = u32::try_from(entry["pid"].as_u64().unwrap()).unwrap();
            pids.entry(entry["name"].as_str().unwrap().to_owned()).or_default().push(pid);
        }
        pids
    }

    /// PM2's process list, as it is after this was called.
    ///
    /// Threads that ask while another one is waiting for the answer share the next one: a list of dozens of processes
    /// costs PM2 some milliseconds, and dozens of looks ask for it again and again.
    pub(crate) fn list(&self) -> Vec<Json> {
        let asked = Instant::now();
        let mut listed = self.listed.lock().unwrap_or_else(PoisonError::into_inner);
        match listed.as_ref() {
            Some((begun, list)) if *begun > asked => list.clone(),
            _ => {
                let begun = Instant::now();
                let list = self.pm2.client().list().unwrap();
                *listed = Some((begun, list.clone()));
                list
            }
        }
    }

    /// PM2's record of the first process of an app.
    pub(crate) fn record(&self, app: &str) -> Json {
        self.list().into_iter().find(|entry| entry["name"] == app).unwrap()["pm2_env"].clone()
    }

    /// The first process of an app, as the kernel sees it.
    pub(crate) fn process(&self, app: &str) -> Process {
        Process::new(self.pids()[app][0])
    }

    /// Starts an app that is not ours through pm2's own command line.
    pub(crate) fn start_foreign(&self, name: &str, program: &str) -> u32 {
        let mut command = self.pm2.pm2();
        command.args(["start", self.base().join(program).to_str().unwrap(), "--name", name]);
        Ran(command.output().unwrap()).succeeds();
        wait_until("the foreign app runs", LONG, || self.pids().get(name).is_some_and(|pids| pids[0] != 0));
        self.pids()[name][0]
    }
}

fn write(path: &Path, text: &str) {
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(path, text).unwrap();
}

/// A command that has ended.
#[must_use = "say how it should have ended"]
pub(crate) struct Ran(Output);

impl Ran {
    pub(crate) fn of(output: Output) -> Self {
        Self(output)
    }

    /// Its whole output, if it ended with 0.
    #[track_caller]
    pub(crate) fn succeeds(self) -> String {
        self.fails(0)
    }

    /// Its whole output, if it ended with this code.
    #[track_caller]
    pub(crate) fn fails(self, code: i32) -> String {
        let ended = self.0.status.code();
        let text = self.output();
        assert_eq!(ended, Some(code), "{text}");
        text
    }

    /// Its whole output, however it ended.
    pub(crate) fn output(self) -> String {
        format!("{}{}", String::from_utf8_lossy(&self.0.stdout), String::from_utf8_lossy(&self.0.stderr))
    }
}

/// A command at work.
#[must_use = "wait for it"]
pub(crate) struct Running(Child);

impl Running {
    #[track_caller]
    pub(crate) fn succeeds(self) {
        self.fails(0);
    }

    /// Its whole output, once it has ended with this code.
    #[track_caller]
    pub(crate) fn fails(self, code: i32) -> String {
        Ran(self.0.wait_with_output().unwrap()).fails(code)
    }

    /// Kills it when something is seen, or lets it end first.
    pub(crate) fn killed_once(mut self, seen: impl Fn() -> bool) {
        wait_until("the command has begun", LONG, || seen() || self.0.try_wait().unwrap().is_some());
        let _ = self.0.kill();
        self.0.wait().unwrap();
    }
}
