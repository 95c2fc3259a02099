//! Looking references up: from an app as written to one of which everything is known.
//!
//! The generated file does the same in JavaScript (`render::references` writes it); a test on the real node holds both to one
//! result. No message shows a value: what the environment holds may be a secret.

use std::collections::BTreeMap;

use serde_json::{Map, Value as Json};

use super::app::{App, EnvValue};
use super::number;
use super::reference::{Late, Reference, References};
use super::schema::{Key, Kind};

/// Variables by name.
pub type Variables = BTreeMap<String, String>;

/// Why a value cannot be told in an environment.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unsettled {
    /// A variable that is needed is not set.
    #[error("{key} needs {}", missing(.variables))]
    Missing {
        /// What it is for, such as `:port` or `env.URL`.
        key: String,
        /// The variables of which one must be set.
        variables: Vec<String>,
    },
    /// What is there is not what the key takes.
    #[error("{key} comes to something that is not {expected}{}", from(.variables))]
    Unfit {
        /// What it is for.
        key: String,
        /// What it takes.
        expected: &'static str,
        /// The variables that it is made from.
        variables: Vec<String>,
    },
}

fn missing(variables: &[String]) -> String {
    match variables {
        [one] => format!("the variable {one}, which is not set"),
        several => format!("one of the variables {}, of which none is set", several.join(", ")),
    }
}

fn from(variables: &[String]) -> String {
    if variables.is_empty() { String::new() } else { format!(" (from {})", variables.join(", ")) }
}

/// Keys that say what is run and where: they are looked up before the env files are read, in the environment alone.
pub struct Early;

impl Early {
    /// Whether this key is one of them.
    #[must_use]
    pub fn has(key: &str) -> bool {
        matches!(key, "script" | "cwd" | "exec_interpreter")
    }
}

/// What is looked into.
type Lookup<'a> = &'a dyn Fn(&str) -> Option<String>;

impl App {
    /// The app with every reference looked up: in what its env files set and then in the environment; what is
    /// [early](Early) in the environment alone.
    ///
    /// # Errors
    /// Every value that cannot be told, at once.
    pub fn settled(&self, environment: &Variables, from_files: &Variables) -> Result<App, Vec<Unsettled>> {
        let early = |name: &str| environment.get(name).cloned();
        let late = |name: &str| from_files.get(name).or_else(|| environment.get(name)).cloned();
        self.looked_up(&early, Some(&late))
    }

    /// The same of what is early alone; everything else that only the environment tells is left out.
    ///
    /// # Errors
    /// Every early value that cannot be told.
    pub fn early(&self, environment: &Variables) -> Result<App, Vec<Unsettled>> {
        self.looked_up(&|name| environment.get(name).cloned(), None)
    }

    fn looked_up(&self, early: Lookup<'_>, late: Option<Lookup<'_>>) -> Result<App, Vec<Unsettled>> {
        let References { script, settings, env, env_blocks } = &self.references;
        let mut app = App { references: References::default(), ..self.clone() };
        let mut problems = Vec::new();
        let mut note = |problem: Unsettled| problems.push(problem);
        if let Some(script) = script {
            let value =
                given(script, ":script", early).and_then(|value| text(":script", value.to_json(), script));
            let _ = value.map(|value| app.script = value).map_err(&mut note);
        }
        for (key, value) in settings {
            let Some(lookup) = (if Early::has(key.name()) { Some(early) } else { late }) else { continue };
            let _ =
                setting(*key, value, lookup).map(|value| app.settings.insert(*key, value)).map_err(&mut note);
        }
        let Some(late) = late else { return if problems.is_empty() { Ok(app) } else { Err(problems) } };
        for (name, value) in env {
            let value = given(value, &format!("env.{name}"), late);
            let _ = value.map(|value| app.env.insert(name.clone(), value)).map_err(&mut note);
        }
        for (block, variables) in env_blocks {
            for (name, value) in variables {
                let value = given(value, &format!("{block}.{name}"), late);
                let insert =
                    |value| app.env_blocks.entry(block.clone()).or_default().insert(name.clone(), value);
                let _ = value.map(insert).map_err(&mut note);
            }
        }
        if problems.is_empty() { Ok(app) } else { Err(problems) }
    }
}

/// The value of a reference; nothing is an error.
fn given(reference: &Reference, key: &str, lookup: Lookup<'_>) -> Result<EnvValue, Unsettled> {
    match value(reference, key, lookup)? {
        Some(value) => Ok(value),
        None => {
            let variables = reference.variables().into_iter().map(str::to_owned).collect();
            Err(Unsettled::Missing { key: key.to_owned(), variables })
        }
    }
}

