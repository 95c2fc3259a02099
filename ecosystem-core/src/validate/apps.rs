//! `:apps`: a vector of maps to drafts of apps.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::LazyLock;

use crate::diagnostic::Span;
use crate::edn::{Entry, Node, Value};
use crate::expand::codes::TOO_MUCH;
use crate::expand::weight;
use crate::model::schema::{Key, Kind};

use super::draft::{AppDraft, Spanned, without_places};
use super::late::{self, Read};
use super::own_keys::{self, OWN_KEYS, OwnKey};
use super::report::Reporter;
use super::spelling::{Field, Vocabulary, fields, means, nearest, pm2_key};
use super::{advice, codes, env, layers, names, settings};

/// What a key of an app means.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum AppKey {
    /// A key of PM2's schema.
    Pm2(Key),
    /// A key of ours.
    Own(OwnKey),
    /// `:env_production` and kin, by its full name in PM2.
    EnvBlock(String),
}

/// Every name that can be suggested for an unknown key.
static NAMES: LazyLock<Vec<&'static str>> = LazyLock::new(|| {
    let schema = Key::all().flat_map(|key| key.aliases().iter().copied().chain([key.name()]));
    schema.chain(OWN_KEYS.iter().map(|(name, _)| *name)).collect()
});

impl AppKey {
    /// The key that a spelling means.
    pub(super) fn spelled(spelling: &str) -> Option<Self> {
        pm2_key(spelling)
            .map(Self::Pm2)
            .or_else(|| OwnKey::spelled(spelling).map(Self::Own))
            .or_else(|| env_block(spelling).map(Self::EnvBlock))
    }

    /// Whether its value is a map of variables.
    pub(super) fn is_variables(&self) -> bool {
        match self {
            Self::Pm2(key) => key.kind() == Kind::Variables,
            Self::EnvBlock(_) => true,
            Self::Own(_) => false,
        }
    }

    /// What [`Origins`](crate::model::Origins) calls it.
    fn name(&self) -> &str {
        match self {
            Self::Pm2(key) => key.name(),
            Self::EnvBlock(name) => name,
            Self::Own(own) => OWN_KEYS.iter().find(|(_, key)| key == own).map_or("", |(name, _)| name),
        }
    }
}

/// Reads the vector of apps; an app is read even where its neighbour is broken.
pub(super) fn apps(
    what: &str,
    node: &Node,
    defaults: &[Entry],
    reporter: &mut Reporter<'_>,
) -> Vec<AppDraft> {
    let hint = "write :apps [{:name \"web\" :script \"server.mjs\"}]";
    let Value::Vector(items) = &node.value else {
        let message = format!("`{what}` takes a vector of apps, not {}", node.value.kind_name());
        reporter.report(codes::APPS_NOT_A_VECTOR, node.span, message, node.value.kind_name(), hint);
        return Vec::new();
    };
    if items.is_empty() {
        let message = format!("`{what}` is empty");
        reporter.report(codes::APPS_NOT_A_VECTOR, node.span, message, "no app in here", hint);
    }
    list(items, defaults, reporter)
}

/// Reads the items of a vector of apps.
pub(super) fn list(items: &[Node], defaults: &[Entry], reporter: &mut Reporter<'_>) -> Vec<AppDraft> {
    let mut apps = Vec::new();
    if !affords(items, defaults, reporter) {
        return apps;
    }
    let mut rest = items;
    let mut previous = None;
    while let [item, behind @ ..] = rest {
        rest = behind;
        if let Value::Map(entries) = &item.value {
            apps.push(app(item.span, &laid_over(defaults, entries), reporter));
            previous = Some(item.span);
        } else {
            rest = beside_app(item, rest, previous, reporter);
        }
    }
    apps
}

/// Whether these apps may have the defaults: a copy for each app makes much of little.
fn affords(items: &[Node], defaults: &[Entry], reporter: &mut Reporter<'_>) -> bool {
    let weights = defaults.iter().map(|entry| weight(&entry.key) + weight(&entry.value));
    let affordable = reporter.affords(weights.sum::<usize>().saturating_mul(items.len()));
    if let Some(first) = items.first().filter(|_| !affordable) {
        let message = "what these apps would take over from `defaults.edn` is too much";
        let hint = "write less of it: each app gets all of the defaults";
        reporter.report(TOO_MUCH, first.span, message, "the first of them", hint);
    }
    affordable
}

