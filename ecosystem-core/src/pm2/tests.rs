//! What PM2 is told, step by step. That PM2's own program tells its daemon the same is tested beside the command
//! line tool, where the real program is at hand.
#![allow(clippy::unwrap_used, reason = "a failed test may panic")]

use camino::Utf8Path;
use serde_json::{Value as Json, json};

use super::testing::{app, app_with_env, machine, problems, resolved};
use super::*;
use crate::model::{
    App, AppName, DIGEST_VARIABLE, Daemon, DaemonId, Ecosystem, EnvFile, EnvValue, InheritEnv,
    OWNER_VARIABLE, SOURCE_VARIABLE,
};

/// Checks some attributes of an app; null stands for absent.
fn check(app: &App, machine: &Machine, expected: &Json) {
    let attributes = resolved(app, machine);
    for (name, value) in expected.as_object().unwrap() {
        let found = attributes.get(name).cloned().unwrap_or(Json::Null);
        assert_eq!(&found, value, "{name} of {} {:?}", app.script, app.settings);
    }
}

fn check_settings(settings: &Json, expected: &Json) {
    check(&app("app.js", settings), &machine(), expected);
}

#[test]
fn a_plain_app_gets_what_pm2_gives_it() {
    let attributes = resolved(&app("app.js", &json!({})), &machine());
    insta::assert_json_snapshot!(attributes.as_map(), { ".env.ECOSYSTEM_DIGEST" => "[digest]" });
}

#[test]
fn empty_values_last_only_in_keys_of_one_word() {
    check_settings(
        &json!({"kill_timeout": 0, "kill_retry_time": 0, "merge_logs": false, "instance_var": "", "wait_ready": false}),
        &json!({"kill_timeout": null, "kill_retry_time": 100, "merge_logs": null,
                "instance_var": "NODE_APP_INSTANCE", "wait_ready": null}),
    );
    check_settings(
        &json!({"watch": false, "autostart": false, "windowsHide": false, "namespace": "", "args": []}),
        &json!({"watch": false, "autostart": false, "windowsHide": false, "namespace": "default", "args": []}),
    );
}

#[test]
fn keys_decide_about_other_keys() {
    check_settings(
        &json!({"time": true, "log_date_format": "HH"}),
        &json!({"time": true, "log_date_format": "YYYY-MM-DDTHH:mm:ss"}),
    );
    check_settings(&json!({"automation": false}), &json!({"automation": false, "pmx": false}));
    check_settings(
        &json!({"disable_trace": true, "trace": true}),
        &json!({"trace": false, "disable_trace": null}),
    );
    check_settings(
        &json!({"execute_command": true, "exec_mode": "cluster"}),
        &json!({"exec_mode": "fork_mode", "execute_command": null}),
    );
    check_settings(&json!({"username": "eve"}), &json!({"username": "root"}));
    check_settings(&json!({"stop_exit_codes": [0]}), &json!({"stop_exit_codes": 0}));
    check_settings(&json!({"stop_exit_codes": [0, 3]}), &json!({"stop_exit_codes": [0, 3]}));
}

#[test]
fn counts_decide_about_mode_and_logs() {
    let check = |settings: Json, mode: &str, instances: i64, merge_logs: Json, processes: u32| {
        check_settings(
            &settings,
            &json!({"exec_mode": mode, "instances": instances, "merge_logs": merge_logs}),
        );
        assert_eq!(resolved(&app("app.js", &settings), &machine()).instances(), processes, "{settings}");
    };
    check(json!({}), "fork_mode", 1, json!(true), 1);
    check(json!({"instances": 3}), "cluster_mode", 3, Json::Null, 3);
    check(json!({"instances": "max"}), "cluster_mode", 0, json!(true), 4);
    check(json!({"instances": -1}), "cluster_mode", -1, Json::Null, 3);
    check(json!({"instances": -2}), "fork_mode", -2, Json::Null, 2);
    check(json!({"instances": -9, "exec_mode": "cluster"}), "cluster_mode", -9, Json::Null, 1);
    check(json!({"instances": 2, "exec_mode": "fork"}), "fork_mode", 2, Json::Null, 2);
    check(json!({"exec_mode": "cluster"}), "cluster_mode", 1, Json::Null, 1);
    check(json!({"instances": 2, "exec_interpreter": "bash"}), "fork_mode", 2, Json::Null, 2);
}

