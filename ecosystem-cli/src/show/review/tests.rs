//! What reviewers read; and that nothing in it is taken for anything but text.
#![allow(clippy::panic, reason = "a failed test may panic")]

use ecosystem_core::converge::{Tree, read};
use ecosystem_core::diagnostic::Source;
use ecosystem_core::render::Layout;
use ecosystem_core::review::{Known, Side, Site, review};

use super::*;

fn compared(before: &[(&str, &str)], after: &[(&str, &str)]) -> Compared {
    let layout = Layout { root_to_base: "../..".to_owned(), owner: None };
    let site = Site { base: Some("".into()), layout };
    let side = |tree: &[(&str, &str)]| {
        let sources =
            tree.iter().map(|(id, text)| Source::new(format!("{id}/ecosystem.edn"), *text)).collect();
        Side {
            reading: read(Tree { sources, ..Tree::default() }),
            known: Known::default(),
            site: site.clone(),
        }
    };
    let (base, head) = (side(before), side(after));
    let review = review(&base, &head);
    let end = |revision: &str, commit: &str, reading: Reading| End {
        revision: Some(revision.to_owned()),
        commit: Some(commit.repeat(40)),
        exists: true,
        reading,
    };
    Compared {
        folder: "system/daemons".to_owned(),
        base: end("main", "a", base.reading),
        head: end("feature/x", "b", head.reading),
        review,
    }
}

const BEFORE: &[(&str, &str)] = &[
    (
        "services/web",
        r#"{:apps [{:name "web" :script "server.mjs" :env {:PORT 8080 :GREETING "good day"}}]}"#,
    ),
    ("services/old", r#"{:apps [{:name "worker" :script "work.js" :instances 2}]}"#),
    ("jobs/gone", r#"{:apps [{:name "gone" :script "gone.js"}]}"#),
    ("jobs/late", r#"{:apps [{:name "late" :script "late.js"}]}"#),
];

const AFTER: &[(&str, &str)] = &[
    (
        "services/web",
        r#"{:apps [{:name "web" :script "main.mjs" :env {:PORT 8080 :GREETING "good night"}}]}"#,
    ),
    ("services/new", r#"{:apps [{:name "worker" :script "work.js" :instances 3}]}"#),
    ("jobs/late", r#"{:apps [{:name "late" :script "late.js" :max-restrts 3}]}"#),
];

#[test]
fn what_a_change_does_is_shown() {
    let compared = compared(BEFORE, AFTER);
    insta::assert_snapshot!("human", anstream::adapter::strip_str(&human(&compared)).to_string());
    insta::assert_snapshot!("markdown", markdown(&compared));
    insta::assert_snapshot!("json", format!("{:#}", json(&compared)));
}

/// Words that differ within a line stand out.
#[test]
fn words_that_differ_are_marked() {
    let text = human(&compared(BEFORE, AFTER));
    let marked = |word: &str, color: u8| text.contains(&format!("\u{1b}[7m\u{1b}[{color}m{word}\u{1b}[0m"));
    assert!(marked("day", 31) && marked("night", 32), "{text:?}");
}

#[test]
fn nothing_changes() {
    let compared = compared(BEFORE, BEFORE);
    assert!(human(&compared).ends_with("\nnothing changes, 4 unchanged\n"), "{}", human(&compared));
    assert!(markdown(&compared).contains("### Daemons: nothing changes"));
}

/// What the author of a change writes becomes no markup: not in names, values, paths or revisions.
#[test]
fn markdown_is_safe() {
    let evil =
        r#"</code></details> | x | `y` ``` ~~~ **b** [l](http://e) @team #1 <img src=x> &amp; <!-- \\u202e"#;
    let text = format!(
        r#"{{:apps [{{:name "e" :script "a.js" :description "{evil}" :env {{:A "{evil}"}} :args ["{evil}"]}}]}}"#
    );
    let other = text.replace("a.js", "``````.js");
    let mut compared = compared(&[("a`|<b>@x", &text)], &[("a`|<b>@x", &other.replace("**b**", "**c**"))]);
    compared.base.revision = Some(evil.to_owned());
    let shown = markdown(&compared);
    insta::assert_snapshot!("markdown_is_safe", shown);
    let outside: String = outside_of_fences(&shown).lines().map(outside_of_spans).collect();
    for marks in ["</code></details> ", "<img", "@team", "<b>", "[l]", "**b**", "**c**", "#1 ", "x | `"] {
        assert!(!outside.contains(marks), "{marks} in {outside}");
    }
    assert_eq!(outside.matches("<!--").count(), 1);
}

/// The text without what stands in fences, each of which is closed by its own length alone.
fn outside_of_fences(text: &str) -> String {
    let (mut outside, mut fence) = (String::new(), None);
    for line in text.lines() {
        let opens = line.strip_suffix("diff").or(line.strip_suffix("text")).filter(|it| is_fence(it));
        match (fence, opens) {
            (None, Some(opened)) => fence = Some(opened),
            (None, None) => outside.extend([line, "\n"]),
            (Some(opened), _) if line.trim_start().starts_with(opened) => fence = None,
            (Some(_), _) => {}
        }
    }
    assert_eq!(fence, None, "a fence is open at the end: {text}");
    outside
}

fn is_fence(text: &str) -> bool {
    text.len() >= 3 && text.chars().all(|c| c == '`')
}

/// A line without its code spans; what begins with a tag is no Markdown.
fn outside_of_spans(line: &str) -> String {
    if let Some(summary) = line.strip_prefix("<details><summary><code>") {
        return summary.strip_suffix("</code></summary>").unwrap_or(line).replace("&lt;b&gt;@x", "");
    }
    let (mut outside, mut rest) = (String::new(), line);
    while let Some(at) = rest.find('`') {
        let (before, from) = rest.split_at(at);
        let ticks = from.len() - from.trim_start_matches('`').len();
        let after = &from[ticks..];
        // The next run of exactly as many.
        let runs = after.match_indices('`').map(|(at, _)| at).filter(|at| !after[..*at].ends_with('`'));
        let mut ends =
            runs.filter(|at| after[*at..].len() - after[*at..].trim_start_matches('`').len() == ticks);
        let end = ends.next().unwrap_or_else(|| panic!("a span is open: {line}"));
        outside.push_str(before);
        rest = &after[end + ticks..];
    }
    outside + rest + "\n"
}

/// However much changes, it fits into a comment, and says what it leaves out.
#[test]
fn markdown_is_bounded() {
    let value = "y".repeat(3000);
    let daemons: Vec<(String, String)> = (0..600)
        .map(|n| {
            (
                format!("d{n}"),
                format!(r#"{{:apps [{{:name "app{n}" :script "{n}.js" :env {{:A "{value}"}}}}]}}"#),
            )
        })
        .collect();
    let daemons: Vec<(&str, &str)> = daemons.iter().map(|(id, text)| (id.as_str(), text.as_str())).collect();
    let broken: Vec<(String, String)> =
        (0..600).map(|n| (format!("b{n}"), "{:apps [{:nme 1}]}".to_owned())).collect();
    let broken = broken.iter().map(|(id, text)| (id.as_str(), text.as_str()));
    let after: Vec<(&str, &str)> = daemons.iter().copied().chain(broken).collect();
    let shown = markdown(&compared(&[], &after));
    assert!(shown.chars().count() < 65_536 && shown.len() > 20_000, "{}", shown.len());
    for what in ["of 600 apps are left out", "of 600 diffs are left out", "problems are left out"] {
        assert!(shown.contains(what), "{what}: {}", shown.get(shown.len() - 2000..).unwrap_or_default());
    }
    outside_of_fences(&shown);
}
