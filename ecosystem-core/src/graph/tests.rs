use super::*;
use crate::compile;
use crate::diagnostic::Source;

/// The three forms of a tree, below its text.
fn drawn(sources: &[(&str, &str)]) -> String {
    let text: Vec<String> = sources.iter().map(|(id, text)| format!(";; {id}\n{text}\n")).collect();
    let sources: Vec<Source> =
        sources.iter().map(|(id, text)| Source::new(format!("{id}/ecosystem.edn"), *text)).collect();
    let ecosystem = compile(&sources).output;
    let graph = Graph::of(&ecosystem);
    format!("{}\n{}\n{}\n{}", text.join(""), graph.to_text(), graph.to_dot(), graph.to_mermaid())
}

#[test]
fn a_tree_in_all_forms() {
    insta::assert_snapshot!(drawn(&[
        (
            "shop",
            r#"{:apps [{:name "web" :script "web.mjs" :depends-on ["api" {:name "cache" :condition :started}]}
        {:name "api" :script "api.mjs" :depends-on ["db" "cache"]}
        {:name "mail" :script "mail.mjs" :depends-on ["queue"]}]}"#
        ),
        ("data", r#"{:apps [{:name "db" :script "db.mjs"} {:name "cache" :script "cache.mjs"}]}"#),
        ("queue", r#"{:apps [{:name "queue" :script 7}]}"#),
    ]));
}

#[test]
fn no_name_is_taken_for_syntax() {
    insta::assert_snapshot!(drawn(&[(
        "odd",
        r##"{:apps [{:name "a\"b" :script "a.js"} {:name "c\\N" :script "a.js" :depends-on ["a\"b"]}
        {:name "<b>#1;`x`" :script "a.js" :depends-on ["c\\N"]} {:name "größer" :script "a.js"}]}"##
    )]));
}

#[test]
fn an_empty_tree_is_a_graph_too() {
    let empty = Ecosystem::default();
    let graph = Graph::of(&empty);
    assert_eq!(graph.to_text(), "");
    assert_eq!(graph.to_mermaid(), "flowchart LR\n");
}
