#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::fmt::Write as _;

use proptest::prelude::*;

use super::*;
use crate::converge::{Tree, read};
use crate::diagnostic::Source;
use crate::pm2::FileKind;

/// A side from `(daemon, text)` pairs, of whose files nothing is known.
fn side(tree: &[(&str, &str)]) -> Side {
    let sources =
        tree.iter().map(|(id, text)| Source::new(DaemonId::new(*id).source_path(), *text)).collect();
    Side { reading: read(Tree { sources, ..Tree::default() }), known: Known::default(), site: site() }
}

fn site() -> Site {
    let layout = Layout { root_to_base: "../..".to_owned(), owner: None };
    Site { base: Some(Utf8PathBuf::new()), layout }
}

fn words(review: &Review) -> String {
    let mut text = String::new();
    for app in &review.apps {
        let (symbol, verb) = (app.step.symbol(), app.step.verb());
        writeln!(text, "{symbol} {} {verb}: {}", app.app, app.reasons.join(" | ")).unwrap();
    }
    for daemon in &review.daemons {
        let shown = |id: &Option<DaemonId>| id.as_ref().map_or("none".to_owned(), ToString::to_string);
        if daemon.from != daemon.to {
            writeln!(text, "{} → {}", shown(&daemon.from), shown(&daemon.to)).unwrap();
        }
    }
    text
}

fn check(before: &[(&str, &str)], after: &[(&str, &str)], expected: &str) {
    check_sides(&side(before), &side(after), expected);
}

fn check_sides(before: &Side, after: &Side, expected: &str) {
    let review = review(before, after);
    let trimmed: Vec<&str> = expected.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    assert_eq!(words(&review).trim(), trimmed.join("\n"));
    for daemon in &review.daemons {
        assert!(!daemon.before.contains("hunter2") && !daemon.after.contains("hunter2"), "a secret is shown");
    }
}

/// One app `web` in one daemon, before and after.
fn check_app(before: &str, after: &str, expected: &str) {
    let text = |rest: &str| format!("{{:apps [{{:name \"web\" {rest}}}]}}");
    check(&[("a", &text(before))], &[("a", &text(after))], expected);
}