#[test]
fn paths_resolve_against_base_and_working_folder() {
    let machine = machine().with_file("/a/b", FileKind::Folder).with_file("/a/app.js", FileKind::Text);
    check(
        &app("../app.js", &json!({"cwd": "./b/", "out_file": "logs/o", "error_file": "/e/../f"})),
        &machine,
        &json!({"cwd": "/a/b", "pm_cwd": "/a/b", "pm_exec_path": "/a/app.js", "pm_out_log_path": "/a/b/logs/o",
                "pm_err_log_path": "/f", "out_file": null, "error_file": null}),
    );
    check(&app("app.js", &json!({"cwd": "/a/b/.."})), &machine, &json!({"cwd": "/a/b/..", "pm_cwd": "/a"}));
}

#[test]
fn logs_have_places_of_their_own() {
    check_settings(
        &json!({"log_file": true, "out_file": "NULL", "error_file": "~/e.log", "pid_file": "/dev/null"}),
        &json!({"pm_log_path": "/h/logs/web.log", "pm_out_log_path": "/dev/null",
                "pm_err_log_path": "/home/u/e.log", "pm_pid_path": "/dev/null"}),
    );
    check_settings(&json!({"log_file": "all.log"}), &json!({"pm_log_path": "/a/all.log"}));
    check_settings(&json!({"log_file": false}), &json!({"pm_log_path": null}));
    let odd = App { name: AppName::new(r"a/b c\d.é🦆-1"), ..app("app.js", &json!({})) };
    check(&odd, &machine(), &json!({"pm_pid_path": r"/h/pids/a-b-c\d.----1.pid"}));
}

#[test]
fn the_folders_of_logs_are_known() {
    let attributes =
        resolved(&app("app.js", &json!({"out_file": "l/o", "error_file": "/dev/null"})), &machine());
    assert_eq!(attributes.folders(), ["/a/l", "/h/pids"].map(Into::into).into());
}

#[test]
fn scripts_are_files_then_programs_then_shell_lines() {
    check(
        &app("./app.js", &json!({})),
        &machine(),
        &json!({"pm_exec_path": "/a/app.js", "exec_interpreter": "node"}),
    );
    check(
        &app("bash", &json!({})),
        &machine(),
        &json!({"pm_exec_path": "/bin/bash", "exec_interpreter": "none"}),
    );
    let line = app("sleep 5; date", &json!({"args": ["lost"]}));
    let shell =
        json!({"pm_exec_path": "/bin/bash", "args": ["-c", "sleep 5; date"], "exec_interpreter": "none"});
    check(&line, &machine(), &shell);
    let only_sh = machine().without_program("bash").with_program("sh", "/bin/sh", FileKind::Binary);
    check(&line, &only_sh, &json!({"pm_exec_path": "/bin/sh", "args": ["-c", "sleep 5; date"]}));
    let own_bash = machine().with_file("/a/bash", FileKind::Text);
    check(&line, &own_bash, &json!({"pm_exec_path": "/a/bash"}));
    check(&app("serve", &json!({})), &machine(), &json!({"pm_exec_path": "/lib/pm2/lib/API/Serve.js"}));
}

#[test]
fn interpreters_follow_extension_contents_and_version() {
    let machine = machine()
        .with_program("python3", "/bin/python3", FileKind::Binary)
        .with_file("/a/x.py", FileKind::Text)
        .with_file("/a/x.mjs", FileKind::Text)
        .with_file("/a/x.mjs.map", FileKind::Text)
        .with_file("/a/tool", FileKind::Binary)
        .with_program("/a/venv/python", "/a/venv/python", FileKind::Binary)
        .with_program("/opt/nodeish/x", "/opt/nodeish/x", FileKind::Binary);
    let check = |script: &str, settings: Json, version: &str, expected: Json| {
        check(&app(script, &settings), &machine.clone().of_version(version), &expected);
    };
    check("x.py", json!({}), "7.0.4", json!({"exec_interpreter": "python3"}));
    check("tool", json!({}), "7.0.4", json!({"exec_interpreter": "none"}));
    check(
        "x.py",
        json!({"exec_interpreter": "venv/python"}),
        "7.0.4",
        json!({"exec_interpreter": "venv/python"}),
    );
    check("x.mjs", json!({"exec_interpreter": "none"}), "7.0.4", json!({"exec_interpreter": "none"}));
    let here = json!({"exec_interpreter": "/opt/node/bin/node", "exec_mode": "cluster_mode", "source_map_support": null});
    check("x.mjs", json!({"instances": 1}), "7.0.4", here);
    let six = json!({"exec_interpreter": "/opt/node/bin/node", "exec_mode": "cluster_mode", "source_map_support": true});
    check("x.mjs", json!({"instances": 1}), "6.0.14", six);
    check(
        "x.mjs",
        json!({"instances": 1}),
        "5.4.3",
        json!({"exec_interpreter": "node", "exec_mode": "cluster_mode"}),
    );
    check("x.mjs", json!({"disable_source_map_support": true}), "5.4.3", json!({"source_map_support": null}));
    let nodeish = json!({"exec_interpreter": "/opt/nodeish/x", "instances": 2});
    check("x.mjs", nodeish.clone(), "7.0.4", json!({"exec_mode": "fork_mode"}));
    check("x.mjs", nodeish, "6.0.14", json!({"exec_mode": "cluster_mode"}));
}

