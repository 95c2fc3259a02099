//! Coming from a config of PM2's, from what PM2 runs, and from its dump.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

use ecosystem_core::converge::Host as _;
use ecosystem_core::model::Owner;
use ecosystem_core::os::host::{OsHost, Settings};
use ecosystem_core::os::interrupt::Interrupt;
use ecosystem_core::os::pm2::dump;
use serde_json::{Value as Json, json};

use crate::support::hermetic;
use crate::support::pm2_program::VERSIONS;
use crate::support::recording_stub::prepared_by_pm2_with;
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
    insta::with_settings!({ filters => vec![(home.path().to_str().unwrap(), "HOME"), (r"/\S*/ecosystem-cli ", "ecosystem-cli "), (r"--base \S+", "--base REPOSITORY")] }, {
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
    let apps = prepared_by_pm2_with(SECRET, version, base, &base.join(file)).into_iter().map(|mut app| {
        let env = app["env"].as_object_mut().unwrap();
        for own in ["PWD", "ECOSYSTEM_OWNER", "ECOSYSTEM_SOURCE", "ECOSYSTEM_DIGEST"] {
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
        let members = app.as_object_mut().unwrap();
        // As written, and recorded only; `pm_cwd` is where it runs.
        members.remove("cwd");
        // PM2 takes it for the variables of an environment named `file`.
        members.remove("env_file");
        members.retain(|name, value| name != "watch" || *value != json!(false));
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

/// What the example's config holds and its tree asks for.
const SECRET: &[(&str, &str)] = &[("SMTP_PASSWORD", "hunter2-example")];

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
    let plan = world.command_with(SECRET, &["plan"]).fails(1);
    assert_eq!(plan.matches("running, but not ours").count(), 12, "{plan}");
    // What was not written down is asked for.
    let plan = world.command(&["plan", "--adopt-all"]).fails(1);
    assert!(plan.contains("needs the variable SMTP_PASSWORD"), "{plan}");
    let plan = world.command_with(SECRET, &["plan", "--adopt-all", "--exit-code"]).fails(3);
    let adopted = plan.lines().filter(|line| line.contains(" adopt ")).count();
    assert_eq!(adopted, 11, "{plan}");
    // What PM2 has lost of a regular expression cannot be declared, and that is why.
    assert!(plan.contains("replace   taken over\n") && plan.contains("ignore_watch: "), "{plan}");
    world.command_with(SECRET, &["sync", "--adopt-all"]).succeeds();
    let mut after = world.pids();
    assert_ne!(after.remove("shop-admin"), before.remove("shop-admin"));
    assert_eq!(after, before);
    let plan = world.command_with(SECRET, &["plan", "--exit-code"]).succeeds();
    assert!(plan.contains("nothing to do"), "{plan}");
    let status = world.command_with(SECRET, &["status"]).succeeds();
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

/// A world in which an app that somebody started by hand was taken over as it runs; nothing of it is a node program.
fn adopted() -> (World, u32) {
    let world = World::new();
    world.program("ours/wait.sh", "exec tail -f /dev/null\n");
    let pid = world.start_foreign("waiter", "ours/wait.sh");
    import(&world, &["--from-pm2"]);
    world.command(&["sync", "--adopt-all"]).succeeds();
    assert_eq!(world.pids()["waiter"], [pid]);
    world.nothing_to_do();
    let status = world.command(&["status"]).succeeds();
    assert!(status.contains("yes, adopted"), "{status}");
    (world, pid)
}

fn pm2(world: &World, word: &str) {
    Ran::of(world.pm2.pm2().arg(word).output().unwrap()).succeeds();
}

#[test]
fn what_another_pm2_runs_is_nobodys_until_it_is_taken_over_again() {
    let (world, _) = adopted();
    pm2(&world, "save");
    pm2(&world, "kill");
    pm2(&world, "resurrect");
    wait_until("it runs again", LONG, || world.pids().get("waiter").is_some_and(|pids| pids[0] != 0));
    let before = world.pids();
    let sync = world.command(&["sync"]).fails(1);
    assert!(sync.contains("running, but not ours"), "{sync}");
    let down = world.command(&["down"]).succeeds();
    assert!(down.contains("nothing to do"), "{down}");
    assert_eq!(world.pids(), before);
    world.command(&["sync", "--adopt", "waiter"]).succeeds();
    assert_eq!(world.pids(), before);
    world.nothing_to_do();
}

#[test]
fn another_process_of_the_name_is_not_taken_for_it() {
    let (world, _) = adopted();
    Ran::of(world.pm2.pm2().args(["delete", "waiter"]).output().unwrap()).succeeds();
    // Under the same name and, as PM2 begins to count anew, the same id.
    let other = world.start_foreign("waiter", "ours/wait.sh");
    let sync = world.command(&["sync"]).fails(1);
    assert!(sync.contains("running, but not ours"), "{sync}");
    assert_eq!(world.pids()["waiter"], [other]);
}

#[test]
fn what_was_taken_over_goes_with_its_declaration_and_by_down() {
    let (world, _) = adopted();
    world.daemon("other", "{:apps [{:name \"other\" :script \"wait.sh\" :cwd \"ours\"}]}");
    world.remove("waiter");
    let sync = world.sync().succeeds();
    assert!(sync.contains("- waiter"), "{sync}");
    assert!(!world.pids().contains_key("waiter"));
    let (world, _) = adopted();
    world.command(&["down"]).succeeds();
    assert!(world.pids().is_empty());
}

#[test]
fn a_restart_for_another_reason_brings_the_stamp() {
    let (world, pid) = adopted();
    let source = world.root().join("waiter/ecosystem.edn");
    let text = std::fs::read_to_string(&source).unwrap();
    assert!(!text.contains(":env "), "{text}");
    std::fs::write(&source, text.replace("}]}", " :env {:NEW 1}}]}")).unwrap();
    world.sync().succeeds();
    assert_ne!(world.pids()["waiter"], [pid]);
    let environ = world.process("waiter").environ();
    assert_eq!(environ.get("ECOSYSTEM_SOURCE").map(String::as_str), Some("waiter"));
    world.nothing_to_do();
}

#[test]
fn what_a_killed_pm2_left_of_it_is_ended_before_it_is_started_again() {
    let (world, pid) = adopted();
    world.pm2.daemon().kill();
    let old = crate::support::process::Process::new(pid);
    assert!(old.is_alive());
    let program = crate::support::pm2_program::pm2_program("7.0.4");
    let sync = world.command(&["sync", "--pm2", program.as_str()]).succeeds();
    assert!(sync.contains("ended 1 process"), "{sync}");
    assert!(!old.is_alive());
    assert_eq!(world.pids()["waiter"].len(), 1);
    world.nothing_to_do();
}

#[test]
fn what_is_saved_of_it_is_ours_when_pm2_brings_it_back() {
    let (world, _) = adopted();
    let owner = Owner::new(world.root().to_str().unwrap());
    let settings = Settings {
        root: world.root().try_into().unwrap(),
        base: world.base().try_into().unwrap(),
        owner: owner.clone(),
        home: world.pm2.path().to_owned(),
        processors: ecosystem_core::os::processors::Processors::ONE,
        jobs: 1,
        pressure: ecosystem_core::os::pressure::Limit::OFF,
        patience: LONG,
        allow_pm2: None,
        profile: None,
        interrupt: Interrupt::default(),
        by: "import".to_owned(),
    };
    // As the watcher saves.
    let mut host = OsHost::to_look(settings).unwrap();
    let mut list = host.list().unwrap();
    host.inventory().unwrap().stamp_all(&mut list);
    dump::save(world.pm2.path(), &list, &owner).unwrap();
    drop(host);
    pm2(&world, "kill");
    pm2(&world, "resurrect");
    wait_until("it runs again", LONG, || world.pids().get("waiter").is_some_and(|pids| pids[0] != 0));
    world.nothing_to_do();
}

/// Runs `import` in a folder with a config; what it says, if it ended with this code.
fn in_folder(home: &Path, name: &str, config: &str, args: &[&str], code: i32) -> String {
    std::fs::write(home.join(name), config).unwrap();
    let mut cli = cli(home);
    cli.env("PM2_BIN", crate::support::pm2_program::pm2_program("7.0.4"));
    cli.arg("import").arg(name).arg("daemons").args(args).args(["--base", "."]);
    Ran::of(cli.output().unwrap()).fails(code)
}

#[test]
fn what_exists_is_never_written_over() {
    let home = hermetic::short_temp_dir();
    let config = "module.exports = { apps: [{ name: 'a', script: 'a.js' }, { name: 'b', script: 'b.js' }] }";
    let file = home.path().join("daemons/a/ecosystem.edn");
    let said = in_folder(home.path(), "x.config.js", config, &["--dry-run"], 0);
    assert!(said.contains("would write daemons/a/ecosystem.edn") && !home.path().join("daemons").exists());
    let mine = "{:apps [{:name \"mine\" :script \"m.js\"}]}";
    std::fs::create_dir_all(file.parent().unwrap()).unwrap();
    std::fs::write(&file, mine).unwrap();
    let said = in_folder(home.path(), "x.config.js", config, &[], 1);
    assert!(said.contains("daemons/a/ecosystem.edn exists and is another"), "{said}");
    assert!(said.contains("wrote daemons/b/ecosystem.edn"), "{said}");
    assert_eq!(std::fs::read_to_string(&file).unwrap(), mine);
}

#[test]
fn what_check_would_refuse_is_not_written() {
    let home = hermetic::short_temp_dir();
    let config = "module.exports = { apps: [{ name: 'all', script: 'a.js' }, { name: 'b', script: 'b.js' },
        { name: 'c', script: 'c.js', max_memory_restart: '1.5G' }, { name: 'd' }] }";
    let said = in_folder(home.path(), "x.config.js", config, &[], 1);
    for expected in ["E0224", "E0214", "daemons/all/ecosystem.edn was not written", "d: it has no `script`"] {
        assert!(said.contains(expected), "{expected}: {said}");
    }
    let written: Vec<_> = sources(&home.path().join("daemons")).into_keys().collect();
    assert_eq!(written, [PathBuf::from("b/ecosystem.edn")]);
    // A name that the tree has already is said, and the tree is as it was.
    let config = "module.exports = [{ name: 'b', script: 'other.js', namespace: 'ns' }]";
    let said = in_folder(home.path(), "y.config.js", config, &[], 1);
    assert!(said.contains("E0226") && said.contains("ns/b/ecosystem.edn was not written"), "{said}");
}

#[test]
fn yaml_is_read_as_pm2_reads_it() {
    let home = hermetic::short_temp_dir();
    let yaml = "apps:\n  - script: a.js\n    name: 'a'\n    instances: 2\n    env: { ON: on, DAY: 010 }\n";
    in_folder(home.path(), "ecosystem.yaml", yaml, &["--group"], 0);
    let read = sources(&home.path().join("daemons"));
    let text = read.values().next().unwrap();
    assert!(text.contains(":ON  \"on\"") && text.contains(":instances 2"), "{text}");
}

#[test]
fn a_config_is_evaluated_in_a_clean_environment() {
    let home = hermetic::short_temp_dir();
    let config = "console.log('noise'); module.exports = [{ name: 'a', script: 'a.js', env: {
        SEEN: Object.keys(process.env).filter((name) => name.startsWith('PM2')).join(), TOKEN: process.env.TOKEN } }]";
    let said = in_folder(home.path(), "x.config.cjs", config, &["--json"], 0);
    let said: Json = serde_json::from_str(&said).unwrap();
    let text = said["daemons"][0]["text"].as_str().unwrap();
    assert!(text.contains(":SEEN \"\"") && text.contains(":inherit-env [:TOKEN]"), "{text}");
    assert_eq!(said["written"], json!(["a"]));
}

#[test]
fn what_cannot_be_imported_says_why() {
    let home = hermetic::short_temp_dir();
    let check = |name: &str, text: &str, code: i32, expected: &str| {
        let said = in_folder(home.path(), name, text, &[], code);
        assert!(said.contains(expected), "{said}");
        assert!(!home.path().join("daemons").exists());
    };
    check("x.toml", "", 2, "is no config file");
    check("x.config.js", "throw new Error('no such thing')", 4, "no such thing");
    check("dump.pm2", "{", 4, "it is no dump of PM2");
    check("x.json", "{}", 1, "so that PM2 would not start it");
    let said = Ran::of(cli(home.path()).args(["import", "--from-pm2"]).output().unwrap()).fails(4);
    assert!(said.contains("PM2 is not running"), "{said}");
    let said = Ran::of(cli(home.path()).arg("import").output().unwrap()).fails(2);
    assert!(said.contains("--from-pm2"), "{said}");
}