#[test]
fn each_change_has_its_step_and_reason() {
    check_app(r#":script "a.js""#, r#":script "a.js""#, "");
    check_app(r#":script "a.mjs""#, r#":script "b.mjs""#, r#"~ web restart: script: "a.mjs" → "b.mjs""#);
    check_app(
        r#":script "a.js" :cwd "x""#,
        r#":script "a.js""#,
        r#"
        ~ web restart: script: "x/a.js" → "a.js" | cwd: "x" → ".""#,
    );
    check_app(
        r#":script "a.js" :exec-mode "cluster" :env {:A 1}"#,
        r#":script "a.js" :exec-mode "cluster""#,
        "~ web reload: env.A: removed",
    );
    check_app(
        r#":script "a.js""#,
        r#":script "a.js" :exec-mode "cluster""#,
        r#"~ web restart: exec_mode: "fork_mode" → "cluster_mode" | merge_logs: true removed"#,
    );
    check_app(
        r#":script "a.js" :instances 1 :exec-mode "fork""#,
        r#":script "a.js" :instances 3 :exec-mode "fork""#,
        "~ web scale: instances: 1 → 3",
    );
    check_app(
        r#":script "a.js" :instances 2"#,
        r#":script "a.js" :instances -1"#,
        "~ web scale: instances: 2 → -1",
    );
    check_app(
        r#":script "a.js" :out-file "x.log""#,
        r#":script "a.js" :out-file "y.log""#,
        r#"~ web restart: out_file: "x.log" → "y.log""#,
    );
    check_app(
        r#":script "a.js" :out-file "x.log""#,
        r#":script "a.js""#,
        r#"~ web restart: out_file: "x.log" → "$PM2_HOME/logs/web-out.log""#,
    );
    check_app(
        r#":script "a.js" :uid "ann""#,
        r#":script "a.js" :uid "bob""#,
        r#"~ web restart: uid: "ann" → "bob""#,
    );
    check_app(
        r#":script "a.js" :autostart false"#,
        r#":script "a.js""#,
        "~ web restart: autostart: set to true | was declared not to be started",
    );
    check_app(
        r#":script "./job""#,
        r#":script "sleep""#,
        r#"~ web restart: script: "job" → "/usr/bin/sleep""#,
    );
    check_app(
        r#":script "a.js" :env {:A_TOKEN "hunter2"}"#,
        r#":script "a.js" :env {:A_TOKEN "hunter22"}"#,
        "~ web restart: env.A_TOKEN: ••• → •••",
    );
}

/// What stands in other files than the daemon's own is part of what a side says.
#[test]
fn defaults_and_profiles() {
    let with = |defaults: &str, profile: Option<&str>| {
        let web = r#"{:apps [{:name "web" :script "a.js"}]
                      :profiles {:dev {:apps [{:name "web" :args ["--dev"]}]}}}"#;
        let sources = vec![Source::new("defaults.edn", defaults), Source::new("a/ecosystem.edn", web)];
        let mut tree = Tree { sources, ..Tree::default() };
        tree.surroundings.profile = profile.map(str::to_owned);
        Side { reading: read(tree), known: Known::default(), site: site() }
    };
    check_sides(
        &with("{:defaults {:env {:A 1}}}", None),
        &with("{:defaults {:env {:A 2}}}", None),
        r#"~ web restart: env.A: "1" → "2""#,
    );
    check_sides(
        &with("{:defaults {}}", None),
        &with("{:defaults {}}", Some("dev")),
        r#"~ web restart: args: set to ["--dev"]"#,
    );
    check_sides(
        &with("{}", None),
        &with("{:defaults {", None),
        "! web kept: a/ecosystem.edn has errors: it stays as it is",
    );
}

/// What refers to the environment is told, and what it comes to is not; what is not set here is set there.
#[test]
fn references_to_the_environment() {
    let with = |app: &str| {
        let text = format!("{{:apps [{{:name \"web\" :script \"a.js\" {app}}}]}}");
        let mut tree = Tree { sources: vec![Source::new("a/ecosystem.edn", text)], ..Tree::default() };
        tree.surroundings.environment.insert("SET".to_owned(), "hunter2".to_owned());
        Side { reading: read(tree), known: Known::default(), site: site() }
    };
    let check = |before: &str, after: &str, expected: &str| {
        let (before, after) = (with(before), with(after));
        check_sides(&before, &after, expected);
        let said = format!("{:?}", super::review(&before, &after));
        assert!(!said.contains("hunter2"), "{said}");
    };
    check(":env {:A #env SET}", ":env {:A #env SET}", "");
    check(":env {:A 1}", ":env {:A #env SET}", "~ web restart: env.A: ••• → •••");
    check(":env {:A #env SET}", ":env {:A 1}", "~ web restart: env.A: ••• → •••");
    check(":env {:A 1}", ":env {:A #env UNSET}", "~ web restart: env.A: ••• → •••");
    check(
        ":port #long #env UNSET",
        ":port #long #env UNSET :args \"x\"",
        r#"~ web restart: args: set to ["x"]"#,
    );
    check("", ":out-file \"${SET}.log\"", "~ web restart: out_file: ••• → •••");
    check("", ":cwd \"${SET}\"", "~ web restart: script: ••• → ••• | cwd: ••• → •••");
    // Nothing of a default of a secret, in whatever is shown.
    check(
        ":env {:API_TOKEN \"${X:-hunter2}\"}",
        ":env {:A \"${API_TOKEN:-hunter2}\" :B #join [\"http://u:hunter2@\" #env H]} :args [\"--token\" \"${T:-hunter2}\"]",
        "~ web restart: args: set to ••• | env.A: set to ••• | env.B: set to ••• | env.API_TOKEN: removed",
    );
    let unset = super::review(&with(""), &with(":env {:A #env UNSET}")).assumptions.join("\n");
    assert!(unset.contains("taken to be set on the machine: UNSET"), "{unset}");
}

/// A tree that says what its paths resolve against, or whose it is.
#[test]
fn a_tree_that_lies_elsewhere() {
    let at = |base: Option<&str>, owner: Option<&str>| {
        let mut side = side(&[("a", r#"{:apps [{:name "web" :script "a.js"}]}"#)]);
        side.site.base = base.map(Utf8PathBuf::from);
        side.site.layout.owner = owner.map(str::to_owned);
        side
    };
    let here = at(Some(""), None);
    check_sides(
        &here,
        &at(Some("app"), None),
        r#"~ web restart: script: "a.js" → "app/a.js" | cwd: "." → "app""#,
    );
    check_sides(&at(None, None), &at(None, None), "");
    check_sides(
        &here,
        &at(Some(""), Some("shop")),
        "! web kept: running, but it belongs to the path of the tree; `--adopt web` takes it over",
    );
}

/// Only that they are named can be told of env files that the repository does not hold.
#[test]
fn env_files() {
    let with = r#"{:apps [{:name "web" :script "a.js" :env-file ".env"}]}"#;
    let without = r#"{:apps [{:name "web" :script "a.js"}]}"#;
    check(
        &[("a", without)],
        &[("a", with)],
        "~ web restart: env_file: .env added (what it sets is not known here)",
    );
    check(
        &[("a", with)],
        &[("a", without)],
        "~ web restart: env_file: .env removed (what it sets is not known here)",
    );
    let known = |text: &str| {
        let mut side = side(&[("a", with)]);
        side.known.env_files.insert(".env".into(), text.to_owned());
        side
    };
    check_sides(&known("A=hunter2"), &known("A=hunter22"), "~ web restart: env.A: ••• → •••");
    check_sides(&known("A=hunter2"), &side(&[("a", with)]), "");
}

/// A file counts for what it is where both sides hold it.
#[test]
fn kinds_of_files() {
    let of_kind = |kind: Option<FileKind>| {
        let mut side = side(&[("a", r#"{:apps [{:name "web" :script "./job" :cwd "x"}]}"#)]);
        side.known.files.extend(kind.map(|kind| ("x/job".into(), kind)));
        side
    };
    check_sides(
        &of_kind(Some(FileKind::Binary)),
        &of_kind(Some(FileKind::Text)),
        r#"~ web restart: interpreter: "none" → "/usr/bin/node""#,
    );
    check_sides(&of_kind(None), &of_kind(Some(FileKind::Text)), "");
    let folder = "! web kept: app web: x/job is a folder, and PM2 would try to run it; for a program on PATH, give its \
                  full path as :script";
    check_sides(&of_kind(Some(FileKind::Text)), &of_kind(Some(FileKind::Folder)), folder);
}

#[test]
fn what_comes_and_goes() {
    let app = |name: &str, rest: &str| format!("{{:apps [{{:name \"{name}\" :script \"a.js\" {rest}}}]}}");
    let (web, other) = (app("web", ""), app("other", ":args \"something else entirely\" :cwd \"far away\""));
    check(&[], &[("a", &web)], "+ web start: new\nnone → a");
    check(&[("a", &web), ("b", &other)], &[("b", &other)], "- web delete: no longer declared\na → none");
    let never = app("web", ":prune :never");
    check(
        &[("a", &never), ("b", &other)],
        &[("b", &other)],
        "! web kept: no longer declared, and never pruned: it stays as it is\na → none",
    );
    let many: Vec<(String, String)> =
        (0..4).map(|n| (format!("d{n}"), app(&format!("app{n}"), ""))).collect();
    let many: Vec<(&str, &str)> = many.iter().map(|(id, text)| (id.as_str(), text.as_str())).collect();
    let kept = review(&side(&many), &side(&[("b", &other)]));
    assert_eq!((kept.count(ReviewStep::Kept), kept.count(ReviewStep::Delete)), (4, 0));
}

#[test]
fn renames_and_moves() {
    let app = |name: &str, script: &str| {
        format!(
            "{{:apps [{{:name \"{name}\" :script \"{script}\" :cwd \"a/long/folder\" :env {{:PORT 8080}}}}]}}"
        )
    };
    check(
        &[("a", &app("web", "server.js"))],
        &[("b/c", &app("web", "server.js"))],
        "~ web restart: moved: a → b/c\na → b/c",
    );
    check(
        &[("a", &app("web", "server.js"))],
        &[("a", &app("site", "server.js"))],
        "+ site start: renamed from web: to PM2 this is another app\n- web delete: renamed to site",
    );
    // The folder and the name at once: only what they say tells.
    check(
        &[("a", &app("web", "server.js"))],
        &[("b", &app("site", "server.js"))],
        "+ site start: renamed from web: to PM2 this is another app\n- web delete: renamed to site\na → b",
    );
    check(
        &[("a", &app("web", "server.js"))],
        &[("b", r#"{:apps [{:name "x" :script "quite-another-one.py"}]}"#)],
        "- web delete: no longer declared\n+ x start: new\na → none\nnone → b",
    );
}

#[test]
fn what_is_broken_changes_nothing() {
    let good = r#"{:apps [{:name "web" :script "a.js"}]}"#;
    let bad = r#"{:apps [{:name "web" :script "a.js""#;
    check(&[("a", good)], &[("a", bad)], "! web kept: a/ecosystem.edn has errors: it stays as it is");
    check(
        &[("a", bad)],
        &[("a", good)],
        "? web unknown: a/ecosystem.edn has errors on the base side: what runs of it is not known",
    );
    check(&[("a", bad)], &[("a", bad)], "");
    // Moved and broken at once: it still names its app.
    check(
        &[("a", good)],
        &[("b", bad)],
        "! web kept: b/ecosystem.edn has errors: it stays as it is\na → none",
    );
}

fn random_tree() -> impl Strategy<Value = Vec<(String, String)>> {
    let rest = prop::sample::subsequence(
        vec![
            ":args [\"x\"]",
            ":cwd \"sub\"",
            ":env {:A 1}",
            ":instances 2",
            ":exec_mode \"cluster\"",
            ":watch true",
            ":autostart false",
            ":out_file \"o.log\"",
            ":merge_logs true",
            ":env_file \".env\"",
            ":uid \"ann\"",
            ":increment_var \"A\"",
            ":port 3000",
            ":prune :never",
            ":interpreter \"python3\"",
        ],
        0..8,
    );
    let app = (0..6_usize, 0..3_usize, rest);
    prop::collection::vec(app, 0..6).prop_map(|mut apps| {
        apps.sort_by_key(|(name, ..)| *name);
        apps.dedup_by_key(|(name, ..)| *name);
        let text = |(name, _, rest): &(usize, usize, Vec<&str>)| {
            format!("{{:name \"app{name}\" :script \"s.js\" {}}}", rest.join(" "))
        };
        let of = |daemon: usize| {
            let own: Vec<String> = apps.iter().filter(|(_, its, _)| *its == daemon).map(text).collect();
            (!own.is_empty()).then(|| (format!("d{daemon}"), format!("{{:apps [{}]}}", own.join("\n"))))
        };
        (0..3).filter_map(of).collect()
    })
}

fn of_random(tree: &[(String, String)]) -> Side {
    side(&tree.iter().map(|(id, text)| (id.as_str(), text.as_str())).collect::<Vec<_>>())
}

proptest! {
    /// Nothing changes from a tree to itself; and what changes from one to another concerns each app once.
    #[test]
    fn a_review_says_each_change_once(a in random_tree(), b in random_tree()) {
        let (a, b) = (of_random(&a), of_random(&b));
        prop_assert!(!review(&a, &a).changes());
        let there = review(&a, &b);
        let mut names: Vec<&str> = there.apps.iter().map(|app| app.app.as_str()).collect();
        names.dedup();
        prop_assert_eq!(names.len(), there.apps.len());
        prop_assert!(there.apps.iter().all(|app| !app.reasons.is_empty()));
        let leaked = there.apps.iter().flat_map(|app| &app.reasons).any(|reason| reason.contains(":base:"));
        prop_assert!(!leaked, "{:?}", there.apps);
    }
}
