#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod escaping;
mod header;
mod loading;
mod references;
mod text;

use std::collections::BTreeMap;

use serde_json::{Value as Json, json};

use super::*;
use crate::model::schema::Key;
use crate::model::{App, AppName, Daemon, Env, EnvValue, InheritEnv, References};

fn by() -> GeneratedBy {
    let layout = Layout { root_to_base: "../..".into(), owner: None };
    GeneratedBy { version: "0.1.0".into(), time: "2026-01-02T03:04:05Z".into(), layout }
}

/// An app of a name and a script.
fn app(name: &str, script: &str) -> App {
    App {
        name: AppName::new(name),
        script: script.to_owned(),
        settings: BTreeMap::new(),
        env: Env::new(),
        env_blocks: BTreeMap::new(),
        env_files: vec![],
        references: References::default(),
        inherit_env: InheritEnv::default(),
        description: None,
        prune: None,
    }
}

fn settings(json: Json) -> BTreeMap<Key, Json> {
    let Json::Object(entries) = json else { unreachable!("tests write objects") };
    entries.into_iter().map(|(name, value)| (Key::named(&name).unwrap(), value)).collect()
}

fn env(variables: &[(&str, EnvValue)]) -> Env {
    variables.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect()
}

fn text(value: &str) -> EnvValue {
    EnvValue::Text(value.to_owned())
}

fn daemon(id: &str, apps: Vec<App>) -> Daemon {
    Daemon { id: DaemonId::new(id), apps, deploy: None }
}
