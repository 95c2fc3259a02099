//! What node makes of the generated file.

use std::collections::BTreeMap;

use ecosystem_core::env_file;
use ecosystem_core::model::{App, Daemon, Digest, Env, Variables};
use serde_json::{Map, Value as Json, json};

use super::compiled::{ROOT, compile, generated};
use super::judge::{ENV_FILE, ENVIRONMENT, exports};

/// Whatever an author writes, node finds in the generated file exactly what the model says; or one of the reasons why that
/// cannot be told, where only the environment tells.
pub fn loaded(bytes: &[u8]) {
    let Some(daemon) = compile(bytes).output.daemons.into_values().next() else { return };
    let text = generated(&daemon);
    let found = exports(&text);
    let expected: Vec<Result<Json, Vec<String>>> =
        daemon.apps.iter().map(|app| expected(app, &daemon)).collect();
    match expected.iter().cloned().collect::<Result<Vec<_>, _>>() {
        Ok(apps) => assert_eq!(plain(&found), plain(&module(&daemon, &apps)), "{text}"),
        Err(_) => {
            let reasons: Vec<String> = expected.into_iter().filter_map(Result::err).flatten().collect();
            let error = found["error"].as_str().unwrap_or_default();
            let is_one = |reason: &String| error.strip_prefix("Error: ").is_some_and(|said| said == reason);
            assert!(reasons.iter().any(is_one), "{error:?} is none of {reasons:#?}\n{text}");
        }
    }
}

fn module(daemon: &Daemon, apps: &[Json]) -> Json {
    let mut whole = json!({ "apps": apps });
    if let Some(deploy) = &daemon.deploy {
        whole["deploy"] = deploy.clone();
    }
    let mut module = whole.clone();
    module["default"] = whole;
    module
}

/// One app as PM2 is to see it, or why it cannot be told.
fn expected(app: &App, daemon: &Daemon) -> Result<Json, Vec<String>> {
    let environment = owned(ENVIRONMENT);
    let (files, mut problems) = match app.early(&environment) {
        Ok(early) => files(app, &folder(&early)),
        Err(_) => (Variables::new(), Vec::new()),
    };
    let settled = app.settled(&environment, &files);
    problems.extend(
        settled.as_ref().err().into_iter().flatten().map(|problem| format!("app {}: {problem}", app.name)),
    );
    match settled {
        Ok(settled) if problems.is_empty() => Ok(object(&settled, app, &files, daemon)),
        _ => Err(problems),
    }
}

fn owned(variables: &[(&str, &str)]) -> Variables {
    variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

/// What the env files set, and what is said of those that are not there.
fn files(app: &App, folder: &str) -> (Variables, Vec<String>) {
    let (mut variables, mut problems) = (Variables::new(), Vec::new());
    for file in &app.env_files {
        let path = resolve(folder, &file.path);
        if path.ends_with(".env") {
            variables.extend(env_file::parse(ENV_FILE));
        } else if !file.optional {
            problems.push(format!("app {}: cannot read env file {path}: ENOENT: no such file", app.name));
        }
    }
    (variables, problems)
}

fn object(settled: &App, written: &App, files: &Variables, daemon: &Daemon) -> Json {
    let mut object: Map<String, Json> =
        settled.settings.iter().map(|(key, value)| (key.name().to_owned(), value.clone())).collect();
    let mut env: Map<String, Json> = files.iter().map(|(name, value)| (name.clone(), json!(value))).collect();
    env.extend(variables(&settled.env));
    env.insert("ECOSYSTEM_OWNER".to_owned(), json!(ROOT));
    env.insert("ECOSYSTEM_SOURCE".to_owned(), json!(daemon.id.as_str()));
    env.insert("ECOSYSTEM_DIGEST".to_owned(), json!(Digest::of(written).as_str()));
    object.extend(settled.env_blocks.iter().map(|(name, block)| (name.clone(), variables(block).into())));
    object.insert("env".to_owned(), env.into());
    object.insert("name".to_owned(), json!(settled.name.as_str()));
    object.insert("script".to_owned(), json!(settled.script));
    object.insert("cwd".to_owned(), json!(folder(settled)));
    object.into()
}

fn variables(env: &Env) -> Map<String, Json> {
    env.iter().map(|(name, value)| (name.clone(), value.to_json())).collect()
}

/// An absolute folder stands as written.
fn folder(app: &App) -> String {
    let written = app.setting("cwd").and_then(Json::as_str).unwrap_or_default();
    if written.starts_with('/') { written.to_owned() } else { resolve(ROOT, written) }
}

/// As node's `path.resolve` does; a second opinion on the one that the tools have.
fn resolve(base: &str, path: &str) -> String {
    let whole = if path.starts_with('/') { path.to_owned() } else { format!("{base}/{path}") };
    let mut parts: Vec<&str> = Vec::new();
    for part in whole.split('/') {
        match part {
            "" | "." => {}
            ".." => parts.truncate(parts.len().saturating_sub(1)),
            name => parts.push(name),
        }
    }
    format!("/{}", parts.join("/"))
}

/// JavaScript has one kind of number, and the order of members means nothing here.
fn plain(json: &Json) -> Json {
    match json {
        Json::Number(number) => json!(number.as_f64().map(|number| number + 0.0)),
        Json::Array(items) => items.iter().map(plain).collect(),
        Json::Object(members) => {
            let sorted: BTreeMap<_, _> =
                members.iter().map(|(name, value)| (name.clone(), plain(value))).collect();
            json!(sorted)
        }
        other => other.clone(),
    }
}
