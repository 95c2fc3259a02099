//! What values are normalised to: what PM2 would make of them.

use std::time::Duration;

use serde_json::{Value as Json, json};

use crate::model::reserved_env;
use crate::model::schema::Key;
use crate::model::{CommandLine, EnvFile, EnvValue, InheritEnv, Probe, Way};
use crate::validate::{codes, names, words};

use super::{app, compiled};

/// `Config.validateJSON({script: 'x', args: TEXT}).config.args` of PM2 7.0.4.
const WORDS: &[(&str, &[&str])] = &[
    ("", &[]),
    (" ", &[]),
    ("a b  c", &["a", "b", "c"]),
    ("\"a b\" c", &["a b", "c"]),
    ("'a b' c", &["a b", "c"]),
    ("a 'b c'", &["a", "b c"]),
    ("--x=\"a b\" y", &["--x=\"a b\"", "y"]),
    ("--x='a b' y", &["--x='a b'", "y"]),
    ("a=\"b\"c", &["a=\"b\"", "c"]),
    ("a=\"b\" \"c", &["a=\"b\"", "\"c"]),
    ("\"", &[]),
    ("'", &[]),
    ("\"\"", &[]),
    ("say \"\" end", &["say", "end"]),
    ("it's", &["it's"]),
    ("it\"s here\"", &["it\"s", "here\""]),
    ("\"a\"b\"", &["a", "b\""]),
    ("'a\"b' c", &["a\"b", "c"]),
    ("--k=v", &["--k=v"]),
    ("=x=\"y z\"", &["=x=\"y", "z\""]),
    ("a\tb\nc", &["a", "b", "c"]),
    ("a\u{a0}b", &["a", "b"]),
    ("a\u{85}b", &["a\u{85}b"]),
    ("a\u{feff}b", &["a", "b"]),
    ("\"x y", &["\"x", "y"]),
    ("a\\ b", &["a\\", "b"]),
    ("\"a \\\" b\"", &["a \\", "b\""]),
    ("  lead trail  ", &["lead", "trail"]),
    ("\" \"", &[]),
    ("a=\"b\nc\"", &["a=\"b\nc\""]),
    ("x=\"1\"y=\"2 3\"", &["x=\"1\"", "y=\"2 3\""]),
    ("--a=--b=\"c d\"", &["--a=--b=\"c", "d\""]),
    ("é=\"à b\" 😀 \"😀 x\"", &["é=\"à b\"", "😀", "😀 x"]),
];

#[test]
fn words_are_split_as_pm2_splits_them() {
    for (text, expected) in WORDS {
        assert_eq!(words::split(text), *expected, "{text:?}");
    }
}

/// One key as written, and what becomes of it.
const SETTINGS: &[(&str, &str, &str)] = &[
    (":cwd \"sub\"", "cwd", "\"sub\""),
    (":time true", "time", "true"),
    (":restart_delay \"500\"", "restart_delay", "500"),
    (":restart-delay 5e2", "restart_delay", "500"),
    (":restartDelay 500N", "restart_delay", "500"),
    (":min_uptime \"2s\"", "min_uptime", "2000"),
    (":min_uptime \"1h\"", "min_uptime", "3600000"),
    (":min_uptime \"5m\"", "min_uptime", "300000"),
    (":min_uptime 100", "min_uptime", "100"),
    (":max_memory_restart \"1G\"", "max_memory_restart", "1073741824"),
    (":max_memory_restart \"300M\"", "max_memory_restart", "314572800"),
    (":max_memory_restart \"512K\"", "max_memory_restart", "524288"),
    (":max_memory_restart \"1024\"", "max_memory_restart", "1024"),
    (":args \"a 'b c'\"", "args", "[\"a\",\"b c\"]"),
    (":args [\"--port\" 3000 true 1.5 2.0]", "args", "[\"--port\",\"3000\",\"true\",\"1.5\",\"2\"]"),
    (":interpreter_args \"--a --b\"", "node_args", "[\"--a\",\"--b\"]"),
    (":log true", "log_file", "true"),
    (":log \"all.log\"", "log_file", "\"all.log\""),
    (":cron \"0 3 * * *\"", "cron_restart", "\"0 3 * * *\""),
    (":cron 0", "cron_restart", "null"),
    (":cron \"0\"", "cron_restart", "null"),
    (":instances \"max\"", "instances", "\"max\""),
    (":instances 0", "instances", "\"max\""),
    (":instances \"-1\"", "instances", "-1"),
    (":exec_mode \"cluster_mode\"", "exec_mode", "\"cluster\""),
    (":exec_mode \"fork\"", "exec_mode", "\"fork\""),
    (":stop_exit_codes 0", "stop_exit_codes", "[0]"),
    (":stop_exit_codes [0 143]", "stop_exit_codes", "[0,143]"),
    (":watch \"src\"", "watch", "[\"src\"]"),
    (":watch [\"src\" \"lib\"]", "watch", "[\"src\",\"lib\"]"),
    (":watch false", "watch", "false"),
    (":filter_env \"SECRET\"", "filter_env", "\"SECRET\""),
    (":user \"web\"", "uid", "\"web\""),
    (":uid \"1000\"", "uid", "1000"),
    (":port \"80\"", "port", "80"),
    (":pmx \"v8\"", "pmx", "\"v8\""),
    (":watch-options {:usePolling true :depth 2.0}", "watch_options", "{\"usePolling\":true,\"depth\":2}"),
    (":post_update [\"npm install\"]", "post_update", "[\"npm install\"]"),
    (":log_date_format \"\"", "log_date_format", "\"\""),
];

