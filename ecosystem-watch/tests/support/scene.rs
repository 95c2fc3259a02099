//! A world whose apps can be told apart by the kernel, and what PM2 and the kernel show of it.

use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;
use std::time::{Duration, Instant};

use camino::Utf8PathBuf;
use ecosystem_core::model::Owner;
use ecosystem_core::os::state::{self, WatcherState};
use rustix::process::Signal;

use super::process::Process;
use super::wait::{LONG, wait_until};
use super::watcher::Watcher;
use super::world::{Ran, World};

/// The app that `ecosystem-cli init` declares.
pub(crate) const WATCHER: &str = "ecosystem-watch";

/// Apps that run, each with the color that its process has.
pub(crate) type Colors = BTreeMap<String, String>;

/// A daemon with these apps, each a process that has a color in its environment and does nothing.
pub(crate) fn daemon(apps: &[(&str, &str)]) -> String {
    daemon_with("", apps)
}

/// The same, with more attributes for each app.
pub(crate) fn daemon_with(more: &str, apps: &[(&str, &str)]) -> String {
    let app = |(name, color): &(&str, &str)| {
        format!(r#"{{:name "{name}" :script "idle.sh" :interpreter "sh" :env {{:COLOR "{color}"}} {more}}}"#)
    };
    format!("{{:apps [{}]}}\n", apps.iter().map(app).collect::<Vec<_>>().join("\n        "))
}

pub(crate) fn colors(apps: &[(&str, &str)]) -> Colors {
    apps.iter().map(|(app, color)| ((*app).to_owned(), (*color).to_owned())).collect()
}

/// A world with the programs of its apps.
pub(crate) fn world() -> World {
    world_on(super::pm2_program::DEFAULT)
}

pub(crate) fn world_on(version: &str) -> World {
    let world = World::of_version(version);
    // One process, so that what the kernel shows is one for each that PM2 lists.
    world.program("idle.sh", "exec sleep 100000\n");
    world
}

/// What is asked of a world whose tree is watched.
pub(crate) trait Scene {
    fn this(&self) -> &World;

    /// Waits until exactly these apps of the tree run, once each and in these colors, in PM2 and in the kernel.
    #[track_caller]
    fn becomes(&self, apps: &[(&str, &str)]) {
        self.becomes_all(&colors(apps));
    }

    #[track_caller]
    fn becomes_all(&self, expected: &Colors) {
        self.becomes_within(LONG, expected);
    }

    #[track_caller]
    fn becomes_within(&self, limit: std::time::Duration, expected: &Colors) {
        let started = std::time::Instant::now();
        loop {
            let ran = self.runs();
            if ran.as_ref() == Ok(expected) {
                return;
            }
            assert!(started.elapsed() < limit, "expected {expected:?}, and there is {ran:?}");
            std::thread::sleep(std::time::Duration::from_millis(20));
        }
    }

    /// The apps of this tree that run, with their colors.
    ///
    /// # Errors
    /// PM2 does not answer, lists one that does not run or runs twice, or the kernel shows another set of them.
    fn runs(&self) -> Result<Colors, String> {
        let listed = self.listed()?;
        let mut colors = Colors::new();
        for (pid, app) in &listed {
            let color = Process::new(*pid).environ().remove("COLOR").unwrap_or_default();
            if colors.insert(app.clone(), color).is_some() {
                return Err(format!("{app} runs twice: {listed:?}"));
            }
        }
        let stamped = self.stamped();
        let pids: BTreeSet<u32> = listed.keys().copied().collect();
        if stamped == pids {
            Ok(colors)
        } else {
            Err(format!("PM2 lists {listed:?}, the kernel {stamped:?}"))
        }
    }

    /// What PM2 lists of this tree: pids and apps.
    fn listed(&self) -> Result<BTreeMap<u32, String>, String> {
        use ecosystem_core::os::pm2::{Client, Timeouts};
        let client = Client::connect(self.this().pm2.path(), Timeouts { connect: LONG, call: LONG });
        let list = client.and_then(|mut client| client.list()).map_err(|error| error.to_string())?;
        let ours =
            list.iter().filter(|entry| entry["pm2_env"]["env"]["ECOSYSTEM_OWNER"] == self.owner().as_str());
        ours.map(|entry| {
            let name = entry["name"].as_str().unwrap().to_owned();
            match entry["pid"].as_u64().and_then(|pid| u32::try_from(pid).ok()).unwrap_or_default() {
                0 => Err(format!("{name} does not run")),
                pid => Ok((pid, name)),
            }
        })
        .collect()
    }

    /// The processes of this tree by what they were started with, known to PM2 or not.
    fn stamped(&self) -> BTreeSet<u32> {
        let all = Process::all_with_environ(&format!("ECOSYSTEM_OWNER={}", self.owner()));
        all.iter()
            .filter(|process| process.is_alive())
            .map(|process| u32::try_from(process.pid()).unwrap())
            .collect()
    }

    /// The pid of an app that runs once.
    #[track_caller]
    fn pid(&self, app: &str) -> u32 {
        let pids = self.this().pids();
        assert_eq!(pids.get(app).map(Vec::len), Some(1), "{app} in {pids:?}");
        pids[app][0]
    }

    fn owner(&self) -> Owner {
        Owner::new(self.this().root().to_str().unwrap())
    }

    /// What the watcher left last.
    fn state(&self) -> Option<WatcherState> {
        state::read(self.this().pm2.path(), &self.owner()).unwrap()
    }

    /// How often the watcher has looked.
    fn looks(&self) -> u64 {
        self.state().map_or(0, |state| state.looks)
    }

    /// Waits until the watcher has looked so many times more.
    fn looks_again(&self, times: u64) {
        let before = self.looks();
        wait_until("the watcher looks", LONG, || self.looks() >= before + times);
    }

    /// Waits until nothing is left to look at: longer than a new process is observed.
    fn comes_to_rest(&self) {
        self.rests_for(Duration::from_millis(1500), LONG);
    }

    /// Waits until the watcher has not looked for so long.
    fn rests_for(&self, rest: Duration, limit: Duration) {
        let mut last = (self.looks(), Instant::now());
        wait_until("it rests", limit, || {
            if self.looks() != last.0 {
                last = (self.looks(), Instant::now());
            }
            last.1.elapsed() > rest
        });
    }

    /// Makes the watcher look, and waits until it has.
    fn looks_when_asked(&self, watcher: &Watcher) {
        let before = self.looks();
        watcher.signal(Signal::HUP);
        wait_until("the watcher looks", LONG, || self.looks() > before);
    }

    /// Waits until a problem stands of which this text tells, and is about this app.
    fn stands(&self, app: &str, text: &str) {
        let about = |state: WatcherState| {
            state.problems.iter().any(|it| it.app.as_deref() == Some(app) && it.text.contains(text))
        };
        wait_until(&format!("{app}: {text}"), LONG, || self.state().is_some_and(about));
    }

    /// Waits until the watcher has nothing to tell of an app.
    fn nothing_stands(&self, app: &str) {
        let free = |state: WatcherState| state.problems.iter().all(|it| it.app.as_deref() != Some(app));
        wait_until(&format!("nothing stands of {app}"), LONG, || self.state().is_some_and(free));
    }

    /// Runs `pm2` to its end.
    #[track_caller]
    fn pm2_does(&self, args: &[&str]) {
        Ran::of(self.this().pm2.pm2().args(args).output().unwrap()).succeeds();
    }

    /// Runs a program in the folder that holds the tree.
    #[track_caller]
    fn runs_program(&self, program: &str, args: &[&str]) -> String {
        let mut command: Command = self.this().pm2.command(program);
        Ran::of(command.args(args).current_dir(self.this().base()).output().unwrap()).succeeds()
    }

    fn exists(&self, path: &str) -> bool {
        Utf8PathBuf::from_path_buf(self.this().root().join(path)).unwrap().exists()
    }
}

impl Scene for World {
    fn this(&self) -> &World {
        self
    }
}
