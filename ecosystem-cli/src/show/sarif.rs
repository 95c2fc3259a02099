//! Diagnostics as SARIF 2.1.0, which code scanning and editors read.
//!
//! Source of the form: OASIS, "Static Analysis Results Interchange Format (SARIF) Version 2.1.0".

use ecosystem_core::diagnostic::{Diagnostic, Label, Severity};
use ecosystem_core::explain::explanation;
use ecosystem_core::{edn, expand, os, validate};
use serde_json::{Value as Json, json};

use super::place::{Places, Region};
use super::printable;

const SCHEMA: &str =
    "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json";

/// The whole log of one run.
pub(crate) fn log(diagnostics: &[Diagnostic], places: &Places<'_>) -> Json {
    let rules = rules();
    let results: Vec<Json> =
        diagnostics.iter().map(|diagnostic| result(diagnostic, &rules, places)).collect();
    json!({
        "$schema": SCHEMA,
        "version": "2.1.0",
        "runs": [{
            "tool": { "driver": {
                "name": env!("CARGO_PKG_NAME"),
                "semanticVersion": env!("CARGO_PKG_VERSION"),
                "rules": rules.iter().map(rule).collect::<Vec<_>>(),
            } },
            "columnKind": "unicodeCodePoints",
            "results": results,
        }],
    })
}

/// A code with its meaning.
type Rule = (&'static str, &'static str);

/// Every code there is: who reads the log may want to switch one off before it is ever found.
fn rules() -> Vec<Rule> {
    let mut rules = [edn::codes::ALL, expand::codes::ALL, validate::codes::ALL, os::codes::ALL].concat();
    rules.sort_unstable();
    rules
}

fn rule((code, meaning): &Rule) -> Json {
    let mut rule = json!({
        "id": code,
        "shortDescription": { "text": meaning },
        "defaultConfiguration": { "level": if code.starts_with('E') { "error" } else { "warning" } },
    });
    if let Some(it) = explanation(code) {
        rule["fullDescription"] = json!({ "text": it.text });
        // Not as `helpUri`, which has to be absolute (§3.49.12): where somebody's copy of the documents is, is not known.
        let link = format!("[{code}](docs/diagnostics.md#{})", code.to_lowercase());
        rule["help"] = json!({
            "text": super::explanation::plain(&it),
            "markdown": format!("{}\n\n{link}", super::explanation::markdown(&it)),
        });
    }
    rule
}

fn result(diagnostic: &Diagnostic, rules: &[Rule], places: &Places<'_>) -> Json {
    let level = match diagnostic.severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
    };
    let hint = diagnostic.hint.as_ref().map(|hint| format!("\nhint: {hint}")).unwrap_or_default();
    let mut labels = diagnostic.labels.iter();
    let locations: Vec<Json> = labels.next().map(|label| location(label, places)).into_iter().collect();
    let related: Vec<Json> = labels.map(|label| location(label, places)).collect();
    json!({
        "ruleId": diagnostic.code,
        "ruleIndex": rules.iter().position(|(code, _)| *code == diagnostic.code),
        "level": level,
        "message": { "text": printable(&format!("{}{hint}", diagnostic.message)) },
        "locations": locations,
        "relatedLocations": related,
    })
}

fn location(label: &Label, places: &Places<'_>) -> Json {
    let mut physical = json!({ "artifactLocation": artifact(label, places) });
    if let Some(Region { start, end }) = places.region(label) {
        physical["region"] = json!({
            "startLine": start.0,
            "startColumn": start.1,
            "endLine": end.0,
            "endColumn": end.1,
        });
    }
    let mut location = json!({ "physicalLocation": physical });
    if !label.text.is_empty() {
        location["message"] = json!({ "text": printable(&label.text) });
    }
    location
}

/// `%SRCROOT%` is what readers take for the root of the repository.
fn artifact(label: &Label, places: &Places<'_>) -> Json {
    let file = places.file(label);
    let uri = percent_encoded(file.as_str());
    if file.is_absolute() {
        json!({ "uri": format!("file://{uri}") })
    } else {
        json!({ "uri": uri, "uriBaseId": "%SRCROOT%" })
    }
}

/// A path as a URI: what RFC 3986 lets stand in one stands, all else is bytes. A colon in the first part of a
/// relative path would be taken for the end of a scheme.
fn percent_encoded(path: &str) -> String {
    let byte = |byte: u8| match byte {
        b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b'/' => {
            char::from(byte).to_string()
        }
        _ => format!("%{byte:02X}"),
    };
    path.bytes().map(byte).collect()
}
