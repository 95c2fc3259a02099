//! What `status` shows of a watcher, by what one leaves on disk.

use std::path::Path;
use std::process::Command;

use camino::Utf8PathBuf;
use ecosystem_core::model::{Owner, Prune};
use ecosystem_core::os::state::{Mode, Problem, ProblemKind, Taken, WatchLock, WatcherState, now};
use serde_json::Value as Json;

struct Place {
    folder: tempfile::TempDir,
}

impl Place {
    fn new() -> Self {
        let place = Self { folder: tempfile::tempdir().unwrap() };
        std::fs::create_dir_all(place.path("daemons")).unwrap();
        place
    }

    fn path(&self, name: &str) -> Utf8PathBuf {
        Utf8PathBuf::from_path_buf(self.folder.path().canonicalize().unwrap().join(name)).unwrap()
    }

    fn watch(&self) -> WatchLock {
        match WatchLock::try_take(&self.path("home"), &Owner::new("tree")).unwrap() {
            Taken::Ours(lock) => lock,
            Taken::Theirs(holder) => panic!("taken by {holder:?}"),
        }
    }

    /// What `status` prints; PM2 is not running, which is no failure.
    fn status(&self, args: &[&str]) -> String {
        let mut command = Command::new(env!("CARGO_BIN_EXE_ecosystem-cli"));
        command.arg("status").arg(self.path("daemons")).args(["--owner", "tree"]).args(args);
        let output = command.env("PM2_HOME", self.path("home")).env("NO_COLOR", "1").output().unwrap();
        assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    }

    fn json(&self) -> Json {
        serde_json::from_str::<Json>(&self.status(&["--json"])).unwrap()["watcher"].take()
    }
}

fn state() -> WatcherState {
    let problem = Problem {
        kind: ProblemKind::Pending,
        app: Some("old".to_owned()),
        daemon: Some("services/old".to_owned()),
        text: "no longer declared: `ecosystem-cli prune services/old` deletes it".to_owned(),
        since: now(),
    };
    WatcherState {
        program_version: "0.1.0".to_owned(),
        pid: std::process::id(),
        started_at: now(),
        looked_at: Some(now()),
        looks: 1,
        changed_at: None,
        mode: Mode::Watching,
        prune: Prune::Confirm,
        problems: vec![problem],
        problems_left_out: 0,
        last_error: None,
    }
}

#[test]
fn status_tells_of_a_watcher_from_before_its_start_to_after_its_end() {
    let place = Place::new();
    assert!(!place.status(&[]).contains("watcher"));
    assert_eq!(place.json(), Json::Null);
    assert!(!Path::new(place.path("home").as_str()).exists(), "looking leaves nothing behind");

    let lock = place.watch();
    let running = format!("\nwatcher running as {}, ", std::process::id());
    assert!(place.status(&[]).contains(&format!("{running}has not looked yet\n")));

    lock.write(&state()).unwrap();
    let said = place.status(&[]);
    assert!(said.contains(&format!("{running}looked ")), "{said}");
    assert!(said.contains("`ecosystem-cli prune services/old`"), "{said}");
    let json = place.json();
    assert_eq!((&json["alive"], &json["pid"]), (&true.into(), &std::process::id().into()), "{json}");
    assert_eq!(json["state"]["problems"][0]["kind"], "pending", "{json}");

    drop(lock);
    let said = place.status(&[]);
    assert!(said.contains("\nwatcher not running, last looked "), "{said}");
    assert!(!said.contains("prune"), "what it left is out of date: {said}");
    assert_eq!(place.json()["alive"], false);
}