/// Reports what stands among the apps without being one, and gives what follows it.
///
/// Keys there are the rest of an app whose map closed too early: they are told of together, with the
/// brace that closed it, and their values are not taken for apps.
fn beside_app<'n>(
    item: &Node,
    rest: &'n [Node],
    previous: Option<Span>,
    reporter: &mut Reporter<'_>,
) -> &'n [Node] {
    let (Value::Keyword(name), Some(app)) = (&item.value, previous) else {
        let message = format!("an app is a map, not {}", item.value.kind_name());
        let hint = "write {:name \"web\" :script \"server.mjs\"}";
        reporter.report(codes::APP_NOT_A_MAP, item.span, message, item.value.kind_name(), hint);
        return rest;
    };
    let (last, rest) = rest_of_app(item.span, rest);
    let brace = Span::new(app.end.saturating_sub(1), app.end);
    reporter.report_with(
        codes::APP_NOT_A_MAP,
        (Span::new(item.span.start, last), "these belong to the app before"),
        (brace, "its map closes here, too early"),
        format!("`:{}` stands beside its app, not in it", name.name),
        "move the closing brace of the app behind them",
    );
    rest
}

/// Skips a value, and key and value for as long as keys follow: where the last one ends, and what is behind.
fn rest_of_app(key: Span, mut rest: &[Node]) -> (usize, &[Node]) {
    let mut end = key.end;
    while let [value, behind @ ..] = rest {
        (end, rest) = (value.span.end, behind);
        let [key, behind @ ..] = rest else { break };
        if !matches!(key.value, Value::Keyword(_)) {
            break;
        }
        (end, rest) = (key.span.end, behind);
    }
    (end, rest)
}

/// Judges the value of `:defaults` by itself: keys of apps, and `nil` for those that are to be taken away.
pub(super) fn defaults(what: &str, node: &Node, reporter: &mut Reporter<'_>) {
    let Value::Map(entries) = &node.value else {
        reporter.wrong_type(what, "a map of keys of apps such as {:max-restarts 10}", node);
        return;
    };
    let mut draft = AppDraft::default();
    for field in fields(&layers::without_nil_variables(entries.clone()), &vocabulary(), reporter) {
        if field.key.name() == "name" {
            let message = format!("`{}` cannot be a default: names tell apps apart", field.spelled);
            reporter.report(
                codes::KEY_NOT_A_DEFAULT,
                field.key_span,
                message,
                "each app has its own",
                "remove it",
            );
        } else if !field.value.is_nil() {
            read(&field, &mut draft, reporter);
        }
    }
}

/// Most trees have no defaults.
fn laid_over<'e>(defaults: &[Entry], entries: &'e [Entry]) -> Cow<'e, [Entry]> {
    if defaults.is_empty() { Cow::Borrowed(entries) } else { layers::app_over(defaults, entries).into() }
}

fn vocabulary() -> Vocabulary<'static, AppKey> {
    Vocabulary { what: "an app", names: &NAMES, read: &AppKey::spelled, unknown: codes::UNKNOWN_KEY }
}

fn app(span: Span, entries: &[Entry], reporter: &mut Reporter<'_>) -> AppDraft {
    let fields = fields(entries, &vocabulary(), reporter);
    let mut draft = AppDraft { places: places(&fields), ..AppDraft::default() };
    for field in &fields {
        read(field, &mut draft, reporter);
    }
    needs(entries, "name", span, "names tell processes apart: add :name \"web\"", reporter);
    needs(entries, "script", span, "say what to run: add :script \"server.mjs\"", reporter);
    advice::report(&draft, reporter);
    draft
}

