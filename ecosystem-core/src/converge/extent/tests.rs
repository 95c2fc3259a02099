#![allow(clippy::unwrap_used, reason = "a failing test panics")]

use proptest::prelude::*;

use super::*;
use crate::Source;
use crate::converge::{Tree, read};
use crate::expand::wanted;

/// Members of which two apps may have the same, and some that are nobody else's business.
const MEMBERS: &[&[&str]] = &[
    &["", ":namespace \"b\"", ":namespace \"n\""],
    &[
        "",
        ":port 1",
        ":port 2",
        ":port #long #env P",
        ":env {:PORT 1}",
        ":env {:PORT 2 :A 1}",
        ":env {:PORT nil}",
        ":env {:PORT \"${P}\"}",
        ":env {:PM2_PROCESS_NAME \"b\"}",
        ":env #include \"../shared.edn\"",
    ],
    &["", ":out_file \"x.log\"", ":out_file \"w/x.log\"", ":log_file \"x.log\""],
    &["", ":cwd \"w\"", ":cwd \"${W}\"", ":cwd nil"],
    &["", ":enabled false"],
    &["", ":instances 2", ":merge_logs true", ":disable_logs true", ":exec_mode \"cluster\""],
    &["", ":depends-on [\"a\"]", ":depends-on [\"b\" \"d-e\"]", ":enabled false"],
    &["", ":args [\"x\"]", ":args [\"y\"]", ":max_restarts 3", ":watch true", ":port 99999", ":oops 1"],
];

/// The name, and which of the members.
type App = (usize, Vec<usize>);

/// Mostly with nothing that could be shared: of apps with something to say of them nothing is known.
fn app() -> impl Strategy<Value = App> {
    let member = |choices: &&[&str]| prop_oneof![6 => Just(0), 1 => 0..choices.len()];
    (0..5_usize, MEMBERS.iter().map(member).collect::<Vec<_>>())
}

fn source(daemon: usize, apps: &[App]) -> Source {
    let text = |(name, members): &App| {
        let members: Vec<&str> = MEMBERS.iter().zip(members).map(|(choices, it)| choices[*it]).collect();
        format!(
            "{{:name \"{}\" :script \"a.js\" {}}}",
            ["a", "b", "c", "d-e", "d_e"][*name],
            members.join(" ")
        )
    };
    let apps: Vec<String> = apps.iter().map(text).collect();
    Source::new(format!("{daemon}/ecosystem.edn"), format!("{{:apps [{}]}}", apps.join(" ")))
}

/// What includes may bring in: where nobody includes it, it looks like a daemon that has the wrong name.
const SHARED_FILE: (&str, &str) = ("shared.edn", "{:PORT 2 :apps [{:name \"a\"}]}");

/// What is laid below all apps, or below those of the first daemon.
const DEFAULTS: &[&[(&str, &str)]] = &[
    &[],
    &[("defaults.edn", "{:defaults {:max_restarts 2 :env {:A \"1\"}} :prune :never}")],
    &[
        ("defaults.edn", "{:defaults {:cwd \"w\"}}"),
        ("0/defaults.edn", "{:defaults {:namespace \"n\" :cwd nil}}"),
    ],
    &[("0/defaults.edn", "{:defaults {:env #include \"../shared.edn\"}}")],
    &[("defaults.edn", "{:defaults {:port 1}}")],
    &[("0/defaults.edn", "{:defaults {:port 1 :watch [\"w/x\"] :cwd \"w\"}}")],
    &[("defaults.edn", "{:defaults {:oops 1}}")],
];

