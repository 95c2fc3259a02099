//! `defaults.edn`: what is laid below the apps of a folder.

use std::collections::BTreeSet;

use serde_json::Value as Json;

use crate::diagnostic::Source;
use crate::expand::Surroundings;
use crate::model::{DaemonId, EnvValue, Layer, Prune};
use crate::validate::{compile_in, tree_settings};

use super::{app, app_with_origins, compiled, sources};

/// A tree of defaults in the root and in `web`, and an app in `web`.
fn tree(root: &str, folder: &str, app: &str) -> String {
    format!(
        "--- defaults.edn\n{{:defaults {{{root}}}}}\n--- web/defaults.edn\n{{:defaults {{{folder}}}}}\n\
         --- web/ecosystem.edn\n{{:apps [{{:name \"web\" :script \"a.mjs\" {app}}}]}}"
    )
}

/// What the app has of a key: null where nobody says it, or somebody takes it away.
fn check(root: &str, folder: &str, written: &str, key: &str, expected: impl Into<Json>) {
    let app = app(&tree(root, folder, written));
    let found = app.setting(key).cloned().unwrap_or_default();
    assert_eq!(found, expected.into(), "{root} | {folder} | {written}");
}

#[test]
fn the_nearest_value_wins_and_the_apps_own_always_does() {
    check(":max-restarts 1", "", "", "max_restarts", 1);
    check(":max-restarts 1", ":max-restarts 2", "", "max_restarts", 2);
    check(":max-restarts 1", ":max-restarts 2", ":max-restarts 3", "max_restarts", 3);
    check("", ":max-restarts 2", "", "max_restarts", 2);
    check(":args [\"a\" \"b\"]", "", ":args [\"c\"]", "args", serde_json::json!(["c"]));
}

#[test]
fn two_spellings_of_a_key_are_one_key() {
    check(":max-restarts 1", ":maxRestarts 2", ":max_restarts 3", "max_restarts", 3);
    check(":out \"a.log\"", ":out-file \"b.log\"", "", "out_file", "b.log");
    check(":cron \"0 1 * * *\"", "", ":cron-restart 0", "cron_restart", Json::Null);
    check(":exec \"b.mjs\" :user \"ann\"", "", ":uid 5", "uid", 5);
}

#[test]
fn nil_takes_away() {
    check(":max-restarts 1", "", ":max_restarts nil", "max_restarts", Json::Null);
    check(":max-restarts 1", ":maxRestarts nil", "", "max_restarts", Json::Null);
    check(":max-restarts 1", ":max-restarts nil", ":max-restarts 3", "max_restarts", 3);
    check("", ":max-restarts nil", "", "max_restarts", Json::Null);
    let nothing_to_take = compiled(&tree("", "", ":max-restarts nil"));
    assert_eq!(nothing_to_take.diagnostics[0].code, "E0209");
}

#[test]
fn maps_merge_by_key() {
    let merged = app(&tree(
        ":env {:A 1 :B 1 :C 1 :D 1} :watch-options {:a {:b 1 :c 1}}",
        ":env {\"B\" 2 :D nil :E nil}",
        ":env {C 3} :watch-options {:a {:c 2}} :env-production {:X 1}",
    ));
    let env = [("A", 1), ("B", 2), ("C", 3)].map(|(name, value)| (name.to_owned(), EnvValue::Integer(value)));
    assert_eq!(merged.env, env.into());
    assert_eq!(merged.setting("watch_options"), Some(&serde_json::json!({"a": {"b": 1, "c": 2}})));
    assert_eq!(merged.env_blocks.len(), 1);
}