#[test]
fn settings_are_what_pm2_would_make_of_them() {
    for (written, key, expected) in SETTINGS {
        let app = app(&format!("{{:apps [{{:name \"web\" :script \"server.mjs\" {written}}}]}}"));
        let found = app.setting(key).cloned().unwrap_or(Json::Null);
        assert_eq!(found.to_string(), *expected, "{written}");
    }
}

#[test]
fn every_spelling_of_a_key_is_the_same_key() {
    for key in Key::all() {
        let (name, kebab) = (key.name(), key.name().replace('_', "-"));
        let others = key.aliases().iter().copied().chain([kebab.as_str()]);
        for spelling in others.filter(|spelling| *spelling != name) {
            let text = format!("{{:apps [{{:{spelling} 1 :{name} 2}}]}}");
            let found: Vec<_> =
                compiled(&text).diagnostics.iter().map(|diagnostic| diagnostic.code).collect();
            assert!(found.contains(&codes::KEY_TWICE), "{spelling}: {found:?}");
        }
    }
}

#[test]
fn variables_keep_their_types_and_data_becomes_json() {
    let app = app(
        r#"{:apps [{:name "web" :script "s" :env {:S "x" :I 7 :F 1.5 :B true sym "y" "str" "z" :V [1 {:a nil}] :EMPTY ""}
            :env_production {:S "live"} :env-my-stage {:S "stage"}}]}"#,
    );
    let text = |name: &str| app.env.get(name).map(EnvValue::to_text);
    assert_eq!(text("V").as_deref(), Some(r#"[1,{"a":null}]"#));
    assert_eq!((text("sym"), text("str")), (Some("y".into()), Some("z".into())));
    assert_eq!(app.env.get("I"), Some(&EnvValue::Integer(7)));
    assert_eq!(app.env.get("F"), Some(&EnvValue::Float(1.5)));
    assert_eq!(app.env.get("B"), Some(&EnvValue::Bool(true)));
    assert_eq!(app.env_blocks.keys().collect::<Vec<_>>(), ["env_my-stage", "env_production"]);
}

#[test]
fn own_keys_reach_the_model() {
    let one = app(r#"{:apps [{:name "w" :script "s" :env_file ".env" :inherit_env :all :description "d"}]}"#);
    assert_eq!(
        (one.env_files.as_slice(), one.inherit_env),
        ([EnvFile::from(".env")].as_slice(), InheritEnv::All)
    );
    assert_eq!(one.description.as_deref(), Some("d"));
    let two = app(r#"{:apps [{:name "w" :script "s" :envFile ["a" "b?"] :inherit-env [:A "B" C]}]}"#);
    assert_eq!(two.env_files, ["a", "b?"].map(EnvFile::from));
    assert_eq!(two.env_files.iter().map(|it| (it.path.as_str(), it.optional)).next_back(), Some(("b", true)));
    assert_eq!(two.inherit_env, InheritEnv::Names(["A", "B", "C"].map(str::to_owned).into()));
}

/// In keys that hold no references, too; what is handed on to a shell is left to it.
#[test]
fn a_doubled_dollar_is_a_literal_one() {
    let one = app(
        r#"{:apps [{:name "w$${x}" :script "s" :args ["$${A}" "$$"] :env_file "$${b}.env" :env {:A "$${C}"}
            :post-update ["echo $${D}"] :description "$${E}"}]}"#,
    );
    assert_eq!((one.name.as_str(), one.env_files[0].path.as_str()), ("w${x}", "${b}.env"));
    assert_eq!(one.setting("args"), Some(&json!(["${A}", "$$"])));
    assert_eq!(one.env.get("A").map(EnvValue::to_text).as_deref(), Some("${C}"));
    assert_eq!(one.setting("post_update"), Some(&json!(["echo $${D}"])));
    assert_eq!(one.description.as_deref(), Some("$${E}"));
}

