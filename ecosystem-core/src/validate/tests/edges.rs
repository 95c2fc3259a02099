//! What is said at the edges of what may be written; nothing, of what is just within them.

use std::fmt::Write;

use super::{cases, compiled};
use crate::diagnostic::Diagnostic;

/// Keys of an app `web`, by what they are an edge of.
const KEYS: &[(&str, &[&str])] = &[
    (
        "numbers",
        &[
            ":kill_timeout 1.5",
            ":kill_timeout 12345678901234567890N",
            ":kill_timeout 9007199254740991",
            ":kill_timeout 9007199254740991.0",
            ":kill_timeout 9007199254740992.0",
            ":kill_timeout 1e300",
            ":port \"\"",
            ":port \"8o\"",
            ":port \"+80\"",
            ":args [1e999]",
            ":args [##Inf]",
            ":env {:A ##Inf :B ##NaN}",
            ":max_memory_restart \"0.5M\"",
            ":max_memory_restart \"0.0001M\"",
            ":args [9007199254740991 -9007199254740991]",
            ":args [9007199254740993]",
            ":args [12345678901234567890N]",
            ":watch_options {:depth 9007199254740993}",
            ":uid \"\"",
        ],
    ),
    (
        "types",
        &[
            ":autorestart \"maybe\"",
            ":autorestart (true)",
            ":env \"true\"",
            ":env_files {:A 1}",
            ":env_files \".env\"",
            ":env {\"A\\u0007B\" 1}",
            ":inherit_env :all",
            ":inherit_env :some",
            ":inherit_env :my/all",
            ":prune :auto",
            ":prune :my/auto",
            ":depends_on [{:condition :started}]",
            ":exec_mode \"cluster\" :interpreter \"bun\"",
            ":exec_mode \"cluster\" :interpreter \"/opt/node\"",
            ":exec_mode \"cluster\" :interpreter \"bunny\"",
        ],
    ),
    (
        "keys",
        &[
            "\"nonsense\" 1",
            "\"cwd\" \"x\"",
            "cwd \"x\"",
            "nonsense \"x\"",
            ":l-ty \"json\"",
            ":iowait 1",
            ":max-restarts-of-it 3",
            "#env A 1",
        ],
    ),
    (
        "names",
        &[
            ":depends_on [\"default\" \"null\" \"all\"]",
            ":depends_on [\"/web\" \"web/\" \"/\" \"Infinity\" \"-Infinity\" \"+Infinity\" \"0x1F\" \"0xG\" \"1e3\" \"e3\"]",
        ],
    ),
    (
        "probes",
        &[
            ":readiness_probe {:http_get {}}",
            ":readiness_probe {:tcp {:host \"h\"}}",
            ":readiness_probe {:exec []}",
            ":readiness_probe {:http_get {:url \"http://a b\"}}",
            ":readiness_probe {:http_get {:url \"http://a\\u0007b\"}}",
            ":readiness_probe {:http_get {:url \"https://a\"}}",
            ":readiness_probe {:tcp 0}",
            ":readiness_probe {:tcp 80 :timeout 0 :interval -1 :retries -1}",
        ],
    ),
    (
        "references",
        &[
            ":namespace [\"${A}\"]",
            ":env_file [\"a\" \"${A}\"]",
            ":stop_exit_codes [0 #env A]",
            ":readiness_probe {:http_get {:url \"http://${HOST}\"}}",
            ":kill_timeout #or [#env A 9007199254740993]",
            ":kill_timeout #or [#env A 9007199254740991]",
            ":kill_timeout #or [#env A nil]",
            ":kill_timeout #or [#env A [1]]",
            ":time #or [#env A true]",
            ":watch [\"${A}\" \"src\"]",
            ":watch [\"${A}\" 7]",
            ":watch_options {:ignored [\"${A}\" \"x\"]}",
            ":watch_options {:ignored [\"${A}\" :x]}",
            ":watch_options {#env A 1}",
            ":watch_options {:depth #my/tag 1}",
            ":kill_timeout #or [#env A #my/tag 1]",
            ":kill_timeout #or [#env A ##Inf]",
            ":env {#env A 1}",
        ],
    ),
];

/// Whole sources.
const SOURCES: &[&str] = &[
    "",
    "{}",
    "{:deploy {}}",
    r#"{:apps [{:name "web" :script "w.js"}] :name "web"}"#,
    "#env DAEMON",
    "{#env A 1}",
    "#profile {:dev {}}",
    r#"{:apps [{:name "web" :script "w.js"}] :deploy {#env A 1}}"#,
    r#"{:apps [{:name "web" :script "w.js"}] :deploy #env A}"#,
    r#"{:apps [{:name "web" :script "w.js"}] :deploy {#env A 1 :b #env B}}"#,
    r#"{:apps [{:name "web" :script "w.js"}] :profiles {:my/note 7 dev {}}}"#,
    "--- defaults.edn\n[#env A]",
    "--- defaults.edn\n[]",
    "--- notes.edn\n[:apps]",
    "--- notes.edn\n{:apps",
];

