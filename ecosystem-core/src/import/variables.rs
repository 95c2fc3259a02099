//! Variables of an app: those it was given, without those that came from a shell and those that are secret.

use std::collections::BTreeSet;

use serde_json::{Map, Value as Json};

use super::form::{Form, key};
use super::{FoundApp, Surroundings, reference};
use crate::edn::write_string;
use crate::model::reserved_env::{Reserved, reserved};
use crate::plan::looks_secret;
use crate::pm2::{is_base, is_internal};

/// Variables as they are written.
#[derive(Debug, Default)]
pub(super) struct Variables {
    env: Vec<(String, Form)>,
    inherited: BTreeSet<String>,
    blocks: Vec<(String, Vec<(String, Form)>)>,
}

impl Variables {
    /// `:env`, `:inherit-env`, `:env-production` and kin, as far as there is something in them.
    pub(super) fn entries(&self) -> Vec<(String, Form)> {
        let inherited: Vec<Form> = self.inherited.iter().map(|name| Form::Atom(key(name))).collect();
        let map = |key: &str, entries: &Vec<(String, Form)>| (key.to_owned(), Form::Map(entries.clone()));
        let blocks = self.blocks.iter().map(|(key, entries)| map(key, entries));
        let env = (!self.env.is_empty()).then(|| map(":env", &self.env));
        let inherited = (!inherited.is_empty()).then(|| (":inherit-env".to_owned(), Form::Vector(inherited)));
        env.into_iter().chain(inherited).chain(blocks).collect()
    }
}

/// The variables of an app named `name`; what is left out is noted, without its value.
pub(super) fn of(app: &FoundApp, name: &str, around: &Surroundings, notes: &mut Vec<String>) -> Variables {
    let mut variables = Variables::default();
    let empty = Map::new();
    let env = match app.keys.get("env") {
        Some(Json::Object(env)) => env,
        None => &empty,
        Some(_) => {
            notes.push("`env` is no object and is left out; PM2 would not start the app".to_owned());
            &empty
        }
    };
    let mut leaked = Vec::new();
    for (variable, value) in env {
        match giver(variable, value, name, app, around) {
            Given => take(&mut variables, variable, value, notes),
            Shell => leaked.push(variable.as_str()),
            Pm2 => {}
        }
    }
    if !leaked.is_empty() {
        notes.push(format!(
            "left out, as they seem to be of the shell it was started from: {}; what it needs of them goes to `:env` or `:inherit-env`",
            leaked.join(", ")
        ));
    }
    for missing in &app.unset {
        notes.push(format!("{missing} is read from the environment by the config; {}", reference::INHERITED));
        variables.inherited.insert(missing.clone());
    }
    for (key, block) in app.keys.iter().filter(|(key, _)| key.starts_with("env_")) {
        if !key.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_') {
            notes.push(format!(
                "`{key}` is left out: no key of this name can be written; rename the environment"
            ));
            continue;
        }
        let entries = block_entries(key, block, notes);
        let key = key.replace('_', "-");
        if !entries.is_empty() {
            variables.blocks.push((format!(":{key}"), entries));
        }
    }
    variables
}

/// Who gave a variable to a running process.
enum Giver {
    /// Whoever declared the app.
    Given,
    /// The shell it was started from.
    Shell,
    /// PM2, or what every app gets anyway.
    Pm2,
}
use Giver::{Given, Pm2, Shell};

/// PM2's program pours the environment of whoever calls it into each app, and does not keep which variables those were.
fn giver(variable: &str, value: &Json, name: &str, app: &FoundApp, around: &Surroundings) -> Giver {
    if !app.is_record {
        return Given;
    }
    let is = |key: &str| app.keys.get(key).and_then(Json::as_str) == Some(variable);
    let python =
        || app.keys.get("exec_interpreter").and_then(Json::as_str).is_some_and(|it| it.contains("python"));
    let implied = (variable == "PYTHONUNBUFFERED" && python())
        || (variable == "PORT" && app.keys.contains_key("port"))
        || (variable == name && is_empty_data(value))
        || is("instance_var");
    let same = || {
        let text = value.as_str();
        around.shells.iter().any(|shell| text.is_some() && shell.get(variable).map(String::as_str) == text)
    };
    if implied || is_base(variable) || is_internal(variable) {
        Pm2
    } else if is_of_sessions(variable)
        || ((same() || app.shared.contains(variable)) && !CONFIGURE_APPS.contains(&variable))
    {
        Shell
    } else {
        Given
    }
}

/// The configuration of a module of PM2's that does not exist: what every app gets under its own name.
fn is_empty_data(value: &Json) -> bool {
    value == "{}" || value.as_object().is_some_and(Map::is_empty)
}

