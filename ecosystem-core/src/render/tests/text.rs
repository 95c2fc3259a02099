//! The text itself, as people read it in a review.

use super::*;

/// The snapshot shows what was rendered, and below it the text.
fn check(name: &str, daemon: &Daemon, by: &GeneratedBy) {
    let shown = format!("{daemon:#?}\n{:#?}\n\n----- text -----\n{}", by.layout, render(daemon, by));
    insta::with_settings!({ omit_expression => true }, { insta::assert_snapshot!(name, shown) });
}

#[test]
fn the_least_module() {
    let daemon = daemon("web", vec![app("web", "server.mjs")]);
    check("the_least_module", &daemon, &by());
}

#[test]
fn a_module_with_everything() {
    let web = App {
        settings: settings(json!({
            "namespace": "services", "cwd": "packages/web", "args": ["--port", "3000"], "instances": 2,
            "exec_mode": "cluster", "kill_timeout": 5000, "watch": false, "watch_options": {"usePolling": true},
            "ignore_watch": ["a-rather-long-name-of-a-folder", "another-long-name-of-a-folder", "a-third-long-name"],
        })),
        env: env(&[("PORT", EnvValue::Integer(3000)), ("RATIO", EnvValue::Float(0.5)), ("a-b", text("x"))]),
        env_blocks: [("env_production".to_owned(), env(&[("DEBUG", EnvValue::Bool(false))]))].into(),
        env_files: vec![".env".into(), ".env.local".into()],
        description: Some("Serves the pages.\nIn two lines.".into()),
        ..app("web", "./server.mjs")
    };
    let worker = App {
        settings: settings(json!({"cwd": "/srv/worker", "autorestart": false})),
        ..app("worker", "worker.mjs")
    };
    let deploy = json!({"production": {"user": "deploy", "host": ["a.example", "b.example"], "env": {}}});
    let daemon = Daemon { deploy: Some(deploy), ..daemon("services/web", vec![web, worker]) };
    let by = GeneratedBy { layout: Layout { owner: Some("team".into()), ..by().layout }, ..by() };
    check("a_module_with_everything", &daemon, &by);
}

/// Data within data stands below what it belongs to.
#[test]
fn data_within_data() {
    let options = json!({"ignored": ["x", {"glob": "*.tmp", "deep": [[1, 2], []]}], "depth": 2});
    let web = App { settings: settings(json!({ "watch_options": options })), ..app("web", "server.mjs") };
    check("data_within_data", &daemon("web", vec![web]), &by());
}

/// Variables have one place, whoever made the app.
#[test]
fn variables_are_written_once() {
    let one = App { env: env(&[("A", text("x"))]), ..app("web", "server.mjs") };
    let two = App { settings: settings(json!({"env": {"B": "y"}})), ..one.clone() };
    let written = |app: App| render(&daemon("web", vec![app]), &by());
    let variables = |text: &str| text.matches("env: {").count();
    assert_eq!((variables(&written(one)), variables(&written(two))), (1, 1));
}

/// As short as can be: what has four digits is written with four.
#[test]
fn what_cannot_be_seen_is_written_as_its_number() {
    let web =
        App { settings: settings(json!({"args": ["a\u{202e}b", "a\u{e0041}b"]})), ..app("web", "s.mjs") };
    let text = render(&daemon("web", vec![web]), &by());
    assert!(text.contains(r#"args: ["a\u202eb", "a\u{e0041}b"]"#), "{text}");
}

#[test]
fn the_daemon_of_the_root_itself() {
    let text =
        render(&daemon("", vec![app("web", "a.mjs")]), &GeneratedBy { layout: Layout::default(), ..by() });
    assert!(text.contains("// source:     ecosystem.edn\n"), "{text}");
    assert!(text.contains("new URL(\"..\", import.meta.url)"), "{text}");
    assert!(text.contains("const base = root;\n"), "{text}");
}

#[test]
fn an_aggregate() {
    let daemons = ["services/web", "", "odd/ü %?#x"].map(DaemonId::new);
    insta::assert_snapshot!("an_aggregate", render_aggregate(&daemons, "system/daemons", &by()));
}

#[test]
fn names_of_aggregates() {
    let check = |name: &str, expected: Result<(), &str>| {
        let found = check_config_name(name).map_err(|error| error.to_string());
        assert_eq!(found, expected.map_err(str::to_owned), "{name}");
    };
    check(DEFAULT_AGGREGATE, Ok(()));
    check("x.config.mjs", Ok(()));
    check(
        "ecosystem.config.enhanced.mjs",
        Err(
            "PM2 would start `ecosystem.config.enhanced.mjs` as an app of that name: it takes a file for a config \
             only if the name contains `.config.mjs`; `ecosystem.enhanced.config.mjs` does",
        ),
    );
    check(
        "all.json",
        Err("`all.json` would be read as JSON, and it holds an ECMAScript module; take `all.config.mjs`"),
    );
    check(
        "all.json.config.mjs",
        Err(
            "`all.json.config.mjs` would be read as JSON, and it holds an ECMAScript module; take `all.config.mjs`",
        ),
    );
    check(
        "all.config.js",
        Err(
            "`all.config.js` would be read as CommonJS (unless a package.json says otherwise), and it holds an ECMAScript module; take `all.config.mjs`",
        ),
    );
    check(
        "all.yaml",
        Err("`all.yaml` would be read as YAML, and it holds an ECMAScript module; take `all.config.mjs`"),
    );
}
