//! Definitions without their secrets: for diffs, comments and snapshots, which many more read than the source.

use serde_json::{Map, Value as Json};

use crate::model::{App, Daemon, Env, EnvValue};
use crate::plan::{MASK, looks_secret, masked_words};

/// The daemon with a mask for each value that looks secret, by its name or by what it holds.
#[must_use]
pub fn redacted(daemon: &Daemon) -> Daemon {
    Daemon {
        apps: daemon.apps.iter().map(app).collect(),
        deploy: daemon.deploy.as_ref().map(|deploy| value("", deploy)),
        ..daemon.clone()
    }
}

fn app(app: &App) -> App {
    App {
        script: words(std::slice::from_ref(&app.script)).concat(),
        settings: app.settings.iter().map(|(key, it)| (*key, value("", it))).collect(),
        env: env(&app.env),
        env_blocks: app.env_blocks.iter().map(|(key, block)| (key.clone(), env(block))).collect(),
        description: app.description.as_ref().map(|text| words(std::slice::from_ref(text)).concat()),
        ..app.clone()
    }
}

fn env(env: &Env) -> Env {
    let masked = |(name, value): (&String, &EnvValue)| {
        let secret = looks_secret(name, &value.to_text());
        (name.clone(), if secret { EnvValue::Text(MASK.to_owned()) } else { value.clone() })
    };
    env.iter().map(masked).collect()
}

fn value(name: &str, it: &Json) -> Json {
    match it {
        Json::String(text) if looks_secret(name, text) => Json::from(MASK),
        Json::String(text) => Json::from(words(std::slice::from_ref(text)).concat()),
        Json::Array(items) => {
            match items.iter().map(|item| item.as_str().map(str::to_owned)).collect::<Option<Vec<_>>>() {
                Some(line) => words(&line).into(),
                None => items.iter().map(|item| value(name, item)).collect(),
            }
        }
        Json::Object(members) => {
            members.iter().map(|(name, it)| (name.clone(), value(name, it))).collect::<Map<_, _>>().into()
        }
        Json::Number(_) if looks_secret(name, "") => Json::from(MASK),
        other => other.clone(),
    }
}

/// Words of a command line; of `NAME=value` the name stays.
fn words(line: &[String]) -> Vec<String> {
    let hidden = masked_words(line);
    let shown = |(word, hidden): (&String, String)| {
        if hidden == MASK { parts(word) } else { word.clone() }
    };
    line.iter().zip(hidden).map(shown).collect()
}

/// A word that holds a secret: the part of it that does, where that can be told.
fn parts(word: &str) -> String {
    let assigns = |part: &str| part.split_once('=').is_some_and(|(name, value)| looks_secret(name, value));
    if !word.split_whitespace().any(assigns) {
        return MASK.to_owned();
    }
    let part = |part: &str| match part.split_once('=') {
        Some((name, value)) if looks_secret(name, value) => format!("{name}={MASK}"),
        _ if looks_secret("", part) => MASK.to_owned(),
        _ => part.to_owned(),
    };
    word.split(' ').map(part).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_a_word_only_the_secret_goes() {
        let check = |line: &[&str], expected: &[&str]| {
            let line: Vec<String> = line.iter().map(|word| (*word).to_owned()).collect();
            assert_eq!(words(&line), expected);
        };
        check(&["--port", "80"], &["--port", "80"]);
        check(&["--token", "abc", "x"], &["--token", "•••", "x"]);
        check(&["--api-key=abc"], &["--api-key=•••"]);
        check(&["A=1 TOKEN=abc run  it"], &["A=1 TOKEN=••• run  it"]);
        check(&["see postgres://u:p@h/x"], &["•••"]);
    }
}
