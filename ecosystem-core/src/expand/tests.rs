#![allow(clippy::unwrap_used, reason = "a test that panics has failed")]

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::{Expanded, Surroundings, codes, expand, wanted};
use crate::diagnostic::{Checked, Source};
use crate::edn::{Node, Value};

/// A machine with a name, a profile and some files.
fn surroundings() -> Surroundings {
    let files: &[(&str, &str)] = &[
        ("web/shared.edn", "{:a 1 :b {:c [10 20]}}"),
        ("common.edn", "#merge [{:x 1} #include \"web/shared.edn\"]"),
        ("../beside.edn", "{:z #ref [:never]}"),
        ("web/own.edn", "{:here 1 :there #ref [:here]}"),
        ("web/one.edn", "#include \"two.edn\""),
        ("web/two.edn", "[#include \"one.edn\"]"),
        (
            "web/notes.edn",
            "{:my/port #keyword \"p\" :my/both #merge [{:k 1} #ref [:my/more]] :my/more {:j 2}}",
        ),
        ("web/bad.edn", "{:a"),
    ];
    let file = |(path, text): &(&str, &str)| ((*path).to_owned(), Ok(text.as_bytes().to_vec()));
    let mut included: BTreeMap<_, _> = files.iter().map(file).collect();
    included.insert("web/gone.edn".to_owned(), Err("No such file".to_owned()));
    let (profile, hostname) = (Some("dev".to_owned()), "stone".to_owned());
    Surroundings { profile, hostname, root_to_base: "..".to_owned(), included, ..Surroundings::default() }
}

fn expanded(text: &str) -> Checked<Expanded> {
    expand(&Source::new("web/ecosystem.edn", text), &surroundings())
}

/// A form without its places, as EDN.
fn shown(node: &Node) -> String {
    let all = |nodes: &[Node]| nodes.iter().map(shown).collect::<Vec<_>>().join(" ");
    match &node.value {
        Value::Vector(items) => format!("[{}]", all(items)),
        Value::Map(entries) => {
            let entry = |entry: &crate::edn::Entry| format!("{} {}", shown(&entry.key), shown(&entry.value));
            format!("{{{}}}", entries.iter().map(entry).collect::<Vec<_>>().join(" "))
        }
        Value::Tagged(tagged) => format!("#{} {}", tagged.tag, shown(&tagged.form)),
        _ => node.to_edn().to_string(),
    }
}

/// What a form is expanded to, or the codes of what is wrong with it.
fn check(text: &str, expected: &str) {
    let checked = expanded(text);
    let codes: Vec<_> = checked.diagnostics.iter().map(|it| it.code).collect();
    let found = if codes.is_empty() { shown(&checked.output.root.unwrap()) } else { codes.join(" ") };
    assert_eq!(found, expected, "{text}");
}

/// Whatever lies on the way to it, in whatever file.
#[test]
fn a_path_leads_through_notes_and_includes() {
    for (path, expected) in [
        ("[:my/shared :my/port]", ":p"),
        ("[:my/shared :my/both]", "{:k 1 :j 2}"),
        ("[:my/shared :my/both :k]", "1"),
        ("[:my/shared :my/both :j]", "2"),
        ("[:my/shared :my/none]", "E0505"),
    ] {
        let found = format!("{{:my/shared #include \"notes.edn\" :v #ref {path}}}");
        let whole = format!("{{:my/shared #include \"notes.edn\" :v {expected}}}");
        check(&found, if expected.starts_with('E') { expected } else { &whole });
    }
    check(
        "{:my/x #merge [{:my/y #keyword \"k\"}] :v #ref [:my/x :my/y]}",
        "{:my/x #merge [{:my/y #keyword \"k\"}] :v :k}",
    );
    check("{:i #include \"gone.edn\" :v #ref [:i :a]}", "E0503");
}