#[test]
fn a_value_tells_where_it_was_written() {
    let text =
        tree(":max-restarts 1 :env {:A 1}", ":kill-timeout 5 :env {:B 1}", ":namespace \"n\" :env {:C 1}");
    let (_, origins) = app_with_origins(&text);
    let sources = sources(&text);
    let check = |name: &str, path: &str, written: &str, layer: Layer| {
        let came = origins.get(name).unwrap();
        let source = sources.iter().find(|source| source.path == came.from.path).unwrap();
        let span = came.from.span;
        assert_eq!((came.from.path.as_str(), &source.readable()[span.start..span.end]), (path, written));
        assert_eq!(came.by, layer);
    };
    let of = |path: &str| Layer::Defaults(path.to_owned());
    check("max_restarts", "defaults.edn", "1", of("defaults.edn"));
    check("env.A", "defaults.edn", "1", of("defaults.edn"));
    check("kill_timeout", "web/defaults.edn", "5", of("web/defaults.edn"));
    check("env.B", "web/defaults.edn", "1", of("web/defaults.edn"));
    check("namespace", "web/ecosystem.edn", "\"n\"", Layer::App);
    // Under the names that values are asked for by; data is one value.
    let text = r#"{:apps [{:name "web" :script "a.mjs" :env {:A 1 "B" 2 C 3} :env_x {:D 4} :watch-options {:depth 2} :env-file "e"}]}"#;
    let (_, origins) = app_with_origins(text);
    let names: Vec<&str> = origins.iter().map(|(name, _)| name).collect();
    assert_eq!(
        names,
        ["env", "env.A", "env.B", "env.C", "env_file", "env_x", "env_x.D", "name", "script", "watch_options"]
    );
    check("env.C", "web/ecosystem.edn", "1", Layer::App);
    assert_eq!(origins.get("restart_delay"), None);
}

#[test]
fn what_is_wrong_is_shown_where_it_was_written_and_once() {
    let text = "--- defaults.edn\n{:defaults {:kill-timeout \"5s\"}}\n\
                --- a/ecosystem.edn\n{:apps [{:name \"a\" :script \"a.mjs\"} {:name \"b\" :script \"a.mjs\"}]}\n\
                --- b/ecosystem.edn\n{:apps [{:name \"c\" :script \"a.mjs\"}]}";
    let checked = compiled(text);
    let places: Vec<_> = checked.diagnostics.iter().map(|it| (it.code, it.labels[0].path.as_str())).collect();
    assert_eq!(places, [("E0211", "defaults.edn")]);
}

/// The daemons that a tree breaks, and those that it does not.
fn broken_and_whole(text: &str, unreadable: &[&str]) -> (Vec<String>, Vec<String>) {
    let unreadable = unreadable.iter().map(|path| (*path).to_owned()).collect::<BTreeSet<_>>();
    let surroundings = Surroundings { unreadable, ..Surroundings::default() };
    let tree = compile_in(&sources(text), &surroundings).output;
    let ids = |ids: Vec<&DaemonId>| ids.into_iter().map(ToString::to_string).collect();
    (ids(tree.broken.keys().collect()), ids(tree.daemons.keys().collect()))
}

const THREE: &str = "--- a/ecosystem.edn\n{:apps [{:name \"a\" :script \"a.mjs\"}]}\n\
                     --- s/b/ecosystem.edn\n{:apps [{:name \"b\" :script \"a.mjs\"}]}\n\
                     --- s/b/c/ecosystem.edn\n{:apps [{:name \"c\" :script \"a.mjs\"}]}";

#[test]
fn broken_defaults_break_every_daemon_below_them() {
    let check = |path: &str, defaults: &str, broken: &[&str], whole: &[&str]| {
        let text = format!("--- {path}\n{defaults}\n{THREE}");
        let (found, others) = broken_and_whole(&text, &[]);
        assert_eq!(
            (found.as_slice(), others.as_slice()),
            (&own(broken)[..], &own(whole)[..]),
            "{path} {defaults}"
        );
    };
    for broken in ["{:defaults {:max-restarts \"x\"}}", "{:defaults", "[]", "", "{:defaults {:nme 1}}"] {
        check("defaults.edn", broken, &["a", "s/b", "s/b/c"], &[]);
        check("s/defaults.edn", broken, &["s/b", "s/b/c"], &["a"]);
        check("s/b/c/defaults.edn", broken, &["s/b/c"], &["a", "s/b"]);
        check("other/defaults.edn", broken, &[], &["a", "s/b", "s/b/c"]);
    }
}