/// What a look at these daemons reads, of a tree with these defaults.
fn reading_with(defaults: usize, daemons: Vec<Source>, whole: bool) -> Reading {
    let above = |path: &str| {
        let folder = DaemonId::of_source(path);
        whole
            || daemons
                .iter()
                .any(|it| DaemonId::of_source(&it.path).folders().any(|it| it == folder.as_str()))
    };
    let defaults = DEFAULTS[defaults].iter().filter(|(path, _)| above(path));
    let mut sources: Vec<Source> = defaults.map(|(path, text)| Source::new(*path, *text)).collect();
    sources.extend(daemons);
    let (path, text) = SHARED_FILE;
    if whole {
        sources.push(Source::new(path, text));
    }
    let mut tree = Tree { sources, ..Tree::default() };
    for path in wanted(&tree.sources, &tree.surroundings) {
        tree.surroundings.included.insert(path, Ok(text.as_bytes().to_vec()));
    }
    read(tree)
}

fn reading(sources: Vec<Source>) -> Reading {
    reading_with(0, sources, false)
}

fn codes(reading: &Reading) -> Vec<&str> {
    reading.diagnostics.iter().map(|diagnostic| diagnostic.code).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1500))]

    /// Where a daemon is still as it was known, a look at it alone finds what one at everything finds.
    #[test]
    fn what_is_known_is_enough(
        mut tree in prop::collection::vec(prop::collection::vec(app(), 1..2), 2..4),
        at in any::<prop::sample::Index>(),
        member in 0..MEMBERS.len(),
        choice in any::<prop::sample::Index>(),
        defaults in prop_oneof![Just(0), 0..DEFAULTS.len()],
    ) {
        let sources = |tree: &[Vec<App>]| tree.iter().enumerate().map(|(id, apps)| source(id, apps)).collect();
        let before = reading_with(defaults, sources(&tree), true);
        let edited = at.index(tree.len());
        let id = DaemonId::new(edited.to_string());
        tree[edited][0].1[member] = choice.index(MEMBERS[member].len());
        let after = reading_with(defaults, sources(&tree), true);
        let alone = reading_with(defaults, vec![source(edited, &tree[edited])], false);
        if known(&before).get(&id).is_some_and(|it| known(&alone).get(&id) == Some(it)) {
            prop_assert_eq!(codes(&before), codes(&after));
            prop_assert_eq!(known(&before), known(&after));
            prop_assert_eq!(after.ecosystem.daemons.get(&id), alone.ecosystem.daemons.get(&id));
            prop_assert_eq!(after.ecosystem.settings, alone.ecosystem.settings);
        }
    }
}

/// Whether its apps may be started is told by what becomes of others.
#[test]
fn what_depends_on_something_is_looked_at_with_all_of_it() {
    let one = "{:name \"a\" :script \"a.js\"}";
    let other =
        |needs: &str| format!("{{:apps [{one} {{:name \"b\" :script \"b.js\" :depends-on [{needs}]}}]}}");
    let known_of = |needs: &str| known(&reading(vec![Source::new("a/ecosystem.edn", other(needs))])).len();
    assert_eq!((known_of(""), known_of("\"a\"")), (1, 0));
}

#[test]
fn an_edit_that_nobody_else_could_mind_is_known() {
    let known_of = |text: &str| known(&reading(vec![Source::new("a/ecosystem.edn", text)]));
    let before = known_of("{:apps [{:name \"a\" :script \"a.js\" :env {:A \"1\"}}]}");
    assert_eq!(before.len(), 1);
    let check = |text: &str, same: bool| assert_eq!(known_of(text) == before, same, "{text}");
    check("{:apps [{:name \"a\" :script \"b.js\" :env {:A \"2\"} :args \"x\"}]}", true);
    check("{:apps [{:name \"b\" :script \"a.js\" :env {:A \"1\"}}]}", false);
    check("{:apps [{:name \"a\" :script \"a.js\" :port 1}]}", false);
    // What only the environment tells of what others could meet: where its logs are, say.
    check("{:apps [{:name \"a\" :script \"a.js\" :cwd \"${W}\"}]}", false);
    check("{:apps [{:name \"a\" :script \"a.js\" :env {:A #env B}}]}", true);
    check("{:apps [{:name \"a\" :script \"a.js\"} {:name \"b\" :script \"a.js\"}]}", false);
    check("{:apps [{:name \"a\" :script \"a.js\" :oops 1}]}", false);
}
