#![allow(clippy::unwrap_used, clippy::panic, reason = "a failing test panics")]

use std::fs;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::sync::atomic::{AtomicBool, Ordering};

use camino::{Utf8Path, Utf8PathBuf};

use super::*;

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn problem(text: &str) -> Problem {
    Problem {
        kind: ProblemKind::Pending,
        app: Some("web".to_owned()),
        daemon: Some("services/web".to_owned()),
        text: text.to_owned(),
        since: at("2026-01-02T03:04:05.006Z"),
    }
}

fn state() -> WatcherState {
    WatcherState {
        program_version: "0.1.0".to_owned(),
        pid: 4711,
        started_at: at("2026-01-02T03:00:00Z"),
        looked_at: Some(at("2026-01-02T03:04:05.006Z")),
        looks: 12,
        changed_at: None,
        mode: Mode::Watching,
        prune: Prune::Confirm,
        problems: vec![problem("no longer declared")],
        problems_left_out: 0,
        last_error: Some(LastError { text: "PM2 is away".to_owned(), at: at("2026-01-02T03:01:00Z") }),
    }
}

struct World {
    _folder: tempfile::TempDir,
    home: Utf8PathBuf,
    owner: Owner,
}

fn world() -> World {
    let folder = tempfile::tempdir().unwrap();
    let home = Utf8Path::from_path(folder.path()).unwrap().join("home");
    World { _folder: folder, home, owner: Owner::new("a tree") }
}

impl World {
    fn path(&self, name: &str) -> Utf8PathBuf {
        state_folder::of(&self.home, &self.owner).join(name)
    }

    fn take(&self) -> Taken {
        WatchLock::try_take(&self.home, &self.owner).unwrap()
    }

    fn lock(&self) -> WatchLock {
        match self.take() {
            Taken::Ours(lock) => lock,
            Taken::Theirs(holder) => panic!("taken by {holder:?}"),
        }
    }

    fn read(&self) -> Result<Option<WatcherState>, String> {
        read(&self.home, &self.owner).map_err(|error| error.message)
    }

    fn watcher(&self) -> Option<Holder> {
        watcher(&self.home, &self.owner).unwrap()
    }

    /// What reading says of a file with these contents.
    fn complaint(&self, contents: &str) -> String {
        fs::create_dir_all(self.path("")).unwrap();
        fs::write(self.path(FILE), contents).unwrap();
        self.read().unwrap_err()
    }
}

#[test]
fn what_is_written_is_read() {
    let world = world();
    assert_eq!(world.read(), Ok(None));
    let lock = world.lock();
    assert_eq!(world.read(), Ok(None));
    lock.write(&state()).unwrap();
    assert_eq!(world.read(), Ok(Some(state())));
    lock.write(&WatcherState { looks: 13, ..state() }).unwrap();
    assert_eq!(world.read().unwrap().unwrap().looks, 13);
    let names: Vec<_> =
        fs::read_dir(world.path("")).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(names.len(), 2, "{names:?}");
}

#[test]
fn the_file_is_for_programs_to_read() {
    insta::assert_snapshot!(String::from_utf8(text(&state()).unwrap()).unwrap());
}

#[test]
fn files_are_for_their_owner_alone() {
    let world = world();
    world.lock().write(&state()).unwrap();
    for (name, mode) in [(FILE, 0o600), ("watch.lock", 0o600), ("", 0o700)] {
        assert_eq!(fs::metadata(world.path(name)).unwrap().permissions().mode() & 0o777, mode, "{name}");
    }
}

