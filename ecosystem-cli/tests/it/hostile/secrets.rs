//! What comes from env files is seen by the process and by nobody else.

use std::fs;
use std::path::Path;

use rustix::fs::{CWD, FileType, Mode, mknodat};

use crate::support::cli_program;
use crate::support::world::{Ran, World};

/// Begins every planted secret.
const PLANTED: &str = "hush";

fn source(token: &str, more: &str) -> String {
    format!(
        r#"{{:apps [{{:name "app" :script "/bin/sleep" :args ["1000"] :env_file "app.env" :env {{:API_TOKEN "{token}"}} {more}}}]}}"#
    )
}

fn env_file(world: &World, number: u32) {
    let text = format!(
        "PLAIN={PLANTED}-file-{number}\nDB_PASSWORD={PLANTED}-file-{number}\nexport E='{PLANTED}-file {number}'\n"
    );
    world.program("app.env", &text);
}

/// Every way to look and to act.
const COMMANDS: &[&[&str]] = &[
    &["check"],
    &["check", "--json"],
    &["plan"],
    &["plan", "--json"],
    &["status"],
    &["status", "--json"],
    &["sync", "--dry-run"],
    &["check", "--format", "sarif"],
    &["check", "--format", "github"],
    &["explain", "app"],
    &["explain", "app", "--json"],
    &["render", "--check"],
    &["render", "--check", "--json"],
    &["fmt", "--check"],
    &["snapshot", "--check"],
    &["snapshot", "--check", "--json"],
];

/// What a change would do, of a tree in git: of the last commit and of what is there now.
const REVIEWS: &[&[&str]] = &[
    &["diff", "--base", "HEAD"],
    &["diff", "--base", "HEAD", "--json"],
    &["diff", "--base", "HEAD", "--format", "markdown"],
];

/// Looks, acts and looks again; nothing of it shows a secret.
#[track_caller]
fn nothing_is_told(world: &World, code: i32, acting: &[&str]) {
    let file = world.base().join("next.plan");
    let (keep, carry_out) =
        (["plan", "--out", file.to_str().unwrap()], ["sync", "--plan", file.to_str().unwrap()]);
    assert!(!world.command(&keep).output().contains(PLANTED));
    let kept = fs::read_to_string(&file).unwrap();
    assert!(!kept.contains(PLANTED) && kept.contains("app"), "{kept}");
    for args in COMMANDS.iter().chain([&acting]).chain(COMMANDS) {
        let output = world.command(args).output();
        assert!(!output.contains(PLANTED), "{args:?}: {output}");
    }
    // It is stale by now, or was one of nothing.
    let output = world.command(&carry_out).output();
    assert!(!output.contains(PLANTED), "{output}");
    let _ = world.command(acting).fails(code);
}

/// A review of what has changed since the last one; nothing of it shows a secret.
#[track_caller]
fn a_review_tells_nothing(world: &World) {
    let git = |args: &[&str]| {
        let mut git = world.pm2.command("git");
        git.args(["-c", "user.name=n", "-c", "user.email=n@example.org"]).args(args);
        Ran::of(git.current_dir(world.base()).output().unwrap()).succeeds()
    };
    git(&["init", "-q", "."]);
    for args in REVIEWS {
        let Ok(_) = fs::metadata(world.base().join(".git/index")) else { break };
        for variables in [&[][..], &[("PLAIN", "hush-variable"), ("DB_PASSWORD", "hush-variable")]] {
            let mut command = world.pm2.command(cli_program::path());
            command.args(*args).arg(world.root()).envs(variables.iter().copied());
            let output = command.current_dir(world.base()).output().unwrap();
            let output = String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned();
            assert!(!output.contains(PLANTED) && output.contains("app"), "{args:?}: {output}");
        }
    }
    git(&["add", "-A", "."]);
    git(&["commit", "-q", "--allow-empty", "-m", "x"]);
    fs::write(world.base().join(".git/info/exclude"), "").unwrap();
}

#[test]
fn secrets_are_in_no_output_and_in_no_file() {
    let world = World::new();
    env_file(&world, 1);
    world.daemon("app", &source("hush-env-1", ""));
    nothing_is_told(&world, 0, &["sync", "--patience", "0"]);
    assert_eq!(world.process("app").environ()["PLAIN"], "hush-file-1");

    env_file(&world, 2);
    world.daemon("app", &source("hush-env-2", ""));
    nothing_is_told(&world, 0, &["sync", "--patience", "0", "--json"]);
    assert_eq!(world.process("app").environ()["E"], "hush-file 2");

    // Without the file the variables go, and what they were is not told either.
    world.daemon("app", &source("hush-env-2", "").replace(":env_file \"app.env\"", ""));
    nothing_is_told(&world, 0, &["sync", "--patience", "0"]);
    assert!(!world.process("app").environ().contains_key("PLAIN"));

    // An error on the very line of a secret.
    world.daemon("app", &source("hush-env-3", ":argz [1]"));
    nothing_is_told(&world, 1, &["sync", "--patience", "0"]);

    fs::remove_file(world.base().join("app.env")).unwrap();
    for folder in [world.base(), world.pm2.path().as_std_path().to_owned()] {
        holds_no_secret(&folder);
    }
}

