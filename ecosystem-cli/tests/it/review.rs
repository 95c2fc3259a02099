//! What a merge will do, told before it: from git, and held against what the programs then do.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value as Json;
use tempfile::TempDir;

use crate::support::cli_program;
use crate::support::hermetic;
use crate::support::world::{Ran, World};

const SLEEPER: &str = "setInterval(() => {}, 1000);\n";

/// A repository with a tree in it; PM2 is nowhere.
struct Repo {
    folder: TempDir,
    home: TempDir,
}

impl Repo {
    fn new() -> Self {
        let repo = Self { folder: hermetic::short_temp_dir(), home: hermetic::short_temp_dir() };
        repo.run("git init -q -b main .").succeeds();
        repo
    }

    fn path(&self) -> PathBuf {
        self.folder.path().canonicalize().unwrap()
    }

    fn write(&self, path: &str, text: &str) {
        let path = self.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    fn daemon(&self, id: &str, apps: &str) {
        self.write(&format!("system/daemons/{id}/ecosystem.edn"), &format!("{{:apps [{apps}]}}\n"));
    }

    fn commit(&self) {
        self.run("git add -A && git commit -q --allow-empty -m x").succeeds();
    }

    /// A line for bash, at the top of the repository, as a step of a job is run.
    fn run(&self, line: &str) -> Ran {
        Ran::of(self.command("bash").args(["-e", "-c", line]).output().unwrap())
    }

    fn cli(&self, args: &[&str]) -> Ran {
        Ran::of(self.command(cli_program::path()).args(args).output().unwrap())
    }

    fn command(&self, program: impl AsRef<Path>) -> Command {
        let mut command = hermetic::command(program, self.home.path());
        let programs = cli_program::path().parent().unwrap().to_owned();
        let usual = std::env::var_os("PATH").unwrap();
        let folders = [self.path().join("stubs"), programs].into_iter().chain(std::env::split_paths(&usual));
        command.env("PATH", std::env::join_paths(folders).unwrap()).current_dir(self.path());
        git_as_nobody(&mut command);
        command
    }
}

fn git_as_nobody(command: &mut Command) {
    command.env("GIT_CONFIG_GLOBAL", "/dev/null").env("GIT_CONFIG_SYSTEM", "/dev/null");
    for who in ["AUTHOR", "COMMITTER"] {
        command.env(format!("GIT_{who}_NAME"), "n").env(format!("GIT_{who}_EMAIL"), "n@example.org");
    }
}

fn json(text: &str) -> Json {
    serde_json::from_str(text).unwrap_or_else(|error| panic!("{error}: {text}"))
}

/// `app` to `action`, of a plan or of a review.
fn actions(steps: &Json) -> BTreeMap<String, String> {
    let pair =
        |step: &Json| (step["app"].as_str().unwrap().to_owned(), step["action"].as_str().unwrap().to_owned());
    steps.as_array().unwrap().iter().map(pair).collect()
}

/// What other files say of an app is part of its change, each side with those of its own.
#[test]
fn defaults_includes_and_profiles_are_those_of_each_side() {
    let repo = Repo::new();
    let write = |level: &str| {
        repo.write(
            "system/daemons/defaults.edn",
            &format!("{{:defaults {{:env {{:LEVEL \"{level}\"}}}}}}\n"),
        );
        repo.write("shared/color.edn", &format!("{{:COLOR \"{level}\"}}\n"));
    };
    let web = r#"{:name "web" :script "a.mjs" :env #include "../../../shared/color.edn"}"#;
    repo.daemon(
        "web",
        &format!("{web} {{:name \"dev\" :script \"a.mjs\" :enabled #profile {{:dev true :default false}}}}"),
    );
    write("info");
    repo.commit();
    write("debug");
    repo.run("git checkout -q -b feature").succeeds();
    repo.commit();
    write("neither of both");
    let expected = [r#"~ web   restart   env.COLOR: "info" → "debug""#, r#"env.LEVEL: "info" → "debug""#];
    let text = repo.cli(&["diff", "--base", "main", "--head", "feature"]).succeeds();
    assert!(expected.iter().all(|it| text.contains(it)) && !text.contains("dev "), "{text}");
    let text = repo.cli(&["diff", "--base", "main", "--head", "feature", "--profile", "dev"]).succeeds();
    assert!(text.contains("~ dev   restart   env.LEVEL"), "{text}");
    let text = repo.cli(&["diff", "--base", "feature"]).succeeds();
    assert!(text.contains(r#"env.LEVEL: "debug" → "neither of both""#), "{text}");
}

#[test]
fn a_review_needs_neither_a_checkout_nor_pm2() {
    let repo = Repo::new();
    repo.daemon("web", r#"{:name "web" :script "a.mjs" :env {:DB_PASSWORD "hunter2"}}"#);
    repo.commit();
    repo.daemon("web", r#"{:name "web" :script "b.mjs" :env {:DB_PASSWORD "hunter22"}}"#);
    repo.run("git checkout -q -b feature").succeeds();
    repo.commit();
    repo.run("git clone -q --bare . ../bare-$$ && mv ../bare-$$ bare.git").succeeds();
    let expected = r#"~ web   restart   script: "a.mjs" → "b.mjs""#;
    let check = |folder: &str, args: &[&str]| {
        let mut command = repo.command(cli_program::path());
        let output = command.current_dir(repo.path().join(folder)).arg("diff").args(args).output().unwrap();
        let text = Ran::of(output).fails(3);
        assert!(text.contains(expected) && !text.contains("hunter2"), "{folder} {args:?}: {text}");
    };
    repo.write("inside/x", "");
    check(".", &["--base", "main", "--exit-code"]);
    check("inside", &["--base", "main", "--head", "feature", "--exit-code"]);
    check("inside", &["../system/daemons", "--base", "HEAD~1", "--exit-code"]);
    check("bare.git", &["--base", "main", "--head", "feature", "--exit-code"]);
    check("bare.git", &["system/daemons", "--base", "main", "--head", "feature", "--exit-code"]);
    check(".", &["bare.git/system/daemons", "--base", "main", "--head", "feature", "--exit-code"]);
    // Where somebody else's repository is named around it, as in a hook.
    let mut hooked = repo.command(cli_program::path());
    hooked.env("GIT_DIR", "/nowhere").args(["diff", "--base", "main", "--exit-code"]);
    Ran::of(hooked.output().unwrap()).fails(3);
    // The work tree counts as it is, committed or not.
    repo.daemon("web", r#"{:name "web" :script "a.mjs" :env {:DB_PASSWORD "hunter2"}}"#);
    let same = repo.cli(&["diff", "--base", "main", "--exit-code"]).succeeds();
    assert!(same.contains("nothing changes, 1 unchanged"), "{same}");
    for format in ["human", "markdown", "json"] {
        let text = repo.cli(&["diff", "--base", "main", "--head", "feature", "--format", format]).succeeds();
        assert!(text.contains("restart") && !text.contains("hunter2"), "{text}");
    }
}

/// Against the tip of the other branch, or against where this one left it.
#[test]
fn a_branch_that_is_behind_undoes_nothing_in_a_pull_request() {
    let repo = Repo::new();
    repo.daemon("web", r#"{:name "web" :script "a.mjs"}"#);
    repo.commit();
    repo.run("git checkout -q -b feature").succeeds();
    repo.daemon("mine", r#"{:name "mine" :script "m.mjs"}"#);
    repo.commit();
    repo.run("git checkout -q main").succeeds();
    repo.daemon("theirs", r#"{:name "theirs" :script "t.mjs" :cwd "somewhere/else" :args "-v"}"#);
    repo.commit();
    let of = |args: &[&str]| {
        let args = [&["diff", "--json", "--base", "main", "--head", "feature"], args].concat();
        actions(&json(&repo.cli(&args).succeeds())["steps"])
    };
    let tip: Vec<(String, String)> = of(&[]).into_iter().collect();
    assert_eq!(tip, [("mine".into(), "start".into()), ("theirs".into(), "delete".into())]);
    assert_eq!(of(&["--merge-base"]).into_keys().collect::<Vec<_>>(), ["mine"]);
}

#[test]
fn what_cannot_be_compared_is_said() {
    let repo = Repo::new();
    repo.commit();
    repo.daemon("web", r#"{:name "web" :script "a.mjs"}"#);
    repo.commit();
    let check = |args: &[&str], code: i32, expected: &str| {
        let output = repo.cli(&[&["diff"], args].concat()).fails(code);
        assert!(output.contains(expected), "{args:?}: {output}");
    };
    check(&["--base", "HEAD~1"], 0, "does not have this folder: everything is new");
    check(&["--base", "HEAD", "--head", "HEAD~1"], 4, "there is no folder system/daemons in HEAD~1");
    check(&["nowhere", "--base", "HEAD"], 4, "there is no folder nowhere");
    check(&["--base=--upload-pack=x"], 4, "there is no commit");
    check(&["--base", "origin/main"], 4, "git fetch origin main");
    check(&[], 2, "--base <REV>");
    check(&["system/daemons/web/ecosystem.edn", "--base", "HEAD"], 4, "is a file in");
    repo.daemon("web", r#"{:name "web" :script"#);
    check(&["--base", "HEAD", "--exit-code"], 1, "! web   kept");
    let markdown = repo.cli(&["diff", "--base", "HEAD", "--format", "markdown"]).fails(1);
    assert!(markdown.contains("kept as it is") && markdown.contains("E01"), "{markdown}");
    let broken = json(&repo.cli(&["diff", "--base", "HEAD", "--json"]).fails(1));
    assert_eq!(
        (broken["changes"].as_bool(), broken["steps"][0]["action"].as_str()),
        (Some(false), Some("kept"))
    );
    assert_eq!(broken["head"]["diagnostics"][0]["severity"], "error");
}

/// The step that is told is the step that is taken, on real PM2 with the base applied.
#[test]
fn the_step_told_is_the_step_taken() {
    let world = World::new();
    world.program("a.mjs", SLEEPER);
    world.program("b.mjs", SLEEPER);
    let git = |line: &str| {
        let mut command = world.pm2.command("sh");
        git_as_nobody(&mut command);
        Ran::of(command.current_dir(world.base()).args(["-c", line]).output().unwrap()).succeeds()
    };
    git("git init -q -b main .");
    let app = |name: &str, rest: &str| format!(r#"{{:name "{name}" :min-uptime 100 {rest}}}"#);
    let tree = |apps: &[String]| world.daemon("apps", &format!("{{:apps [{}]}}", apps.join("\n")));
    let other = r#"{:apps [{:name "still" :script "b.mjs" :min-uptime 100}]}"#;
    world.daemon("still", other);
    let edits: &[(&str, &str, &str)] = &[
        ("start", "web", r#":script "a.mjs" :env {:A 1 :B 2} :args "x""#),
        ("restart", "web", r#":script "a.mjs" :env {:A 2 :B 2} :args "x""#),
        ("restart", "web", r#":script "a.mjs" :env {:A 2} :args "x""#),
        ("restart", "web", r#":script "b.mjs" :env {:A 2}"#),
        ("restart", "web", r#":script "b.mjs" :out-file "o.log" :autorestart false"#),
        ("restart", "web", r#":script "b.mjs" :exec-mode "cluster" :wait-ready false"#),
        ("scale", "web", r#":script "b.mjs" :exec-mode "cluster" :wait-ready false :instances 3"#),
        (
            "reload",
            "web",
            r#":script "b.mjs" :exec-mode "cluster" :env {:C 1} :wait-ready false :instances 3"#,
        ),
        ("replace", "web", r#":script "b.mjs" :watch ["lib"]"#),
        ("restart", "web", r#":script "b.mjs""#),
        ("start", "site", r#":script "b.mjs""#),
    ];
    git("git add -A && git commit -q -m x");
    world.sync().succeeds();
    for (action, name, rest) in edits {
        tree(&[app(name, rest)]);
        let told = agree(&world, rest);
        assert_eq!(told.get(*name).map(String::as_str), Some(*action), "{rest}");
        world.sync().succeeds();
        git("git add -A && git commit -q -m x");
    }
    git("git mv daemons/apps daemons/moved");
    assert_eq!(agree(&world, "moved")["site"], "restart");
    world.sync().succeeds();
    world.nothing_to_do();
}

/// What `diff` tells of the work tree, if it is what `plan` tells.
fn agree(world: &World, what: &str) -> BTreeMap<String, String> {
    let mut command = world.pm2.command(cli_program::path());
    command.arg("diff").arg(world.root()).args(["--base", "HEAD", "--json"]);
    let told = actions(&json(&Ran::of(command.output().unwrap()).succeeds())["steps"]);
    let planned = actions(&json(&world.command(&["plan", "--json"]).succeeds())["plan"]["steps"]);
    assert_eq!(told, planned, "{what}");
    told
}

#[test]
fn snapshots_follow_the_tree() {
    let repo = Repo::new();
    let folder = repo.path().join("system/daemons/snapshots");
    let web = folder.join("services/web/ecosystem.config.mjs.snap");
    let snapshot = |args: &[&str]| repo.cli(&[&["snapshot", "system/daemons"], args].concat());
    repo.daemon("services/web", r#"{:name "web" :script "a.mjs" :env {:DB_PASSWORD "hunter2"}}"#);
    repo.daemon("jobs/tick", r#"{:name "tick" :script "t.mjs"}"#);
    let missing = snapshot(&["--check"]).fails(3);
    assert!(missing.contains(r#"+    script: "a.mjs","#) && !missing.contains("hunter2"), "{missing}");
    assert!(!folder.exists());
    snapshot(&[]).succeeds();
    let first = fs::read_to_string(&web).unwrap();
    assert!(!first.contains("hunter2") && !first.contains("time:"), "{first}");
    assert!(snapshot(&["--check"]).succeeds().contains("every snapshot is up to date"));
    // Of others: whatever is there beside ours, even under a name that ours could have.
    repo.write("system/daemons/snapshots/README.md", "mine");
    repo.write("system/daemons/snapshots/x/ecosystem.config.mjs.snap", "---\nexpression: text\n---\nmine\n");
    repo.write("system/daemons/snapshots/services/web/other.snap", "mine");

    repo.daemon("services/web", r#"{:name "web" :script "b.mjs"}"#);
    fs::remove_dir_all(repo.path().join("system/daemons/jobs")).unwrap();
    let differs = snapshot(&["--check"]).fails(3);
    assert!(
        differs.contains(r#"-    script: "a.mjs","#) && differs.contains(r#"-    script: "t.mjs","#),
        "{differs}"
    );
    assert_eq!(fs::read_to_string(&web).unwrap(), first);
    let words = json(&snapshot(&["--check", "--json"]).fails(3));
    assert_eq!(
        words["snapshots"].as_array().unwrap().iter().filter(|it| it["outcome"] == "differs").count(),
        2
    );
    // To be reviewed first: the present one stays as it is.
    snapshot(&["--pending"]).fails(3);
    let pending = folder.join("services/web/ecosystem.config.mjs.snap.new");
    assert!(fs::read_to_string(&pending).unwrap().contains("b.mjs"));
    assert_eq!(fs::read_to_string(&web).unwrap(), first);
    snapshot(&[]).succeeds();
    assert!(!pending.exists() && !folder.join("jobs").exists());
    assert!(fs::read_to_string(&web).unwrap().contains("b.mjs"));
    for (path, text) in [("README.md", "mine"), ("services/web/other.snap", "mine")] {
        assert_eq!(fs::read_to_string(folder.join(path)).unwrap(), text);
    }
    assert!(folder.join("x/ecosystem.config.mjs.snap").exists());

    // A broken daemon keeps its snapshot; one whose place is taken says so; a link is not written through.
    repo.daemon("services/web", r#"{:name"#);
    repo.daemon("x", r#"{:name "x" :script "x.mjs"}"#);
    let taken = snapshot(&[]).fails(1);
    assert!(taken.contains("is no snapshot of this tool") && web.exists(), "{taken}");
    fs::remove_dir_all(folder.join("x")).unwrap();
    std::os::unix::fs::symlink(repo.path(), folder.join("x")).unwrap();
    assert!(snapshot(&[]).fails(1).contains("symbolic link"));
    assert!(!repo.path().join("ecosystem.config.mjs.snap").exists());
}

/// The real insta reads what we write, takes it for its own, and writes it again so that it still is ours.
#[test]
fn snapshots_are_those_of_insta() {
    let repo = Repo::new();
    repo.daemon("services/we\"b", r#"{:name "web" :script "a.mjs" :description "é `x` ---"}"#);
    repo.cli(&["snapshot", "system/daemons", "--dir", "snaps"]).succeeds();
    let path = repo.path().join("snaps/services/we\"b/ecosystem.config.mjs.snap");
    let snapshot = insta::Snapshot::from_file(&path).unwrap();
    assert_eq!(snapshot.metadata().source(), Some("system/daemons/services/we\"b/ecosystem.edn"));
    assert_eq!(snapshot.metadata().expression(), Some("ecosystem-cli snapshot"));
    let config = snapshot.as_text().unwrap().to_string();
    assert!(config.starts_with("import ") && config.contains("script: \"a.mjs\""), "{config}");

    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path(path.parent().unwrap());
    settings.set_prepend_module_to_snapshot(false);
    settings.bind(|| insta::assert_snapshot!("ecosystem.config.mjs", config));

    // As `cargo insta accept` writes it.
    let before = fs::read_to_string(&path).unwrap();
    snapshot.save(&path).unwrap();
    repo.cli(&["snapshot", "system/daemons", "--dir", "snaps", "--check"]).succeeds();
    assert_eq!(fs::read_to_string(&path).unwrap(), before);
}

/// The steps of the recipe in the docs, as a runner runs them: on the merge commit of a pull request.
#[test]
fn the_recipe_of_the_docs_runs() {
    let repo = Repo::new();
    repo.daemon("web", r#"{:name "web" :script "a.mjs"}"#);
    repo.run("ecosystem-cli snapshot system/daemons").succeeds();
    repo.commit();
    repo.run("git checkout -q -b feature").succeeds();
    repo.daemon("web", r#"{:name "web" :script "b.mjs"}"#);
    repo.run("ecosystem-cli snapshot system/daemons").succeeds();
    repo.commit();
    repo.run("git checkout -q --detach main && git merge -q --no-ff -m merge feature").succeeds();
    // What actions/checkout gives with `fetch-depth: 2`.
    let runner = Repo::new();
    let fetch =
        format!("git fetch -q --depth=2 file://{} $(git -C {0} rev-parse HEAD)", repo.path().display());
    runner.run(&format!("{fetch} && git checkout -q --detach FETCH_HEAD")).succeeds();
    stub_of_gh(&runner);

    for first in [true, false] {
        for (name, script) in steps() {
            let mut command = runner.command("bash");
            command.args(["-e", "-c", &script]).env("GITHUB_STEP_SUMMARY", runner.path().join("summary.md"));
            command.env("GITHUB_REPOSITORY", "owner/name").env("PR", "7").env("GH_TOKEN", "none");
            assert!(!script.contains("${{"), "{name}: values of a pull request stand in a script");
            let text = Ran::of(command.output().unwrap()).output();
            assert!(!text.contains("error"), "{name}: {text}");
        }
        let calls = fs::read_to_string(runner.path().join("calls")).unwrap();
        let last = calls.lines().last().unwrap();
        let expected = if first {
            "--method POST repos/owner/name/issues/7/comments"
        } else {
            "--method PATCH repos/owner/name/issues/comments/41"
        };
        assert!(last.contains(expected), "{calls}");
        fs::write(runner.path().join("stubs/comment-id"), "41\n").unwrap();
    }
    let summary = fs::read_to_string(runner.path().join("summary.md")).unwrap();
    assert!(summary.contains("### Daemons: 1 to change"), "{summary}");
    assert_eq!(
        fs::read_to_string(runner.path().join("comment.md")).unwrap().lines().next(),
        summary.lines().next()
    );
}

/// A `gh` that keeps what it was called with, and answers a listing with what is in `comment-id`.
fn stub_of_gh(repo: &Repo) {
    use std::os::unix::fs::PermissionsExt as _;
    let text =
        "#!/bin/sh\necho \"$@\" >> calls\ncase \"$*\" in *--method*) ;; *) cat stubs/comment-id ;; esac\n";
    repo.write("stubs/gh", text);
    repo.write("stubs/comment-id", "");
    fs::set_permissions(repo.path().join("stubs/gh"), fs::Permissions::from_mode(0o755)).unwrap();
}

/// Names and scripts of the recipe's steps, but for the one that installs.
fn steps() -> Vec<(String, String)> {
    let docs = include_str!("../../../docs/reviews.md");
    let recipe = docs.split("```yaml\n").nth(1).and_then(|rest| rest.split("```").next()).unwrap();
    let mut steps: Vec<(String, String)> = Vec::new();
    let (mut name, mut lines) = (String::new(), recipe.lines().peekable());
    while let Some(line) = lines.next() {
        let indent = |line: &str| line.len() - line.trim_start().len();
        if let Some(named) = line.trim_start().strip_prefix("- name: ") {
            name = named.to_owned();
        } else if let Some(script) = line.trim_start().strip_prefix("run: ") {
            let mut text = if script == "|" { String::new() } else { script.to_owned() };
            while let Some(more) =
                lines.next_if(|more| script == "|" && (more.is_empty() || indent(more) > indent(line)))
            {
                text.push_str(more.trim_start());
                text.push('\n');
            }
            steps.push((name.clone(), text));
        }
    }
    steps.retain(|(name, _)| name != "Install");
    assert!(steps.len() >= 4, "{steps:?}");
    steps
}
