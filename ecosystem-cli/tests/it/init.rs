//! A tree is begun and given daemons by the commands alone, and runs under real PM2.

use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value as Json;
use tempfile::TempDir;

use crate::support::hermetic;
use crate::support::pm2_home::Pm2Home;
use crate::support::pm2_program::{DEFAULT, pm2_program};
use crate::support::process::Process;
use crate::support::sibling;
use crate::support::wait::{LONG, wait_until};
use crate::support::world::Ran;

const SLEEPER: &str = "#!/bin/sh\nwhile :; do sleep 1; done\n";

/// A project folder, and a shell in it that has the three programs on its PATH.
struct Project {
    folder: TempDir,
    pm2: Pm2Home,
    version: String,
}

impl Project {
    fn new(version: &str) -> Self {
        let project = Self {
            folder: hermetic::short_temp_dir(),
            pm2: Pm2Home::empty(version),
            version: version.to_owned(),
        };
        project.shell("git init -q").succeeds();
        project
    }

    fn path(&self) -> PathBuf {
        self.folder.path().canonicalize().unwrap()
    }

    fn file(&self, path: &str) -> PathBuf {
        self.path().join(path)
    }

    fn write(&self, path: &str, text: &str) {
        std::fs::create_dir_all(self.file(path).parent().unwrap()).unwrap();
        std::fs::write(self.file(path), text).unwrap();
    }

    /// Writes a program that runs until it is ended.
    fn sleeper(&self, path: &str) {
        use std::os::unix::fs::PermissionsExt as _;
        self.write(path, SLEEPER);
        std::fs::set_permissions(self.file(path), std::fs::Permissions::from_mode(0o755)).unwrap();
    }

    fn shell(&self, line: &str) -> Ran {
        let output = self.command("sh").args(["-c", line]).output();
        Ran::of(output.unwrap())
    }

    fn cli(&self, args: &[&str]) -> Ran {
        Ran::of(self.command(env!("CARGO_BIN_EXE_ecosystem-cli")).args(args).output().unwrap())
    }

    fn command(&self, program: &str) -> Command {
        let mut command = self.pm2.command(program);
        let (pm2, watcher) = (pm2_program(&self.version), watcher());
        let folders = [watcher.parent().unwrap(), pm2.parent().unwrap().as_std_path()];
        let path = std::env::var("PATH").unwrap();
        let usual = std::env::split_paths(&path);
        let all = folders.map(Path::to_owned).into_iter().chain(usual);
        command.env("PATH", std::env::join_paths(all).unwrap()).current_dir(self.path());
        command
    }

    /// The process of an app, once there is one.
    fn process(&self, app: &str) -> Process {
        let pid = || {
            let list = self.pm2.client().list().unwrap();
            list.iter().find(|entry| entry["name"] == app)?["pid"].as_u64().filter(|pid| *pid != 0)
        };
        wait_until(&format!("{app} runs"), LONG, || pid().is_some());
        Process::new(pid().unwrap())
    }

    /// What `git status` shows, a file a line.
    fn new_to_git(&self) -> Vec<String> {
        let output = self.shell("git status --porcelain --untracked-files=all").succeeds();
        output.lines().map(|line| line.trim_start_matches("?? ").to_owned()).collect()
    }
}

/// The watcher's program, which is of another package: tests of this one alone do not build it.
fn watcher() -> PathBuf {
    static BUILT: std::sync::OnceLock<PathBuf> = std::sync::OnceLock::new();
    BUILT.get_or_init(|| sibling::program("ecosystem-watch")).clone()
}

fn json(text: &str) -> Json {
    serde_json::from_str(text).unwrap()
}

