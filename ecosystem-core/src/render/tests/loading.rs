//! Generated files as PM2 loads them: through `require`, from a real tree.

#![allow(clippy::disallowed_methods, reason = "what node loads has to be on disk")]

use assert_fs::TempDir;
use assert_fs::prelude::*;

use super::*;
use crate::model::Digest;
use crate::tests::node;

/// Writes texts into a tree, has node `require` one of them from elsewhere, and gives what the module exports.
fn load(tree: &TempDir, files: &[(&str, &str)], path: &str) -> Json {
    for (path, text) in files {
        tree.child(path).write_str(text).unwrap();
    }
    // As PM2 does: no JSON of the module's own making, and errors as text.
    let script = r"
        import { createRequire } from 'node:module';
        process.chdir('/');
        process.removeAllListeners('warning');
        try {
            answer({ ...createRequire('/')(input) });
        } catch (error) {
            answer(`${error}`);
        }";
    node::ask(script, &json!(tree.child(path).path()))
}

/// The real path, since a temporary folder may be behind a link, which node resolves.
fn root(tree: &TempDir) -> String {
    tree.path().canonicalize().unwrap().to_str().unwrap().to_owned()
}

#[test]
fn paths_come_from_where_the_file_is() {
    let tree = TempDir::new().unwrap();
    let with_cwd = |cwd: &str| App { settings: settings(json!({"cwd": cwd})), ..app(cwd, "./a.mjs") };
    let daemon = daemon(
        "services/web",
        vec![app("none", "./a.mjs"), with_cwd("."), with_cwd("x/../y z"), with_cwd("/srv")],
    );
    let module = load(
        &tree,
        &[("a/b/services/web/dist/ecosystem.config.mjs", &render(&daemon, &by()))],
        "a/b/services/web/dist/ecosystem.config.mjs",
    );
    let root = root(&tree);
    let cwds: Vec<&Json> = module["apps"].as_array().unwrap().iter().map(|app| &app["cwd"]).collect();
    assert_eq!(json!(cwds), json!([root, root, format!("{root}/y z"), "/srv"]));
    let stamp = json!({
        "ECOSYSTEM_OWNER": format!("{root}/a/b"),
        "ECOSYSTEM_SOURCE": "services/web",
        "ECOSYSTEM_DIGEST": Digest::of(&daemon.apps[0]).as_str(),
    });
    assert_eq!(module["apps"][0]["env"], stamp);
    assert_eq!(module["default"], json!({ "apps": module["apps"] }));
}

#[test]
fn env_files_are_read_when_loaded() {
    let tree = TempDir::new().unwrap();
    let web = App {
        settings: settings(json!({"cwd": "web"})),
        env_files: vec![".env".into(), "../shared.env".into()],
        env: env(&[("C", text("from env"))]),
        ..app("web", "a.mjs")
    };
    let text = render(&daemon("web", vec![web]), &GeneratedBy { layout: Layout::default(), ..by() });
    let path = "web/dist/ecosystem.config.mjs";
    let files =
        [(path, text.as_str()), ("web/.env", "A=1\nB=1\nC=1\nECOSYSTEM_OWNER=forged"), ("shared.env", "B=2")];
    let module = load(&tree, &files, path);
    let env = &module["apps"][0]["env"];
    let owner = root(&tree);
    assert_eq!([&env["A"], &env["B"], &env["C"], &env["ECOSYSTEM_OWNER"]], ["1", "2", "from env", &owner]);
    std::fs::remove_file(tree.child("shared.env")).unwrap();
    let error = load(&tree, &[], path).to_string();
    let expected = format!("Error: app web: cannot read env file {owner}/shared.env: ENOENT");
    assert!(error.contains(&expected), "{error}");
}

const HOSTILE: &[&str] = &[
    "*/ process.exit(7); /*",
    "\"; process.exit(7); \"",
    "'",
    "`${process.exit(7)}`",
    "a\nb\r\nc",
    "\u{2028}process.exit(7)\u{2029}",
    "__proto__",
    "constructor",
    "😀 \u{202e}gnp.js",
    "\u{feff}",
    "\\",
    "\\u0041",
    "${x}",
    "</script>",
    "%41 ?#",
    "7",
    "\u{7f}\u{9b}31m",
];

/// Every place that an author's text gets to, with every text above, in one app each.
fn hostile_apps() -> Vec<App> {
    let hostile = |text: &&str| App {
        settings: settings(json!({
            "namespace": text, "cwd": format!("/{text}"), "args": [text], "io": {*text: {*text: text}},
        })),
        env: env(&[(text, EnvValue::Text((*text).to_owned()))]),
        env_blocks: [(format!("env_{text}"), env(&[(text, EnvValue::Integer(1))]))].into(),
        description: Some((*text).to_owned()),
        ..app(text, text)
    };
    HOSTILE.iter().map(hostile).collect()
}

/// What PM2 should see of such an app.
fn expected(app: &App, owner: &str, source: &str) -> Json {
    let text = app.script.as_str();
    let mut block = serde_json::Map::new();
    block.insert(text.to_owned(), json!(1));
    json!({
        "script": text, "name": text, "namespace": text, "cwd": format!("/{text}"), "args": [text],
        "env": {
            text: text, "ECOSYSTEM_OWNER": owner, "ECOSYSTEM_SOURCE": source, "ECOSYSTEM_DIGEST": Digest::of(app).as_str(),
        },
        format!("env_{text}"): block,
        "io": {text: {text: text}},
    })
}

#[test]
fn hostile_texts_come_back_equal() {
    let tree = TempDir::new().unwrap();
    let apps = hostile_apps();
    for hostile in HOSTILE.iter().filter(|text| !text.contains('/')) {
        let by = GeneratedBy {
            layout: Layout { owner: Some((*hostile).to_owned()), root_to_base: (*hostile).to_owned() },
            version: (*hostile).to_owned(),
            ..by()
        };
        let daemon = Daemon {
            deploy: Some(json!({*hostile: hostile})),
            ..daemon(&format!("x/{hostile}"), apps.clone())
        };
        let path = config_path(&daemon.id);
        let module = load(&tree, &[(&path, &render(&daemon, &by))], &path);
        let expected: Vec<Json> = apps.iter().map(|app| expected(app, hostile, daemon.id.as_str())).collect();
        assert_eq!(module["apps"], json!(expected), "{hostile:?}");
        assert_eq!(module["deploy"], json!({*hostile: hostile}), "{hostile:?}");
    }
}

#[test]
fn an_aggregate_imports_from_wherever_it_is() {
    // Node refuses to import from a folder with a backslash in its name, however it is spelled.
    let folders: Vec<&str> = HOSTILE.iter().copied().filter(|text| !text.contains(['/', '\\'])).collect();
    let tree = TempDir::new().unwrap();
    let daemons: Vec<Daemon> =
        folders.iter().map(|folder| daemon(folder, vec![app(folder, "a.mjs")])).collect();
    for daemon in &daemons {
        tree.child("root").child(config_path(&daemon.id)).write_str(&render(daemon, &by())).unwrap();
    }
    for (path, to_root) in
        [("root/all.config.mjs", ""), ("all.config.mjs", "root"), ("other/all.config.mjs", "../root")]
    {
        let text = render_aggregate(daemons.iter().map(|daemon| &daemon.id), to_root, &by());
        let module = load(&tree, &[(path, &text)], path);
        let apps = module["apps"].as_array().map(Vec::as_slice).unwrap_or_default();
        let names: Vec<&Json> = apps.iter().map(|app| &app["name"]).collect();
        assert_eq!(json!(names), json!(folders), "{module}");
    }
}
