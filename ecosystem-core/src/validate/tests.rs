#![allow(clippy::unwrap_used, reason = "a test that panics has failed")]

mod cases;
mod defaults;
mod edges;
mod laws;
mod profiles;
mod values;

use std::collections::BTreeSet;

use crate::diagnostic::{Checked, Source};
use crate::model::{App, DaemonId, Ecosystem, Origins};
use crate::tests::drawing;

use super::{codes, compile};

/// Sources from one text: each begins with a line `--- path`; without such a line it is one daemon, `web`.
fn sources(text: &str) -> Vec<Source> {
    if !text.starts_with("--- ") {
        return vec![Source::new("web/ecosystem.edn", text)];
    }
    let parts = text.strip_prefix("--- ").unwrap().split("\n--- ");
    parts.map(|part| part.split_once('\n').unwrap()).map(|(path, text)| Source::new(path, text)).collect()
}

fn compiled(text: &str) -> Checked<Ecosystem> {
    compile(&sources(text))
}

/// The one app of a tree of which nothing is wrong.
fn app(text: &str) -> App {
    let checked = compiled(text);
    assert!(!checked.has_errors(), "{}", drawing::draw(&sources(text), &checked.diagnostics));
    checked.output.apps().map(|(_, app)| app.clone()).next().unwrap()
}

/// Draws a case's problems, checks that its code is among them, and compares the picture.
fn check(code: &str, text: &str) -> BTreeSet<&'static str> {
    let checked = compiled(text);
    let found: BTreeSet<_> = checked.diagnostics.iter().map(|diagnostic| diagnostic.code).collect();
    let drawn = drawing::draw(&sources(text), &checked.diagnostics);
    assert!(found.contains(code), "{code} is not among what is found:\n{text}\n{drawn}");
    insta::assert_snapshot!(code, format!("{text}\n\n{drawn}"));
    found
}

#[test]
fn every_code_is_shown_by_a_case() {
    let mut found = BTreeSet::new();
    for (code, text) in cases::CASES {
        found.extend(check(code, text));
    }
    let shown: BTreeSet<_> = cases::CASES.iter().map(|(code, _)| *code).collect();
    let all: BTreeSet<_> = codes::ALL.iter().map(|(code, _)| *code).collect();
    assert_eq!(shown, all, "each code has a case of its own");
}

#[test]
fn codes_are_distinct_and_meanings_are_one_line() {
    let distinct: BTreeSet<_> = codes::ALL.iter().map(|(code, _)| code).collect();
    assert_eq!(distinct.len(), codes::ALL.len());
    for (code, meaning) in codes::ALL {
        assert!(!meaning.is_empty() && meaning.trim() == *meaning && !meaning.contains('\n'), "{code}");
    }
}

#[test]
fn a_broken_source_hampers_no_other() {
    let checked = compiled(
        "--- good/ecosystem.edn\n{:apps [{:name \"good\" :script \"a.mjs\"}]}\n\
         --- bad/ecosystem.edn\n{:apps [{:name \"bad\" :script 7}]}\n\
         --- torn/ecosystem.edn\n{:apps [{:name \"torn\"",
    );
    let names: Vec<_> = checked.output.apps().map(|(_, app)| app.name.as_str()).collect();
    assert_eq!(names, ["good"]);
    let broken: Vec<_> =
        checked.output.broken.iter().map(|(id, broken)| (id.as_str(), &broken.text)).collect();
    assert!(matches!(broken.as_slice(), [("bad", _), ("torn", text)] if text.contains("torn")), "{broken:?}");
}

#[test]
fn a_name_declared_twice_breaks_both_daemons() {
    let checked = compiled(
        "--- a/ecosystem.edn\n{:apps [{:name \"x\" :script \"a.mjs\"}]}\n\
         --- b/ecosystem.edn\n{:apps [{:name \"x\" :script \"b.mjs\"}]}\n\
         --- c/ecosystem.edn\n{:apps [{:name \"y\" :script \"c.mjs\"}]}",
    );
    let broken: Vec<_> = checked.output.broken.keys().map(DaemonId::as_str).collect();
    assert_eq!(broken, ["a", "b"]);
    assert_eq!(checked.output.daemons.len(), 1);
}

/// The one app of a tree, and where its values were written.
fn app_with_origins(text: &str) -> (App, Origins) {
    let origins = compiled(text).output.origins.into_values().next().unwrap();
    (app(text), origins)
}

#[test]
fn droppings_and_notes_are_not_warned_of() {
    let checked = compiled(
        "--- notes.edn\n{:plan [1 2 3]}\n--- broken.edn\n{:a\n--- README.md\n:apps\n\
         --- web/ecosystem.edn\n{:doc/owner nil :apps [{:name \"web\" :script \"a.mjs\" :doc/since #inst \"2026\"}]}",
    );
    assert_eq!(drawing::draw(&[], &checked.diagnostics), "");
}