/// Where the value of each key stands, and of each variable.
fn places(fields: &[Field<'_, AppKey>]) -> BTreeMap<String, Span> {
    let mut places = BTreeMap::new();
    for field in fields {
        let name = field.key.name();
        places.insert(name.to_owned(), field.value.span);
        let variables = field.value.as_map().filter(|_| field.key.is_variables()).unwrap_or_default();
        let named =
            variables.iter().filter_map(|entry| Some((env::written_name(&entry.key)?, entry.value.span)));
        places.extend(named.map(|(variable, span)| (format!("{name}.{variable}"), span)));
    }
    places
}

fn read(field: &Field<'_, AppKey>, draft: &mut AppDraft, reporter: &mut Reporter<'_>) {
    let (what, node) = (field.spelled.as_str(), field.value);
    match &field.key {
        AppKey::Own(key) => own_keys::read(*key, what, node, draft, reporter),
        AppKey::EnvBlock(name) => env_block_of(name, what, node, draft, reporter),
        AppKey::Pm2(key) if key.name() == "env" => {
            let variables = env::variables(what, node, reporter);
            draft.env = variables.known;
            draft.references.env = without_places(variables.late);
        }
        AppKey::Pm2(key) if !late::may_refer(*key) => {
            let verbatim = key.name() == "post_update";
            if late::must_be_known(what, node, verbatim, reporter) {
                let literal = if verbatim { Cow::Borrowed(node) } else { late::literal(node) };
                known(*key, what, &literal, draft, reporter);
            }
        }
        AppKey::Pm2(key) => match late::read(what, node, reporter) {
            Some(Read::Known(node)) => known(*key, what, &node, draft, reporter),
            Some(Read::Late) => referring(*key, what, node, draft, reporter),
            None => {}
        },
    }
}

/// Reads a value in which there are no references.
fn known(key: Key, what: &str, node: &Node, draft: &mut AppDraft, reporter: &mut Reporter<'_>) {
    match key.name() {
        "name" => draft.name = spanned(names::name(what, node, reporter), node),
        "script" => draft.script = spanned(settings::text(what, node, reporter), node),
        _ => {
            let value = settings::setting(key, what, node, reporter);
            draft.settings.extend(spanned(value, node).map(|value| (key, value)));
        }
    }
}

/// Reads a value that only the environment tells.
fn referring(key: Key, what: &str, node: &Node, draft: &mut AppDraft, reporter: &mut Reporter<'_>) {
    if key.name() == "script" {
        draft.script = spanned(Some(String::new()), node);
        draft.references.script = late::reference(what, node, reporter);
    } else {
        let value = late::setting(key, what, node, reporter);
        draft.references.settings.extend(value.map(|value| (key, value)));
    }
}

fn spanned<T>(value: Option<T>, node: &Node) -> Option<Spanned<T>> {
    value.map(|value| Spanned { value, span: node.span })
}

/// The full PM2 name of a block such as `:env_production`: PM2 looks for `env_` and what `--env` says.
///
/// Only the first dash is a spelling; what follows is the author's name for the block.
fn env_block(spelling: &str) -> Option<String> {
    let block = spelling.strip_prefix("env_").or_else(|| spelling.strip_prefix("env-"))?;
    (!block.is_empty()).then(|| format!("env_{block}"))
}

fn env_block_of(name: &str, what: &str, node: &Node, draft: &mut AppDraft, reporter: &mut Reporter<'_>) {
    let own: Vec<_> = OWN_KEYS.iter().map(|(name, _)| *name).collect();
    match nearest(name, &own) {
        // `:env_files ".env"` is no block, but a misspelt key.
        Some(near) if !matches!(node.value, Value::Map(_) | Value::Nil) => {
            let message = format!("`{what}` takes a map of variables, not {}", node.value.kind_name());
            let hint = format!("did you mean `:{near}`?");
            reporter.report(codes::WRONG_TYPE, node.span, message, node.value.kind_name(), hint);
        }
        _ => {
            let variables = env::variables(what, node, reporter);
            draft.env_blocks.insert(name.to_owned(), without_places(variables.known));
            if !variables.late.is_empty() {
                draft.references.env_blocks.insert(name.to_owned(), without_places(variables.late));
            }
        }
    }
}

/// Reports a missing key; one that stands there as a string or symbol was told of already.
fn needs(entries: &[Entry], name: &str, span: Span, hint: &str, reporter: &mut Reporter<'_>) {
    let is_it = |spelling: &str| pm2_key(spelling).is_some_and(|key| key.name() == name);
    let stands = |entry: &Entry| match &entry.key.value {
        Value::String(text) => is_it(text),
        Value::Symbol(word) | Value::Keyword(word) => word.namespace.is_none() && is_it(&word.name),
        _ => false,
    };
    if !entries.iter().any(stands) {
        let start = Span::new(span.start, span.start + 1);
        let message = format!("an app needs `:{name}`");
        reporter.report(codes::KEY_MISSING, start, message, format!("this app has no `:{name}`"), hint);
    }
}

/// Whether a map looks like an app: it has a key that only apps have.
pub(super) fn looks_like_app(entries: &[Entry]) -> bool {
    let is_key = |name: &str| means(name, "name") || means(name, "script");
    entries.iter().any(|entry| matches!(&entry.key.value, Value::Keyword(name) if is_key(&name.name)))
}
