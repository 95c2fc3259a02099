//! What the generated file looks up when node loads it is what is looked up here: for random definitions, environments
//! and env files.

#![allow(clippy::disallowed_methods, reason = "what node loads has to be on disk")]

use std::collections::BTreeMap;

use assert_fs::TempDir;
use assert_fs::prelude::*;
use proptest::prelude::*;

use super::*;
use crate::diagnostic::Source;
use crate::env_file;
use crate::model::Variables;
use crate::tests::node;
use crate::validate::compile;

/// One app as written, with what it is loaded in.
#[derive(Debug, Clone)]
struct Case {
    app: String,
    environment: Variables,
    file: Option<String>,
}

/// Names of variables; some are never set.
const NAMES: &[&str] = &["A", "B", "C", "PORT", "EMPTY", "NEVER"];

/// What environments hold: what keys take, and what they do not.
const VALUES: &[&str] = &[
    "",
    "0",
    "1",
    "8080",
    "70000",
    "-3",
    "+7",
    "1.5",
    ".5",
    "1e3",
    "1e400",
    "-0",
    "10s",
    "512M",
    "2h",
    "max",
    "true",
    "TRUE",
    "false",
    "yes",
    "/srv/x",
    "a b",
    "é\u{2028}\"\\'`",
    "${A}",
    "9007199254740993",
    "99999999999999999999",
    "0x10",
    " 1",
    "1 ",
    "12345678901234567890.5",
    "0.000001",
    "0.0000001",
];

fn expression() -> impl Strategy<Value = String> {
    let name = || prop::sample::select(NAMES);
    let leaf = prop_oneof![
        4 => name().prop_map(|name| format!("#env {name}")),
        2 => name().prop_map(|name| format!("\"${{{name}}}\"")),
        2 => (name(), "[a-z ${]{0,4}").prop_map(|(name, text)| {
            format!("\"{0}-${{{name}:-{0}}}\"", text.replace("${", "$${").replace('$', ""))
        }),
        1 => (name(), name()).prop_map(|(a, b)| format!("\"x${{{a}:-${{{b}:-z}}}}\"")),
        1 => prop::sample::select(vec!["1", "0", "true", "false", "2.5", "\"t\"", "\"$${A}\"", "1e21", "8080"])
            .prop_map(str::to_owned),
    ];
    leaf.prop_recursive(3, 10, 3, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 1..4).prop_map(|all| format!("#or [{}]", all.join(" "))),
            prop::collection::vec(inner.clone(), 1..4).prop_map(|all| format!("#join [{}]", all.join(" "))),
            inner.clone().prop_map(|one| format!("#long {one}")),
            inner.clone().prop_map(|one| format!("#double {one}")),
            inner.prop_map(|one| format!("#boolean {one}")),
        ]
    })
}

/// Keys of each kind that takes references.
const KEYS: &[&str] = &[
    "script",
    "cwd",
    "port",
    "instances",
    "kill-timeout",
    "min-uptime",
    "max-memory-restart",
    "autorestart",
    "watch",
    "out-file",
    "log-file",
    "pmx",
    "interpreter",
    "time",
];

fn case() -> impl Strategy<Value = Case> {
    let settings = prop::collection::btree_map(prop::sample::select(KEYS), expression(), 0..3);
    let args = prop::collection::vec(expression(), 0..3);
    let env = prop::collection::btree_map("[A-Z]{1,2}", expression(), 0..3);
    let data = prop::option::of(expression());
    let variables =
        || prop::collection::btree_map(prop::sample::select(&NAMES[..5]), prop::sample::select(VALUES), 0..5);
    (settings, args, env, data, variables(), prop::option::of(variables())).prop_map(
        |(mut settings, args, env, data, environment, file)| {
            settings.entry("script").or_insert_with(|| "\"a.mjs\"".to_owned());
            let mut app: String = settings.iter().map(|(key, value)| format!(":{key} {value} ")).collect();
            let env: String = env.iter().map(|(name, value)| format!(":{name} {value} ")).collect();
            let data = data.map(|value| format!(":DATA {{:a [{value} nil 1] :b {{}}}}")).unwrap_or_default();
            app.push_str(&format!(":args [{}] :env {{{env}{data}}} ", args.join(" ")));
            let file = file.map(|file| {
                let plain = file.iter().filter(|(_, value)| !value.contains(['"', '\'', '`', '#', ' ']));
                plain.map(|(name, value)| format!("{name}={value}\n")).collect()
            });
            app.push_str(":env-file [\"gone.env?\" \"/FOLDER/x.env?\"]");
            let environment =
                environment.into_iter().map(|(name, value)| (name.to_owned(), value.to_owned()));
            Case { app, environment: environment.collect(), file }
        },
    )
}

/// What is looked up here: settings by PM2's names, and the environment; or that it cannot be.
fn here(app: &App, case: &Case) -> Result<Json, String> {
    let files = case.file.as_deref().map(env_file::parse).unwrap_or_default();
    let settled = app.settled(&case.environment, &files).map_err(|problems| {
        let first: Vec<String> = problems.iter().map(|problem| format!("app web: {problem}")).collect();
        first.join("\n")
    })?;
    let mut settings: serde_json::Map<_, _> =
        settled.settings.iter().map(|(key, value)| (key.name().to_owned(), value.clone())).collect();
    settings.insert("script".to_owned(), settled.script.clone().into());
    let mut env: BTreeMap<String, Json> =
        files.into_iter().map(|(name, value)| (name, value.into())).collect();
    env.extend(settled.env.iter().map(|(name, value)| (name.clone(), value.to_json())));
    Ok(json!({ "settings": settings, "env": env }))
}

