//! What only the whole tree shows: names that meet across apps.

use std::collections::BTreeMap;

use crate::diagnostic::{Diagnostic, Span};
use crate::model::EnvValue;

use super::codes;
use super::draft::{AppDraft, DaemonDraft, Spanned};
use super::report::problem;

/// An app with the path of the source it stands in.
pub(super) struct Placed<'d> {
    pub(super) path: &'d str,
    pub(super) app: &'d AppDraft,
}

/// Every app of the tree, broken sources included, in the order of sources.
pub(super) fn placed<'d>(drafts: &'d [(&'d str, DaemonDraft)]) -> Vec<Placed<'d>> {
    let apps =
        |(path, draft): &'d (&'d str, DaemonDraft)| draft.apps.iter().map(move |app| Placed { path, app });
    drafts.iter().flat_map(apps).collect()
}

/// Everything that is wrong between the apps of a tree.
pub(super) fn check(apps: &[Placed<'_>]) -> Vec<Diagnostic> {
    let by_name = by_name(apps);
    let mut diagnostics = Vec::new();
    diagnostics.extend(by_name.values().flat_map(|same| names_twice(same)));
    diagnostics.extend(names_of_namespaces(apps, &by_name));
    diagnostics.extend(apps.iter().filter_map(|app| process_name_of_other(app, &by_name)));
    diagnostics
}

/// A name with its place.
type Named<'d> = (&'d str, &'d Spanned<String>);
type ByName<'d> = BTreeMap<&'d str, Vec<Named<'d>>>;

fn by_name<'d>(apps: &[Placed<'d>]) -> ByName<'d> {
    let mut by_name = ByName::new();
    for app in apps {
        if let Some(name) = &app.app.name {
            by_name.entry(&name.value).or_default().push((app.path, name));
        }
    }
    by_name
}

/// One error per place, so that each source is seen to be wrong, and shows the others.
fn names_twice(same: &[Named<'_>]) -> Vec<Diagnostic> {
    if same.len() < 2 {
        return Vec::new();
    }
    let error = |(index, (path, name)): (usize, &Named<'_>)| {
        let message = format!("the name \"{}\" is declared {} times", name.value, same.len());
        let hint = "PM2 knows apps by name alone: give each its own";
        let error = problem(codes::NAME_TWICE, path, name.span, message, "declared here", hint);
        let others = same.iter().enumerate().filter(|(other, _)| *other != index);
        others.fold(error, |error, (_, (path, name))| error.also(path, name.span, "and here"))
    };
    same.iter().enumerate().map(error).collect()
}

/// `pm2 delete NAME` takes the whole namespace of that name with it.
fn names_of_namespaces(apps: &[Placed<'_>], by_name: &ByName<'_>) -> Vec<Diagnostic> {
    let mut namespaces: BTreeMap<&str, (&str, Span)> = BTreeMap::new();
    for app in apps {
        if let Some(namespace) = app.app.setting("namespace") {
            let name = namespace.value.as_str().unwrap_or_default();
            namespaces.entry(name).or_insert((app.path, namespace.span));
        }
    }
    let mut diagnostics = Vec::new();
    for (name, (namespace_path, namespace_span)) in namespaces {
        for (path, spanned) in by_name.get(name).into_iter().flatten() {
            let message = format!("the app \"{name}\" is named like a namespace");
            let hint = "PM2's commands would hit every app of the namespace: give the app or the namespace another name";
            diagnostics.push(
                problem(codes::NAME_IS_NAMESPACE, path, spanned.span, message, "an app", hint).also(
                    namespace_path,
                    namespace_span,
                    "a namespace",
                ),
            );
        }
    }
    diagnostics
}

/// A variable copied together with the rest of an app.
fn process_name_of_other(app: &Placed<'_>, by_name: &ByName<'_>) -> Option<Diagnostic> {
    let own = app.app.name.as_ref()?;
    let variable = app.app.env.get("PM2_PROCESS_NAME")?;
    let EnvValue::Text(told) = &variable.value else { return None };
    if *told == own.value {
        return None;
    }
    let (path, other) = by_name.get(told.as_str())?.first()?;
    let message = format!("PM2_PROCESS_NAME of \"{}\" names another app, \"{told}\"", own.value);
    let hint = format!("write :PM2_PROCESS_NAME \"{}\"", own.value);
    Some(problem(codes::PROCESS_NAME_OF_OTHER, app.path, variable.span, message, "copied?", hint).also(
        path,
        other.span,
        "the app of that name",
    ))
}
