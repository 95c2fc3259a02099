//! What other users may have put where we look: sockets, folders, locks.
//!
//! Only root can be two users, and so show this for real. For others what decides is tested beside the code: `connection.rs`,
//! `ownership.rs`, `state_folder.rs`.

use std::fs::{self, Permissions};
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, lchown, symlink};
use std::path::Path;
use std::process::{Child, Command};

use camino::Utf8Path;
use ecosystem_core::os::pm2::{Bus, ClientError};

use super::tree::{NOBODY, Tree, seen};
use crate::support::hermetic;
use crate::support::wait::{LONG, wait_until};

fn is_root() -> bool {
    rustix::process::geteuid().is_root()
}

/// A program of another user, or of our own where we are not root, that listens where PM2 would.
struct Impostor(Child);

impl Impostor {
    fn listening(home: &Path) -> Self {
        const LISTEN: &str = "const [folder, user] = process.argv.slice(1);
            if (process.getuid() === 0) { process.setgroups([]); process.setgid(+user); process.setuid(+user); }
            for (const name of ['rpc.sock', 'pub.sock'])
              require('net').createServer((socket) => socket.on('error', () => {})).listen(`${folder}/${name}`);";
        fs::set_permissions(home, Permissions::from_mode(0o777)).unwrap();
        let mut node = Command::new("node");
        let child = node.args(["-e", LISTEN]).arg(home).arg(NOBODY.to_string()).spawn().unwrap();
        wait_until("it listens", LONG, || ["rpc.sock", "pub.sock"].iter().all(|it| home.join(it).exists()));
        fs::set_permissions(home, Permissions::from_mode(0o755)).unwrap();
        Self(child)
    }
}

impl Drop for Impostor {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
fn a_socket_of_another_user_is_not_spoken_to() {
    if !is_root() {
        return;
    }
    let tree = Tree::of(&["fine"]);
    let _impostor = Impostor::listening(&tree.home());
    for command in ["plan", "status", "sync", "down"] {
        tree.run(&[command]).says(4, &["PM2 cannot be used", "rpc.sock", "user 65534"]);
    }
    let error = Bus::connect(Utf8Path::from_path(&tree.home()).unwrap(), LONG).unwrap_err();
    assert!(matches!(error, ClientError::NotOurs { uid: NOBODY, .. }), "{error:?}");
}

/// What is done to a home in which nothing runs, and what is said of it.
type Spoiler = (&'static str, fn(&Path), &'static str);

const SPOILERS: &[Spoiler] = &[
    ("open to everybody", |home| mode(home, 0o777), "chmod go-w"),
    ("another user's", give_away, "belongs to the user 65534"),
    (
        "with a folder of another user",
        |home| {
            fs::create_dir(home.join("ecosystem")).unwrap();
            give_away(&home.join("ecosystem"));
        },
        "belongs to the user 65534",
    ),
    (
        "with a link of another user",
        |home| {
            fs::create_dir(home.join("elsewhere")).unwrap();
            symlink("elsewhere", home.join("ecosystem")).unwrap();
            give_away(&home.join("ecosystem"));
        },
        "belongs to the user 65534",
    ),
];

/// Brings no PM2 up, should it be asked to: nothing would end that.
const NO_PM2: &str = "/bin/false";

fn mode(path: &Path, mode: u32) {
    fs::set_permissions(path, Permissions::from_mode(mode)).unwrap();
}

fn give_away(path: &Path) {
    lchown(path, Some(NOBODY), Some(NOBODY)).unwrap();
}

/// Nothing is started there, by PM2 or otherwise, and nothing written.
#[test]
fn a_home_that_another_user_can_change_is_not_acted_in() {
    for (what, spoil, said) in SPOILERS.iter().filter(|it| is_root() || it.0 == "open to everybody") {
        let tree = Tree::of(&["fine"]);
        spoil(&tree.home());
        let before = below(&tree.home());
        for args in [&["sync", "--pm2", NO_PM2][..], &["suspend", "--reason", "x", "--all"]] {
            tree.run(args).says(4, &[said]);
        }
        assert_eq!(below(&tree.home()), before, "{what}");
        // To look harms nobody.
        tree.run(&["plan"]).says(0, &["+ fine"]);
    }
}

/// Paths below a folder; what hermetic commands put there themselves aside.
fn below(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).unwrap().map(Result::unwrap);
    let mut paths: Vec<String> = entries
        .flat_map(|entry| {
            let name = entry.file_name().into_string().unwrap();
            let inner = if entry.file_type().unwrap().is_dir() { below(&entry.path()) } else { Vec::new() };
            inner.into_iter().map(|it| format!("{name}/{it}")).chain([name.clone()]).collect::<Vec<_>>()
        })
        .filter(|name| name != "touch")
        .collect();
    paths.sort();
    paths
}

/// A lock that is held by another user's program, or is no lock at all, makes nobody wait for ever.
#[test]
fn what_stands_in_place_of_a_lock_is_refused() {
    use rustix::fs::{CWD, FileType, Mode, mknodat};
    let tree = Tree::of(&["fine"]);
    let sync = ["sync", "--pm2", NO_PM2];
    tree.run(&["suspend", "--reason", "x", "--owner", "t", "--all"]).says(0, &[]);
    let folders = fs::read_dir(tree.home().join("ecosystem")).unwrap();
    let state = folders.map(|entry| entry.unwrap().path()).next().unwrap();
    assert_eq!(fs::metadata(state.join("lock")).unwrap().mode() & 0o777, 0o600);
    fs::remove_file(state.join("lock")).unwrap();
    let elsewhere = tree.home().join("elsewhere");
    symlink(&elsewhere, state.join("lock")).unwrap();
    tree.run(&[&sync[..], &["--owner", "t"]].concat()).says(4, &["cannot use the state folder"]);
    assert!(!elsewhere.exists());
    fs::remove_file(state.join("lock")).unwrap();
    mknodat(CWD, state.join("lock"), FileType::Fifo, Mode::RWXU, 0).unwrap();
    tree.run(&[&sync[..], &["--owner", "t"]].concat()).says(4, &["no regular file"]);
    tree.run(&["plan", "--owner", "t"]).says(0, &["suspended"]);
    mknodat(CWD, tree.home().join("ecosystem/launch.lock"), FileType::Fifo, Mode::RWXU, 0).unwrap();
    tree.run(&sync).says(4, &["PM2 cannot be started", "no regular file"]);
}

/// Who is not the tree's owner sees what is generated, and can change none of it.
#[test]
fn an_open_umask_opens_nothing() {
    let tree = Tree::of(&["fine"]);
    let mut command = hermetic::command("/bin/sh", &tree.home());
    command.args(["-c", "umask 000; exec \"$0\" \"$@\"", env!("CARGO_BIN_EXE_ecosystem-cli"), "render"]);
    seen({
        command.arg(tree.root());
        command
    })
    .says(0, &["wrote fine/dist/ecosystem.config.mjs"]);
    let dist = tree.path("fine/dist");
    for (path, mode) in [("", 0o755), ("ecosystem.config.mjs", 0o644), (".gitignore", 0o644)] {
        assert_eq!(fs::metadata(dist.join(path)).unwrap().mode() & 0o777, mode, "{path}");
    }
}