fn env_of(app: &App, machine: &Machine) -> Json {
    let mut env = resolved(app, machine).get("env").cloned().unwrap();
    for stamp in [OWNER_VARIABLE, SOURCE_VARIABLE, DIGEST_VARIABLE] {
        assert!(env.as_object_mut().unwrap().remove(stamp).is_some(), "{stamp}");
    }
    env
}

#[test]
fn environments_are_layered() {
    let mut app = app_with_env(&[("A", EnvValue::Integer(1)), ("B", EnvValue::Text("b".into()))]);
    app.env_files = vec!["one.env".into(), "/e/two.env".into()];
    let machine = machine()
        .with_env_file("/a/one.env", Ok("A=file\nC=one\nD=one"))
        .with_env_file("/e/two.env", Ok("D=two"))
        .with_env("LC_TIME", "C")
        .with_env("TOKEN", "secret")
        .with_env("PM2_USAGE", "CLI");
    let expected = json!({"PATH": "/bin", "HOME": "/home/u", "LC_TIME": "C", "A": 1, "B": "b", "C": "one",
                          "D": "two", "PM2_HOME": "/h"});
    assert_eq!(env_of(&app, &machine), expected);
    let declared = resolved(&app, &machine).declared_env_names().clone();
    let names = ["A", "B", "C", "D", "ECOSYSTEM_DIGEST", "ECOSYSTEM_OWNER", "ECOSYSTEM_SOURCE", "PM2_HOME"];
    assert_eq!(declared, names.map(str::to_owned).into());
}

#[test]
fn more_is_inherited_if_asked_for_but_nothing_internal() {
    let machine = ["TOKEN", "OTHER", "pm_id", "autorestart", "PM2_USAGE", "ECOSYSTEM_OWNER", "PWD", "_"]
        .into_iter()
        .fold(machine(), |machine, name| machine.with_env(name, "x"));
    let check = |inherit_env: InheritEnv, settings: &Json, expected: &Json| {
        let app = App { inherit_env, ..app("app.js", settings) };
        assert_eq!(&env_of(&app, &machine), expected, "{settings}");
    };
    let names = |names: &[&str]| InheritEnv::Names(names.iter().map(|name| (*name).to_owned()).collect());
    let base = json!({"PATH": "/bin", "HOME": "/home/u", "PM2_HOME": "/h"});
    check(names(&[]), &json!({}), &base);
    check(names(&["pm_id", "ABSENT", "PM2_USAGE"]), &json!({}), &base);
    check(
        names(&["TOKEN"]),
        &json!({}),
        &json!({"PATH": "/bin", "HOME": "/home/u", "PM2_HOME": "/h", "TOKEN": "x"}),
    );
    let all = json!({"PATH": "/bin", "HOME": "/home/u", "PM2_HOME": "/h", "TOKEN": "x", "OTHER": "x"});
    check(InheritEnv::All, &json!({}), &all);
    check(InheritEnv::All, &json!({"filter_env": true}), &all);
    check(InheritEnv::All, &json!({"filter_env": ["O"]}), &json!({"PATH": "/bin", "PM2_HOME": "/h"}));
    check(
        InheritEnv::All,
        &json!({"filter_env": "TOKEN"}),
        &json!({"PATH": "/bin", "HOME": "/home/u", "PM2_HOME": "/h", "OTHER": "x"}),
    );
}