fn own(texts: &[&str]) -> Vec<String> {
    texts.iter().map(|text| (*text).to_owned()).collect()
}

#[test]
fn defaults_that_cannot_be_seen_are_not_taken_for_none() {
    let check = |unreadable: &str, broken: &[&str]| {
        assert_eq!(broken_and_whole(THREE, &[unreadable]).0, own(broken), "{unreadable}");
    };
    check("defaults.edn", &["a", "s/b", "s/b/c"]);
    check("s/defaults.edn", &["s/b", "s/b/c"]);
    check("s/b", &["s/b", "s/b/c"]);
    check("s/other", &[]);
}

/// Nobody can say what was to become of removed apps.
#[test]
fn while_the_roots_defaults_are_broken_nothing_is_removed() {
    let removal = |defaults: &str| compiled(&format!("--- defaults.edn\n{defaults}")).output.unreadable;
    assert_eq!(removal("{:prune :never"), BTreeSet::from(["defaults.edn".to_owned()]));
    assert_eq!(removal("{:prune :never}"), BTreeSet::new());
}

#[test]
fn the_roots_defaults_say_whose_the_tree_is() {
    let settings =
        compiled("--- defaults.edn\n{:owner \"team\" :base \"../..\" :prune :confirm}").output.settings;
    let said = (settings.owner.as_deref(), settings.base.as_deref(), settings.prune);
    assert_eq!(said, (Some("team"), Some("../.."), Some(Prune::Confirm)));
    // Also by themselves, before anything else of the tree is read.
    let alone =
        tree_settings(&Source::new("defaults.edn", "{:owner \"team\" :base \"../..\" :prune :confirm}"));
    assert_eq!(alone, settings);
}

/// Whoever waits for changes of a daemon waits for those of what it includes.
#[test]
fn what_is_included_is_known() {
    let mut surroundings = Surroundings::default();
    surroundings.included.insert("web/args.edn".to_owned(), Ok(b"[\"x\"]".to_vec()));
    let text = "--- api/ecosystem.edn\n{:apps [{:name \"api\" :script \"a.mjs\"}]}\n\
                --- web/ecosystem.edn\n{:apps [{:name \"web\" :script \"a.mjs\" :args #include \"args.edn\"}]}";
    let includes = compile_in(&sources(text), &surroundings).output.includes;
    let expected = (DaemonId::new("web"), BTreeSet::from(["web/args.edn".to_owned()]));
    assert_eq!(includes.into_iter().collect::<Vec<_>>(), [expected]);
}

/// Each app has a copy of its defaults, in each profile.
#[test]
fn defaults_under_many_apps_weigh_more() {
    let codes = |variables: usize, apps: usize, profiles: usize| {
        let variables: String = (0..variables).map(|number| format!(":V{number} 1 ")).collect();
        let apps: String =
            (0..apps).map(|number| format!("{{:name \"a{number}\" :script \"a.mjs\"}} ")).collect();
        let profiles: String = (0..profiles).map(|number| format!(":p{number} {{:apps []}} ")).collect();
        let defaults = format!("--- defaults.edn\n{{:defaults {{:env {{{variables}}}}}}}");
        let daemon = format!("--- web/ecosystem.edn\n{{:apps [{apps}] :profiles {{{profiles}}}}}");
        let checked = compiled(&format!("{defaults}\n{daemon}"));
        let codes: BTreeSet<_> = checked.diagnostics.iter().map(|it| it.code).collect();
        codes.into_iter().collect::<Vec<_>>()
    };
    assert_eq!(codes(100, 100, 2), Vec::<&str>::new());
    assert_eq!(codes(10_000, 100, 0), ["E0506"]);
    assert_eq!(codes(100, 100, 1_000), ["E0506"]);
}