/// An app that takes secrets from the environment wherever it can.
const REFERRING: &str = r#"{:apps [{:name "app" :script "/bin/sleep" :args ["1000"] :env_file "app.env?"
    :watch-options {:key #env PLAIN} :out-file "${PLAIN}.log"
    :env {:A "${PLAIN}" :URL #join ["http://u:" #env DB_PASSWORD "@h"] :DATA {:x #or [#env PLAIN 1]}}
    :env-production {:B #env PLAIN}}]}"#;

/// PM2's own files aside: it keeps the environment of what it runs.
#[test]
fn what_is_referred_to_is_in_no_output_and_in_no_file() {
    let world = World::new();
    let source = REFERRING;
    env_file(&world, 1);
    world.daemon("app", source);
    nothing_is_told(&world, 0, &["sync", "--patience", "0"]);
    a_review_tells_nothing(&world);
    assert_eq!(world.process("app").environ()["A"], "hush-file-1");
    assert_eq!(world.process("app").environ()["URL"], "http://u:hush-file-1@h");

    // The file alone changes.
    env_file(&world, 2);
    nothing_is_told(&world, 0, &["sync", "--patience", "0", "--json"]);
    assert_eq!(world.process("app").environ()["DATA"], r#"{"x":"hush-file-2"}"#);
    world.nothing_to_do();

    a_review_tells_nothing(&world);

    // The definition no longer refers to it, and what it came to before is not told either.
    let plain = r#"{:apps [{:name "app" :script "/bin/sleep" :args ["1000"] :env {:A "open"}}]}"#;
    world.daemon("app", plain);
    a_review_tells_nothing(&world);
    nothing_is_told(&world, 0, &["sync", "--patience", "0"]);

    // A variable that is missing is named, with its app.
    world.daemon("app", source);
    fs::remove_file(world.base().join("app.env")).unwrap();
    a_review_tells_nothing(&world);
    let before = world.pids();
    let output = world.command(&["sync", "--patience", "0"]).fails(1);
    assert!(output.contains("app app: env.A needs the variable PLAIN, which is not set"), "{output}");
    assert_eq!(world.pids(), before);
    // The repository has the env files themselves.
    fs::remove_dir_all(world.base().join(".git")).unwrap();
    holds_no_secret(&world.base());
    holds_no_secret(world.pm2.path().join("ecosystem").as_std_path());
}

/// Every file below, but for PM2's sockets.
fn holds_no_secret(folder: &Path) {
    for entry in fs::read_dir(folder).unwrap() {
        let entry = entry.unwrap();
        let kind = entry.file_type().unwrap();
        if kind.is_dir() {
            holds_no_secret(&entry.path());
        } else if kind.is_file() {
            let text = String::from_utf8_lossy(&fs::read(entry.path()).unwrap()).into_owned();
            assert!(!text.contains("hush-file"), "{}: {text}", entry.path().display());
        }
    }
}

/// What takes an env file's place, and what is said of it.
type Spoiler = (fn(&Path), &'static str);

const SPOILERS: &[Spoiler] = &[
    (|_| (), "No such file"),
    (|path| fs::create_dir(path).unwrap(), "no regular file"),
    (|path| mknodat(CWD, path, FileType::Fifo, Mode::RWXU, 0).unwrap(), "no regular file"),
    (|path| std::os::unix::fs::symlink("/dev/zero", path).unwrap(), "no regular file"),
    (|path| fs::write(path, vec![b'#'; 2_000_000]).unwrap(), "2000000 bytes"),
    (|path| fs::write(path, b"A=\xff\xfe").unwrap(), "not UTF-8"),
    (|path| fs::write(path, "hush-no-name\nA=1").unwrap(), "no `=`"),
    (|path| fs::write(path, "A=hush\0b").unwrap(), "NUL"),
    (|path| fs::write(path, "constructor=hush").unwrap(), "constructor"),
    (|path| fs::write(path, "pm_exec_path=hush").unwrap(), "pm_exec_path"),
    (|path| fs::write(path, "ECOSYSTEM_OWNER=hush").unwrap(), "ECOSYSTEM_OWNER"),
];

#[test]
fn an_env_file_that_cannot_be_used_blocks_its_app_alone() {
    let world = World::new();
    let other =
        |seconds: usize| format!(r#"{{:apps [{{:name "other" :script "/bin/sleep" :args ["{seconds}"]}}]}}"#);
    env_file(&world, 1);
    world.daemon("app", &source("hush-env-1", ""));
    world.daemon("other", &other(1000));
    world.command(&["sync", "--patience", "0"]).succeeds();
    let path = world.base().join("app.env");
    for (round, (spoil, said)) in SPOILERS.iter().enumerate() {
        let before = world.pids();
        if path.symlink_metadata().is_ok_and(|found| found.is_dir()) {
            fs::remove_dir(&path).unwrap();
        } else {
            let _ = fs::remove_file(&path);
        }
        spoil(&path);
        world.daemon("other", &other(1001 + round));
        let output = world.command(&["sync", "--patience", "0"]).fails(1);
        let line = output
            .lines()
            .find(|line| line.contains("blocked"))
            .unwrap_or_else(|| panic!("{said}: {output}"));
        assert!(
            line.contains("app app") && line.contains(path.to_str().unwrap()) && line.contains(said),
            "{output}"
        );
        assert!(!output.contains(PLANTED), "{output}");
        let after = world.pids();
        assert_eq!(after["app"], before["app"], "{said}");
        assert_ne!(after["other"], before["other"], "{said}: {output}");
    }
}