/// What people set for apps, and leave set in their shells.
const CONFIGURE_APPS: [&str; 6] = ["NODE_ENV", "PORT", "HOST", "LOG_LEVEL", "DEBUG", "RUST_LOG"];

/// Names that shells, terminals, logins, editors, package managers and service managers set for what they run.
fn is_of_sessions(name: &str) -> bool {
    const STARTS: &[&str] = &[
        "SSH_",
        "DBUS_",
        "XDG_",
        "npm_",
        "NVM_",
        "FNM_",
        "VSCODE_",
        "TERM_",
        "GNOME_",
        "KDE_",
        "SYSTEMD_",
        "LESS",
        "CARGO_",
        "RUSTUP_",
        "CONDA_",
        "PYENV_",
        "VIRTUAL_ENV",
        "STARSHIP_",
        "TMUX",
        "GPG_",
        "SUDO_",
        "ZSH",
        "BASH_",
    ];
    const NAMES: &[&str] = &[
        "TERM",
        "COLORTERM",
        "COLUMNS",
        "LINES",
        "DISPLAY",
        "WAYLAND_DISPLAY",
        "XAUTHORITY",
        "EDITOR",
        "VISUAL",
        "PAGER",
        "LS_COLORS",
        "MAIL",
        "HOSTNAME",
        "HOSTTYPE",
        "OSTYPE",
        "MACHTYPE",
        "WINDOWID",
        "INVOCATION_ID",
        "JOURNAL_STREAM",
        "NOTIFY_SOCKET",
        "MANAGERPID",
        "SESSION_MANAGER",
        "DESKTOP_SESSION",
        "INIT_CWD",
        "NODE",
        "PS1",
        "PROMPT_COMMAND",
        "HISTFILE",
        "HISTSIZE",
        "WSL_DISTRO_NAME",
        "SILENT",
        "COLOR",
        "EXIT_CODE",
    ];
    NAMES.contains(&name) || STARTS.iter().any(|start| name.starts_with(start))
}

fn take(variables: &mut Variables, name: &str, value: &Json, notes: &mut Vec<String>) {
    match value {
        _ if cannot_be_given(name, notes) => {}
        Json::Null => {
            notes.push(format!("{name} is null, which PM2 gives to the app as a text; it is left out"));
        }
        _ if holds_secret(name, value) => {
            notes.push(format!("{name} looks like a secret; {}", reference::REQUIRED));
            variables.env.push((key(name), reference::required(name)));
        }
        _ => variables.env.push((key(name), form(value))),
    }
}

/// PM2 lays variables over its own record of an app, or we keep them.
fn cannot_be_given(name: &str, notes: &mut Vec<String>) -> bool {
    match reserved(name) {
        None => return false,
        Some(Reserved::Stamp(_)) => {}
        Some(_) => notes.push(format!(
            "the variable {name} is left out: PM2 would take it for an attribute of the app; give it another name"
        )),
    }
    true
}

/// `:env-production` and kin have nobody to take a secret from.
fn block_entries(block: &str, value: &Json, notes: &mut Vec<String>) -> Vec<(String, Form)> {
    let Json::Object(members) = value else {
        notes.push(format!("`{block}` is no object and is left out"));
        return Vec::new();
    };
    let mut entries = Vec::new();
    for (name, value) in members {
        if holds_secret(name, value) {
            notes.push(format!(
                "{name} in `{block}` looks like a secret and is left out; set it in the environment"
            ));
        } else if value.is_null() {
            notes.push(format!("{name} in `{block}` is null and is left out"));
        } else if !cannot_be_given(name, notes) {
            entries.push((key(name), form(value)));
        }
    }
    entries
}

/// PM2 gives data to an app as its JSON.
fn form(value: &Json) -> Form {
    match value {
        Json::Object(_) | Json::Array(_) => Form::Atom(write_string(&value.to_string())),
        _ => Form::of(value),
    }
}

/// Whether something of this name, or anything in it, looks like a secret.
pub(super) fn holds_secret(name: &str, value: &Json) -> bool {
    match value {
        Json::Object(members) => members.iter().any(|(name, value)| holds_secret(name, value)),
        Json::Array(items) => items.iter().any(|item| holds_secret(name, item)),
        Json::String(text) => looks_secret(name, text),
        // A number this small is a limit or a time: MAX_TOKENS, SESSION_TTL.
        Json::Number(number) => number.as_f64().is_none_or(|it| it.abs() >= 1e6) && looks_secret(name, ""),
        Json::Null | Json::Bool(_) => false,
    }
}
