//! `:profiles`: what a daemon's apps are instead, when a profile is asked for.

use crate::edn::{Entry, Node, Value};

use super::draft::DaemonDraft;
use super::report::Reporter;
use super::spelling::Vocabulary;
use super::{apps, codes, layers, spelling};

/// Reads `:profiles`, every one of them, and gives the apps of the chosen one.
///
/// `declared` is the daemon's own `:apps`. Profiles that are not chosen are judged all the same: what is wrong with one is
/// not to wait for the day on which it is needed.
pub(super) fn read(
    what: &str,
    node: &Node,
    daemon: &Declared<'_>,
    draft: &mut DaemonDraft,
    reporter: &mut Reporter<'_>,
) {
    let Value::Map(entries) = &node.value else {
        reporter.wrong_type(
            what,
            "a map of profiles such as {:dev {:apps [{:name \"web\" :watch true}]}}",
            node,
        );
        return;
    };
    for entry in entries {
        let Some(name) = name(what, &entry.key, reporter) else { continue };
        let Some(changes) = changes(name, &entry.value, reporter) else { continue };
        let merged = merged(daemon.apps, changes);
        let apps = apps::list(&merged, daemon.defaults, reporter);
        if daemon.profile == Some(name) {
            draft.apps = apps;
            draft.profile = Some((name.to_owned(), entry.value.span));
        }
    }
}

/// What profiles are laid over.
pub(super) struct Declared<'a> {
    /// The items of the daemon's `:apps`.
    pub(super) apps: &'a [Node],
    /// What apps are laid over in turn.
    pub(super) defaults: &'a [Entry],
    /// The profile that is asked for.
    pub(super) profile: Option<&'a str>,
}

fn name<'n>(what: &str, key: &'n Node, reporter: &mut Reporter<'_>) -> Option<&'n str> {
    match &key.value {
        Value::Keyword(name) if name.namespace.is_none() => Some(&name.name),
        Value::Keyword(_) => None,
        Value::String(text) => Some(text),
        _ => {
            let message = format!("a profile in `{what}` is named by {}", key.value.kind_name());
            reporter.report(
                codes::KEY_NOT_A_KEYWORD,
                key.span,
                message,
                "not a keyword",
                "write :dev, or \"dev\"",
            );
            None
        }
    }
}

/// The items of a profile's `:apps`.
fn changes<'n>(name: &str, node: &'n Node, reporter: &mut Reporter<'_>) -> Option<&'n [Node]> {
    let Value::Map(entries) = &node.value else {
        let example = "a map such as {:apps [{:name \"web\" :watch true}]}";
        reporter.wrong_type(&format!(":{name}"), example, node);
        return None;
    };
    let read = |spelling: &str| (spelling == "apps").then_some("apps");
    let names = &["apps"];
    let vocabulary = Vocabulary { what: "a profile", names, read: &read, unknown: codes::UNKNOWN_KEY };
    let fields = spelling::fields(entries, &vocabulary, reporter);
    let apps = fields.first()?;
    match &apps.value.value {
        Value::Vector(items) => Some(items),
        _ => {
            reporter.wrong_type(&apps.spelled, "a vector of apps", apps.value);
            None
        }
    }
}

/// The daemon's apps, those that the profile names with its changes, and then those that it adds.
fn merged(declared: &[Node], changes: &[Node]) -> Vec<Node> {
    let change_of =
        |app: &Node| changes.iter().find(|change| named(change).is_some() && named(change) == named(app));
    let changed = |app: &Node| change_of(app).map_or_else(|| app.clone(), |change| laid_over(app, change));
    let is_new = |change: &&Node| {
        let first = changes.iter().find(|other| named(other) == named(change));
        let again = named(change).is_some() && !first.is_some_and(|first| std::ptr::eq(first, *change));
        again || !declared.iter().any(|app| named(app).is_some() && named(app) == named(change))
    };
    declared.iter().map(changed).chain(changes.iter().filter(is_new).cloned()).collect()
}

fn laid_over(app: &Node, change: &Node) -> Node {
    match (app.as_map(), change.as_map()) {
        (Some(below), Some(above)) => {
            Node { span: change.span, value: Value::Map(layers::app_over(below, above)) }
        }
        _ => change.clone(),
    }
}

/// The name that an item of `:apps` gives its app.
fn named(app: &Node) -> Option<&str> {
    app.get("name")?.as_str()
}