/// In words, without a picture.
fn said(diagnostics: &[Diagnostic]) -> String {
    let line = |it: &Diagnostic| format!("  {}: {} = {}\n", it.code, it.message, it.hint.as_deref().unwrap());
    if diagnostics.is_empty() { "  nothing\n".to_owned() } else { diagnostics.iter().map(line).collect() }
}

#[test]
fn what_is_said_at_the_edges() {
    for (what, all) in KEYS {
        let mut text = String::new();
        for keys in *all {
            let checked = compiled(&format!(r#"{{:apps [{{:name "web" :script "w.js" {keys}}}]}}"#));
            // What it depends on is not there, which is nobody's question here.
            let diagnostics: Vec<_> =
                checked.diagnostics.into_iter().filter(|it| it.code != "E0238").collect();
            write!(text, "{keys}\n{}", said(&diagnostics)).unwrap();
        }
        insta::assert_snapshot!(*what, text);
    }
}

#[test]
fn what_is_said_of_whole_sources() {
    let mut text = String::new();
    for source in SOURCES {
        write!(text, "{source}\n{}", said(&compiled(source).diagnostics)).unwrap();
    }
    insta::assert_snapshot!(text);
}

/// A length is nothing to be written out.
#[test]
fn a_name_has_200_bytes_at_most() {
    for (length, expected) in [(200, false), (201, true), (300, true)] {
        let text = format!(r#"{{:apps [{{:name "{}" :script "w.js"}}]}}"#, "n".repeat(length));
        assert_eq!(compiled(&text).has_errors(), expected, "{length}");
    }
}

/// And it is never behind the end of its source, nor empty where there is something.
#[test]
fn each_problem_points_at_something() {
    for (_, text) in cases::CASES {
        for label in compiled(text).diagnostics.iter().flat_map(|it| &it.labels) {
            let source = super::sources(text).into_iter().find(|source| source.path == label.path).unwrap();
            let span = label.span;
            assert!(span.start < span.end && span.end <= source.contents.len(), "{text}: {label:?}");
        }
    }
}

/// Two apps, and whether somebody is warned of what they share.
#[test]
fn apps_share_what_both_have() {
    let log = ":out_file \"all.txt\" :error_file \"all.txt\"";
    for (first, second, expected) in [
        (log, log, &["W0309"][..]),
        (log, ":out_file \"all.txt\" :error_file \"other.txt\" :disable_logs true", &[]),
        (log, ":out_file \"all.txt\" :error_file \"other.txt\" :disable_logs false", &["W0309"]),
        // PM2 writes the number of the instance into the name of a `.log`.
        (
            ":out_file \"a.log\" :error_file \"a.log\"",
            ":out_file \"a.log\" :error_file \"b.log\" :instances 2",
            &[],
        ),
        (
            ":out_file \"a.log\" :error_file \"a.log\"",
            ":out_file \"a.log\" :error_file \"b.log\" :instances 2 :merge_logs true",
            &["W0309"],
        ),
        (
            ":out_file \"a.log\" :error_file \"a.log\"",
            ":out_file \"a.log\" :error_file \"b.log\" :merge_logs false",
            &[],
        ),
        (
            ":out_file \"a.log\" :error_file \"a.log\"",
            ":out_file \"a.log\" :error_file \"b.log\" :instances \"max\"",
            &["W0309"],
        ),
        // What goes nowhere is shared by nobody.
        (":out_file \"/dev/null\" :error_file \"NULL\"", ":out_file \"/dev/null\" :error_file \"NULL\"", &[]),
        (
            ":out_file \"/srv/NULL\" :error_file \"x\"",
            ":out_file \"/srv/NULL\" :error_file \"y\"",
            &["W0309"],
        ),
        // Nobody knows where they are, until the folder is known.
        (":cwd #env A :out_file \"all.txt\" :error_file \"e.txt\"", log, &[]),
        (
            ":cwd #env A :out_file \"/all.txt\" :error_file \"e.txt\"",
            ":out_file \"/all.txt\" :error_file \"x\"",
            &["W0309"],
        ),
    ] {
        let text = format!(
            r#"{{:apps [{{:name "a" :script "a.js" {first}}} {{:name "b" :script "b.js" {second}}}]}}"#
        );
        let found: Vec<&str> = compiled(&text).diagnostics.iter().map(|it| it.code).collect();
        assert_eq!(found, expected, "{first} | {second}");
    }
    // Of names that PM2 makes one file name of, where it makes one.
    for (keys, expected) in [
        ("", &["W0310"][..]),
        (":out_file \"x\"", &["W0310"]),
        (":out_file \"x\" :error_file \"y\"", &[]),
        (":disable_logs true", &[]),
        (":merge_logs false", &[]),
        (":exec_mode \"cluster\"", &[]),
    ] {
        let text =
            format!(r#"{{:apps [{{:name "a b" :script "a.js"}} {{:name "a:b" :script "b.js" {keys}}}]}}"#);
        let found: Vec<&str> = compiled(&text).diagnostics.iter().map(|it| it.code).collect();
        assert_eq!(found, expected, "{keys}");
    }
}
