//! Coming from a config of PM2's, from what PM2 runs, and from its dump.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::{Value as Json, json};

use crate::support::hermetic;
use crate::support::pm2_program::VERSIONS;
use crate::support::recording_stub::prepared_by_pm2_from;
use crate::support::wait::{LONG, wait_until};
use crate::support::world::{Ran, World};

/// The config of twelve apps, the programs it runs, and the tree that it was imported to.
const EXAMPLE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../examples/import");

/// The root of the repository, which the paths in the example's tree begin at.
const REPOSITORY: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/..");

fn cli(home: &Path) -> Command {
    hermetic::command(crate::support::cli_program::path(), home)
}

/// Every source below a folder, by its path there.
fn sources(root: &Path) -> BTreeMap<PathBuf, String> {
    fn walk(root: &Path, folder: &Path, found: &mut BTreeMap<PathBuf, String>) {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                walk(root, &path, found);
            } else if path.ends_with("ecosystem.edn") {
                let text = std::fs::read_to_string(&path).unwrap();
                found.insert(path.strip_prefix(root).unwrap().to_owned(), text);
            }
        }
    }
    let mut found = BTreeMap::new();
    walk(root, root, &mut found);
    found
}

#[test]
fn the_example_is_what_import_makes_of_its_config() {
    let home = hermetic::short_temp_dir();
    let root = home.path().join("daemons");
    let import = || {
        let mut cli = cli(home.path());
        cli.arg("import")
            .arg(format!("{EXAMPLE}/ecosystem.config.cjs"))
            .arg(&root)
            .args(["--base", REPOSITORY]);
        Ran::of(cli.output().unwrap()).succeeds()
    };
    insta::with_settings!({ filters => vec![(home.path().to_str().unwrap(), "HOME"), (r"/\S*/ecosystem-cli ", "ecosystem-cli ")] }, {
        insta::assert_snapshot!("import-report", import());
    });
    assert_eq!(sources(&root), sources(&Path::new(EXAMPLE).join("daemons")));
    let again = import();
    assert_eq!(again.matches("is there already, as it would be written").count(), 12, "{again}");
    let check = cli(home.path()).arg("check").arg(&root).args(["--base", REPOSITORY]).output().unwrap();
    assert_eq!(String::from_utf8_lossy(&check.stderr), "");
    assert!(check.status.success());
}

/// A copy of the example in a base of its own.
fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        if entry.file_type().unwrap().is_dir() {
            copy(&entry.path(), &to.join(entry.file_name()));
        } else {
            std::fs::copy(entry.path(), to.join(entry.file_name())).unwrap();
        }
    }
}

/// What PM2 would be told, by app, without what a tree cannot have and what PM2's own program adds to itself.
fn told(version: &str, base: &Path, file: &str) -> BTreeMap<String, Json> {
    let apps = prepared_by_pm2_from(version, base, &base.join(file)).into_iter().map(|mut app| {
        let env = app["env"].as_object_mut().unwrap();
        for own in ["PWD", "ECOSYSTEM_OWNER", "ECOSYSTEM_SOURCE", "ECOSYSTEM_DIGEST", "SMTP_PASSWORD"] {
            env.remove(own);
        }
        if let Some(staging) = app.get_mut("env_staging").and_then(Json::as_object_mut) {
            staging.remove("SMTP_PASSWORD");
        }
        if let Some(patterns) = app.get_mut("ignore_watch").and_then(Json::as_array_mut) {
            // A regular expression, which does not get through PM2's socket.
            patterns.retain(|pattern| *pattern != json!({}));
        }
        app["args"].as_array_mut().into_iter().flatten().for_each(|word| *word = text(word));
        // As written, and recorded only; `pm_cwd` is where it runs.
        app.as_object_mut().unwrap().remove("cwd");
        app.sort_all_objects();
        (app["name"].as_str().unwrap().to_owned(), app)
    });
    let apps = apps.collect();
    std::fs::remove_file(base.join("rpc.sock")).unwrap();
    apps
}

/// As a process gets it.
fn text(word: &Json) -> Json {
    word.as_str().map_or_else(|| json!(word.to_string()), |word| json!(word))
}

