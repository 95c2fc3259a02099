#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use proptest::prelude::*;
use proptest::strategy::ValueTree as _;
use proptest::test_runner::TestRunner;
use serde_json::json;

use super::*;
use crate::tests::node;

fn check(text: &str, expected: &[(&str, &str)]) {
    let expected = expected.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    assert_eq!(parse(text), expected, "{text:?}");
}

#[test]
fn well_formed() {
    check("", &[]);
    check("A=1\n\n# comment\nB=two words # comment\n", &[("A", "1"), ("B", "two words")]);
    check("export A=1\r\nB = 2\r\n", &[("A", "1"), ("B", "2")]);
    check("URL=http://x/?a=b\nEMPTY=\nLAST=1", &[("URL", "http://x/?a=b"), ("EMPTY", ""), ("LAST", "1")]);
    check("A=\" a # b \" # c\nB='it\\n'\nC=`\"'`", &[("A", " a # b "), ("B", "it\\n"), ("C", "\"'")]);
    check("KEY=\"one\ntwo\\nthree\"\nB=1", &[("KEY", "one\ntwo\nthree"), ("B", "1")]);
    check("A=1\nA=2", &[("A", "2")]);
}

#[test]
fn oddities_of_node() {
    check("no equals sign\nB=1", &[("no equals sign\nB", "1")]);
    check("A=1\n=2\nB=3", &[("A", "1")]);
    check("A=\"open\nB=1", &[("A", "\"open"), ("B", "1")]);
    check("A=1\nB=\"open", &[("A", "1")]);
    check("# last line=1", &[("# last line", "1")]);
    check("A=\t1\t", &[("A", "\t1\t")]);
    check("\u{feff}A=1", &[("\u{feff}A", "1")]);
    check("__proto__=1\nB=2", &[("B", "2")]);
}

/// Looking for an `=` from each line on would take hours.
#[test]
fn megabytes_without_a_variable_end() {
    check(&format!("A=1\n{}", "a\n".repeat(4_000_000)), &[("A", "1")]);
}

/// Any text over the characters that mean something, but for a name of spaces alone: node 20 reads a byte
/// before the string then.
fn any_text() -> impl Strategy<Value = String> {
    let pieces =
        ["A", "b", "=", "=", "\"", "'", "`", "\n", "\n", "#", " ", "\t", "\r", "\\n", "export ", "é", "\\"];
    prop::collection::vec(prop::sample::select(pieces.to_vec()), 0..16)
        .prop_map(|pieces| pieces.concat())
        .prop_filter("a name of spaces", |text| {
            !text
                .replace('\r', "")
                .split('\n')
                .any(|line| line.starts_with(' ') && line.trim_start().starts_with('='))
        })
}

/// Texts as people write them, on which every node agrees. Empty values are left bare: after `=` and spaces
/// node 22 and 24 take the next line for the value, and they keep the `export` of an empty variable.
fn well_formed_text() -> impl Strategy<Value = String> {
    let name = "(export )?[A-Z_][A-Za-z0-9_.]{0,4}";
    let value = prop_oneof![
        "[a-z0-9/:.=é][a-z0-9 /:.=\"'é]{0,8}",
        "\"[a-z #=\n'`\\\\]{0,8}\"",
        "'[a-z #=\n\"`\\\\]{0,8}'",
        "`[a-z #=\n'\"\\\\]{0,8}`",
    ];
    let variable = (name, "=| = |= ", value, " {0,2}(#[a-z ='\"]{0,5})?")
        .prop_map(|(name, equals, value, comment)| format!("{name}{equals}{value}{comment}"));
    let line =
        prop_oneof![4 => variable, 1 => "[A-Z]{1,3}=", 1 => "#[a-z ='\"]{0,8}", 1 => Just(String::new())];
    (prop::collection::vec(line, 0..6), "\n|\r\n")
        .prop_map(|(lines, end)| lines.into_iter().map(|line| line + &end).collect())
}

fn samples(strategy: impl Strategy<Value = String>, count: usize) -> Vec<String> {
    let mut runner = TestRunner::deterministic();
    (0..count).map(|_| strategy.new_tree(&mut runner).unwrap().current()).collect()
}

/// Compares with the node at hand, in one process.
fn check_with_node(texts: &[String]) {
    let script = "import { parseEnv } from 'node:util'; answer(input.map((text) => parseEnv(text)));";
    let theirs = node::ask(script, &json!(texts));
    for (text, theirs) in texts.iter().zip(theirs.as_array().unwrap()) {
        assert_eq!(&json!(parse(text)), theirs, "{text:?}");
    }
}

#[test]
fn equals_every_node_on_well_formed_texts() {
    check_with_node(&samples(well_formed_text(), 5000));
}

/// Other versions have other oddities (see [`parse`]): there the test above is all that can be asked.
#[test]
fn equals_node_20_on_any_text() {
    if node::version().starts_with("v20.") {
        check_with_node(&samples(any_text(), 20000));
    }
}