#[test]
fn tags_mean_what_they_mean_in_aero() {
    check("#profile {:dev 1 :prod 2}", "1");
    check("#profile {#{:test :dev} 1 :default 2}", "1");
    check("#profile {:prod 1 :default 2}", "2");
    check("#profile {:prod 1}", "nil");
    check("#hostname {\"stone\" 1 :default 2}", "1");
    check("#hostname {#{\"emerald\" \"diamond\"} 1 :default 2}", "2");
    check("#join [\"a\" 1 :b nil true]", "\"a1:btrue\"");
    check("#join []", "\"\"");
    check("#or [nil false 3 4]", "3");
    check("#or [nil false]", "false");
    check("#or []", "nil");
    check(
        "[#long \"8080\" #double \"1.5\" #boolean \"TRUE\" #boolean \"yes\" #keyword \"x\" #keyword :y]",
        "[8080 1.5 true false :x :y]",
    );
    check("#merge [{:a 1 :b {:c 1}} nil {:b {:d 2}}]", "{:a 1 :b {:d 2}}");
    check("{:my/x {:p 7} :q #ref [:my/x :p] :r [#ref [:q]]}", "{:my/x {:p 7} :q 7 :r [7]}");
    check("{:a #profile {:dev {:b 1}} :c #ref [:a :b]}", "{:a {:b 1} :c 1}");
    check("{:a #ref [:b] :b #ref [:c] :c 1}", "{:a 1 :b 1 :c 1}");
    check("#include \"shared.edn\"", "{:a 1 :b {:c [10 20]}}");
    check("{:i #include \"shared.edn\" :v #ref [:i :b :c 1]}", "{:i {:a 1 :b {:c [10 20]}} :v 20}");
    check("#include \"../common.edn\"", "{:x 1 :a 1 :b {:c [10 20]}}");
    check("{:here 2 :i #include \"own.edn\"}", "{:here 2 :i {:here 1 :there 1}}");
    check(
        "{:my/note #include \"gone.edn\" :other/x #unknown 1}",
        "{:my/note #include \"gone.edn\" :other/x #unknown 1}",
    );
}

#[test]
fn what_the_environment_tells_is_left() {
    check("#env HOME", "#env \"HOME\"");
    check("#or [nil #env A #env B 5 6]", "#or [#env \"A\" #env \"B\" 5]");
    check("#or [5 #env A]", "5");
    check("#or [#env A false]", "#or [#env \"A\" false]");
    check("#or [#env A nil]", "#or [#env \"A\"]");
    check("#join [\"a\" 1 #env A :b \"c\"]", "#join [\"a1\" #env \"A\" \":bc\"]");
    check("#long #or [#env PORT 8080]", "#long #or [#env \"PORT\" 8080]");
    check("#boolean \"${A}\"", "#boolean \"${A}\"");
    check("{:a #env A :b #ref [:a]}", "{:a #env \"A\" :b #env \"A\"}");
    check("#profile {:dev #env A}", "#env \"A\"");
}

#[test]
fn what_cannot_be_is_said() {
    check("#env 7", "E0501");
    check("#env \"A=B\"", "E0501");
    check("#or 7", "E0501");
    check("#join [{}]", "E0501");
    check("#profile :dev", "E0501");
    check("#merge [1]", "E0501");
    check("#merge [#env A]", "E0501");
    check("#keyword #env A", "E0501");
    check("#include 7", "E0501");
    check("#include \"/etc/passwd\"", "E0502");
    check("#include \"../../../x.edn\"", "E0502");
    check("#include \".env\"", "E0502");
    check("#include \"gone.edn\"", "E0503");
    check("#include \"unasked.edn\"", "E0503");
    check("#include \"one.edn\"", "E0504");
    check("#include \"ecosystem.edn\"", "E0504");
    check("{:a #ref [:b] :b #ref [:a]}", "E0504 E0504");
    check("{:a [#ref [:a]]}", "E0504");
    check("{:a #ref [:nowhere]}", "E0505");
    check("#include \"../../beside.edn\"", "E0505");
    check("#include \"bad.edn\"", "E0101");
    check("#long \"x\"", "E0507");
    check("#double \"NaN\"", "E0507");
}

#[test]
fn a_cycle_is_shown_as_a_whole() {
    let checked = expanded("{:x #include \"one.edn\"}");
    let error = &checked.diagnostics[0];
    assert_eq!(error.message, "these files include one another: web/one.edn → web/two.edn → web/one.edn");
    let places: Vec<_> = error.labels.iter().map(|label| label.path.as_str()).collect();
    assert_eq!(places, ["web/two.edn", "web/one.edn"]);
}

#[test]
fn doubling_ends() {
    let levels: String =
        (1..40).map(|level| format!(":l{level} [#ref [:l{0}] #ref [:l{0}]]", level - 1)).collect();
    check(&format!("{{:l0 1 {levels}}}"), "E0506");
    let deep: String = (1..2000).map(|level| format!(":l{level} [#ref [:l{}]]", level - 1)).rev().collect();
    check(&format!("{{{deep} :l0 1}}"), "E0506");
}

/// Sixteen levels of doubling stay below the limit of nodes.
#[test]
fn doubling_of_texts_ends() {
    let text = "x".repeat(10_000);
    let levels: String =
        (1..16).map(|level| format!(":l{level} #join [#ref [:l{0}] #ref [:l{0}]]", level - 1)).collect();
    check(&format!("{{:l0 {text:?} {levels}}}"), "E0506");
}