/// Begins a tree in an empty project, types what is said to type next, and lets the watcher do the rest.
///
/// `options` say of the tree what every command has to say again.
fn begin(version: &str, options: &[&str]) {
    let project = Project::new(version);
    project.sleeper("bin/job");
    let cli = |args: &[&str]| {
        let (command, rest) = args.split_first().unwrap();
        project.cli(&[&[*command], options, rest].concat()).succeeds()
    };
    let begun = json(&cli(&["init", "--json"]));
    let next: Vec<&str> = begun["next"].as_array().unwrap().iter().map(|it| it.as_str().unwrap()).collect();
    for line in &next {
        project.shell(line).succeeds();
    }
    let watcher = project.process("ecosystem-watch");
    assert_eq!(cli(&["check"]), "1 valid daemon with 1 app\n");
    let plan = cli(&["plan", "--exit-code"]);
    assert!(plan.contains("nothing to do"), "{plan}");

    cli(&["new", "group/job", "--env", "COLOR=red", "--", "./bin/job", "a b"]);
    let job = project.process("job");
    wait_until("the watcher has started it", LONG, || {
        job.cmdline() == ["/bin/sh", project.file("bin/job").to_str().unwrap(), "a b"]
    });
    assert_eq!(job.environ()["COLOR"], "red");
    assert_eq!(job.cwd(), Some(project.path()));
    wait_until("the watcher has seen it stay up", LONG, || {
        cli(&["plan", "--json"]).contains("\"steps\": []")
    });
    cli(&["render", "--aggregate"]);
    assert_eq!(project.process("ecosystem-watch"), watcher);
    assert_eq!(
        project.new_to_git(),
        [
            "bin/job",
            "system/daemons/.gitignore",
            "system/daemons/README.md",
            "system/daemons/devops/ecosystem-watch/ecosystem.edn",
            "system/daemons/group/job/ecosystem.edn",
        ]
    );
}

#[test]
fn a_tree_is_begun_and_watched_on_7() {
    begin("7.0.4", &[]);
}

#[test]
fn a_tree_is_begun_and_watched_on_6() {
    begin("6.0.14", &["--owner", "my trees", "--base", "bin"]);
}

#[test]
fn a_tree_is_begun_and_watched_on_5() {
    begin("5.4.3", &["--owner", "mine"]);
}