fn value(reference: &Reference, key: &str, lookup: Lookup<'_>) -> Result<Option<EnvValue>, Unsettled> {
    Ok(match reference {
        Reference::Known(value) => Some(value.clone()),
        Reference::Variable(name) => lookup(name).map(EnvValue::Text),
        Reference::Filled(name, other) => match lookup(name).filter(|value| !value.is_empty()) {
            Some(value) => Some(EnvValue::Text(value)),
            None => value(other, key, lookup)?,
        },
        Reference::Or(choices) => or(choices, key, lookup)?,
        Reference::Join(parts) => {
            let parts = parts.iter().map(|part| given(part, key, lookup).map(|part| shown(&part)));
            Some(EnvValue::Text(parts.collect::<Result<String, _>>()?))
        }
        Reference::Long(one) => {
            let number = integer(&shown(&given(one, key, lookup)?));
            Some(EnvValue::Integer(number.ok_or_else(|| unfit(key, "an integer", one.variables()))?))
        }
        Reference::Double(one) => {
            let number = double(&shown(&given(one, key, lookup)?));
            Some(EnvValue::Float(number.ok_or_else(|| unfit(key, "a number", one.variables()))?))
        }
        Reference::Boolean(one) => {
            let text = value(one, key, lookup)?.as_ref().map(shown);
            Some(EnvValue::Bool(text.is_some_and(|text| text.eq_ignore_ascii_case("true"))))
        }
        Reference::Json(one) => {
            let json = match given(one, key, lookup)?.to_json() {
                Json::Number(number) => number::text(&number),
                other => other.to_string(),
            };
            Some(EnvValue::Text(json))
        }
    })
}

fn or(choices: &[Reference], key: &str, lookup: Lookup<'_>) -> Result<Option<EnvValue>, Unsettled> {
    let mut last = None;
    for choice in choices {
        last = value(choice, key, lookup)?;
        if !matches!(last, None | Some(EnvValue::Bool(false))) {
            break;
        }
    }
    Ok(last)
}

/// As JavaScript's `String` gives it.
fn shown(value: &EnvValue) -> String {
    match value.to_json() {
        Json::Number(number) => number::text(&number),
        _ => value.to_text(),
    }
}

fn unfit(key: &str, expected: &'static str, variables: Vec<&str>) -> Unsettled {
    let variables = variables.into_iter().map(str::to_owned).collect();
    Unsettled::Unfit { key: key.to_owned(), expected, variables }
}

/// Digits with or without a sign, as far as JavaScript holds them exactly.
fn integer(text: &str) -> Option<i64> {
    let digits = text.strip_prefix(['+', '-']).unwrap_or(text);
    let plain = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    plain.then(|| text.parse::<i64>().ok()).flatten().filter(|number| number.abs_diff(0) <= MAX_SAFE_INTEGER)
}

const MAX_SAFE_INTEGER: u64 = (1 << 53) - 1;

/// Digits with or without a sign, a fraction and an exponent.
fn double(text: &str) -> Option<f64> {
    let plain = text.bytes().all(|byte| byte.is_ascii_digit() || b"+-.eE".contains(&byte));
    plain.then(|| text.parse::<f64>().ok()).flatten().filter(|number| number.is_finite())
}

/// A setting with its references looked up, in the form that its key takes.
fn setting(key: Key, late: &Late, lookup: Lookup<'_>) -> Result<Json, Unsettled> {
    let name = format!(":{}", key.name());
    let json = late.looked_up(&name, lookup)?;
    let fit = fit(key.kind(), json);
    fit.map_err(|expected| unfit(&name, expected, late.variables()))
}

fn text(key: &str, json: Json, reference: &Reference) -> Result<String, Unsettled> {
    match fit(Kind::Text, json) {
        Ok(Json::String(text)) => Ok(text),
        Ok(_) => Err(unfit(key, TEXT, reference.variables())),
        Err(expected) => Err(unfit(key, expected, reference.variables())),
    }
}

impl Late {
    fn looked_up(&self, key: &str, lookup: Lookup<'_>) -> Result<Json, Unsettled> {
        match self {
            Self::Known(json) => Ok(json.clone()),
            Self::Reference(reference) => given(reference, key, lookup).map(|value| value.to_json()),
            Self::List(items) => items
                .iter()
                .map(|item| item.looked_up(key, lookup))
                .collect::<Result<Vec<_>, _>>()
                .map(Json::from),
            Self::Map(members) => {
                let member =
                    |(name, value): &(String, Self)| Ok((name.clone(), value.looked_up(key, lookup)?));
                members.iter().map(member).collect::<Result<Map<_, _>, _>>().map(Json::from)
            }
        }
    }

