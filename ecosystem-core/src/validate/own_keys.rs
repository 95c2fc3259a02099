//! The keys that this project adds to PM2's.

use std::borrow::Cow;
use std::collections::BTreeSet;

use crate::edn::{Node, Value};
use crate::model::{AppName, Condition, Dependency, EnvFile, InheritEnv, OnChange, OnFailure, Prune};

use super::draft::{AppDraft, Spanned};
use super::report::Reporter;
use super::settings::{choice, flag, text};
use super::spelling::{Field, means, plain_fields};
use super::{codes, env, late, names, probes};

/// A key of ours.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum OwnKey {
    Description,
    EnvFile,
    InheritEnv,
    DependsOn,
    ReadinessProbe,
    LivenessProbe,
    StartupProbe,
    Prune,
    OnChange,
    OnFailure,
    Enabled,
}

/// Every key of ours by its name.
pub(super) const OWN_KEYS: &[(&str, OwnKey)] = &[
    ("description", OwnKey::Description),
    ("env_file", OwnKey::EnvFile),
    ("inherit_env", OwnKey::InheritEnv),
    ("depends_on", OwnKey::DependsOn),
    ("readiness_probe", OwnKey::ReadinessProbe),
    ("liveness_probe", OwnKey::LivenessProbe),
    ("startup_probe", OwnKey::StartupProbe),
    ("prune", OwnKey::Prune),
    ("on_change", OwnKey::OnChange),
    ("on_failure", OwnKey::OnFailure),
    ("enabled", OwnKey::Enabled),
];

/// The names of our keys.
pub(crate) fn own_key_names() -> impl Iterator<Item = &'static str> {
    OWN_KEYS.iter().map(|(name, _)| *name)
}

impl OwnKey {
    /// The key of ours that a spelling means.
    pub(super) fn spelled(spelling: &str) -> Option<Self> {
        OWN_KEYS.iter().find(|(name, _)| means(spelling, name)).map(|(_, key)| *key)
    }
}

/// Reads one key of ours into the draft.
pub(super) fn read(key: OwnKey, spelled: &str, node: &Node, app: &mut AppDraft, reporter: &mut Reporter<'_>) {
    let verbatim = key == OwnKey::Description;
    if !late::must_be_known(spelled, node, verbatim, reporter) {
        return;
    }
    let literal = if verbatim { Cow::Borrowed(node) } else { late::literal(node) };
    let node = literal.as_ref();
    let probes = &mut app.lifecycle.probes;
    match key {
        OwnKey::Description => app.description = text(spelled, node, reporter),
        OwnKey::EnvFile => app.env_files = env_files(spelled, node, reporter),
        OwnKey::InheritEnv => app.inherit_env = inherit_env(spelled, node, reporter),
        OwnKey::DependsOn => depends_on(spelled, node, app, reporter),
        OwnKey::ReadinessProbe => probes.readiness = probes::probe(spelled, node, reporter),
        OwnKey::LivenessProbe => probes.liveness = probes::probe(spelled, node, reporter),
        OwnKey::StartupProbe => probes.startup = probes::probe(spelled, node, reporter),
        OwnKey::Prune => app.prune = prune(spelled, node, reporter),
        OwnKey::OnChange => app.lifecycle.on_change = word(spelled, node, OnChange::WORDS, reporter),
        OwnKey::OnFailure => {
            app.lifecycle.on_failure = word(spelled, node, OnFailure::WORDS, reporter).unwrap_or_default();
        }
        OwnKey::Enabled => app.enabled = flag(spelled, node, reporter),
    }
}

fn env_files(what: &str, node: &Node, reporter: &mut Reporter<'_>) -> Vec<EnvFile> {
    let items = match &node.value {
        Value::Vector(items) => items.as_slice(),
        Value::String(_) => std::slice::from_ref(node),
        _ => {
            reporter.wrong_type(what, "a string with a path, or a vector of paths", node);
            return Vec::new();
        }
    };
    let paths = items.iter().filter_map(|item| text(what, item, reporter));
    paths.map(|path| EnvFile::from(path.as_str())).collect()
}

fn inherit_env(what: &str, node: &Node, reporter: &mut Reporter<'_>) -> InheritEnv {
    match &node.value {
        Value::Keyword(word) if word.namespace.is_none() && word.name == "all" => InheritEnv::All,
        Value::Vector(items) | Value::Set(items) => {
            let names: BTreeSet<_> =
                items.iter().filter_map(|item| env::name(what, item, reporter)).collect();
            InheritEnv::Names(names)
        }
        _ => {
            reporter.wrong_type(what, "a vector of names, or :all", node);
            InheritEnv::default()
        }
    }
}

/// A vector of app names, or of maps with `:name` and `:condition`. Of one that is named twice, the last counts.
fn depends_on(what: &str, node: &Node, app: &mut AppDraft, reporter: &mut Reporter<'_>) {
    let Value::Vector(items) = &node.value else {
        reporter.wrong_type(what, "a vector of app names", node);
        return;
    };
    for item in items {
        let dependency = match &item.value {
            Value::Map(entries) => {
                let fields = plain_fields(entries, "a dependency", &["name", "condition"], reporter);
                dependency(&fields, item, reporter)
            }
            _ => names::name(what, item, reporter).map(|name| (name, Condition::default())),
        };
        if let Some((name, condition)) = dependency {
            let name = AppName::new(name);
            app.lifecycle.depends_on.retain(|earlier| earlier.app != name);
            app.lifecycle.depends_on.push(Dependency { app: name.clone(), condition });
            app.dependencies.push(Spanned { value: name, span: item.span });
        }
    }
}

fn dependency(
    fields: &[Field<'_, &'static str>],
    node: &Node,
    reporter: &mut Reporter<'_>,
) -> Option<(String, Condition)> {
    let (mut name, mut condition) = (None, Condition::default());
    for field in fields {
        match field.key {
            "name" => name = names::name(&field.spelled, field.value, reporter),
            _ => {
                condition = word(&field.spelled, field.value, Condition::WORDS, reporter).unwrap_or_default();
            }
        }
    }
    if !fields.iter().any(|field| field.key == "name") {
        let hint = "write {:name \"other\" :condition :healthy}";
        reporter.report(codes::KEY_MISSING, node.span, "a dependency needs `:name`", "no `:name`", hint);
    }
    Some((name?, condition))
}

pub(super) fn prune(what: &str, node: &Node, reporter: &mut Reporter<'_>) -> Option<Prune> {
    word(what, node, Prune::WORDS, reporter)
}

/// What one of a few keywords stands for.
fn word<T: Copy>(
    what: &str,
    node: &Node,
    words: &[(&'static str, T)],
    reporter: &mut Reporter<'_>,
) -> Option<T> {
    let choices: Vec<_> = words.iter().map(|(word, _)| *word).collect();
    let chosen = policy(what, node, &choices, reporter)?;
    words.iter().find(|(word, _)| *word == chosen).map(|(_, value)| *value)
}

/// One of a few keywords.
fn policy(
    what: &str,
    node: &Node,
    choices: &[&'static str],
    reporter: &mut Reporter<'_>,
) -> Option<&'static str> {
    match &node.value {
        Value::Keyword(word) if word.namespace.is_none() => {
            choice(what, &word.name.replace('_', "-"), choices, node, reporter)
        }
        _ => {
            let words: Vec<_> = choices.iter().map(|word| format!(":{word}")).collect();
            reporter.wrong_type(what, &format!("one of {}", words.join(", ")), node);
            None
        }
    }
}
