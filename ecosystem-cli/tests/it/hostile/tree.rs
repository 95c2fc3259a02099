//! A tree without PM2, and the command line on it.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use tempfile::TempDir;

use crate::support::hermetic;

/// An account without any rights, whose number every Linux has for that purpose.
pub(super) const NOBODY: u32 = 65534;

/// What takes this long hangs: the commands of these tests take milliseconds.
const HANGS: Duration = Duration::from_secs(20);

/// Whoever runs, for whom nothing is unreadable if it is root, or an account without rights.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum User {
    Own,
    WithoutRights,
}

/// A folder with a tree in `daemons/` that everybody may read.
pub(super) struct Tree {
    folder: TempDir,
}

impl Tree {
    pub(super) fn new() -> Self {
        let tree = Self { folder: hermetic::short_temp_dir() };
        fs::set_permissions(tree.folder.path(), Permissions::from_mode(0o755)).unwrap();
        fs::create_dir_all(tree.root()).unwrap();
        fs::create_dir_all(tree.home()).unwrap();
        tree
    }

    /// A tree of daemons with one idle app each, named like its daemon.
    pub(super) fn of(daemons: &[&str]) -> Self {
        let tree = Self::new();
        daemons.iter().for_each(|id| tree.daemon(id, idle(id)));
        tree
    }

    pub(super) fn root(&self) -> PathBuf {
        self.folder.path().canonicalize().unwrap().join("daemons")
    }

    /// PM2's home, in which nothing runs.
    pub(super) fn home(&self) -> PathBuf {
        self.folder.path().join("home")
    }

    pub(super) fn path(&self, below: &str) -> PathBuf {
        self.root().join(below)
    }

    pub(super) fn daemon(&self, id: &str, text: impl AsRef<[u8]>) {
        fs::create_dir_all(self.path(id)).unwrap();
        fs::write(self.path(id).join("ecosystem.edn"), text).unwrap();
    }

    pub(super) fn config(&self, id: &str) -> PathBuf {
        self.path(id).join("dist/ecosystem.config.mjs")
    }

    /// Runs `ecosystem-cli` on the tree to its end.
    pub(super) fn run(&self, args: &[&str]) -> Seen {
        self.run_as(User::Own, args)
    }

    pub(super) fn run_as(&self, user: User, args: &[&str]) -> Seen {
        let program = match user {
            User::Own => PathBuf::from(env!("CARGO_BIN_EXE_ecosystem-cli")),
            User::WithoutRights => self.copy_of_the_program(),
        };
        let mut command = hermetic::command(program, &self.home());
        command.args(args).arg(self.root());
        // Only root can become somebody else, and only root needs to.
        if user == User::WithoutRights && rustix::process::geteuid().is_root() {
            command.uid(NOBODY).gid(NOBODY);
        }
        seen(command)
    }

    /// Runs it where no file can get any bytes, as on a full disk: beyond the limit a write fails with EFBIG
    /// where the signal for it is ignored (setrlimit(2), RLIMIT_FSIZE).
    pub(super) fn run_on_full_disk(&self, args: &[&str]) -> Seen {
        let mut command = hermetic::command("/bin/sh", &self.home());
        command.args(["-c", "trap '' XFSZ; ulimit -f 0; exec \"$0\" \"$@\""]);
        command.arg(env!("CARGO_BIN_EXE_ecosystem-cli")).args(args).arg(self.root());
        seen(command)
    }

    /// Where an account without rights can run it.
    fn copy_of_the_program(&self) -> PathBuf {
        let copy = self.folder.path().join("ecosystem-cli");
        if !copy.exists() {
            fs::copy(env!("CARGO_BIN_EXE_ecosystem-cli"), &copy).unwrap();
            fs::set_permissions(&copy, Permissions::from_mode(0o755)).unwrap();
        }
        copy
    }

    /// Every file of the tree but sources.
    pub(super) fn generated(&self) -> Vec<PathBuf> {
        let mut files = Vec::new();
        collect(&self.root(), &mut files);
        files.retain(|path| path.extension().is_none_or(|extension| extension != "edn"));
        files.sort();
        files
    }
}

/// The source of a daemon with one app that does nothing.
pub(super) fn idle(app: &str) -> String {
    format!(r#"{{:apps [{{:name "{app}" :script "/bin/sleep" :args ["1000"]}}]}}"#)
}

/// Sets the mode of a path until dropped: what nobody may enter nobody could clean up.
pub(super) struct Mode<'a>(&'a Path);

impl<'a> Mode<'a> {
    pub(super) fn of(path: &'a Path, mode: u32) -> Self {
        fs::set_permissions(path, Permissions::from_mode(mode)).unwrap();
        Self(path)
    }
}

impl Drop for Mode<'_> {
    fn drop(&mut self) {
        fs::set_permissions(self.0, Permissions::from_mode(0o755)).unwrap();
    }
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let entry = entry.unwrap();
        if entry.file_type().unwrap().is_dir() {
            collect(&entry.path(), files);
        } else {
            files.push(entry.path());
        }
    }
}

/// How a command ended, and what it said.
#[derive(Debug)]
pub(super) struct Seen {
    pub(super) code: Option<i32>,
    pub(super) out: String,
    pub(super) err: String,
}

impl Seen {
    /// Checks the exit code and that each of the texts was said.
    #[track_caller]
    pub(super) fn says(self, code: i32, texts: &[&str]) -> Self {
        assert_eq!(self.code, Some(code), "{self:?}");
        for text in texts {
            assert!(self.out.contains(text) || self.err.contains(text), "no {text:?} in {self:?}");
        }
        self
    }
}

/// Runs a command to its end; one that hangs is ended and fails the test.
pub(super) fn seen(command: Command) -> Seen {
    let output = assert_cmd::Command::from_std(command).timeout(HANGS).output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    Seen { code: output.status.code(), out: text(output.stdout), err: text(output.stderr) }
}