#[test]
fn other_keys_reach_the_environment() {
    let app = App {
        env: app_with_env(&[("HOME", EnvValue::Text("/mine".into()))]).env,
        ..app(
            "app.js",
            &json!({"port": 8080, "uid": "ann", "gid": "staff", "io": {"a": [1]}, "exec_interpreter": "/py/python"}),
        )
    };
    let machine = machine().with_program("/py/python", "/py/python", FileKind::Binary);
    let env = env_of(&app, &machine);
    assert_eq!(
        env,
        json!({"PATH": "/bin", "HOME": "/home/ann", "PM2_HOME": "/h", "PORT": 8080,
                           "PYTHONUNBUFFERED": "1", "io": "{\"a\":[1]}"})
    );
    check(&app, &machine, &json!({"uid": 1000, "gid": 50, "port": 8080, "io": {"a": [1]}}));
}

#[test]
fn accounts_are_looked_up() {
    check_settings(&json!({"uid": 1000}), &json!({"uid": 1000, "gid": 1000}));
    check_settings(&json!({"uid": "1000", "gid": 50}), &json!({"uid": 1000, "gid": 50}));
    check_settings(&json!({"uid": 0}), &json!({"uid": 0, "gid": null}));
}

#[test]
fn what_cannot_be_started_is_said() {
    let not_root = Machine { is_root: false, username: "ann".into(), ..machine() };
    let machine = machine()
        .with_file("/a/x.ts", FileKind::Text)
        .with_file("/a/x.rb", FileKind::Text)
        .with_file("/a/locked", FileKind::Unreadable)
        .with_file("/a/bin", FileKind::Folder)
        .with_env_file("/a/bad.env", Ok("A=1\nsecret\nB=2"))
        .with_env_file("/a/evil.env", Ok("name=evil"))
        .with_env_file("/a/nul.env", Ok("A=secret\0"))
        .with_env_file("/a/gone.env", Err("No such file or directory"));
    let mut shown = String::new();
    let mut show = |app: &App, machine: &Machine| {
        for problem in problems(app, machine) {
            assert_eq!(problem.app(), &app.name);
            shown.push_str(&format!("{problem}\n"));
        }
    };
    show(&app("missing.js", &json!({"cwd": "nowhere", "gid": 50})), &machine);
    show(&app("./missing", &json!({})), &machine);
    show(&app("bin", &json!({})), &machine);
    show(&app("x.ts", &json!({})), &machine);
    show(&app("x.rb", &json!({})), &machine);
    show(&app("locked", &json!({})), &machine);
    show(&app("app.js", &json!({"exec_interpreter": "node@18"})), &machine);
    show(&app("app.js", &json!({"uid": "eve"})), &machine);
    show(&app("app.js", &json!({"uid": "ann", "gid": "eve"})), &machine);
    show(&app("app.js", &json!({"uid": "ann"})), &not_root);
    let files = ["bad.env", "evil.env", "nul.env", "gone.env"].map(EnvFile::from).to_vec();
    show(&App { env_files: files, ..app("app.js", &json!({})) }, &machine);
    insta::assert_snapshot!(shown);
}

#[test]
fn questions_cover_what_resolving_looks_at() {
    let check = |app: App, programs: &[&str], files: &[&str], env_files: &[&str]| {
        let id = DaemonId::new("d");
        let daemon = Daemon { id: id.clone(), apps: vec![app], deploy: None };
        let ecosystem = Ecosystem { daemons: [(id, daemon)].into(), ..Ecosystem::default() };
        let asked = questions(&ecosystem, Utf8Path::new("/a"), &Default::default());
        assert_eq!(asked.programs.iter().map(String::as_str).collect::<Vec<_>>(), programs);
        assert_eq!(asked.files.iter().map(|path| path.as_str()).collect::<Vec<_>>(), files);
        assert_eq!(asked.env_files.iter().map(|path| path.as_str()).collect::<Vec<_>>(), env_files);
    };
    check(
        App { env_files: vec!["e".into()], ..app("./x.py", &json!({"cwd": "b"})) },
        &["node", "python", "python3"],
        &["/a/b", "/a/b/x.py", "/a/b/x.py.map"],
        &["/a/b/e"],
    );
    check(
        app("npm run", &json!({"exec_interpreter": "./i"})),
        &["/a/i", "bash", "node", "npm run", "sh"],
        &["/a", "/a/bash", "/a/bash.map", "/a/npm run", "/a/npm run.map", "/a/sh", "/a/sh.map"],
        &[],
    );
}
