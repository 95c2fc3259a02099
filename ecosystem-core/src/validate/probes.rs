//! `:readiness_probe` and kin: how to ask an app whether it is well. Checked as data; nothing asks yet.

use crate::edn::{Entry, Node, Value};

use super::codes;
use super::numbers::{self, MAX_SAFE_INTEGER};
use super::report::Reporter;
use super::settings::{text, texts};
use super::spelling::{Field, plain_fields};

/// The ways to ask, of which a probe has exactly one.
const WAYS: &[&str] = &["http_get", "tcp", "exec", "log"];
/// How often and how long to ask.
const TIMING: &[&str] = &["timeout", "retries", "interval", "initial_delay"];

/// Checks one probe.
pub(super) fn probe(what: &str, node: &Node, reporter: &mut Reporter<'_>) {
    let Some(entries) = map(what, node, reporter) else { return };
    let fields = plain_fields(entries, "a probe", &[WAYS, TIMING].concat(), reporter);
    for field in &fields {
        match field.key {
            "http_get" => http_get(field, reporter),
            "tcp" => tcp(field, reporter),
            "exec" => exec(field, reporter),
            "log" => drop(text(&field.spelled, field.value, reporter)),
            _ => timing(field, reporter),
        }
    }
    let ways: Vec<_> = fields.iter().filter(|field| WAYS.contains(&field.key)).collect();
    let (message, span) = match ways.as_slice() {
        [_] => return,
        [] => (format!("`{what}` has no way to ask"), node.span),
        [_, second, ..] => (format!("`{what}` has more than one way to ask"), second.key_span),
    };
    let hint = "give it exactly one of :http_get, :tcp, :exec, :log";
    reporter.report(codes::BAD_PROBE, span, message, "exactly one is needed", hint);
}

fn map<'n>(what: &str, node: &'n Node, reporter: &mut Reporter<'_>) -> Option<&'n [Entry]> {
    match &node.value {
        Value::Map(entries) => Some(entries),
        _ => {
            reporter.wrong_type(what, "a map", node);
            None
        }
    }
}

/// `{:url "http://…"}`; authors put the timing in here as well as beside it.
fn http_get(way: &Field<'_, &'static str>, reporter: &mut Reporter<'_>) {
    let Some(entries) = map(&way.spelled, way.value, reporter) else { return };
    let fields = plain_fields(entries, "`:http_get`", &[&["url"], TIMING].concat(), reporter);
    for field in &fields {
        match field.key {
            "url" => url(field, reporter),
            _ => timing(field, reporter),
        }
    }
    needs(&fields, "url", way, "write {:url \"http://localhost:3000/health\"}", reporter);
}

fn url(field: &Field<'_, &'static str>, reporter: &mut Reporter<'_>) {
    let Some(url) = text(&field.spelled, field.value, reporter) else { return };
    let host = url.strip_prefix("http://").or_else(|| url.strip_prefix("https://"));
    if host.is_none_or(str::is_empty) {
        let message = format!("`{}` is {url:?}, which is no address of the web", field.spelled);
        let hint = "write \"http://host:port/path\"";
        reporter.report(codes::BAD_PROBE, field.value.span, message, "not an http address", hint);
    }
}

/// A port, or `{:host "…" :port …}`.
fn tcp(way: &Field<'_, &'static str>, reporter: &mut Reporter<'_>) {
    let Value::Map(entries) = &way.value.value else {
        let _port = numbers::integer(&way.spelled, way.value, 1..=65_535, reporter);
        return;
    };
    let fields = plain_fields(entries, "`:tcp`", &[&["host", "port"], TIMING].concat(), reporter);
    for field in &fields {
        match field.key {
            "host" => drop(text(&field.spelled, field.value, reporter)),
            "port" => {
                let _port = numbers::integer(&field.spelled, field.value, 1..=65_535, reporter);
            }
            _ => timing(field, reporter),
        }
    }
    needs(&fields, "port", way, "write {:port 3000}", reporter);
}

/// A command line, or its words.
fn exec(way: &Field<'_, &'static str>, reporter: &mut Reporter<'_>) {
    match &way.value.value {
        Value::Vector(_) => drop(texts(&way.spelled, way.value, reporter)),
        _ => drop(text(&way.spelled, way.value, reporter)),
    }
}

fn timing(field: &Field<'_, &'static str>, reporter: &mut Reporter<'_>) {
    let _number = match field.key {
        "retries" => numbers::integer(&field.spelled, field.value, 0..=MAX_SAFE_INTEGER, reporter),
        _ => numbers::duration(&field.spelled, field.value, 0, reporter),
    };
}

fn needs(
    fields: &[Field<'_, &'static str>],
    name: &str,
    way: &Field<'_, &'static str>,
    hint: &str,
    reporter: &mut Reporter<'_>,
) {
    if !fields.iter().any(|field| field.key == name) {
        let message = format!("`{}` needs `:{name}`", way.spelled);
        reporter.report(codes::KEY_MISSING, way.value.span, message, format!("no `:{name}`"), hint);
    }
}
