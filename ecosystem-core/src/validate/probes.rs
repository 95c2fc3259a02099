//! `:readiness_probe` and kin: how to ask an app whether it is well.

use std::time::Duration;

use serde_json::Value as Json;

use crate::edn::{Entry, Node, Value};
use crate::model::{CommandLine, Probe, Way};

use super::codes;
use super::numbers;
use super::report::Reporter;
use super::settings::{text, texts};
use super::spelling::{Field, plain_fields};

/// The ways to ask, of which a probe has exactly one.
const WAYS: &[&str] = &["http_get", "tcp", "exec", "log"];
/// How often and how long to ask.
const TIMING: &[&str] = &["timeout", "retries", "interval", "initial_delay"];

/// Reads one probe.
pub(super) fn probe(what: &str, node: &Node, reporter: &mut Reporter<'_>) -> Option<Probe> {
    let entries = map(what, node, reporter)?;
    let fields = plain_fields(entries, "a probe", &[WAYS, TIMING].concat(), reporter);
    let (ways, timings): (Vec<_>, Vec<_>) = fields.iter().partition(|field| WAYS.contains(&field.key));
    let mut timing = Timing::default();
    timings.iter().for_each(|field| timing.read(field, reporter));
    let read: Vec<_> = ways.iter().map(|field| way(field, &mut timing, reporter)).collect();
    let (message, span) = match (ways.as_slice(), read.into_iter().next()) {
        ([_], way) => return way.flatten().map(|way| timing.of(way)),
        ([_, second, ..], _) => (format!("`{what}` has more than one way to ask"), second.key_span),
        ([], _) => (format!("`{what}` has no way to ask"), node.span),
    };
    let hint = "give it exactly one of :http_get, :tcp, :exec, :log";
    reporter.report(codes::BAD_PROBE, span, message, "exactly one is needed", hint);
    None
}

/// When a probe is asked, as far as the author says.
#[derive(Default)]
struct Timing {
    timeout: Option<Duration>,
    interval: Option<Duration>,
    initial_delay: Option<Duration>,
    retries: Option<u32>,
}

impl Timing {
    fn read(&mut self, field: &Field<'_, &'static str>, reporter: &mut Reporter<'_>) {
        let (what, node) = (&field.spelled, field.value);
        match field.key {
            "retries" => {
                let retries = numbers::integer(what, node, 0..=u32::MAX.into(), reporter);
                self.retries = retries.and_then(|retries| retries.try_into().ok());
            }
            "timeout" => self.timeout = duration(what, node, 1, reporter),
            "interval" => self.interval = duration(what, node, 0, reporter),
            _ => self.initial_delay = duration(what, node, 0, reporter),
        }
    }

    fn of(self, way: Way) -> Probe {
        let usual = Probe::new(way);
        Probe {
            timeout: self.timeout.unwrap_or(usual.timeout),
            interval: self.interval.unwrap_or(usual.interval),
            initial_delay: self.initial_delay.unwrap_or(usual.initial_delay),
            retries: self.retries.unwrap_or(usual.retries),
            way: usual.way,
        }
    }
}

fn duration(what: &str, node: &Node, min: i64, reporter: &mut Reporter<'_>) -> Option<Duration> {
    let milliseconds = numbers::duration(what, node, min, reporter)?;
    milliseconds.try_into().ok().map(Duration::from_millis)
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

/// Authors put the timing into the way to ask as well as beside it.
fn way(field: &Field<'_, &'static str>, timing: &mut Timing, reporter: &mut Reporter<'_>) -> Option<Way> {
    let (what, node) = (&field.spelled, field.value);
    match field.key {
        "http_get" => http_get(field, timing, reporter),
        "tcp" => tcp(field, timing, reporter),
        "exec" => exec(what, node, reporter).map(Way::Exec),
        _ => text(what, node, reporter).map(|contains| Way::Log { contains }),
    }
}

/// `{:url "http://…"}`.
fn http_get(way: &Field<'_, &'static str>, timing: &mut Timing, reporter: &mut Reporter<'_>) -> Option<Way> {
    let entries = map(&way.spelled, way.value, reporter)?;
    let fields = plain_fields(entries, "`:http_get`", &[&["url"], TIMING].concat(), reporter);
    let mut address = None;
    for field in &fields {
        match field.key {
            "url" => address = url(field, reporter),
            _ => timing.read(field, reporter),
        }
    }
    needs(&fields, "url", way, "write {:url \"http://localhost:3000/health\"}", reporter);
    address.map(|url| Way::HttpGet { url })
}

fn url(field: &Field<'_, &'static str>, reporter: &mut Reporter<'_>) -> Option<String> {
    let url = text(&field.spelled, field.value, reporter)?;
    let host = url.strip_prefix("http://").unwrap_or_default();
    let host = host.split(['/', '?', '#']).next().unwrap_or_default();
    if !host.is_empty() && !url.contains(|c: char| c.is_whitespace() || c.is_control()) {
        return Some(url);
    }
    let (message, hint) = if url.starts_with("https://") {
        let message = format!("`{}` is {url:?}, and probes speak plain http", field.spelled);
        (message, "ask the app itself at an address of this machine, or by :exec and curl")
    } else {
        let message = format!("`{}` is {url:?}, which is no address of the web", field.spelled);
        (message, "write \"http://host:port/path\"")
    };
    reporter.report(codes::BAD_PROBE, field.value.span, message, "not an http address", hint);
    None
}

/// A port, or `{:host "…" :port …}`.
fn tcp(way: &Field<'_, &'static str>, timing: &mut Timing, reporter: &mut Reporter<'_>) -> Option<Way> {
    let mut host = LOCALHOST.to_owned();
    let Value::Map(entries) = &way.value.value else {
        return port(&way.spelled, way.value, reporter).map(|port| Way::Tcp { host, port });
    };
    let fields = plain_fields(entries, "`:tcp`", &[&["host", "port"], TIMING].concat(), reporter);
    let mut number = None;
    for field in &fields {
        match field.key {
            "host" => host = text(&field.spelled, field.value, reporter)?,
            "port" => number = port(&field.spelled, field.value, reporter),
            _ => timing.read(field, reporter),
        }
    }
    needs(&fields, "port", way, "write {:port 3000}", reporter);
    number.map(|port| Way::Tcp { host, port })
}

fn port(what: &str, node: &Node, reporter: &mut Reporter<'_>) -> Option<u16> {
    numbers::integer(what, node, 1..=u16::MAX.into(), reporter)?.try_into().ok()
}

/// Both of its addresses are tried: programs listen at one of `127.0.0.1` and `::1`, or at both.
const LOCALHOST: &str = "localhost";

/// A command line, or its words.
fn exec(what: &str, node: &Node, reporter: &mut Reporter<'_>) -> Option<CommandLine> {
    match &node.value {
        Value::Vector(_) => {
            let words = strings(&texts(what, node, reporter)?);
            if words.is_empty() {
                let hint = "write [\"program\" \"argument\"], or the command as one string";
                let message = format!("`{what}` has no words");
                reporter.report(codes::BAD_PROBE, node.span, message, "nothing to run", hint);
                return None;
            }
            Some(CommandLine::Words(words))
        }
        _ => text(what, node, reporter).map(CommandLine::Shell),
    }
}

fn strings(words: &Json) -> Vec<String> {
    words.as_array().into_iter().flatten().filter_map(Json::as_str).map(str::to_owned).collect()
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
