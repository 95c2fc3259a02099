#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::fmt::Write as _;

use serde_json::{Value as Json, json};

use super::*;
use crate::compile;
use crate::diagnostic::Source;

fn around() -> Surroundings {
    let shell = [("AWS_REGION", "eu"), ("NODE_ENV", "production")];
    Surroundings {
        base: "/srv".into(),
        folder: "/srv/shop".into(),
        pm2_home: "/home/.pm2".into(),
        node: Some("/bin/node".into()),
        shells: vec![shell.into_iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect()],
        skipped: &["dist", "logs"],
    }
}

/// Everything that comes of a config, and what `check` says of it.
fn shown(import: &Import) -> String {
    let mut text = String::new();
    for daemon in &import.daemons {
        writeln!(text, "----- {}\n{}", daemon.id.source_path(), daemon.text.trim_end()).unwrap();
    }
    for (word, notes) in [("note", &import.notes), ("refused", &import.refused)] {
        for note in notes {
            writeln!(text, "{word}: {}: {}", note.app, note.text).unwrap();
        }
    }
    let sources: Vec<Source> =
        import.daemons.iter().map(|it| Source::new(it.id.source_path(), it.text.as_str())).collect();
    for diagnostic in compile(&sources).diagnostics {
        writeln!(text, "check: {}: {}", diagnostic.code, diagnostic.message).unwrap();
    }
    text
}

fn of_config(value: Json, grouping: &Grouping) -> Import {
    let found = Found::in_config("ecosystem.config.js", Evaluated { value, ..Evaluated::default() });
    import(found, &around(), grouping)
}

/// The entries of the one app that a config makes, without its name.
#[track_caller]
fn check(app: Json, expected: &str) {
    let mut app = app;
    app["name"] = json!("web");
    let import = of_config(json!([app]), &Grouping::Apps);
    let text = &import.daemons.first().unwrap().text;
    let map = text.split_once("{:name").unwrap().1.split_once("\"web\"").unwrap().1;
    let entries: Vec<&str> = map.trim_end().trim_end_matches("}]}").split_whitespace().collect();
    assert_eq!(entries.join(" "), expected, "{text}");
    assert_eq!(compile(&[Source::new("web/ecosystem.edn", text.as_str())]).diagnostics, [], "{text}");
}

#[test]
fn what_pm2_has_anyway_is_left_out() {
    let here = r#":script "a.js" :cwd "shop""#;
    for app in [
        json!({ "script": "a.js" }),
        json!({ "script": "a.js", "autorestart": true, "watch": false, "exec_mode": "fork", "namespace": "default" }),
        json!({ "script": "a.js", "interpreter": "node", "max_restarts": 0, "wait_ready": false, "args": "" }),
        json!({ "script": "a.js", "kill_retry_time": 100, "merge_logs": true, "username": "me", "vizion": true }),
        json!({ "script": "a.js", "env": {}, "env_production": {}, "cron_restart": "0", "log_file": null }),
    ] {
        check(app, here);
    }
}

#[test]
fn what_matters_stays() {
    check(
        json!({ "script": "a.js", "autorestart": false }),
        r#":script "a.js" :cwd "shop" :autorestart false"#,
    );
    // Without `exec_mode`, a count makes a cluster of it; with it, logs are not merged.
    check(
        json!({ "script": "a.js", "instances": 1, "exec_mode": "fork_mode" }),
        r#":script "a.js" :cwd "shop" :instances 1 :exec-mode "fork""#,
    );
    check(
        json!({ "script": "a.mjs", "interpreter": "node" }),
        r#":script "a.mjs" :cwd "shop" :interpreter "node""#,
    );
    check(
        json!({ "exec": "a.js", "cron": "0 3 * * *" }),
        r#":script "a.js" :cwd "shop" :cron-restart "0 3 * * *""#,
    );
    check(
        json!({ "script": "a.js", "windowsHide": false }),
        r#":script "a.js" :cwd "shop" :windowsHide false"#,
    );
}