    /// Every variable that it may look at.
    #[must_use]
    pub fn variables(&self) -> Vec<&str> {
        match self {
            Self::Known(_) => Vec::new(),
            Self::Reference(reference) => reference.variables(),
            Self::List(items) => items.iter().flat_map(Self::variables).collect(),
            Self::Map(members) => members.iter().flat_map(|(_, value)| value.variables()).collect(),
        }
    }
}

const TEXT: &str = "a text that is not empty";

/// What units stand for, by their letters.
type Units = &'static [(char, i64)];

/// Units of [`Kind::Size`].
pub(crate) const SIZES: Units = &[('K', 1 << 10), ('M', 1 << 20), ('G', 1 << 30)];
/// Units of [`Kind::Duration`].
pub(crate) const TIMES: Units = &[('s', 1_000), ('m', 60_000), ('h', 3_600_000)];

/// The form that a key of this kind takes; the error says what that is.
fn fit(kind: Kind, json: Json) -> Result<Json, &'static str> {
    match kind {
        Kind::Text => Some(json).filter(is_text).ok_or(TEXT),
        Kind::Flag => flag(&json).map(Json::from).ok_or("true or false"),
        Kind::Integer { min } => number(&json, min, &[]).ok_or("a number that it takes"),
        Kind::Duration { min } => number(&json, min, TIMES).ok_or("a duration that it takes"),
        Kind::Size => number(&json, 0, SIZES).ok_or("a size that it takes"),
        Kind::Port => number(&json, 1, &[]).filter(|port| port.as_i64() <= Some(65_535)).ok_or("a port"),
        Kind::Instances => instances(&json).ok_or("a number of processes, or \"max\""),
        Kind::Words => Ok(words(json)),
        Kind::LogFile | Kind::FlagOrText => {
            flag(&json).map(Json::from).or_else(|| Some(json).filter(is_text)).ok_or("a text, true or false")
        }
        Kind::Watch => watch(json).ok_or("true or false, a path, or paths"),
        Kind::Data => Ok(json),
        // Validation lets no reference stand there.
        Kind::Cron | Kind::ExecMode | Kind::ExitCodes | Kind::FilterEnv | Kind::Account | Kind::Variables => {
            Ok(json)
        }
    }
}

fn is_text(json: &Json) -> bool {
    json.as_str().is_some_and(|text| !text.is_empty())
}

fn flag(json: &Json) -> Option<bool> {
    match json {
        Json::Bool(flag) => Some(*flag),
        Json::String(text) => text.parse().ok(),
        _ => None,
    }
}

fn number(json: &Json, min: i64, units: Units) -> Option<Json> {
    let number = match json {
        Json::String(text) => {
            let unit = units.iter().find_map(|(letter, factor)| Some((text.strip_suffix(*letter)?, *factor)));
            let (digits, factor) = unit.unwrap_or((text, 1));
            integer(digits)?.checked_mul(factor)?
        }
        json => json.as_i64()?,
    };
    (number >= min && number.abs_diff(0) <= MAX_SAFE_INTEGER).then(|| Json::from(number))
}

/// More processes than any machine runs of one app.
pub(crate) const MOST_INSTANCES: i64 = 10_000;

fn instances(json: &Json) -> Option<Json> {
    if json == "max" {
        return Some(Json::from("max"));
    }
    let count = number(json, -MOST_INSTANCES, &[]).filter(|count| count.as_i64() <= Some(MOST_INSTANCES))?;
    Some(if count == 0 { Json::from("max") } else { count })
}

fn words(json: Json) -> Json {
    let word = |word: Json| match word {
        Json::String(text) => text,
        Json::Number(number) => number::text(&number),
        other => other.to_string(),
    };
    match json {
        Json::Array(items) => items.into_iter().map(word).collect::<Vec<_>>().into(),
        other => other,
    }
}

fn watch(json: Json) -> Option<Json> {
    match json {
        Json::Array(paths) => paths.iter().all(is_text).then_some(Json::Array(paths)),
        json => match flag(&json) {
            Some(flag) => Some(Json::from(flag)),
            None => is_text(&json).then(|| Json::from(vec![json])),
        },
    }
}