#[test]
fn what_cannot_be_read_is_said() {
    let world = world();
    let check = |contents: &str, expected: &str| {
        let said = world.complaint(contents);
        assert!(said.contains(expected), "{said}");
        assert!(said.contains("state.json"), "{said}");
    };
    check("", "EOF while parsing");
    check("[]", "invalid length 0");
    check("{}", "missing field `version`");
    check(r#"{"version": 2, "new": true}"#, "its version is 2, and this program reads 1");
    check(r#"{"version": -1}"#, "invalid value");
    check(r#"{"version": 1}"#, "missing field `program_version`");
    check(&"[".repeat(100_000), "expected u64");
    check(&" ".repeat(usize::try_from(LIMIT).unwrap() + 1), "more than the 4194304 it may have");
}

#[test]
fn no_link_is_followed() {
    let world = world();
    let lock = world.lock();
    let elsewhere = world.home.join("elsewhere");
    let good = String::from_utf8(text(&state()).unwrap()).unwrap();
    fs::write(&elsewhere, &good).unwrap();
    symlink(&elsewhere, world.path(FILE)).unwrap();
    assert!(world.read().unwrap_err().contains("no regular file"));
    lock.write(&WatcherState { looks: 99, ..state() }).unwrap();
    assert_eq!(fs::read_to_string(&elsewhere).unwrap(), good);
    assert_eq!(world.read().unwrap().unwrap().looks, 99);

    drop(lock);
    fs::remove_file(world.path("watch.lock")).unwrap();
    symlink(&elsewhere, world.path("watch.lock")).unwrap();
    assert!(WatchLock::try_take(&world.home, &world.owner).is_err());
    assert!(watcher(&world.home, &world.owner).is_err());
    assert_eq!(fs::read_to_string(&elsewhere).unwrap(), good);
}

#[test]
fn even_a_tree_that_is_all_wrong_can_be_read_back() {
    let world = world();
    let lock = world.lock();
    let problems = vec![problem(&"\u{1}".repeat(5000)); 1000];
    lock.write(&WatcherState { problems, ..state() }).unwrap();
    let read = world.read().unwrap().unwrap();
    assert_eq!((read.problems.len(), read.problems_left_out), (100, 900));
    assert_eq!(read.problems[0].text.chars().count(), 1001);
}

#[test]
fn there_is_one_watcher_at_a_time() {
    let world = world();
    assert_eq!(world.watcher(), None);
    let lock = world.lock();
    let us = Holder { pid: Some(std::process::id()) };
    assert_eq!(world.watcher(), Some(us));
    assert!(matches!(world.take(), Taken::Theirs(holder) if holder == us));
    drop(lock);
    assert_eq!(world.watcher(), None, "the file is still there, and nobody holds it");
    let _lock = world.lock();
    assert_eq!(world.watcher(), Some(us));
}

#[test]
fn a_pid_left_by_a_watcher_with_a_longer_one_is_gone() {
    let world = world();
    drop(world.lock());
    fs::write(world.path("watch.lock"), "4194304999\n").unwrap();
    let _lock = world.lock();
    assert_eq!(world.watcher(), Some(Holder { pid: Some(std::process::id()) }));
}

#[test]
fn asking_does_not_keep_a_watcher_from_starting() {
    let world = world();
    drop(world.lock());
    let done = AtomicBool::new(false);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            while !done.load(Ordering::Relaxed) {
                world.watcher();
            }
        });
        let taken = (0..300).all(|_| matches!(world.take(), Taken::Ours(_)));
        done.store(true, Ordering::Relaxed);
        assert!(taken);
    });
}

#[test]
fn a_lock_that_was_removed_is_noticed() {
    let world = world();
    let lock = world.lock();
    assert!(lock.is_in_place());
    fs::remove_dir_all(world.path("")).unwrap();
    assert!(lock.write(&state()).unwrap_err().message.contains("was removed"));
    let _second = world.lock();
    assert!(!lock.is_in_place());
    assert!(lock.write(&state()).is_err());
}

/// Between taking the lock and saying whose it is, the pid of the watcher before stands in it.
#[test]
fn a_pid_that_another_process_has_by_now_is_not_the_watcher() {
    let world = world();
    let _lock = world.lock();
    let proven = || watch_lock::proven_watcher(&world.home, &world.owner);
    assert_eq!(proven(), Some(std::process::id()));
    let mut other = std::process::Command::new("/bin/sleep").arg("1000").spawn().unwrap();
    fs::write(world.path("watch.lock"), format!("{}\n", other.id())).unwrap();
    assert_eq!(world.watcher(), Some(Holder { pid: Some(other.id()) }));
    assert_eq!(proven(), None);
    assert!(!wake(&world.home, &world.owner));
    assert!(other.try_wait().unwrap().is_none());
    other.kill().unwrap();
    other.wait().unwrap();
}
