//! A plan is kept, and carried out as it was agreed to, or not at all.

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;
use std::time::SystemTime;

use ecosystem_core::os::pm2::{Client, ClientError, Timeouts};
use serde_json::Value as Json;

use crate::support::cli_program;
use crate::support::pm2_home::Pm2Home;
use crate::support::pm2_program::{DEFAULT, pm2_program};
use crate::support::wait::{LONG, wait_until};
use crate::support::world::{Ran, World};

fn app(name: &str, seconds: u32) -> String {
    format!(r#"{{:apps [{{:name "{name}" :script "/bin/sleep" :args ["{seconds}"] :env_file "app.env?"}}]}}"#)
}

/// A world in which two apps run.
fn running() -> World {
    let world = World::new();
    world.daemon("api", &app("api", 1000));
    world.daemon("web", &app("web", 1000));
    world.command(&["sync", "--patience", "0"]).succeeds();
    world
}

/// Everything that a pass may change: processes, and what lies in the tree and in the state folder.
#[derive(Debug, PartialEq)]
struct Everything {
    pids: BTreeMap<String, Vec<u32>>,
    /// When each was written, and what it holds.
    files: BTreeMap<PathBuf, (SystemTime, Vec<u8>)>,
}

impl World {
    fn plan_file(&self) -> String {
        self.base().join("next.plan").to_str().unwrap().to_owned()
    }

    /// Keeps the plan that there is now.
    #[track_caller]
    fn agree(&self, options: &[&str]) -> String {
        self.command(&[&["plan", "--out", &self.plan_file()], options].concat()).succeeds()
    }

    fn carry_out(&self, options: &[&str]) -> Ran {
        self.command(&[&["sync", "--patience", "0", "--plan", &self.plan_file()], options].concat())
    }

    /// `ecosystem-cli` with these arguments and no other, from a folder that has nothing to do with the tree.
    fn plainly(&self, args: &[&str]) -> Ran {
        Ran::of(self.pm2.command(cli_program::path()).args(args).output().unwrap())
    }

    fn everything(&self) -> Everything {
        let mut files = BTreeMap::new();
        let mut folders = vec![self.root(), self.pm2.path().join("ecosystem").into_std_path_buf()];
        while let Some(folder) = folders.pop() {
            for entry in fs::read_dir(folder).unwrap().map(Result::unwrap) {
                if entry.file_type().unwrap().is_dir() {
                    folders.push(entry.path());
                } else {
                    let written = entry.metadata().unwrap().modified().unwrap();
                    files.insert(entry.path(), (written, fs::read(entry.path()).unwrap()));
                }
            }
        }
        Everything { pids: self.pids(), files }
    }

    /// The plan is refused for all of these reasons, and nothing is changed.
    #[track_caller]
    fn refuses(&self, options: &[&str], said: &[&str]) {
        let before = self.everything();
        let output = self.carry_out(options).fails(1);
        for said in said.iter().chain(&["is stale; nothing was written or applied", "plan --out"]) {
            assert!(output.contains(said), "{said}: {output}");
        }
        assert_eq!(self.everything(), before, "{output}");
    }
}

#[test]
fn what_was_agreed_to_is_done_and_nothing_else() {
    let world = running();
    let before = world.everything();
    world.daemon("web", &app("web", 2000));
    let output = world.agree(&[]);
    assert!(output.contains("web   restart") && output.contains("wrote the plan to"), "{output}");
    assert_eq!(world.pids(), before.pids);
    let output = world.carry_out(&[]).succeeds();
    assert!(output.contains("✓ web: restart done") && output.contains("1 done, 1 unchanged"), "{output}");
    assert_eq!(world.pids()["api"], before.pids["api"]);
    assert_ne!(world.pids()["web"], before.pids["web"]);
    let dist = fs::read_to_string(world.root().join("web/dist/ecosystem.config.mjs")).unwrap();
    assert!(dist.contains("2000"), "{dist}");
    world.nothing_to_do();
    // It has been carried out, so it is no plan any more.
    world.refuses(
        &[],
        &["  - web: was to be restarted (args: [\"1000\"] → [\"2000\"]), nothing is to be done now"],
    );
}

#[test]
fn a_plan_of_nothing_does_nothing() {
    let world = running();
    world.agree(&[]);
    let before = world.everything();
    assert_eq!(world.carry_out(&[]).succeeds(), "2 unchanged\n");
    assert_eq!(world.everything(), before);
}

#[test]
fn an_edit_since_is_told_and_nothing_is_done() {
    let world = running();
    world.daemon("web", &app("web", 2000));
    world.daemon("new", &app("new", 1000));
    world.agree(&[]);
    world.daemon("web", &app("web", 3000));
    world.daemon("new", &app("new", 3000));
    world.daemon("api", &app("api", 3000));
    world.refuses(
        &[],
        &[
            "  - api: nothing was to be done, is to be restarted now (args: [\"1000\"] → [\"3000\"])",
            "  - new: its definition has been changed",
            "  - web: was to be restarted (args: [\"1000\"] → [\"2000\"]), is to be restarted now (args: [\"1000\"] → \
             [\"3000\"])",
        ],
    );
    assert!(!world.root().join("new/dist").exists());
}

#[test]
fn an_env_file_that_was_edited_is_told_without_its_values() {
    let world = running();
    world.daemon("new", &app("new", 1000));
    world.program("app.env", "PIN=1234\n");
    world.agree(&["--only", "new"]);
    assert!(!fs::read_to_string(world.plan_file()).unwrap().contains("1234"));
    world.program("app.env", "PIN=5678\n");
    world.refuses(&[], &["  - new: what it takes from env files, the environment or this machine"]);
    world.program("app.env", "PIN=1234\n");
    let before = world.pids();
    // What it was agreed for is in the file: the two others, which take something from that file too, are left alone.
    world.carry_out(&[]).succeeds();
    assert_eq!(world.pids()["api"], before["api"]);
    assert_eq!(world.process("new").environ()["PIN"], "1234");
}

#[test]
fn a_restart_by_hand_is_told() {
    let world = running();
    world.daemon("web", &app("web", 2000));
    world.agree(&[]);
    // What the plan leaves alone may be restarted.
    let restart = |app: &str| Ran::of(world.pm2.pm2().args(["restart", app]).output().unwrap()).succeeds();
    restart("api");
    let before = world.pids()["web"][0];
    restart("web");
    let now = world.pids()["web"][0];
    let said = format!("(pid {before}) has been restarted since, and is pid {now} now");
    world.refuses(&[], &[&said]);
    world.agree(&[]);
    restart("api");
    world.carry_out(&[]).succeeds();
}

#[test]
fn another_pm2_is_told_and_none_is_started() {
    let world = running();
    world.daemon("web", &app("web", 2000));
    world.agree(&[]);
    let daemon = world.pm2.daemon();
    Ran::of(world.pm2.pm2().arg("kill").output().unwrap()).succeeds();
    wait_until("PM2 has ended", LONG, || !daemon.is_alive());
    let program = pm2_program(DEFAULT);
    let output = world.carry_out(&["--pm2", program.as_str()]).fails(1);
    assert!(output.contains("  - PM2 does not run any more\n"), "{output}");
    assert!(is_down(&world.pm2), "PM2 was started");
    Ran::of(world.pm2.pm2().arg("ping").output().unwrap()).succeeds();
    wait_until("PM2 listens", LONG, || Client::connect(world.pm2.path(), Timeouts::default()).is_ok());
    world.refuses(&[], &["  - PM2 has been started anew\n"]);
}

fn is_down(home: &Pm2Home) -> bool {
    matches!(Client::connect(home.path(), Timeouts::default()), Err(ClientError::NotRunning { .. }))
}

/// From a plan for a PM2 that is not up, the file being all that is said.
#[test]
fn a_first_start_is_carried_out_from_the_file_alone() {
    let world = running();
    let home = Pm2Home::empty(DEFAULT);
    let (home_path, base, program) = (home.path().as_str(), world.base(), pm2_program(DEFAULT));
    let options =
        ["--pm2-home", home_path, "--owner", "mine", "--profile", "dev", "--out", &world.plan_file()];
    let root = world.root();
    let tree = [root.to_str().unwrap(), "--base", base.to_str().unwrap()];
    let output = world.plainly(&[&["plan"], &options[..], &tree].concat()).succeeds();
    assert!(output.contains("2 to start"), "{output}");
    world.daemon("web", &app("web", 2000));
    let carry_out = || world.plainly(&["sync", "--plan", &world.plan_file(), "--pm2", program.as_str()]);
    let output = carry_out().fails(1);
    assert!(output.contains("  - web: its definition has been changed\n"), "{output}");
    assert!(is_down(&home), "PM2 was started");
    world.daemon("web", &app("web", 1000));
    let output = carry_out().succeeds();
    assert!(output.contains("2 done"), "{output}");
    let list = home.client().list().unwrap();
    assert_eq!(list.len(), 2);
    assert!(list.iter().all(|it| it["pm2_env"]["env"]["ECOSYSTEM_OWNER"] == "mine"), "{list:#?}");
}

#[test]
fn a_plan_of_another_tree_is_refused() {
    let world = running();
    world.daemon("web", &app("web", 2000));
    world.agree(&[]);
    let other = world.base().join("other");
    fs::create_dir_all(&other).unwrap();
    let before = world.everything();
    let (file, root) = (world.plan_file(), world.root());
    let (other, root) = (other.to_str().unwrap(), root.to_str().unwrap());
    let said = format!("the tree is {other}, and was {root}");
    for args in [&[other][..], &[root, "--owner", "x"], &[root, "--base", other]] {
        let output = world.plainly(&[&["sync", "--plan", &file], args].concat()).fails(1);
        assert!(args.len() > 1 || output.contains(&said), "{output}");
    }
    fs::write(world.root().join("defaults.edn"), "{:owner \"moved\"}").unwrap();
    let output = world.plainly(&["sync", "--plan", &file]).fails(1);
    assert!(output.contains(&format!("  - the tree's owner is moved, and was {root}\n")), "{output}");
    fs::remove_file(world.root().join("defaults.edn")).unwrap();
    assert_eq!(world.everything(), before);
}

#[test]
fn what_is_no_plan_is_refused() {
    let world = running();
    let before = world.everything();
    let source = world.root().join("web/ecosystem.edn");
    for file in [source.to_str().unwrap(), "/dev/null", "/none", world.root().to_str().unwrap()] {
        let output = world.command(&["sync", "--plan", file]).fails(4);
        assert!(output.contains(&format!("the plan in {file} cannot be used: ")), "{output}");
    }
    world.command(&["plan", "--out", source.to_str().unwrap()]).fails(4);
    world.command(&["plan", "--out", "-"]).fails(2);
    for option in [&["--only", "web"][..], &["--adopt-all"], &["--prune", "never"], &["--dry-run"]] {
        world.carry_out(option).fails(2);
    }
    assert_eq!(world.everything(), before);
}

/// What programs get of both commands, with what differs from run to run left out.
#[test]
fn json_of_both_commands() {
    let world = running();
    world.daemon("web", &app("web", 2000));
    let told = |text: &str| {
        let mut told: Json = serde_json::from_str(text).unwrap();
        for step in told.get_mut("outcomes").and_then(Json::as_array_mut).into_iter().flatten() {
            step["pids"] = Json::from("…");
            step["milliseconds"] = Json::from("…");
        }
        format!("{told:#}").replace(world.base().to_str().unwrap(), "BASE")
    };
    let planned = told(&world.agree(&["--json"]));
    let done = told(&world.carry_out(&["--json"]).succeeds());
    let stale = told(&world.carry_out(&["--json"]).fails(1));
    let (plan, sync) = ("plan --json --out BASE/next.plan", "sync --json --plan BASE/next.plan");
    let all = [(plan, planned), (sync, done), (sync, stale)];
    let all = all.map(|(command, told)| format!("$ ecosystem-cli {command}\n{told}\n")).join("\n");
    insta::assert_snapshot!(all);
}
