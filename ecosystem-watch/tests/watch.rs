//! The watcher on real PM2: an edit is followed, a mistake changes nothing, a signal ends it.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a failing test panics, and says so best where it happens"
)]
#![allow(dead_code, reason = "what tests stand on is shared with those of the command line")]

#[path = "../../ecosystem-cli/tests/support/hermetic.rs"]
mod hermetic;
#[path = "../../ecosystem-cli/tests/support/pm2_home.rs"]
mod pm2_home;
#[path = "../../ecosystem-cli/tests/support/pm2_program.rs"]
mod pm2_program;
#[path = "../../ecosystem-cli/tests/support/process.rs"]
mod process;
#[path = "../../ecosystem-cli/tests/support/wait.rs"]
mod wait;

use std::path::Path;
use std::process::{Child, Stdio};

use pm2_home::Pm2Home;
use process::Process;
use rustix::process::Signal;
use wait::{LONG, wait_until};

const WEB: &str = r#"{:apps [{:name "web" :script "idle.sh" :interpreter "sh" :env {:COLOR "red"}}]}"#;
const JOB: &str = r#"{:apps [{:name "job" :script "idle.sh" :interpreter "sh"}]}"#;

fn write(root: &Path, id: &str, text: &str) {
    std::fs::create_dir_all(root.join(id)).unwrap();
    std::fs::write(root.join(id).join("ecosystem.edn"), text).unwrap();
}

fn pid(home: &Pm2Home, app: &str) -> Option<u64> {
    home.client().list().unwrap().iter().find(|entry| entry["name"] == app)?["pid"].as_u64()
}

fn color(home: &Pm2Home) -> Option<String> {
    Process::new(pid(home, "web")?).environ().get("COLOR").cloned()
}

fn watch(home: &Pm2Home, base: &Path) -> Child {
    let mut command = home.command(env!("CARGO_BIN_EXE_ecosystem-watch"));
    // Far beyond the test: what it does, it does for a file event.
    command.arg(base.join("daemons")).arg("--base").arg(base).args(["--resync", "3600"]);
    command.stdout(Stdio::null()).stderr(Stdio::inherit()).spawn().unwrap()
}

#[test]
fn follows_the_tree_until_it_is_told_to_stop() {
    let home = Pm2Home::running(pm2_program::DEFAULT);
    let folder = hermetic::short_temp_dir();
    let root = folder.path().join("daemons");
    std::fs::write(folder.path().join("idle.sh"), "while :; do sleep 1; done\n").unwrap();
    write(&root, "web", WEB);
    let mut watcher = watch(&home, folder.path());
    wait_until("the first pass is made", LONG, || color(&home).as_deref() == Some("red"));

    write(&root, "group/job", JOB);
    wait_until("a new daemon runs", LONG, || pid(&home, "job").is_some());
    let job = pid(&home, "job");

    write(&root, "web", "{:apps [");
    write(&root, "web", &WEB.replace("red", "blue"));
    wait_until("an edit is followed", LONG, || color(&home).as_deref() == Some("blue"));
    assert_eq!(pid(&home, "job"), job);

    std::fs::remove_dir_all(root.join("group")).unwrap();
    wait_until("a removed daemon is gone", LONG, || pid(&home, "job").is_none());

    Process::new(watcher.id()).signal(Signal::TERM);
    assert!(watcher.wait().unwrap().success());
    assert_eq!(color(&home).as_deref(), Some("blue"));
}
