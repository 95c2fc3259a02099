//! From the save of one `ecosystem.edn` to the first thing that its process does: of an app that runs, and of a daemon
//! that is new.
//!
//! Beside it what PM2 alone takes: a client that knows the change already, and asks for nothing else. And what people do
//! today: a file watcher that runs `pm2 reload FILE`, or `pm2 start FILE`.

use std::path::PathBuf;
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use ecosystem_core::os::pm2::{Change, Preparation};
use serde_json::{Map, Value as Json, json};

use crate::figures::table::{Table, Way};
use crate::figures::{full_or_trial, rounds};
use crate::support::scene::{Scene as _, daemon_with};
use crate::support::wait::{LONG, wait_until};
use crate::support::watcher::Watcher;
use crate::support::world::World;

/// How many daemons there are, and how many of their apps run.
const SIZES: &[(usize, usize)] = &[(10, 10), (100, 100), (1000, 100)];
/// The watcher's default of `--debounce`.
const DEBOUNCE: Duration = Duration::from_millis(100);
/// Making known a thousand apps takes PM2 a while.
const FOREVER: Duration = Duration::from_secs(240);

/// An app at whose end PM2 looks ten times as often as by default.
const QUICK: &str = "quick";

/// Says which round it is of, and stays.
const PROGRAM: &str = "printf %s \"$ROUND\" > \"$0.ran\"\nexec sleep 100000\n";

/// Does with each config what its name says, once it is saved. It waits for nothing: a person's would.
const FILE_WATCHER: &str = r#"
const { watch, writeFileSync } = require("node:fs");
const { join } = require("node:path");
const { spawn } = require("node:child_process");
const [pm2, folder] = process.argv.slice(2);
let busy = false;
watch(folder, (_, name) => {
  if (!name?.endsWith(".config.json") || busy) return;
  busy = true;
  const child = spawn(process.execPath, [pm2, name.split("-")[0], join(folder, name)], { stdio: "ignore" });
  child.on("exit", () => { busy = false; writeFileSync(join(folder, "done"), name); });
});
writeFileSync(join(folder, "done"), "");
"#;

pub(crate) fn of_a_running_app() {
    let mut table = Table::new("From the save of an edit to the main of the restarted process", "daemons");
    each_size(&mut table, |bench| {
        let (mut ours, mut theirs, mut todays) = (0.., 0.., 0..);
        vec![
            Way::timed("PM2 alone", bench.floor_restart()),
            Way::timed("ecosystem-watch but for its 100 ms of debounce", move || {
                bench.edit("edited", ours.next().unwrap())
            }),
            Way::timed("the same of an app with :kill-retry-time 10", move || {
                bench.edit(QUICK, theirs.next().unwrap())
            }),
            Way::timed("pm2 reload FILE by a file watcher", move || {
                bench.today("reload", "today", todays.next().unwrap())
            }),
        ]
    });
    table.finish("edit");
}

pub(crate) fn that_adds_a_daemon() {
    let mut table = Table::new("From the save of a new daemon to the main of its process", "daemons");
    each_size(&mut table, |bench| {
        let (mut ours, mut theirs, mut todays) = (0.., 0.., 0..);
        vec![
            Way::timed("PM2 alone", move || bench.floor_start(ours.next().unwrap())),
            Way::timed("ecosystem-watch but for its 100 ms of debounce", move || {
                bench.add(theirs.next().unwrap())
            }),
            Way::timed("pm2 start FILE by a file watcher", move || {
                let took = bench.today("start", "new-today", todays.next().unwrap());
                bench.forget("new-today");
                took
            }),
        ]
    });
    table.finish("start");
}

fn each_size(table: &mut Table, ways: impl for<'a> Fn(&'a Bench) -> Vec<Way<'a>>) {
    for (daemons, running) in full_or_trial(SIZES, &[(10, 2)]) {
        let bench = Bench::of(*daemons, *running);
        table.measure(*daemons, rounds(11), ways(&bench));
    }
}

/// A tree that is watched, and configs that are watched as people do it today.
struct Bench {
    _watcher: Watcher,
    file_watcher: Child,
    world: World,
}

impl Bench {
    fn of(daemons: usize, running: usize) -> Self {
        let world = World::new();
        for app in ["floor", "today", "edited", QUICK, "new-floor", "new-today", "new"] {
            world.program(&format!("{app}.sh"), PROGRAM);
        }
        world.program("idle.sh", "exec sleep 100000\n");
        world.start_foreign("floor", "floor.sh");
        let config = config(&world, "today", usize::MAX);
        world.program("first.config.json", &config);
        world.pm2_does(&["start", world.base().join("first.config.json").to_str().unwrap()]);
        for app in ["edited", QUICK] {
            write_source(&world, app, usize::MAX);
        }
        for number in 1..daemons {
            let more = if number < running { ":min-uptime 100" } else { ":autostart false" };
            let text = daemon_with(more, &[(&format!("app-{number}"), "red")]);
            world.daemon(&format!("group-{}/{number}", number % 20), &text);
        }
        let watcher = Watcher::start(&world, &["--prune-grace", "0", "--pressure", "off"]);
        wait_until("the first look is over", FOREVER, || !watcher.log.events("looked").is_empty());
        world.rests_for(Duration::from_secs(3), FOREVER);
        Self { _watcher: watcher, file_watcher: file_watcher(&world), world }
    }

