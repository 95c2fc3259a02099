//! Sources that cannot be read as a file is read, while what they declared runs.

use std::fs;
use std::os::unix::net::UnixListener;
use std::path::Path;

use rustix::fs::{CWD, FileType, Mode, mknodat};

use super::tree::{Tree, idle};
use crate::support::world::World;

fn fifo(path: &Path) {
    mknodat(CWD, path, FileType::Fifo, Mode::RWXU, 0).unwrap();
}

fn link(to: &str, path: &Path) {
    std::os::unix::fs::symlink(to, path).unwrap();
}

/// A file of that many bytes that takes no room.
fn sparse(path: &Path, bytes: u64) {
    fs::File::create(path).unwrap().set_len(bytes).unwrap();
}

/// What takes a source's place, and the code of what is said then.
type Spoiler = (&'static str, fn(&Path), &'static str);

const SPOILERS: &[Spoiler] = &[
    ("50 MB", |path| sparse(path, 50_000_000), "E0403"),
    ("a FIFO", fifo, "E0402"),
    ("a folder", |path| fs::create_dir(path).unwrap(), "E0402"),
    ("a socket", |path| drop(UnixListener::bind(path).unwrap()), "E0402"),
    ("a link to itself", |path| link("ecosystem.edn", path), "E0401"),
    ("a link to nothing", |path| link("nowhere", path), "E0401"),
    ("a link to a folder", |path| link("..", path), "E0402"),
    ("a link to a device", |path| link("/dev/zero", path), "E0402"),
    // A regular file of the kernel's whose reading fails, for root too (proc(5)).
    ("a file with a bad disk under it", |path| link("/proc/self/mem", path), "E0401"),
    ("no UTF-8", |path| fs::write(path, [0xff, 0xfe, 0]).unwrap(), "E0100"),
    ("nothing in it", |path| fs::write(path, "").unwrap(), "E0108"),
];

/// A source gone bad keeps what runs of it, keeps everything else from being deleted where it could hold
/// anything, and keeps nobody from being looked after.
#[test]
fn a_source_gone_bad_keeps_its_app_and_others_go_on() {
    let world = World::new();
    let app = |name: &str, seconds: usize| idle(name).replace("1000", &format!("{}", 1000 + seconds));
    for id in ["alpha", "beta", "gamma", "delta"] {
        world.daemon(id, &app(id, 0));
    }
    world.command(&["sync", "--patience", "0"]).succeeds();
    let alpha = world.root().join("alpha/ecosystem.edn");
    for (round, (what, spoil, code)) in SPOILERS.iter().enumerate() {
        let before = world.pids();
        fs::remove_file(&alpha).unwrap();
        spoil(&alpha);
        world.daemon("beta", &app("beta", round + 1));
        let output = world.command(&["sync", "--patience", "0"]).fails(1);
        assert!(output.contains(code) && output.contains("alpha/ecosystem.edn"), "{what}: {output}");
        let after = world.pids();
        assert_eq!(after["alpha"], before["alpha"], "{what}");
        assert_ne!(after["beta"], before["beta"], "{what}: {output}");
        remove(&alpha);
        world.daemon("alpha", &app("alpha", 0));
    }
    // A place that cannot be read may be where a removed daemon went.
    fs::remove_file(&alpha).unwrap();
    fifo(&alpha);
    world.remove("gamma");
    let output = world.command(&["sync"]).fails(1);
    assert!(output.contains("gamma") && output.contains("could not be read: it stays as it is"), "{output}");
    assert!(world.pids().contains_key("gamma"));
    fs::remove_file(&alpha).unwrap();
    world.daemon("alpha", &app("alpha", 0));
    world.command(&["sync", "--patience", "0"]).succeeds();
    assert_eq!(world.pids().keys().collect::<Vec<_>>(), ["alpha", "beta", "delta"]);
    world.nothing_to_do();
}

fn remove(path: &Path) {
    if path.symlink_metadata().unwrap().is_dir() {
        fs::remove_dir(path).unwrap();
    } else {
        fs::remove_file(path).unwrap();
    }
}

#[test]
fn folders_linked_in_a_circle_are_not_followed() {
    let tree = Tree::of(&["fine"]);
    link("..", &tree.path("fine/up"));
    link("self", &tree.path("self"));
    tree.run(&["check"]).says(0, &["W0404", "fine/up", "1 valid daemon with 1 app"]);
}

#[test]
fn what_editors_leave_while_they_write_is_not_seen() {
    let tree = Tree::of(&["fine"]);
    link("user@host.1234:1700000000", &tree.path("fine/.#ecosystem.edn"));
    for name in ["ecosystem.edn~", "#ecosystem.edn#", ".ecosystem.edn.swp", "4913", "ecosystem.edn.tmp"] {
        fs::write(tree.path("fine").join(name), "{:apps [").unwrap();
    }
    let seen = tree.run(&["check"]).says(0, &["1 valid daemon with 1 app\n"]);
    assert_eq!(seen.err, "");
}

#[test]
fn a_root_that_is_no_folder_is_not_an_empty_tree() {
    let tree = Tree::new();
    let root = tree.root();
    fs::remove_dir(&root).unwrap();
    for command in ["check", "render", "plan", "status", "sync", "down"] {
        tree.run(&[command]).says(4, &[root.to_str().unwrap(), "nothing was changed"]);
    }
    fs::write(&root, "{}").unwrap();
    for command in ["check", "render", "plan", "status"] {
        tree.run(&[command]).says(4, &[root.to_str().unwrap(), "nothing was changed"]);
    }
}
