//! Every key of PM2's schema has its cases, and what is written of them is up to date.

use std::collections::BTreeSet;
use std::fs;

use ecosystem_core::model::schema::{Key, Kind};

use crate::asked::SLICE;
use crate::{cases, table};

/// What is done to a key of this kind, at least: the first word of each change.
fn kinds_of_change(key: Key) -> &'static [&'static str] {
    match (key.name(), key.kind()) {
        // An app without these is none.
        ("script" | "name", _) => &["change"],
        ("env", _) => &["add", "change", "remove", "rename", "to"],
        // One of these is on by default, and taken away by its opposite.
        (_, Kind::Flag) => &["set", "remove"],
        (_, _) => &["set", "change", "remove"],
    }
}

#[test]
fn every_key_of_the_schema_is_changed_in_every_way() {
    let mut missing = Vec::new();
    for key in Key::all() {
        let of_key = cases::all().filter(|case| case.field == key.name());
        let words: BTreeSet<&str> = of_key.filter_map(|case| case.change.split([' ', ',']).next()).collect();
        let lacking = kinds_of_change(key).iter().filter(|word| !words.contains(*word));
        missing.extend(lacking.map(|word| format!("{}: {word}", key.name())));
    }
    assert_eq!(missing, [""; 0]);
}

#[test]
fn every_case_is_of_a_key_and_has_an_app_of_its_own() {
    for mode in crate::case::Mode::ALL {
        let mut apps = BTreeSet::new();
        for case in cases::all().filter(|case| case.modes.have(mode)) {
            assert!(Key::named(case.field).is_some(), "{}", case.field);
            assert!(apps.insert(case.app()), "{} {}: {}", case.field, case.change, case.app());
        }
    }
}

#[test]
fn the_slice_is_a_part_of_the_cases() {
    for (field, change) in SLICE {
        assert!(cases::all().any(|case| (case.field, case.change) == (*field, *change)), "{field} {change}");
    }
}

#[test]
fn the_readme_shows_the_score() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/..");
    let page = fs::read_to_string(table::path()).unwrap();
    let score = page.lines().find_map(|line| line.strip_prefix("**")?.strip_suffix("**")).unwrap();
    let readme = fs::read_to_string(format!("{folder}/README.md")).unwrap();
    let words = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(words(&readme).contains(&words(score)), "the README does not say: {score}");
}
