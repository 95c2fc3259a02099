//! What stays between the tree, PM2 and its user: through a whole life, with a umask that opens everything to everybody.

use std::fs::{self, File};
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use rustix::process::Signal;

use crate::support::cli_program;
use crate::support::process::Process;
use crate::support::scene::{Scene, world};
use crate::support::wait::{LONG, wait_until};
use crate::support::world::{Ran, World};

/// Begins every planted secret.
const PLANTED: &str = "hush";

/// An app that takes secrets from an env file and the environment of PM2's daemon; what it does is after `sh`.
fn app(name: &str, does: &str, more: &str) -> String {
    format!(
        r#"{{:apps [{{:name "{name}" :script "/bin/sh" :args ["-c" "{does}"] :env_file "app.env"
                    :env {{:URL #join ["http://u:" #env DB_PASSWORD "@h"] :API_TOKEN "{PLANTED}-written" :N "{more}"}}}}]}}"#
    )
}

const RUNS: &str = "exec sleep 100000";

fn open(world: &World, program: &Path) -> Command {
    let mut command = world.pm2.command("/bin/sh");
    command.args(["-c", "umask 000; exec \"$0\" \"$@\""]).arg(program);
    command
}

/// The command line on the tree; gives what it says, however it ends.
fn says(world: &World, args: &[&str]) -> String {
    let mut command = open(world, &cli_program::path());
    command.args(args).arg(world.root()).arg("--base").arg(world.base());
    let said = Ran::of(command.output().unwrap()).output();
    assert!(!said.contains(PLANTED), "{args:?}: {said}");
    assert!(!said.contains("Usage:") && !said.contains("panicked"), "{args:?}: {said}");
    said
}

struct Watching(Child);

impl Watching {
    fn start(world: &World, log: &str, options: &[&str]) -> Self {
        let mut command = open(world, env!("CARGO_BIN_EXE_ecosystem-watch").as_ref());
        command.arg(world.root()).arg("--base").arg(world.base()).args(options);
        let log = File::create(world.base().join(log)).unwrap();
        command.stdout(log.try_clone().unwrap()).stderr(log).stdin(Stdio::null());
        Self(command.spawn().unwrap())
    }

    fn ends(mut self) {
        Process::new(self.0.id()).signal(Signal::TERM);
        wait_until("the watcher has ended", LONG, || self.0.try_wait().unwrap().is_some());
    }
}

impl Drop for Watching {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn secrets(world: &World, number: u32) {
    world.program("app.env", &format!("PLAIN={PLANTED}-{number}\nDB_PASSWORD={PLANTED}-{number}\n"));
}

/// Waits until the process of an app has this secret in its environment.
fn has(world: &World, app: &str, number: u32) {
    let expected = format!("{PLANTED}-{number}");
    wait_until(&format!("{app} has secret {number}"), LONG, || {
        let pids = world.pids();
        let pid = pids.get(app).and_then(|pids| pids.first()).filter(|pid| **pid != 0);
        pid.is_some_and(|pid| Process::new(*pid).environ().get("PLAIN") == Some(&expected))
    });
}

/// Every command that tells something, in each of its forms.
const LOOKS: &[&[&str]] = &[
    &["check", "--json"],
    &["check", "--format", "sarif"],
    &["plan"],
    &["plan", "--json"],
    &["status"],
    &["status", "--json"],
    &["explain", "web"],
    &["explain", "web", "--json"],
    &["history"],
    &["history", "--json"],
    &["history", "web"],
    &["history", "web", "--json"],
    &["history", "web", "--diff", "2"],
    &["history", "bad", "--json"],
    &["render", "--check"],
    &["render", "--stdout"],
    &["graph"],
    &["graph", "--format", "dot"],
    &["sync", "--dry-run", "--json"],
];

fn looks(world: &World) {
    for args in LOOKS {
        // What the tree itself says of a value is in the file that is made of it.
        if args.contains(&"--stdout") {
            continue;
        }
        says(world, args);
    }
}

#[test]
fn a_whole_life_opens_nothing_and_tells_no_secret() {
    let world = world();
    secrets(&world, 1);
    world.daemon("web", &app("web", RUNS, "1"));
    says(&world, &["render"]);
    says(&world, &["sync", "--patience", "0"]);
    has(&world, "web", 1);
    secrets(&world, 2);
    looks(&world);
    let kept = world.base().join("next.plan");
    says(&world, &["plan", "--out", kept.to_str().unwrap()]);
    says(&world, &["sync", "--plan", kept.to_str().unwrap()]);
    has(&world, "web", 2);

    // A failure, with its log; it is taken back.
    world.daemon("bad", &app("bad", "echo dying >&2; exit 3", ""));
    let said = says(&world, &["sync"]);
    assert!(said.contains("bad"), "{said}");
    world.remove("bad");
    says(&world, &["sync"]);
    world.daemon("web", &app("web", RUNS, "2"));
    says(&world, &["sync", "--patience", "0", "--json"]);
    says(&world, &["rollback", "web", "--patience", "0"]);
    says(&world, &["resume", "web"]);
    says(&world, &["suspend", "--reason", "quiet", "web"]);
    looks(&world);
    says(&world, &["resume", "web"]);

    // The same by the watcher, in both of its languages.
    let mut pm2 = world.pm2.pm2();
    pm2.args(["start", "/bin/sleep", "--name", "taken", "--", "1000"]).env("PLAIN", "hush-foreign");
    let _ = Ran::of(pm2.output().unwrap()).succeeds();
    let idle = r#"{:apps [{:name "taken" :script "/bin/sleep" :args ["1000"]}]}"#;
    world.daemon("taken", idle);
    let watcher = Watching::start(&world, "text.log", &["--verbose", "--save"]);
    world.looks_again_or_first();
    secrets(&world, 3);
    world.daemon("web", &app("web", RUNS, "3"));
    has(&world, "web", 3);
    says(&world, &["sync", "--adopt", "taken", "--patience", "0"]);
    watcher.ends();
    let watcher = Watching::start(&world, "json.log", &["--verbose", "--log-format", "json"]);
    secrets(&world, 4);
    world.daemon("web", &app("web", RUNS, "4"));
    world.daemon("bad", &app("bad", "exit 3", "").replace(":name", ":argz 1 :name"));
    has(&world, "web", 4);
    looks(&world);
    watcher.ends();

    everything_is_private(world.pm2.path().join("ecosystem").as_std_path());
    for file in [kept, world.pm2.path().join("dump.pm2").into()] {
        assert_eq!(fs::metadata(&file).unwrap().mode() & 0o777, 0o600, "{}", file.display());
    }
    fs::remove_file(world.base().join("app.env")).unwrap();
    let told =
        [world.base(), world.pm2.path().join("ecosystem").into()].map(|folder| holds_no_secret(&folder));
    assert!(told.iter().all(|files| *files > 4), "{told:?}");
}

trait Looks: Scene {
    /// Waits until a watcher that was just started has looked.
    fn looks_again_or_first(&self) {
        wait_until("the watcher has looked", LONG, || self.looks() > 0);
    }
}

impl Looks for World {}

/// Folders are 0700 and files 0600, all the way down, and nothing that was written halfway is left.
fn everything_is_private(folder: &Path) {
    assert_eq!(fs::symlink_metadata(folder).unwrap().mode() & 0o7777, 0o700, "{}", folder.display());
    for entry in fs::read_dir(folder).unwrap() {
        let (path, found) = entry.map(|entry| (entry.path(), entry.metadata().unwrap())).unwrap();
        if found.is_dir() {
            everything_is_private(&path);
        } else {
            assert_eq!(found.mode() & 0o777, 0o600, "{}", path.display());
            assert!(!path.file_name().unwrap().to_str().unwrap().starts_with('.'), "{}", path.display());
        }
    }
}

/// How many files there are, in none of which a secret of the env file stands.
fn holds_no_secret(folder: &Path) -> usize {
    let entries = fs::read_dir(folder).unwrap().map(Result::unwrap);
    let held = entries.map(|entry| {
        if entry.file_type().unwrap().is_dir() {
            return holds_no_secret(&entry.path());
        }
        let text = String::from_utf8_lossy(&fs::read(entry.path()).unwrap()).into_owned();
        let found = (1..=4).find(|number| text.contains(&format!("{PLANTED}-{number}")));
        assert_eq!(
            (found, text.contains("hush-foreign")),
            (None, false),
            "{}: {text}",
            entry.path().display()
        );
        1
    });
    held.sum()
}