#[test]
fn the_imported_apps_are_those_of_the_config() {
    for version in VERSIONS {
        let folder = hermetic::short_temp_dir();
        let base = folder.path().canonicalize().unwrap();
        copy(Path::new(EXAMPLE), &base);
        std::fs::remove_dir_all(base.join("daemons")).unwrap();
        let run = |args: &[&str]| {
            let mut cli = cli(&base);
            cli.args(args).arg("--base").arg(&base);
            Ran::of(cli.output().unwrap()).succeeds()
        };
        run(&["import", "ecosystem.config.cjs", "daemons"]);
        run(&["render", "daemons", "--aggregate"]);
        let before = told(version, &base, "ecosystem.config.cjs");
        let after = told(version, &base, "daemons/ecosystem.enhanced.config.mjs");
        assert_eq!(before.len(), 12);
        for (name, app) in &before {
            assert_eq!(
                serde_json::to_string_pretty(app).unwrap(),
                serde_json::to_string_pretty(&after[name]).unwrap(),
                "{version}"
            );
        }
    }
}

/// The example's config started by PM2's own program, from a shell with a good deal in its environment.
fn started(version: &str) -> World {
    let world = World::of_version(version);
    copy(Path::new(EXAMPLE), &world.base());
    std::fs::remove_dir_all(world.root()).unwrap();
    let mut pm2 = world.pm2.pm2();
    for (name, value) in
        [("TERM", "xterm"), ("SSH_AUTH_SOCK", "/tmp/agent"), ("GITHUB_TOKEN", "planted-secret")]
    {
        pm2.env(name, value);
    }
    pm2.current_dir(world.base()).args(["start", "ecosystem.config.cjs"]);
    Ran::of(pm2.output().unwrap()).succeeds();
    wait_until("all apps run", LONG, || {
        let pids = world.pids();
        pids.len() == 12 && pids.values().flatten().all(|pid| *pid != 0)
    });
    world
}

fn import(world: &World, source: &[&str]) -> String {
    let mut command = world.pm2.command(crate::support::cli_program::path());
    command.current_dir(world.base()).env("TERM", "xterm").arg("import").args(source).arg(world.root());
    Ran::of(command.arg("--base").arg(world.base()).output().unwrap()).succeeds()
}

fn check_adoption(version: &str, source: &[&str]) {
    let world = started(version);
    let mut before = world.pids();
    if source == ["dump"] {
        Ran::of(world.pm2.pm2().arg("save").output().unwrap()).succeeds();
        import(&world, &[world.pm2.path().join("dump.pm2").as_str()]);
    } else {
        import(&world, source);
    }
    for text in sources(&world.root()).values() {
        assert!(!text.contains("planted-secret") && !text.contains("hunter2"), "{text}");
    }
    // What nobody has taken over is said and not touched.
    let plan = world.command(&["plan"]).fails(1);
    assert_eq!(plan.matches("running, but not ours").count(), 12, "{plan}");
    let plan = world.command(&["plan", "--adopt-all", "--exit-code"]).fails(3);
    let adopted = plan.lines().filter(|line| line.contains(" adopt ")).count();
    assert_eq!(adopted, 11, "{plan}");
    // What PM2 has lost of a regular expression cannot be declared, and that is why.
    assert!(plan.contains("replace   taken over\n") && plan.contains("ignore_watch: "), "{plan}");
    world.command(&["sync", "--adopt-all"]).succeeds();
    let mut after = world.pids();
    assert_ne!(after.remove("shop-admin"), before.remove("shop-admin"));
    assert_eq!(after, before);
    world.nothing_to_do();
    let status = world.command(&["status"]).succeeds();
    assert!(!status.contains("not ours"), "{status}");
}

#[test]
fn what_runs_is_taken_over_without_a_restart_from_its_config() {
    check_adoption("7.0.4", &["ecosystem.config.cjs"]);
}

#[test]
fn what_runs_is_taken_over_without_a_restart_from_pm2() {
    check_adoption("7.0.4", &["--from-pm2"]);
}

#[test]
fn what_runs_is_taken_over_without_a_restart_from_the_dump() {
    check_adoption("7.0.4", &["dump"]);
}

#[test]
fn what_runs_is_taken_over_without_a_restart_on_6() {
    check_adoption("6.0.14", &["--from-pm2"]);
}

#[test]
fn what_runs_is_taken_over_without_a_restart_on_5() {
    check_adoption("5.4.3", &["ecosystem.config.cjs"]);
}
