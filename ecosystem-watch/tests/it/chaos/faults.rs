//! What goes wrong while a tree that was edited is being synced.

use std::fs::{self, File};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use ecosystem_core::os::pm2::{Client, Timeouts};
use rustix::process::Signal;
use serde_json::Value as Json;

use super::law::files;
use super::stage::Stage;
use super::tree::Tree;
use crate::random_edits::Dice;
use crate::support::process::Process;
use crate::support::scene::Scene as _;
use crate::support::watcher::Watcher;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fault {
    /// The tool is killed.
    Tool,
    /// PM2's daemon is killed, and leaves its apps behind.
    Pm2,
    /// A process of ours is killed.
    App,
    /// PM2's daemon does not run for a while.
    Freeze,
    /// Two syncs and a watcher, which is killed in the end.
    AtOnce,
    /// No file can grow beyond some hundred bytes.
    FullDisk,
    /// The folder for generated files cannot be one.
    NoDist,
    /// Every file is of the year 1980 or 2100, and so are the times in what is kept.
    Clock,
}

pub(super) const ALL: [Fault; 8] = [
    Fault::Tool,
    Fault::Pm2,
    Fault::App,
    Fault::Freeze,
    Fault::AtOnce,
    Fault::FullDisk,
    Fault::NoDist,
    Fault::Clock,
];

impl Fault {
    /// Whether processes that nobody edits may end by it.
    pub(super) fn ends_calm_ones(self) -> bool {
        matches!(self, Self::Pm2 | Self::App)
    }

    /// Lets it happen while the tree is synced.
    pub(super) fn happens(self, stage: &Stage, tree: &Tree, dice: &mut Dice) {
        match self {
            Self::Tool => {
                let mut tool = stage.begins(&["sync"]);
                tool.goes_on_for(dice.milliseconds(1600));
                tool.kill();
            }
            Self::Pm2 => {
                let mut tool = stage.begins(&["sync"]);
                tool.goes_on_for(dice.milliseconds(1000));
                daemon(stage).into_iter().for_each(Process::kill);
                tool.ended();
            }
            Self::App => {
                let mut tool = stage.begins(&["sync"]);
                tool.goes_on_for(dice.milliseconds(1000));
                kill_an_app(stage, dice);
                tool.ended();
            }
            Self::Freeze => freeze(stage, dice),
            Self::AtOnce => at_once(stage, dice),
            Self::FullDisk => {
                // Beyond the limit a write fails with EFBIG where the signal for it is ignored (setrlimit(2)). A unit
                // of it is 512 bytes or 1024, as the shell has it.
                let limit = dice.of(&[0, 1, 2, 4, 8]);
                stage.begins_after(&format!("trap '' XFSZ; ulimit -f {limit}"), &["sync"]).ended();
            }
            Self::NoDist => no_dist(stage, tree, dice),
            Self::Clock => clocks_are_off(stage, dice),
        }
    }
}

impl Dice {
    fn milliseconds(&mut self, limit: u64) -> Duration {
        Duration::from_millis(self.below(limit))
    }
}

/// PM2's daemon, if it is there.
fn daemon(stage: &Stage) -> Option<Process> {
    let client = Client::connect(stage.world.pm2.path(), Timeouts::default());
    client.ok().map(|client| Process::new(client.daemon_pid()))
}

fn kill_an_app(stage: &Stage, dice: &mut Dice) {
    let foreign = u32::try_from(stage.foreign.pid()).unwrap();
    let all: Vec<u32> =
        stage.world.pids().into_values().flatten().filter(|pid| ![0, foreign].contains(pid)).collect();
    if !all.is_empty() {
        Process::new(dice.of(&all)).signal(Signal::KILL);
    }
}

fn freeze(stage: &Stage, dice: &mut Dice) {
    let mut tool = stage.begins(&["sync"]);
    tool.goes_on_for(dice.milliseconds(1000));
    if let Some(daemon) = daemon(stage) {
        daemon.freeze();
        tool.goes_on_for(dice.milliseconds(2500));
        // The tool may go first.
        if dice.below(2) == 0 {
            tool.kill();
            daemon.signal(Signal::CONT);
            return;
        }
        daemon.signal(Signal::CONT);
    }
    tool.ended();
}

fn at_once(stage: &Stage, dice: &mut Dice) {
    let watcher = Watcher::start(&stage.world, &["--prune-grace", "0.2"]);
    let first = stage.begins(&["sync"]);
    std::thread::sleep(dice.milliseconds(500));
    let second = stage.begins(&["sync"]);
    for tool in [first, second] {
        tool.ended();
    }
    if dice.below(2) == 0 {
        stage.world.comes_to_rest();
    }
    drop(watcher);
}

/// Permissions do not bind root; that a file is no folder does.
fn no_dist(stage: &Stage, tree: &Tree, dice: &mut Dice) {
    let names: Vec<&str> = tree.apps.keys().copied().collect();
    let dist = stage.world.root().join(dice.of(&names)).join("dist");
    fs::remove_dir_all(&dist).unwrap_or_default();
    fs::write(&dist, "in the way").unwrap();
    let said = stage.runs(&["sync"]).fails(1);
    assert!(said.contains("is not a folder"), "{said}");
    assert_eq!(fs::read_to_string(&dist).unwrap(), "in the way");
    fs::remove_file(&dist).unwrap();
}

/// The clock cannot be set here: what it has left behind can.
fn clocks_are_off(stage: &Stage, dice: &mut Dice) {
    let years = dice.of(&[-40_i64, 80]);
    let shift = years * 365 * 24 * 3600 * 1000;
    let now = i64::try_from(SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_millis()).unwrap();
    let then = UNIX_EPOCH + Duration::from_millis(u64::try_from(now + shift).unwrap());
    let ecosystem = stage.world.pm2.path().join("ecosystem");
    let kept = files(ecosystem.as_std_path());
    for path in kept.iter().filter(|path| path.extension().is_some_and(|it| it == "json")) {
        let mut text: Json = serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap();
        shift_times(&mut text, now, shift);
        fs::write(path, text.to_string()).unwrap();
    }
    for path in files(&stage.world.root()).iter().chain(&kept) {
        File::options().write(true).open(path).unwrap().set_modified(then).unwrap();
    }
    stage.runs(&["sync"]).output();
}

/// Every number that is a time of this year, in milliseconds, but for the one that names the daemon that is there.
fn shift_times(json: &mut Json, now: i64, shift: i64) {
    const YEAR: i64 = 365 * 24 * 3600 * 1000;
    match json {
        Json::Array(members) => members.iter_mut().for_each(|it| shift_times(it, now, shift)),
        Json::Object(members) => {
            let others = members.iter_mut().filter(|(name, _)| *name != "pm2_started_at");
            others.for_each(|(_, it)| shift_times(it, now, shift));
        }
        Json::Number(number) => {
            if let Some(time) = number.as_i64().filter(|it| (now - it).abs() < YEAR) {
                *json = (time + shift).into();
            }
        }
        _ => {}
    }
}