/// A second run finds all there; what somebody changed is theirs.
#[test]
fn what_exists_is_left_as_it_is() {
    let project = Project::new(DEFAULT);
    project.write("tree/README.md", "mine");
    project.write("tree/.gitignore", "*.log");
    let first = project.cli(&["init", "tree", "--owner", "my trees", "--base", "tree"]).succeeds();
    assert!(first.contains("tree/README.md exists, left as it is"), "{first}");
    assert!(first.contains("added missing lines to tree/.gitignore"), "{first}");
    assert!(first.contains("ecosystem-cli render tree --base tree --owner 'my trees'"), "{first}");

    let source = "tree/devops/ecosystem-watch/ecosystem.edn";
    let text = std::fs::read_to_string(project.file(source)).unwrap();
    assert!(text.contains(r#"["." "--base" "." "--owner" "my trees"]"#), "{text}");
    project.write(source, &text.replace("10000", "20000"));
    let files = ["tree/README.md", "tree/.gitignore", source];
    let read = || files.map(|file| std::fs::read_to_string(project.file(file)).unwrap());
    let before = read();
    assert_eq!(before[0], "mine");
    assert!(before[1].starts_with("*.log\ndist/\n"), "{}", before[1]);
    let second = project.cli(&["init", "tree"]).succeeds();
    assert!(second.contains("nothing to do"), "{second}");
    assert_eq!(read(), before);
}

/// One that has the app of that name already somewhere else gets no second one.
#[test]
fn a_watcher_of_another_place_is_no_reason_to_break_the_tree() {
    let project = Project::new(DEFAULT);
    project.write("tree/own/ecosystem.edn", r#"{:apps [{:name "ecosystem-watch" :script "x"}]}"#);
    let output = project.cli(&["init", "tree"]).fails(1);
    assert!(output.contains("E0226") && output.contains("was not written"), "{output}");
    project.cli(&["check", "tree"]).succeeds();
}

/// Arguments and variables arrive as they were typed, and no shell has read them.
#[test]
fn a_command_runs_as_it_was_typed() {
    const DAEMONS: &str = "a/spaced,a/moved,a/bare,a/shadowed,a/chosen";
    let project = Project::new(DEFAULT);
    project.cli(&["init", "tree"]).succeeds();
    project.sleeper("my tools/run me");
    let awkward =
        ["", "two words", "$HOME `id`", "q\"uo'te", "back\\slash", "line\nfeed", "é 🦆", "--", "-x", "*"];
    let new = |id: &str, options: &[&str], words: &[&str]| {
        project.cli(&[&["new", id, "--dir", "tree"], options, &["--"], words].concat()).succeeds()
    };
    let spaced = [&["./my tools/run me"], &awkward[..]].concat();
    new("a/spaced", &["--env", "ODD=a=\"b\"\n$c \\", "--env", "EMPTY="], &spaced);
    new("a/moved", &["--cwd", "my tools", "--name", "other name"], &["./my tools/run me"]);
    new("a/bare", &["--cwd", "/", "--instances", "2"], &["sleep", "1000"]);
    project.sleeper("sleep/x");
    new("a/shadowed", &[], &["sleep", "1000"]);
    project.write("server.mjs", "setInterval(() => {}, 1000);");
    new("a/chosen", &[], &["server.mjs"]);
    project.cli(&["sync", "tree", "--only", DAEMONS]).succeeds();

    let spaced = project.process("spaced");
    let expected = [&["/bin/sh", "./my tools/run me"], &awkward[..]].concat();
    wait_until("the shell has given way", LONG, || spaced.cmdline() == expected);
    let environ = spaced.environ();
    assert_eq!((environ["ODD"].as_str(), environ["EMPTY"].as_str()), ("a=\"b\"\n$c \\", ""));
    let moved = project.process("other name");
    wait_until("the shell has given way", LONG, || moved.cmdline() == ["/bin/sh", "./run me"]);
    assert_eq!(moved.cwd(), Some(project.file("my tools")));
    assert_eq!(project.process("bare").cwd(), Some("/".into()));
    assert!(project.process("shadowed").cmdline()[0].ends_with("/sleep"));
    assert!(project.process("chosen").cmdline()[0].contains("node"));
    project.cli(&["plan", "tree", "--only", DAEMONS, "--exit-code"]).succeeds();
}

#[test]
fn what_cannot_be_is_refused_and_not_written() {
    let project = Project::new(DEFAULT);
    project.cli(&["init", "tree"]).succeeds();
    project.write("tree/there/ecosystem.edn", r#"{:apps [{:name "taken" :script "x"}]}"#);
    project.write("tree/file", "");
    project.write("no program", "");
    std::os::unix::fs::symlink(project.file("tree/there"), project.file("tree/link")).unwrap();
    let before = project.new_to_git();
    let check = |args: &[&str], code: i32, expected: &str| {
        let output = project.cli(&[&["new", "--dir", "tree"], args].concat()).fails(code);
        assert!(output.contains(expected), "{args:?}: {output}");
        assert_eq!(project.new_to_git(), before, "{args:?}");
    };
    check(&["there", "--", "x"], 2, "exists, left as it is");
    check(&["a/taken", "--", "x"], 1, "E0226");
    check(&["a/b", "--name", "all", "--", "x"], 1, "PM2 takes it for every app");
    check(&["a/b", "--env", "name=x", "--", "x"], 1, "this name is taken");
    check(&["a/b", "--env", "A=1", "--env", "A=2", "--", "x"], 1, "error");
    check(&["a/b", "--instances", "many", "--", "x"], 1, "instances");
    check(&["a/b", "--env", "A", "--", "x"], 2, "it has no `=`");
    check(&["a/b"], 2, "COMMAND");
    check(&["a/b", "--", ""], 2, "the command is empty");
    check(&["a/b", "--", "./no program"], 2, "name what runs it");
    check(&["a/b", "--cwd", "gone", "--", "x"], 2, "cannot run in gone");
    check(&["../b", "--", "x"], 2, "name a folder below the tree");
    check(&["/b", "--", "x"], 2, "name a folder below the tree");
    check(&["a/dist/b", "--", "x"], 2, "not looked into");
    check(&["link/b", "--", "x"], 2, "is a link");
    check(&["file/b", "--", "x"], 2, "is no folder");
}

/// Where the watcher is not installed, the one beside this program is meant. Where there is no git, base is said.
#[test]
fn what_will_surprise_is_said() {
    let project = Project::new(DEFAULT);
    std::fs::remove_dir_all(project.file(".git")).unwrap();
    let mut command = project.pm2.command(env!("CARGO_BIN_EXE_ecosystem-cli"));
    let output = Ran::of(command.current_dir(project.path()).arg("init").output().unwrap()).succeeds();
    assert!(output.contains("cargo install --path ecosystem-watch"), "{output}");
    assert!(output.contains("run `git init` first"), "{output}");
    let beside = Path::new(env!("CARGO_BIN_EXE_ecosystem-cli")).with_file_name("ecosystem-watch");
    let text = project.file("system/daemons/devops/ecosystem-watch/ecosystem.edn");
    let expected = if beside.is_file() { beside.to_str().unwrap() } else { "\"ecosystem-watch\"" };
    assert!(std::fs::read_to_string(text).unwrap().contains(expected));
}
