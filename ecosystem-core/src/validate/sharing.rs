//! What apps of a tree share without being told to: log files and ports.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value as Json;

use crate::diagnostic::{Diagnostic, Span};
use crate::model::schema::Key;

use super::codes;
use super::draft::AppDraft;
use super::names::in_log_files;
use super::report::problem;
use super::tree::Placed;

/// Everything that two apps share.
pub(super) fn check(apps: &[Placed<'_>]) -> Vec<Diagnostic> {
    let mut diagnostics = shared(apps, log_files, |file| Words {
        code: codes::LOG_SHARED,
        message: format!("more than one app writes the log file {file:?}"),
        hint: "give each app its own file: their lines mix, and rotating one cuts off the other",
    });
    diagnostics.extend(shared(apps, default_log, |stem| Words {
        code: codes::LOG_NAMES_COLLIDE,
        message: format!("PM2 derives the log file name {stem:?} from more than one app's name"),
        hint: "set :out_file and :error_file, or choose names that differ in letters and digits",
    }));
    diagnostics.extend(shared(apps, port, |port| Words {
        code: codes::PORT_SHARED,
        message: format!("more than one app is given port {port}"),
        hint: "give one of them another port, unless only one of them listens",
    }));
    diagnostics
}

struct Words {
    code: &'static str,
    message: String,
    hint: &'static str,
}

/// One warning per thing that more than one app has, at the second app, with the others.
fn shared(
    apps: &[Placed<'_>],
    things: impl Fn(&AppDraft) -> Vec<(String, Span)>,
    words: impl Fn(&str) -> Words,
) -> Vec<Diagnostic> {
    let mut owners: BTreeMap<String, BTreeMap<usize, Span>> = BTreeMap::new();
    for (index, app) in apps.iter().enumerate() {
        for (thing, span) in things(app.app) {
            owners.entry(thing).or_default().entry(index).or_insert(span);
        }
    }
    owners.iter().filter_map(|(thing, owners)| warning(apps, owners, words(thing))).collect()
}

fn warning(apps: &[Placed<'_>], owners: &BTreeMap<usize, Span>, words: Words) -> Option<Diagnostic> {
    let name = |index: &usize| Some(&apps.get(*index)?.app.name.as_ref()?.value);
    // One name twice is an error of its own, and shares everything.
    if owners.keys().filter_map(name).collect::<BTreeSet<_>>().len() < 2 {
        return None;
    }
    let mut places = owners.iter().filter_map(|(index, span)| Some((apps.get(*index)?, *span)));
    let (first, second) = (places.next()?, places.next()?);
    let (app, span) = second;
    let warning = problem(words.code, &app.origin(span), words.message, label(app), words.hint);
    let others = std::iter::once(first).chain(places).map(|(app, span)| (app.origin(span), label(app)));
    Some(others.fold(warning, |warning, (other, label)| warning.also(&other.path, other.span, label)))
}

fn label(app: &Placed<'_>) -> String {
    app.app.name.as_ref().map_or_else(String::new, |name| format!("of \"{}\"", name.value))
}

fn log_files(app: &AppDraft) -> Vec<(String, Span)> {
    let files = ["out_file", "error_file", "log_file"].into_iter().filter_map(|key| app.setting(key));
    files
        .filter(|file| !matches!(file.value.as_str(), Some("NULL" | "/dev/null")))
        .filter(|file| !is_somewhere(app, file.value.as_str().unwrap_or_default()))
        .filter_map(|file| Some((resolved(app.text("cwd"), file.value.as_str()?), file.span)))
        .filter(|(file, _)| writes_logs(app) && (keeps_log_names(app) || !file.ends_with(".log")))
        .collect()
}

/// Whether only the environment tells what a path is relative to.
fn is_somewhere(app: &AppDraft, file: &str) -> bool {
    let cwd = Key::named("cwd").and_then(|key| app.references.settings.get(&key));
    cwd.is_some() && !file.starts_with(['/', '~'])
}

/// The name PM2 derives its default log files from, where it needs one.
fn default_log(app: &AppDraft) -> Vec<(String, Span)> {
    let needs_one = app.setting("out_file").is_none() || app.setting("error_file").is_none();
    let name = app.name.as_ref().filter(|_| needs_one && writes_logs(app) && keeps_log_names(app));
    name.map(|name| (in_log_files(&name.value), name.span)).into_iter().collect()
}

fn port(app: &AppDraft) -> Vec<(String, Span)> {
    // PM2 puts `:port` over the variable.
    let set = app.setting("port").map(|port| (port.value.to_string(), port.span));
    let port = set.or_else(|| app.env.get("PORT").map(|port| (port.value.to_text(), port.span)));
    port.into_iter().filter(|(port, _)| port.parse::<u16>().is_ok_and(|port| port != 0)).collect()
}

fn writes_logs(app: &AppDraft) -> bool {
    app.setting("disable_logs").is_none_or(|flag| flag.value != Json::Bool(true))
}

/// Whether `x.log` stays `x.log`: PM2 makes it `x-7.log` for process 7 unless logs are merged, which they
/// are by default in fork mode without `:instances` (`verifyConfs` in `lib/Common.js`).
fn keeps_log_names(app: &AppDraft) -> bool {
    match app.setting("merge_logs") {
        Some(flag) => flag.value == Json::Bool(true),
        None => {
            let counted = app.setting("instances").is_some_and(|count| count.value != "max");
            !counted && app.text("exec_mode") != Some("cluster")
        }
    }
}

/// A path below an app's working directory, its dots resolved; relative paths are relative to the base.
fn resolved(cwd: Option<&str>, file: &str) -> String {
    let whole =
        if file.starts_with(['/', '~']) { file.to_owned() } else { format!("{}/{file}", cwd.unwrap_or(".")) };
    let mut parts: Vec<&str> = Vec::new();
    for part in whole.split('/').filter(|part| !matches!(*part, "" | ".")) {
        match parts.last() {
            Some(last) if part == ".." && *last != ".." => drop(parts.pop()),
            _ => parts.push(part),
        }
    }
    let root = if whole.starts_with('/') { "/" } else { "" };
    format!("{root}{}", parts.join("/"))
}