/// Beside the way to ask as well as in it.
#[test]
fn probes_are_asked_as_it_is_written() {
    let second = Duration::from_secs(1);
    let log = Probe::new(Way::Log { contains: "up".to_owned() });
    let of = |way: Way| Probe::new(way);
    let tcp = |host: &str, port| of(Way::Tcp { host: host.to_owned(), port });
    for (written, expected) in [
        ("{:log \"up\"}", log.clone()),
        ("{:log \"up\" :timeout \"9s\"}", Probe { timeout: second * 9, ..log.clone() }),
        ("{:log \"up\" :interval 9000}", Probe { interval: second * 9, ..log.clone() }),
        ("{:log \"up\" :initial-delay 9000}", Probe { initial_delay: second * 9, ..log.clone() }),
        ("{:log \"up\" :retries 9}", Probe { retries: 9, ..log }),
        ("{:tcp 3000}", tcp("localhost", 3000)),
        ("{:tcp {:host \"h\" :port 3000}}", tcp("h", 3000)),
        ("{:tcp {:port 3000 :retries 9}}", Probe { retries: 9, ..tcp("localhost", 3000) }),
        ("{:http-get {:url \"http://h/x\"}}", of(Way::HttpGet { url: "http://h/x".to_owned() })),
        ("{:exec \"a b\"}", of(Way::Exec(CommandLine::Shell("a b".to_owned())))),
        ("{:exec [\"a\" \"b\"]}", of(Way::Exec(CommandLine::Words(["a", "b"].map(str::to_owned).into())))),
    ] {
        let app = app(&format!(r#"{{:apps [{{:name "w" :script "s" :readiness-probe {written}}}]}}"#));
        assert_eq!(app.lifecycle.probes.readiness, Some(expected), "{written}");
    }
}

/// What only the environment tells, in data as in texts.
#[test]
fn references_keep_what_stands_around_them() {
    let app = app(
        r#"{:apps [{:name "w" :script "s" :watch ["${A}" "src"] :watch-options {:ignored ["${A}" "x" 1]}
            :time #or [#env A true] :kill-timeout #or [#env A 5] :max-memory-restart #or [#env A 1.5]
            :restart-delay #double #env B :listen-timeout #long #env B
            :env {:V ["${A}" 1] :M {:a "${A}" :b [#env B]} :R #or [#env A 1.5] :T #double #env B :E "x${A}y"}}]}"#,
    );
    insta::assert_debug_snapshot!((&app.references.settings, &app.references.env));
}

#[test]
fn deploy_is_passed_through() {
    let checked = compiled(
        r#"{:apps [{:name "w" :script "s"}] :deploy {:production {:host ["a" "b"] :ref "origin/main"}}}"#,
    );
    let deploy = checked.output.daemons.values().next().and_then(|daemon| daemon.deploy.clone());
    assert_eq!(deploy, Some(json!({"production": {"host": ["a", "b"], "ref": "origin/main"}})));
}

#[test]
fn log_names_are_those_that_pm2_writes() {
    for (name, expected) in
        [("a b", "a-b"), ("a/b:c_d", "a-b-c-d"), ("v1.2-x\\y", "v1.2-x\\y"), ("😀", "--"), ("é", "-")]
    {
        assert_eq!(names::in_log_files(name), expected);
    }
}

#[test]
fn reserved_names_are_exact() {
    for name in ["name", "pm_id", "status", "merge_logs", "windowsHide", "ECOSYSTEM_DIGEST", "toString"] {
        assert!(reserved_env::reserved(name).is_some(), "{name}");
    }
    for name in ["NAME", "Name", "PORT", "PM2_PROCESS_NAME", "NODE_ENV", "ECOSYSTEM", "watching"] {
        assert!(reserved_env::reserved(name).is_none(), "{name}");
    }
}