/// The same of what node has loaded.
fn there(loaded: &Json) -> Result<Json, String> {
    if let Some(error) = loaded.as_str() {
        return Err(error.trim_start_matches("Error: ").to_owned());
    }
    let mut settings = loaded["apps"][0].as_object().unwrap().clone();
    let mut env = settings.remove("env").unwrap().as_object().unwrap().clone();
    settings.remove("name");
    env.retain(|name, _| !name.starts_with("ECOSYSTEM_"));
    Ok(json!({ "settings": settings, "env": env }))
}

/// JavaScript has one kind of number.
fn plain(json: &Json) -> Json {
    match json {
        Json::Number(number) => json!(number.as_f64()),
        Json::Array(items) => items.iter().map(plain).collect(),
        Json::Object(members) => {
            let sorted: BTreeMap<_, _> =
                members.iter().map(|(name, value)| (name.clone(), plain(value))).collect();
            json!(sorted)
        }
        other => other.clone(),
    }
}

/// Paths as the file computes them.
fn with_folder(mut here: Json, folder: &str) -> Json {
    let cwd = here["settings"]["cwd"].as_str().unwrap_or_default();
    // Nothing in these cases needs `..` or doubled slashes resolved.
    let path = match cwd {
        "" | "." => folder.to_owned(),
        absolute if absolute.starts_with('/') => absolute.to_owned(),
        relative => format!("{folder}/{relative}"),
    };
    here["settings"]["cwd"] = path.into();
    here
}

fn compare(cases: &[Case]) -> Result<(), TestCaseError> {
    let tree = TempDir::new().unwrap();
    let folder = tree.path().canonicalize().unwrap().to_str().unwrap().to_owned();
    let (mut asked, mut apps) = (Vec::new(), Vec::new());
    for (index, case) in cases.iter().enumerate() {
        let app = case.app.replace("/FOLDER", &format!("{folder}/{index}"));
        let text = format!("{{:apps [{{:name \"web\" {app}}}]}}");
        let checked = compile(&[Source::new("ecosystem.edn", text)]);
        // Some of what is written is wrong before anything is looked up.
        let Some(daemon) = checked.output.daemons.into_values().next() else { continue };
        let by = GeneratedBy { layout: Layout::default(), ..by() };
        let path = format!("{index}/dist/ecosystem.config.mjs");
        tree.child(&path).write_str(&render(&daemon, &by)).unwrap();
        if let Some(file) = &case.file {
            tree.child(format!("{index}/x.env")).write_str(file).unwrap();
        }
        asked.push(json!({ "path": tree.child(&path).path(), "env": case.environment }));
        apps.push((format!("{folder}/{index}"), daemon.apps[0].clone(), case));
    }
    let script = r"
        import { createRequire } from 'node:module';
        process.removeAllListeners('warning');
        const require = createRequire('/');
        answer(input.map(({ path, env }) => {
            for (const name of Object.keys(process.env)) delete process.env[name];
            Object.assign(process.env, env);
            try {
                return { ...require(path) };
            } catch (error) {
                return `${error}`;
            }
        }));";
    let loaded = node::ask(script, &json!(asked));
    for ((folder, app, case), loaded) in apps.iter().zip(loaded.as_array().unwrap()) {
        match (here(app, case), there(loaded)) {
            (Ok(here), Ok(there)) => {
                prop_assert_eq!(plain(&with_folder(here, folder)), plain(&there), "{:?}", case);
            }
            // Node ends at the first problem, we name all.
            (Err(here), Err(there)) => {
                prop_assert!(here.lines().any(|line| line == there), "{here}\n{there}\n{case:?}");
            }
            (here, there) => prop_assert!(false, "{here:?}\n{there:?}\n{case:?}"),
        }
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 12, max_shrink_iters: 60, ..ProptestConfig::default() })]

    #[test]
    fn node_sees_what_we_see(cases in prop::collection::vec(case(), 60)) {
        compare(&cases)?;
    }
}

#[test]
fn a_module_with_references() {
    let text = r#"{:apps [{:name "web" :cwd "${APP_DIR}" :script #or [#env MAIN "a.mjs"] :port #long #or [#env PORT 8080]
         :args "--host ${HOST:-localhost} '${A} b'" :watch #boolean #env WATCH :io {:key "${IO_KEY}" :on true}
         :env-file [".env" ".env.local?"]
         :env {:URL #join ["postgres://u:" #env DB_PASS "@h/" 1] :PLAIN "$${x}" :CONF {:port #long #env PORT}}
         :env-production {:TOKEN #env TOKEN}}
        {:name "other" :script "b.mjs"}]}"#;
    let checked = compile(&[Source::new("web/ecosystem.edn", text)]);
    assert_eq!(checked.diagnostics, []);
    let daemon = checked.output.daemons.into_values().next().unwrap();
    insta::assert_snapshot!(format!("{text}\n----- generated -----\n{}", render(&daemon, &by())));
}
