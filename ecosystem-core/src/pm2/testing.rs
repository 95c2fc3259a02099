//! A small machine and small apps for tests.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a failed test may panic")]

use std::collections::BTreeMap;

use serde_json::{Value as Json, json};

use super::{Attributes, FileKind, Machine, Unresolvable, User, resolve};
use crate::model::schema::Key;
use crate::model::{App, AppName, DaemonId, EnvValue, InheritEnv, Owner, References};

/// A machine with `/a` as base, `/a/app.js` in it, and node and bash on PATH.
pub(super) fn machine() -> Machine {
    let machine = Machine {
        owner: Owner::new("/tree"),
        base: "/a".into(),
        pm2_home: "/h".into(),
        pm2_version: "7.0.4".into(),
        pm2_lib: Some("/lib/pm2/lib".into()),
        node: "/opt/node/bin/node".into(),
        cpus: 4,
        username: "root".into(),
        is_root: true,
        daemon_env: BTreeMap::from([("PATH".into(), "/bin".into()), ("HOME".into(), "/home/u".into())]),
        programs: BTreeMap::new(),
        files: BTreeMap::new(),
        env_files: BTreeMap::new(),
        environment: BTreeMap::new(),
        users: BTreeMap::new(),
        groups: BTreeMap::from([("staff".into(), 50), ("50".into(), 50)]),
    };
    let user = User { uid: 1000, gid: 1000, home: "/home/ann".into() };
    machine
        .with_file("/a", FileKind::Folder)
        .with_file("/a/app.js", FileKind::Text)
        .with_program("node", "/bin/node", FileKind::Binary)
        .with_program("bash", "/bin/bash", FileKind::Binary)
        .with_user("ann", &user)
        .with_user("1000", &user)
}

impl Machine {
    pub(super) fn with_file(mut self, path: &str, kind: FileKind) -> Self {
        self.files.insert(path.into(), kind);
        self
    }

    pub(super) fn with_program(mut self, name: &str, path: &str, kind: FileKind) -> Self {
        self.programs.insert(name.into(), Some(path.into()));
        self.with_file(path, kind)
    }

    pub(super) fn without_program(mut self, name: &str) -> Self {
        self.programs.remove(name);
        self
    }

    pub(super) fn with_env(mut self, name: &str, value: &str) -> Self {
        self.daemon_env.insert(name.into(), value.into());
        self
    }

    pub(super) fn with_env_file(mut self, path: &str, contents: Result<&str, &str>) -> Self {
        self.env_files.insert(path.into(), contents.map(|text| Some(text.to_owned())).map_err(str::to_owned));
        self
    }

    pub(super) fn of_version(mut self, version: &str) -> Self {
        self.pm2_version = version.into();
        self
    }

    fn with_user(mut self, key: &str, user: &User) -> Self {
        self.users.insert(key.into(), user.clone());
        self
    }
}

/// An app `web` of a script and settings by their schema names.
pub(super) fn app(script: &str, settings: &Json) -> App {
    let settings = settings.as_object().unwrap().iter();
    App {
        name: AppName::new("web"),
        script: script.into(),
        settings: settings.map(|(key, value)| (Key::named(key).unwrap(), value.clone())).collect(),
        env: BTreeMap::new(),
        env_blocks: BTreeMap::new(),
        env_files: vec![],
        references: References::default(),
        inherit_env: InheritEnv::default(),
        description: None,
        lifecycle: crate::model::Lifecycle::default(),
        prune: None,
    }
}

/// An app of `app.js` with this environment.
pub(super) fn app_with_env(env: &[(&str, EnvValue)]) -> App {
    let env = env.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect();
    App { env, ..app("app.js", &json!({})) }
}

/// What PM2 is told of some app.
pub(crate) fn attributes() -> Attributes {
    resolved(&app("app.js", &json!({})), &machine())
}

pub(super) fn resolved(app: &App, machine: &Machine) -> Attributes {
    resolve(&DaemonId::new("services/web"), app, machine).unwrap_or_else(|problems| panic!("{problems:?}"))
}

pub(super) fn problems(app: &App, machine: &Machine) -> Vec<Unresolvable> {
    resolve(&DaemonId::new("services/web"), app, machine).err().unwrap_or_default()
}
