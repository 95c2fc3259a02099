//! Definitions without their secrets: for diffs, comments and snapshots, which many more read than the source.

use std::collections::BTreeMap;

use serde_json::{Map, Value as Json};

use crate::model::{App, Daemon, Env, EnvValue, Late, Reference, References};
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
        references: references(&app.references),
        ..app.clone()
    }
}

/// What is written beside the names of variables: defaults, and the rest of texts.
fn references(references: &References) -> References {
    let env = |env: &BTreeMap<String, Reference>| -> BTreeMap<String, Reference> {
        env.iter().map(|(name, it)| (name.clone(), reference(name, it))).collect()
    };
    References {
        script: references.script.as_ref().map(|it| reference("", it)),
        settings: references.settings.iter().map(|(key, it)| (*key, late("", it))).collect(),
        env: env(&references.env),
        env_blocks: references.env_blocks.iter().map(|(key, block)| (key.clone(), env(block))).collect(),
    }
}

fn late(name: &str, it: &Late) -> Late {
    match it {
        Late::Known(json) => Late::Known(value(name, json)),
        Late::Reference(it) => Late::Reference(reference(name, it)),
        Late::List(items) => {
            let line: Vec<String> = items.iter().map(text_around).collect();
            let shown = words(&line).into_iter().zip(&line).zip(items);
            let item = |((shown, before), item): ((String, &String), &Late)| match item {
                _ if shown == *before => late(name, item),
                Late::Known(_) => Late::Known(Json::from(shown)),
                Late::Reference(it) => Late::Reference(without_texts(it)),
                other => other.clone(),
            };
            Late::List(shown.map(item).collect())
        }
        Late::Map(members) => {
            Late::Map(members.iter().map(|(name, it)| (name.clone(), late(name, it))).collect())
        }
    }
}

/// A word of a command line, with a letter for what only the environment tells.
fn text_around(it: &Late) -> String {
    match it {
        Late::Known(Json::String(text)) => text.clone(),
        Late::Reference(it) => known_text(it),
        Late::Known(_) | Late::List(_) | Late::Map(_) => "x".to_owned(),
    }
}

/// A default of a variable with the name of a secret is one, wherever it stands.
fn reference(name: &str, it: &Reference) -> Reference {
    let named = it.variables().into_iter().any(|variable| looks_secret(variable, &known_text(it)));
    if named || looks_secret(name, &known_text(it)) { without_texts(it) } else { it.clone() }
}

/// What is known of a value, with a letter for what is not.
fn known_text(it: &Reference) -> String {
    match it {
        Reference::Known(value) => value.to_text(),
        Reference::Variable(_) => "x".to_owned(),
        Reference::Filled(_, one)
        | Reference::Long(one)
        | Reference::Double(one)
        | Reference::Boolean(one)
        | Reference::Json(one) => known_text(one),
        Reference::Join(all) => all.iter().map(known_text).collect(),
        Reference::Or(all) => all.iter().map(known_text).collect::<Vec<_>>().join(" "),
    }
}

/// The reference with a mask for each text in it.
fn without_texts(it: &Reference) -> Reference {
    let one = |it: &Reference| Box::new(without_texts(it));
    let all = |all: &[Reference]| all.iter().map(without_texts).collect();
    match it {
        Reference::Known(_) => Reference::Known(EnvValue::Text(MASK.to_owned())),
        Reference::Variable(name) => Reference::Variable(name.clone()),
        Reference::Filled(name, other) => Reference::Filled(name.clone(), one(other)),
        Reference::Or(choices) => Reference::Or(all(choices)),
        Reference::Join(parts) => Reference::Join(all(parts)),
        Reference::Long(it) => Reference::Long(one(it)),
        Reference::Double(it) => Reference::Double(one(it)),
        Reference::Boolean(it) => Reference::Boolean(one(it)),
        Reference::Json(it) => Reference::Json(one(it)),
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
