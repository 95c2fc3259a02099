//! One `ecosystem.edn`: its root map to the draft of a daemon.

use crate::diagnostic::Span;
use crate::edn::{Entry, Node, Value};

use super::apps::{apps, looks_like_app};
use super::codes;
use super::draft::DaemonDraft;
use super::late;
use super::profiles::{self, Declared};
use super::report::Reporter;
use super::settings;
use super::spelling::{Field, Vocabulary, fields, means};

const KEYS: &[&str] = &["apps", "deploy", "profiles"];
const EXAMPLE: &str = "write {:apps [{:name \"web\" :script \"server.mjs\"}]}";

/// Reads the root of a source.
pub(super) fn daemon(
    root: &Node,
    defaults: &[Entry],
    profile: Option<&str>,
    reporter: &mut Reporter<'_>,
) -> DaemonDraft {
    super::forbidden::report(root, reporter);
    match &root.value {
        Value::Map(entries) => from_map(root, entries, (defaults, profile), reporter),
        Value::Tagged(_) => {
            late::must_be_known("a daemon", root, true, reporter);
            DaemonDraft::default()
        }
        _ => {
            let message = format!("a daemon is a map with `:apps`, not {}", root.value.kind_name());
            reporter.report(
                codes::ROOT_NOT_A_MAP,
                first_byte(root.span),
                message,
                root.value.kind_name(),
                EXAMPLE,
            );
            DaemonDraft::default()
        }
    }
}

fn from_map(
    root: &Node,
    entries: &[Entry],
    (defaults, profile): (&[Entry], Option<&str>),
    reporter: &mut Reporter<'_>,
) -> DaemonDraft {
    let mut draft = DaemonDraft::default();
    if !declares_apps(entries) && looks_like_app(entries) {
        let message = "an app stands at the root, where `:apps` is expected";
        let hint = "put it into a vector: {:apps [{:name … :script …}]}";
        reporter.report(codes::APPS_MISSING, first_byte(root.span), message, "this map is an app", hint);
        return draft;
    }
    let read = |spelling: &str| KEYS.iter().copied().find(|name| *name == spelling);
    let vocabulary =
        Vocabulary { what: "a daemon", names: KEYS, read: &read, unknown: codes::UNKNOWN_ROOT_KEY };
    let fields = fields(entries, &vocabulary, reporter);
    let apps = fields.iter().find(|field| field.key == "apps");
    let declared = apps.and_then(|field| field.value.as_vector()).unwrap_or_default();
    let declared = Declared { apps: declared, defaults, profile };
    for field in &fields {
        read_field(field, &declared, &mut draft, reporter);
    }
    if apps.is_none() {
        let message = "a daemon needs `:apps`";
        reporter.report(
            codes::APPS_MISSING,
            first_byte(root.span),
            message,
            "this map has no `:apps`",
            EXAMPLE,
        );
    }
    draft
}

fn read_field(
    field: &Field<'_, &'static str>,
    declared: &Declared<'_>,
    draft: &mut DaemonDraft,
    reporter: &mut Reporter<'_>,
) {
    match field.key {
        "apps" => {
            let apps = apps(&field.spelled, field.value, declared.defaults, reporter);
            // The chosen profile's are these with its changes, wherever in the map it stands.
            if draft.profile.is_none() {
                draft.apps = apps;
            }
        }
        "deploy" if late::must_be_known(&field.spelled, field.value, true, reporter) => {
            draft.deploy = settings::data(&field.spelled, field.value, reporter);
        }
        "deploy" => {}
        _ => profiles::read(&field.spelled, field.value, declared, draft, reporter),
    }
}

/// Whether a root map has `:apps`, in whatever state.
pub(super) fn declares_apps(entries: &[Entry]) -> bool {
    apps_key(entries).is_some()
}

/// Where a root map says `:apps`.
pub(super) fn apps_key(entries: &[Entry]) -> Option<Span> {
    let is_apps = |entry: &&Entry| matches!(&entry.key.value, Value::Keyword(name) if name.namespace.is_none() && means(&name.name, "apps"));
    entries.iter().find(is_apps).map(|entry| entry.key.span)
}

/// A long map is better pointed at than underlined.
fn first_byte(span: Span) -> Span {
    Span::new(span.start, span.end.min(span.start + 1))
}