/// Each of these leads to all of them, and so on in every order there is.
#[test]
fn circles_through_one_another_are_told_of_once() {
    let text = format!("{{:a [{}]}}", "#ref [:a]".repeat(40));
    let diagnostics = expanded(&text).diagnostics;
    let circles = diagnostics.iter().filter(|diagnostic| diagnostic.code == codes::CYCLE).count();
    assert_eq!((circles, diagnostics.len()), (40, 41), "one each, and that it is too much");
}

#[test]
fn a_mistake_that_is_referred_to_is_told_of_once() {
    let text = format!("{{:my/a #long \"x\" :b [{}]}}", "#ref [:my/a] ".repeat(50));
    check(&text, codes::NOT_A_NUMBER);
    let files = [("web/broken.edn".to_owned(), Ok(b"{:a }".to_vec()))];
    let surroundings = Surroundings { included: files.into(), ..Surroundings::default() };
    let source = Source::new("web/ecosystem.edn", format!("[{}]", "#include \"broken.edn\" ".repeat(50)));
    assert_eq!(expand(&source, &surroundings).diagnostics.len(), 1);
}

/// What little is written can stand for more than any machine holds, or for more work than anybody waits for.
#[test]
fn long_texts_and_large_files_weigh_more() {
    let long = "x".repeat(1_000_000);
    let check_ends = |source: &str, surroundings: &Surroundings| {
        let source = Source::new("web/ecosystem.edn", source);
        let codes: Vec<_> = expand(&source, surroundings).diagnostics.iter().map(|it| it.code).collect();
        assert_eq!(codes, ["E0506"]);
    };
    let none = Surroundings::default();
    let again = "#ref [:x/long] ".repeat(100_000);
    check_ends(&format!("{{:x/long \"{long}\" :a [{again}]}}"), &none);
    let levels: String = (1..40)
        .map(|level| format!(":x/l{level} #join [#ref [:x/l{0}] #ref [:x/l{0}]]", level - 1))
        .collect();
    check_ends(&format!("{{:x/l0 \"{}\" {levels} :a #ref [:x/l39]}}", &long[..1000]), &none);

    let mut around = Surroundings::default();
    around.included.insert("web/large.edn".to_owned(), Ok(format!(";{long}\n{{:a 1}}").into_bytes()));
    let again = "#ref [:x/large :a] ".repeat(50_000);
    check_ends(&format!("{{:x/large #include \"large.edn\" :a [{again}]}}"), &around);
    check_ends(&format!("[{}]", "#include \"large.edn\" ".repeat(50_000)), &around);
}

/// Each file leads on into the next, and none stands in another.
#[test]
fn a_long_way_through_files_ends() {
    let mut around = Surroundings::default();
    for file in 0..20_000 {
        let text = format!("{{:x/next #include \"{}.edn\"}}", file + 1);
        around.included.insert(format!("web/{file}.edn"), Ok(text.into_bytes()));
    }
    let path = ":x/next ".repeat(20_000);
    let source = Source::new("web/ecosystem.edn", format!("{{:x/next #include \"0.edn\" :a #ref [{path}]}}"));
    let codes: Vec<_> = expand(&source, &around).diagnostics.iter().map(|it| it.code).collect();
    assert!(codes.contains(&"E0506"), "{codes:?}");
}

#[test]
fn an_included_value_tells_where_it_was_written() {
    let Expanded { root, map, includes, .. } = expanded("{:i #include \"shared.edn\"}").output;
    let root = root.unwrap();
    let a = root.get("i").unwrap().get("a").unwrap();
    let origin = map.locate(a.span);
    assert_eq!((origin.path.as_str(), origin.span.start), ("web/shared.edn", 4));
    assert_eq!(map.locate(root.span).path, "web/ecosystem.edn");
    assert_eq!(includes, ["web/shared.edn".to_owned()].into());
}

#[test]
fn what_is_missing_is_asked_for() {
    let source = |text: &str| vec![Source::new("web/ecosystem.edn", text)];
    let none = Surroundings::default();
    let asked = |text: &str| wanted(&source(text), &none).into_iter().collect::<Vec<_>>();
    assert_eq!(asked("{:a #include \"x.edn\" :b #include \"../y.edn\"}"), ["web/x.edn", "y.edn"]);
    assert_eq!(asked("{:a #include \"../../y.edn\"}"), Vec::<String>::new());
    assert_eq!(wanted(&source("#include \"shared.edn\""), &surroundings()).len(), 0);
}

proptest! {
    /// Whatever stands behind the tags, nothing panics and nothing takes for ever.
    #[test]
    fn any_form_is_expanded(text in r#"(\{:a )?(#(env|or|join|long|profile|ref|include|merge|keyword|boolean) ){0,3}(\[|\{|"|:a|1|shared.edn|#ref \[:a\]| |\]|\}|nil){0,8}"#) {
        let _ = expanded(&text);
    }
}
