#![allow(clippy::unwrap_used, reason = "a failing test panics")]

use proptest::prelude::*;

use crate::compile;
use crate::diagnostic::Source;

/// A tree of daemons, each with one app of its own name that depends on these.
fn tree(apps: &[(&str, &str)]) -> Vec<Source> {
    let source = |(name, needs): &(&str, &str)| {
        let text = format!("{{:apps [{{:name \"{name}\" :script \"a.js\" :depends-on [{needs}]}}]}}");
        Source::new(format!("{name}/ecosystem.edn"), text)
    };
    apps.iter().map(source).collect()
}

/// What is said of dependencies, each with the source that it is said of.
fn said(sources: &[Source]) -> Vec<(String, String)> {
    let diagnostics = compile(sources).diagnostics.into_iter();
    let of_ours = diagnostics.filter(|it| ["E0238", "E0239"].contains(&it.code));
    of_ours.map(|it| (it.labels[0].path.replace("/ecosystem.edn", ""), it.message)).collect()
}

#[track_caller]
fn check(sources: &[Source], expected: &[(&str, &str)]) {
    let expected: Vec<_> = expected.iter().map(|(a, b)| ((*a).to_owned(), (*b).to_owned())).collect();
    assert_eq!(said(sources), expected);
}

#[test]
fn what_is_there_may_be_named() {
    check(&tree(&[("web", "\"api\" \"db\""), ("api", "\"db\""), ("db", "")]), &[]);
}

#[test]
fn each_source_on_a_cycle_is_told_of_all_of_it() {
    let circle = "apps depend on one another in a circle: api → db → web → api";
    let apps = [("web", "\"api\""), ("api", "\"db\""), ("db", "\"web\""), ("far", "\"web\""), ("leaf", "")];
    check(&tree(&apps), &[("api", circle), ("db", circle), ("web", circle)]);
    let labels: Vec<_> =
        compile(&tree(&apps)).diagnostics[0].labels.iter().map(|it| it.text.clone()).collect();
    assert_eq!(labels, ["api depends on db", "db depends on web", "web depends on api"]);
    check(&tree(&[("a", "\"a\"")]), &[("a", "\"a\" depends on itself")]);
}

#[test]
fn cycles_without_a_common_app_are_all_told() {
    let apps = [("a", "\"b\""), ("b", "\"a\" \"c\""), ("c", "\"d\""), ("d", "\"c\"")];
    let (one, other) = (
        "apps depend on one another in a circle: a → b → a",
        "apps depend on one another in a circle: c → d → c",
    );
    check(&tree(&apps), &[("a", one), ("b", one), ("c", other), ("d", other)]);
}

#[test]
fn what_a_broken_source_may_declare_may_be_named() {
    let web = tree(&[("web", "\"db\"")]);
    let missing = [("web", "\"web\" depends on \"db\", which no app of the tree is")];
    check(&web, &missing);
    let with = |text: &str| [web.clone(), vec![Source::new("db/ecosystem.edn", text)]].concat();
    check(&with("{:apps [{:name \"db\""), &[]);
    check(&with("{:apps [{:name \"other\""), &missing);
    // A broken app is one all the same.
    check(&with("{:apps [{:name \"db\" :script 7}]}"), &[]);
    check(
        &with("{:apps [{:name \"db\" :script \"db.js\" :enabled false}]}"),
        &[("web", "\"web\" depends on \"db\", which is switched off")],
    );
    let mut surroundings = crate::expand::Surroundings::default();
    surroundings.unreadable.insert("data".to_owned());
    assert!(!crate::validate::compile_in(&web, &surroundings).has_errors());
}

#[test]
fn a_very_long_cycle_is_told_in_part() {
    for (count, end) in [
        (12, "app010 → app011 → app000"),
        (13, "app011 → (1 more) → app000"),
        (300, "app011 → (288 more) → app000"),
    ] {
        let names: Vec<String> = (0..count).map(|n| format!("app{n:03}")).collect();
        let needs: Vec<String> = (0..count).map(|n| format!("\"app{:03}\"", (n + 1) % count)).collect();
        let apps: Vec<(&str, &str)> =
            names.iter().zip(&needs).map(|(name, needs)| (name.as_str(), needs.as_str())).collect();
        let said = said(&tree(&apps));
        assert_eq!(said.len(), count);
        assert!(said[0].1.ends_with(end), "{}", said[0].1);
    }
}

proptest! {
    /// What is valid at last has no cycle: it can be put in an order.
    #[test]
    fn no_cycle_is_left(edges in prop::collection::vec((0..8_usize, 0..8_usize), 0..16)) {
        let names: Vec<String> = (0..8).map(|n| format!("app{n}")).collect();
        let needs = |n: usize| edges.iter().filter(|(from, _)| *from == n).map(|(_, to)| format!("\"app{to}\"")).collect::<Vec<_>>().join(" ");
        let needs: Vec<String> = (0..8).map(needs).collect();
        let apps: Vec<(&str, &str)> = names.iter().zip(&needs).map(|(a, b)| (a.as_str(), b.as_str())).collect();
        let output = compile(&tree(&apps)).output;
        let mut left: Vec<_> = output.apps().map(|(_, app)| app).collect();
        while !left.is_empty() {
            let names: Vec<_> = left.iter().map(|app| app.name.clone()).collect();
            let before = left.len();
            left.retain(|app| app.lifecycle.depends_on.iter().any(|it| names.contains(&it.app)));
            prop_assert!(left.len() < before, "{left:?}");
        }
    }
}
