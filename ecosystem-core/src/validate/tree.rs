//! What only the whole tree shows: names that meet across apps.

use std::collections::BTreeMap;

use crate::diagnostic::{Diagnostic, Origin, Span};
use crate::expand::SourceMap;
use crate::model::EnvValue;

use super::codes;
use super::draft::{AppDraft, Spanned};
use super::report::problem;

/// An app with what its daemon is put together from.
#[derive(Clone, Copy)]
pub(super) struct Placed<'d> {
    /// The daemon, as the number of its source.
    pub(super) daemon: usize,
    pub(super) map: &'d SourceMap,
    pub(super) app: &'d AppDraft,
}

impl Placed<'_> {
    /// Where a span of this app points to.
    pub(super) fn origin(&self, span: Span) -> Origin {
        self.map.locate(span)
    }
}

/// A problem, and the daemon that cannot be used if it is an error.
#[derive(Clone)]
pub(super) struct Blamed {
    pub(super) daemon: usize,
    pub(super) diagnostic: Diagnostic,
}

/// Everything that is wrong between the apps of a tree.
pub(super) fn check(apps: &[Placed<'_>]) -> Vec<Blamed> {
    let by_name = by_name(apps);
    let mut diagnostics = Vec::new();
    diagnostics.extend(by_name.values().flat_map(|same| names_twice(same)));
    diagnostics.extend(names_of_namespaces(apps, &by_name));
    diagnostics.extend(apps.iter().filter_map(|app| process_name_of_other(app, &by_name)));
    diagnostics
}

/// A name with its app.
type Named<'d> = (Placed<'d>, &'d Spanned<String>);
type ByName<'d> = BTreeMap<&'d str, Vec<Named<'d>>>;

fn by_name<'d>(apps: &[Placed<'d>]) -> ByName<'d> {
    let mut by_name = ByName::new();
    for app in apps {
        if let Some(name) = &app.app.name {
            by_name.entry(&name.value).or_default().push((*app, name));
        }
    }
    by_name
}

/// So many other places of a name are shown with each: thousands with thousands would be millions.
const SHOWN: usize = 20;

/// One error per place, so that each source is seen to be wrong, and shows the others.
fn names_twice(same: &[Named<'_>]) -> Vec<Blamed> {
    if same.len() < 2 {
        return Vec::new();
    }
    let error = |(index, (app, name)): (usize, &Named<'_>)| {
        let message = format!("the name \"{}\" is declared {} times", name.value, same.len());
        let hint = "PM2 knows apps by name alone: give each its own";
        let error = problem(codes::NAME_TWICE, &app.origin(name.span), message, "declared here", hint);
        let others = same.iter().enumerate().filter(|(other, _)| *other != index);
        let others = others.map(|(_, (app, name))| app.origin(name.span));
        let diagnostic =
            others.take(SHOWN).fold(error, |error, other| error.also(&other.path, other.span, "and here"));
        Blamed { daemon: app.daemon, diagnostic }
    };
    same.iter().enumerate().map(error).collect()
}

/// `pm2 delete NAME` takes the whole namespace of that name with it.
fn names_of_namespaces(apps: &[Placed<'_>], by_name: &ByName<'_>) -> Vec<Blamed> {
    let mut namespaces: BTreeMap<&str, Origin> = BTreeMap::new();
    for app in apps {
        if let Some(namespace) = app.app.setting("namespace") {
            let name = namespace.value.as_str().unwrap_or_default();
            namespaces.entry(name).or_insert_with(|| app.origin(namespace.span));
        }
    }
    let mut diagnostics = Vec::new();
    for (name, namespace) in namespaces {
        for (app, spanned) in by_name.get(name).into_iter().flatten() {
            let message = format!("the app \"{name}\" is named like a namespace");
            let hint = "PM2's commands would hit every app of the namespace: give the app or the namespace another name";
            let error = problem(codes::NAME_IS_NAMESPACE, &app.origin(spanned.span), message, "an app", hint);
            let diagnostic = error.also(&namespace.path, namespace.span, "a namespace");
            diagnostics.push(Blamed { daemon: app.daemon, diagnostic });
        }
    }
    diagnostics
}

/// A variable copied together with the rest of an app.
fn process_name_of_other(app: &Placed<'_>, by_name: &ByName<'_>) -> Option<Blamed> {
    let own = app.app.name.as_ref()?;
    let variable = app.app.env.get("PM2_PROCESS_NAME")?;
    let EnvValue::Text(told) = &variable.value else { return None };
    if *told == own.value {
        return None;
    }
    let (named, other) = by_name.get(told.as_str())?.first()?;
    let message = format!("PM2_PROCESS_NAME of \"{}\" names another app, \"{told}\"", own.value);
    let hint = format!("write :PM2_PROCESS_NAME \"{}\"", own.value);
    let other = named.origin(other.span);
    let warning = problem(codes::PROCESS_NAME_OF_OTHER, &app.origin(variable.span), message, "copied?", hint);
    let diagnostic = warning.also(&other.path, other.span, "the app of that name");
    Some(Blamed { daemon: app.daemon, diagnostic })
}