    fn edit(&self, app: &str, round: usize) -> Duration {
        self.rests();
        let began = Instant::now();
        write_source(&self.world, app, round);
        self.started(app, round);
        began.elapsed().saturating_sub(DEBOUNCE)
    }

    fn add(&self, round: usize) -> Duration {
        self.rests();
        let began = Instant::now();
        write_source(&self.world, "new", round);
        self.started("new", round);
        let took = began.elapsed().saturating_sub(DEBOUNCE);
        self.world.remove("new");
        wait_until("it is gone again", LONG, || !self.world.pids().contains_key("new"));
        took
    }

    /// A client that knows the change.
    fn floor_restart(&self) -> impl FnMut() -> Duration + '_ {
        let id = self.id("floor");
        let mut client = self.world.pm2.client();
        let mut rounds = 0..;
        move || {
            self.rests();
            let (round, began) = (rounds.next().unwrap(), Instant::now());
            let env = json!({ "ROUND": round.to_string() }).as_object().unwrap().clone();
            client.restart(id, &Change::new(env).unwrap()).unwrap();
            self.started("floor", round);
            began.elapsed()
        }
    }

    /// A client that knows the app.
    fn floor_start(&self, round: usize) -> Duration {
        self.rests();
        let mut client = self.world.pm2.client();
        let app = Preparation::new(self.attributes("new-floor", round)).unwrap();
        let began = Instant::now();
        client.prepare(&app).unwrap();
        self.started("new-floor", round);
        let took = began.elapsed();
        self.forget("new-floor");
        took
    }

    /// PM2's own command on a config file that is saved as editors do it.
    fn today(&self, command: &str, app: &str, round: usize) -> Duration {
        self.rests();
        let folder = self.configs();
        std::fs::remove_file(folder.join("done")).unwrap();
        std::fs::write(folder.join("unsaved"), config(&self.world, app, round)).unwrap();
        let began = Instant::now();
        std::fs::rename(folder.join("unsaved"), folder.join(format!("{command}-{app}.config.json"))).unwrap();
        self.started(app, round);
        let took = began.elapsed();
        wait_until("the command has ended", LONG, || folder.join("done").exists());
        took
    }

    fn attributes(&self, name: &str, round: usize) -> Map<String, Json> {
        let (base, home) = (self.world.base(), self.world.pm2.path());
        let attributes = json!({
            "name": name, "namespace": "default", "args": [], "node_args": [], "instances": 1,
            "pm_exec_path": base.join(format!("{name}.sh")), "pm_cwd": base, "exec_interpreter": "sh",
            "exec_mode": "fork_mode", "autostart": true, "autorestart": true, "merge_logs": true, "treekill": true,
            "vizion": false, "pmx": false, "instance_var": "NODE_APP_INSTANCE",
            "pm_out_log_path": home.join("out.log").as_str(), "pm_err_log_path": home.join("err.log").as_str(),
            "pm_pid_path": home.join(format!("{name}.pid")).as_str(),
            "env": { "ROUND": round.to_string(), "PATH": std::env::var("PATH").unwrap() },
        });
        attributes.as_object().unwrap().clone()
    }

    fn id(&self, app: &str) -> u32 {
        u32::try_from(self.world.record(app)["pm_id"].as_u64().unwrap()).unwrap()
    }

    fn forget(&self, app: &str) {
        self.world.pm2.client().delete(self.id(app)).unwrap();
    }

    fn configs(&self) -> PathBuf {
        self.world.base().join("configs")
    }

    /// Each begins when nothing is left to do for another.
    fn rests(&self) {
        self.world.rests_for(Duration::from_millis(1500), FOREVER);
    }

    /// Waits until the process of a round has said so.
    fn started(&self, app: &str, round: usize) {
        let (file, round) = (self.world.base().join(format!("{app}.sh.ran")), round.to_string());
        let began = Instant::now();
        while std::fs::read_to_string(&file).ok().as_deref() != Some(&round) {
            assert!(began.elapsed() < LONG, "{app} of round {round} does not run");
            std::thread::sleep(Duration::from_micros(200));
        }
    }
}

impl Drop for Bench {
    fn drop(&mut self) {
        let _ = self.file_watcher.kill();
        let _ = self.file_watcher.wait();
    }
}

fn write_source(world: &World, app: &str, round: usize) {
    let more = if app == QUICK { ":kill-retry-time 10" } else { "" };
    let env = format!(":env {{:ROUND \"{round}\"}} {more}");
    let text = format!("{{:apps [{{:name \"{app}\" :script \"{app}.sh\" :interpreter \"sh\" {env}}}]}}");
    world.daemon(app, &text);
}

/// A config as PM2 reads it, of the same app.
fn config(world: &World, app: &str, round: usize) -> String {
    let app = json!({
        "name": app, "script": world.base().join(format!("{app}.sh")), "interpreter": "sh",
        "env": { "ROUND": round.to_string() },
    });
    json!({ "apps": [app] }).to_string()
}

/// A file watcher at work.
fn file_watcher(world: &World) -> Child {
    let (folder, program) = (world.base().join("configs"), world.base().join("watch.js"));
    std::fs::create_dir(&folder).unwrap();
    std::fs::write(&program, FILE_WATCHER).unwrap();
    let pm2 = world.pm2.pm2().get_program().to_owned();
    let mut command = world.pm2.command("node");
    let child = command.arg(program).arg(pm2).arg(&folder).stdout(Stdio::null()).spawn().unwrap();
    wait_until("it watches", LONG, || folder.join("done").exists());
    child
}