#[test]
fn paths_are_relative_where_they_can_be() {
    check(json!({ "script": "a.js", "cwd": "/srv" }), r#":script "a.js""#);
    check(json!({ "script": "a.js", "cwd": "../api" }), r#":script "a.js" :cwd "api""#);
    check(json!({ "script": "a.js", "cwd": "/var/x" }), r#":script "a.js" :cwd "/var/x""#);
    check(json!({ "script": "/srv/shop/bin/a.js" }), r#":script "bin/a.js" :cwd "shop""#);
    check(json!({ "script": "/srv/a.js" }), r#":script "../a.js" :cwd "shop""#);
    check(json!({ "script": "/opt/a.js" }), r#":script "/opt/a.js" :cwd "shop""#);
    check(
        json!({ "script": "a.js", "out": "/srv/shop/l/o.log", "err": "~/e.log" }),
        r#":script "a.js" :cwd "shop" :out-file "l/o.log" :error-file "~/e.log""#,
    );
}

#[test]
fn variables_keep_their_types() {
    let env = json!({ "N": 1, "F": 0.5, "B": true, "T": "x", "odd name": "y", "DATA": { "a": [1] } });
    check(
        json!({ "script": "a.js", "env": env }),
        r#":script "a.js" :cwd "shop" :env {:N 1 :F 0.5 :B true :T "x" "odd name" "y" :DATA "{\"a\":[1]}"}"#,
    );
}

#[test]
fn secrets_are_nowhere() {
    let import = of_config(
        json!({ "apps": [{
            "name": "a", "script": "a.js", "args": ["--token", "planted"], "node_args": "--title=x",
            "env": { "API_KEY": "planted", "URL": "postgres://u:planted@h/d", "MAX_TOKENS": 100, "OK": "1" },
            "env_production": { "API_KEY": "planted", "OK": "2" },
            "io": { "conf": { "password": "planted" } },
        }, { "name": "b", "script": "API_TOKEN=planted node b.js" }],
        "deploy": { "production": { "repo": "https://u:planted@git/x" } } }),
        &Grouping::Apps,
    );
    assert!(!format!("{import:?}").contains("planted"), "{import:#?}");
    insta::assert_snapshot!(shown(&import));
}

#[test]
fn odd_configs() {
    let import = of_config(
        json!({ "apps": [
            { "script": "x/server.js", "unknown": 1, "killTimeout": 5, "kill_timeout": 6 },
            { "name": "twice", "script": "a.js" },
            { "name": "twice", "script": "b.js" },
            { "name": "nothing" },
            { "name": "many", "script": ["a.js", "b.js"] },
            { "name": 7, "script": "a.js" },
            "a.js",
            { "name": "all", "script": "a.js" },
            { "name": "dist", "script": "npm start", "args": "lost", "autorestart": "yes" },
            { "name": "a b", "script": "a.js", "env": { "name": "evil", "GONE": null, "ECOSYSTEM_OWNER": "x" } },
            { "name": "a-b", "script": "a.js", "env": "A=1", "env_x": "B=2", "env_x} y": { "A": 1 } },
            { "name": "ns", "script": "a.js", "namespace": "team/one", "env": { "X": "${HOME}" } },
        ] }),
        &Grouping::Apps,
    );
    insta::assert_snapshot!(shown(&import));
}

#[test]
fn shapes_of_configs() {
    let names = |value: Json| -> Vec<String> {
        of_config(value, &Grouping::Apps).daemons.into_iter().flat_map(|daemon| daemon.apps).collect()
    };
    let app = json!({ "name": "a", "script": "a.js" });
    for value in
        [json!({ "apps": [app] }), json!({ "apps": app }), json!([app]), app.clone(), json!({ "pm2": [app] })]
    {
        assert_eq!(names(value.clone()), ["a"], "{value}");
    }
    for value in [json!({}), json!([]), json!(null), json!("x"), json!({ "apps": [] })] {
        let import = of_config(value.clone(), &Grouping::Apps);
        assert!(import.daemons.is_empty() && !import.refused.is_empty(), "{value}");
    }
}

#[test]
fn one_daemon_for_a_config() {
    let apps = json!({ "apps": [{ "name": "a", "script": "a.js" }, { "name": "b", "script": "b.js" }], "deploy": { "x": {} } });
    insta::assert_snapshot!(shown(&of_config(apps, &Grouping::One("shop".to_owned()))));
}

/// A record as PM2 keeps it of an app that was started from a shell.
fn record(name: &str, more: &Json) -> Json {
    let mut record = json!({
        "name": name, "namespace": "default", "pm_id": 3, "status": "online", "instances": 1, "merge_logs": true,
        "pm_exec_path": format!("/srv/shop/{name}.js"), "pm_cwd": "/srv/shop", "exec_mode": "fork_mode",
        "exec_interpreter": "node", "args": [], "node_args": [], "vizion": true, "autorestart": true, "watch": false,
        "kill_retry_time": 100, "instance_var": "NODE_APP_INSTANCE", "username": "me", "pmx": true, "treekill": true,
        "pm_out_log_path": format!("/home/.pm2/logs/{name}-out.log"),
        "pm_err_log_path": format!("/home/.pm2/logs/{name}-error.log"),
        "pm_pid_path": format!("/home/.pm2/pids/{name}-3.pid"), "created_at": 1, "axm_actions": [], "km_link": false,
        "env": {
            "PATH": "/bin", "TERM": "xterm", "AWS_REGION": "eu", "NODE_ENV": "production", "PM2_HOME": "/home/.pm2",
            "unique_id": "u", "COMMON": "same", "OWN": name, name: "{}", "PM2_USAGE": "CLI",
        },
    });
    for (key, value) in more.as_object().unwrap() {
        record[key] = value.clone();
    }
    record
}

fn of_list(records: Vec<Json>, grouping: &Grouping) -> Import {
    let list =
        records.into_iter().map(|it| json!({ "pm_id": it["pm_id"], "name": it["name"], "pm2_env": it }));
    import(Found::running(list.collect(), "/home/.pm2".into()), &around(), grouping)
}

#[test]
fn what_runs() {
    let cluster = |id: u32| {
        let log = format!("/srv/shop/l/c-{id}.log");
        let more = json!({
            "pm_id": id, "exec_mode": "cluster_mode", "merge_logs": false, "instances": 2, "pm_out_log_path": log,
            "pm_err_log_path": format!("/home/.pm2/logs/c-error-{id}.log"), "max_memory_restart": 209_715_200,
        });
        record("c", &more)
    };
    let counted = json!({ "merge_logs": false, "pm_out_log_path": "/home/.pm2/logs/d-out-3.log", "status": "stopped",
        "pm_err_log_path": "/home/.pm2/logs/d-error-3.log", "namespace": "ops", "exec_interpreter": "/opt/py/python3",
        "pm_exec_path": "/opt/d.py", "pm_log_path": "/home/.pm2/logs/d-3.log", "env_production": { "A": "1" } });
    let theirs = json!({ "env": { "ECOSYSTEM_OWNER": "them" } });
    let import = of_list(
        vec![
            record("a", &json!({})),
            cluster(4),
            cluster(5),
            record("d", &counted),
            record("theirs", &theirs),
            record("module", &json!({ "pmx_module": true })),
            record("two", &json!({})),
            record("two", &json!({ "pm_exec_path": "/srv/other.js" })),
        ],
        &Grouping::Namespaces,
    );
    insta::assert_snapshot!(shown(&import));
}

#[test]
fn a_dump_says_no_ids() {
    let mut saved = record("a", &json!({ "merge_logs": false, "pm_out_log_path": "/srv/shop/a-7.log" }));
    saved.as_object_mut().unwrap().remove("pm_id");
    let records = vec![saved.as_object().unwrap().clone()];
    let import = import(Found::saved("dump.pm2", &records, "/home/.pm2".into()), &around(), &Grouping::Apps);
    let text = &import.daemons.first().unwrap().text;
    assert!(text.contains(":out-file  \"a.log\""), "{text}");
    assert!(text.contains(":instances 1"), "{text}");
}
