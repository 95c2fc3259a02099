//! A PM2 with the apps of some cases in it, in the state before or after their changes.

use std::collections::BTreeMap;
use std::process::Stdio;
use std::thread;
use std::time::{Duration, Instant};

use ecosystem_core::os::pm2::{Change, Client, ProcessId, Timeouts};
use serde_json::{Map, Value as Json};

use crate::behaviour;
use crate::case::{Case, Mode};
use crate::programs;
use crate::subject::Subject;
use crate::support::process::Process;
use crate::support::wait::{LONG, wait_until};
use crate::support::world::World;
use crate::synced::Synced;

/// Which of the two a case's app is to be.
#[derive(Clone, Copy)]
pub(crate) enum Side {
    Before,
    After,
}

/// Where cases play.
pub(crate) struct Stage<'a> {
    pub(crate) world: World,
    pub(crate) version: &'a str,
    mode: Mode,
    cases: Vec<&'a Case>,
    side: Side,
}

/// What the text of a look that failed begins with.
pub(crate) const UNSEEN: &str = "cannot be seen: ";

/// PM2's record of a process.
pub(crate) type Record = Map<String, Json>;

/// What every app of a stage is seen as, by case.
pub(crate) type Seen = BTreeMap<String, String>;

impl<'a> Stage<'a> {
    pub(crate) fn new(version: &'a str, mode: Mode, cases: &[&'a Case], side: Side) -> Self {
        let world = World::with_daemon(version, behaviour::DAEMON);
        programs::write(&world);
        let mut stage = Self { world, version, mode, cases: cases.to_vec(), side };
        stage.turn(side);
        stage
    }

    /// Writes every case's definition as it is on that side.
    pub(crate) fn turn(&mut self, side: Side) {
        self.side = side;
        for case in &self.cases {
            self.world.daemon(&case.app(), &case.daemon(self.mode, case.members(side)));
        }
    }

    /// Makes it so; what each step was, and what is wrong with it.
    pub(crate) fn sync(&self) -> Synced {
        let output = self
            .world
            .command(&["sync", "--json", "--jobs", "16", "--pressure", "off", "--patience", "3"])
            .output();
        let json = output.find('{').map(|start| &output[start..]).unwrap_or_default();
        let mut stream = serde_json::Deserializer::from_str(json).into_iter::<Json>();
        match stream.next() {
            Some(Ok(report)) => Synced::read(&report),
            _ => panic!("{}: {output}", self.version),
        }
    }

    /// Restarts every process as it is: an app that is changed has often been restarted before, and PM2 has made new
    /// objects of it since, which not all of its parts know.
    pub(crate) fn restart(&self) {
        let ids: Vec<ProcessId> =
            self.world.list().iter().map(|it| it["pm_id"].as_u64().unwrap().try_into().unwrap()).collect();
        thread::scope(|scope| {
            for id in ids {
                scope.spawn(move || {
                    // With `wait_ready`, PM2 answers when the program is ready, or never: no matter here.
                    let _ = self.world.pm2.client().restart(id, &Change::none());
                });
            }
        });
        self.settle();
    }

    /// Starts everything by PM2's own program.
    pub(crate) fn start_by_pm2(&self) {
        assert_eq!(self.by_pm2("start"), Some(true), "PM2 {}: start", self.version);
        let running = self.settle();
        assert!(running >= Some(self.cases.len()), "{running:?} of {} run", self.cases.len());
    }

    /// Lets PM2's own program reload everything; whether it says that it did. `None` if PM2's daemon died of it.
    pub(crate) fn reload_by_pm2(&self) -> Option<bool> {
        self.by_pm2("reload")
    }

    /// Left alone by its daemon, PM2's program waits for ever.
    fn by_pm2(&self, command: &str) -> Option<bool> {
        self.world.command(&["render", &format!("--aggregate={AGGREGATE}")]).succeeds();
        let daemon = self.world.pm2.daemon();
        let mut pm2 = self.world.pm2.pm2();
        pm2.arg(command).arg(self.world.root().join(AGGREGATE)).stdout(Stdio::null()).stderr(Stdio::null());
        let mut pm2 = pm2.spawn().unwrap();
        let mut ended = None;
        wait_until(&format!("PM2 {} has done: {command}", self.version), VERY_LONG, || {
            ended = pm2.try_wait().unwrap();
            ended.is_some() || !daemon.is_alive()
        });
        pm2.kill().unwrap();
        pm2.wait().unwrap();
        ended.filter(|_| daemon.is_alive()).map(|status| status.success())
    }

    /// Looks at every case's app, at all of them at once: some looks wait for something to happen.
    pub(crate) fn look(&self) -> Seen {
        thread::scope(|scope| {
            let looks = self.cases.iter().map(|case| {
                let app = case.app_with(case.members(self.side));
                let look = move || (case.look)(&Subject { world: &self.world, app: &app });
                (case.app(), thread::Builder::new().name(case.app()).spawn_scoped(scope, look).unwrap())
            });
            let looks: Vec<_> = looks.collect();
            let seen = |thread: thread::ScopedJoinHandle<'_, String>| match thread.join() {
                Ok(text) => text,
                Err(panic) => format!("{UNSEEN}{}", said_in(panic.as_ref())),
            };
            looks.into_iter().map(|(case, thread)| (case, seen(thread))).collect()
        })
    }

    /// PM2's records by app, of the first process each, without what differs from run to run.
    pub(crate) fn records(&self) -> BTreeMap<String, Record> {
        let mut records = BTreeMap::new();
        for entry in self.world.list() {
            let name = entry["name"].as_str().unwrap().to_owned();
            records.entry(name).or_insert_with(|| self.comparable(&entry));
        }
        records
    }

    fn comparable(&self, entry: &Json) -> Record {
        let subject = Subject { world: &self.world, app: "" };
        let text = subject.without_places(&entry["pm2_env"].to_string());
        let id = &entry["pm_id"];
        let text = text.replace(&format!("-{id}.log"), "-N.log").replace(&format!("-{id}.pid"), "-N.pid");
        let mut record: Record = serde_json::from_str(&text).unwrap();
        record.retain(|name, _| !COUNTED.contains(&name.as_str()));
        if let Some(Json::Object(env)) = record.get_mut("env") {
            env.retain(|name, _| !COUNTED.contains(&name.as_str()));
        }
        record
    }

    /// The environment that the kernel has for the first process of each case, without what differs from run to run.
    pub(crate) fn environs(&self) -> BTreeMap<String, BTreeMap<String, String>> {
        let list = self.world.list();
        let environ = |case: &&Case| {
            let app = case.app_with(case.members(self.side));
            let entry = list.iter().find(|entry| entry["name"] == *app)?;
            let pid = entry["pid"].as_u64().filter(|pid| *pid != 0)?;
            let subject = Subject { world: &self.world, app: &app };
            let text = |value: String| {
                let value = subject.without_places(&value);
                let id = &entry["pm_id"];
                value.replace(&format!("-{id}.log"), "-N.log").replace(&format!("-{id}.pid"), "-N.pid")
            };
            let environ = Process::new(pid).environ().into_iter();
            // A flag of PM2's that is off is as good as none, and PM2 5 and 6 give objects that they only keep as text.
            let is_off = |name: &str, value: &str| {
                name.starts_with(|c: char| c.is_lowercase()) && ["false", "[object Object]"].contains(&value)
            };
            let lasting =
                environ.filter(|(name, value)| !COUNTED.contains(&name.as_str()) && !is_off(name, value));
            Some((case.app(), lasting.map(|(name, value)| (name, text(value))).collect()))
        };
        self.cases.iter().filter_map(environ).collect()
    }

    /// Waits until PM2's list has not changed for a while, and gives its length. `None` if PM2's daemon died meanwhile.
    pub(crate) fn settle(&self) -> Option<usize> {
        let (mut seen, mut since, began) = (self.glance()?, Instant::now(), Instant::now());
        while since.elapsed() < CALM && began.elapsed() < LONG {
            thread::sleep(Duration::from_millis(200));
            let now = self.glance()?;
            let moving = now.iter().any(|(.., status)| ["launching", "stopping"].contains(&status.as_str()));
            if now != seen || moving {
                (seen, since) = (now, Instant::now());
            }
        }
        Some(seen.len())
    }

    /// Name, pid and status of what PM2 lists.
    fn glance(&self) -> Option<Vec<(String, u64, String)>> {
        let text = |value: &Json| value.as_str().unwrap_or_default().to_owned();
        let of =
            |it: &Json| (text(&it["name"]), it["pid"].as_u64().unwrap_or(0), text(&it["pm2_env"]["status"]));
        let patience = Timeouts { connect: LONG, call: LONG };
        let list = Client::connect(self.world.pm2.path(), patience).ok()?.list().ok()?;
        Some(list.iter().map(of).collect())
    }
}

/// PM2's program works off dozens of apps, one after the other.
const VERY_LONG: Duration = Duration::from_secs(300);

const CALM: Duration = Duration::from_secs(1);

/// The file that PM2's own program is given: all daemons at once.
const AGGREGATE: &str = "all.config.mjs";

/// Members of PM2's record that are of one process, one run or one moment, and the stamp.
const COUNTED: &[&str] = &[
    "pm_id",
    "unique_id",
    "created_at",
    "pm_uptime",
    "restart_time",
    "unstable_restarts",
    "prev_restart_delay",
    "exit_code",
    "status",
    "node_version",
    "version",
    "versioning",
    "vizion_running",
    "_tree_pids",
    "axm_actions",
    "axm_monitor",
    "axm_options",
    "axm_dynamic",
    "ECOSYSTEM_DIGEST",
    "NODE_CHANNEL_FD",
    "NODE_UNIQUE_ID",
    "pm2_env",
    // How many were started at once: those that stay when more come keep it.
    "instances",
];

fn said_in(panic: &(dyn std::any::Any + Send)) -> String {
    let text = panic.downcast_ref::<String>().cloned();
    text.or_else(|| panic.downcast_ref::<&str>().map(|text| (*text).to_owned())).unwrap_or_default()
}
