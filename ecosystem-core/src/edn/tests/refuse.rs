//! What is refused: codes and places in a table, words and carets in snapshots.

use crate::diagnostic::Source;
use crate::tests::drawing;

use super::super::{codes::*, read};
use super::{read_text, source};

/// Each case: the text, then code and start of each diagnostic.
#[track_caller]
fn check(cases: &[(&str, &[(&str, usize)])]) {
    for (text, expected) in cases {
        let checked = read_text(text);
        assert_eq!(checked.output, None, "{text:?}");
        let found: Vec<_> = checked.diagnostics.iter().map(|d| (d.code, d.labels[0].span.start)).collect();
        assert_eq!(found, *expected, "{text:?}");
        assert!(checked.diagnostics.iter().all(|d| d.hint.as_deref().is_some_and(|hint| !hint.is_empty())));
    }
}

#[test]
fn brackets() {
    check(&[
        ("{:a 1", &[(UNCLOSED, 0)]),
        ("{:apps [{:a 1}", &[(UNCLOSED, 7)]),
        ("[#{1", &[(UNCLOSED, 1)]),
        ("}", &[(UNOPENED, 0)]),
        ("}}}}", &[(UNOPENED, 0)]),
        ("{:a 1}}", &[(UNOPENED, 6)]),
        ("{:a 1}} {:b 1}", &[(UNOPENED, 6)]),
        ("{:a [1 2}", &[(MISMATCHED, 8)]),
        ("{:a 1]", &[(MISMATCHED, 5)]),
        ("{:a [1 2) :b (3 4]}", &[(MISMATCHED, 8), (MISMATCHED, 17)]),
        ("{:apps [{:a 1} {:b 2} }", &[(MISMATCHED, 22)]),
        ("[{:a 1] :b 2}", &[(MISMATCHED, 6)]),
        ("{:apps [{:a 1}} {:b 2}]}", &[(MISMATCHED, 14)]),
        ("(((]", &[(MISMATCHED, 3)]),
        ("(((] [", &[(MISMATCHED, 3), (UNCLOSED, 5)]),
        ("[1] 2]", &[(TRAILING_FORM, 4)]),
        ("(#a #_ [)", &[(TAG_WITHOUT_FORM, 1), (MISMATCHED, 8)]),
        ("(#a #_ [1} 2)", &[(MISMATCHED, 9)]),
        ("(#a #_ [", &[(TAG_WITHOUT_FORM, 1), (UNCLOSED, 7)]),
        ("{:a 1 :b ::c", &[(UNCLOSED, 0), (AUTO_RESOLVED_KEYWORD, 9)]),
    ]);
}

#[test]
fn maps_and_sets() {
    check(&[
        ("{:a 1 :b}", &[(ODD_MAP, 6)]),
        ("{:a}", &[(ODD_MAP, 1)]),
        ("{:a #_b}", &[(ODD_MAP, 1)]),
        ("{:a :b 1 :c 2}", &[(ODD_MAP, 1)]),
        ("{:x 1 :a :b 1}", &[(ODD_MAP, 6)]),
        ("{:a 1 2}", &[(ODD_MAP, 6)]),
        ("[{:a} {:b}]", &[(ODD_MAP, 2), (ODD_MAP, 7)]),
        ("#_{1} 2", &[(ODD_MAP, 3)]),
        ("{:a 1 :b 2 :a 3}", &[(DUPLICATE_KEY, 11)]),
        ("{:a 1 :a 2 :a 3}", &[(DUPLICATE_KEY, 6), (DUPLICATE_KEY, 11)]),
        ("{1 2 1N 3}", &[(DUPLICATE_KEY, 5)]),
        ("{nil 1 nil 2}", &[(DUPLICATE_KEY, 7)]),
        ("#:a{:b 1 :a/b 2}", &[(DUPLICATE_KEY, 9)]),
        ("#{1 1}", &[(DUPLICATE_ELEMENT, 4)]),
        ("#{0.0 -0.0}", &[(DUPLICATE_ELEMENT, 6)]),
        ("#{##NaN ##NaN}", &[(DUPLICATE_ELEMENT, 8)]),
        ("#{1.0M 1.00M}", &[(DUPLICATE_ELEMENT, 7)]),
        ("#{1e1M 10M 10.0M}", &[(DUPLICATE_ELEMENT, 7), (DUPLICATE_ELEMENT, 11)]),
        ("#{[1] (1)}", &[(DUPLICATE_ELEMENT, 6)]),
        ("#{[1] [1N]}", &[(DUPLICATE_ELEMENT, 6)]),
        ("#{{1 2, 3 4} {3 4, 1 2}}", &[(DUPLICATE_ELEMENT, 13)]),
        ("#{#{1 2} #{2 1}}", &[(DUPLICATE_ELEMENT, 9)]),
        ("#{#a 1 #a 1}", &[(DUPLICATE_ELEMENT, 7)]),
        ("{:a 1 :b 2 :c 3 :d 4 :e 5 :f 6 :g 7 :h 8 :i 9 :j 1 :k 1 :l 1 :m 1 :a 1}", &[(DUPLICATE_KEY, 66)]),
    ]);
}

#[test]
fn foreign_syntax() {
    check(&[
        ("#=(+ 1 2)", &[(READ_EVAL, 0)]),
        ("{:a #=(sh \"id\")}", &[(READ_EVAL, 4)]),
        ("#\"x\\d\"", &[(UNKNOWN_DISPATCH, 0), (BAD_ESCAPE, 3)]),
        ("#(a)", &[(UNKNOWN_DISPATCH, 0)]),
        ("#'a", &[(UNKNOWN_DISPATCH, 0)]),
        ("#?(:clj 1)", &[(UNKNOWN_DISPATCH, 0)]),
        ("#?@(:clj 1)", &[(UNKNOWN_DISPATCH, 0)]),
        ("#!/bin/x\n1", &[(UNKNOWN_DISPATCH, 0)]),
        ("{:a #<Foo 1 2>}", &[(UNKNOWN_DISPATCH, 4)]),
        ("#1 2", &[(UNKNOWN_DISPATCH, 0)]),
        ("# {}", &[(UNKNOWN_DISPATCH, 0)]),
        ("#", &[(UNKNOWN_DISPATCH, 0)]),
        ("#-a 1", &[(UNKNOWN_DISPATCH, 0)]),
        ("'a", &[(READER_MACRO, 0)]),
        ("[']", &[(READER_MACRO, 1)]),
        ("`a", &[(READER_MACRO, 0)]),
        ("~@a", &[(READER_MACRO, 0)]),
        ("@a", &[(READER_MACRO, 0)]),
        ("{:a ^:b [1]}", &[(READER_MACRO, 4)]),
        ("{:a ^:b}", &[(ODD_MAP, 1), (READER_MACRO, 4)]),
        ("#^ a b", &[(READER_MACRO, 0)]),
        ("{:script ~/bin/x}", &[(READER_MACRO, 9), (BAD_SYMBOL, 10)]),
    ]);
}

#[test]
fn names() {
    check(&[
        (":", &[(BAD_KEYWORD, 0)]),
        (":a/", &[(BAD_KEYWORD, 0)]),
        (":/a", &[(BAD_KEYWORD, 0)]),
        ("://", &[(BAD_KEYWORD, 0)]),
        (":a:", &[(BAD_KEYWORD, 0)]),
        (":a/1", &[(BAD_KEYWORD, 0)]),
        (":1/2", &[(BAD_KEYWORD, 0)]),
        (":a::b", &[(BAD_KEYWORD, 0)]),
        (":a:/b", &[(BAD_KEYWORD, 0)]),
        (":a@b", &[(BAD_KEYWORD, 0)]),
        ("::a", &[(AUTO_RESOLVED_KEYWORD, 0)]),
        ("::a/b", &[(AUTO_RESOLVED_KEYWORD, 0)]),
        ("/a", &[(BAD_SYMBOL, 0)]),
        ("a/", &[(BAD_SYMBOL, 0)]),
        ("//", &[(BAD_SYMBOL, 0)]),
        ("a:", &[(BAD_SYMBOL, 0)]),
        ("a/1b", &[(BAD_SYMBOL, 0)]),
        ("-/1a", &[(BAD_SYMBOL, 0)]),
        ("a~b", &[(BAD_SYMBOL, 0)]),
        ("٣", &[(BAD_SYMBOL, 0)]),
        ("{\"a\": [1]}", &[(BAD_KEYWORD, 4)]),
        ("{:a\u{a0}1}", &[(INVISIBLE_CHARACTER, 3)]),
        ("a\u{200b}b", &[(INVISIBLE_CHARACTER, 1)]),
        ("[a\u{7}]", &[(INVISIBLE_CHARACTER, 2)]),
    ]);
}

#[test]
fn numbers_and_characters() {
    check(&[
        ("08", &[(BAD_NUMBER, 0)]),
        ("1a", &[(BAD_NUMBER, 0)]),
        ("1N2", &[(BAD_NUMBER, 0)]),
        ("1.5N", &[(BAD_NUMBER, 0)]),
        ("1_000", &[(BAD_NUMBER, 0)]),
        ("0.1.2", &[(BAD_NUMBER, 0)]),
        ("1e+", &[(BAD_NUMBER, 0)]),
        ("0x", &[(BAD_NUMBER, 0)]),
        ("0xg", &[(BAD_NUMBER, 0)]),
        ("12r", &[(BAD_NUMBER, 0)]),
        ("37r1", &[(BAD_NUMBER, 0)]),
        ("1r0", &[(BAD_NUMBER, 0)]),
        ("0r1", &[(BAD_NUMBER, 0)]),
        ("02r1", &[(BAD_NUMBER, 0)]),
        ("2r2", &[(BAD_NUMBER, 0)]),
        ("2r-1", &[(BAD_NUMBER, 0)]),
        ("16rFFN", &[(BAD_NUMBER, 0)]),
        ("1/2/3", &[(BAD_NUMBER, 0)]),
        ("1/2", &[(RATIO, 0)]),
        ("-1/2", &[(RATIO, 0)]),
        ("9223372036854775808", &[(NUMBER_OUT_OF_RANGE, 0)]),
        ("0x8000000000000000", &[(NUMBER_OUT_OF_RANGE, 0)]),
        ("1e400", &[(NUMBER_OUT_OF_RANGE, 0)]),
        ("1e99999999999M", &[(NUMBER_OUT_OF_RANGE, 0)]),
        ("##Foo", &[(BAD_SYMBOLIC_VALUE, 0)]),
        ("##", &[(BAD_SYMBOLIC_VALUE, 0)]),
        (r"\ab", &[(BAD_CHARACTER, 0)]),
        (r"\", &[(BAD_CHARACTER, 0)]),
        (r"[\ a]", &[(BAD_CHARACTER, 1)]),
        (r"\u41", &[(BAD_CHARACTER, 0)]),
        (r"\uD800", &[(BAD_CHARACTER, 0)]),
        (r"\o400", &[(BAD_CHARACTER, 0)]),
        (r"\o8", &[(BAD_CHARACTER, 0)]),
        (r"\NEWLINE", &[(BAD_CHARACTER, 0)]),
        (r"\😀", &[(BAD_CHARACTER, 0)]),
    ]);
}

#[test]
fn strings() {
    check(&[
        ("\"a", &[(UNTERMINATED_STRING, 0)]),
        ("\"a\\\"", &[(UNTERMINATED_STRING, 0)]),
        ("[{:a \"b}]", &[(UNTERMINATED_STRING, 5)]),
        (r#""\o""#, &[(BAD_ESCAPE, 1)]),
        (r#""C:\dir""#, &[(BAD_ESCAPE, 3)]),
        (r#""\u41""#, &[(BAD_ESCAPE, 1)]),
        (r#""\uD83D""#, &[(BAD_ESCAPE, 1)]),
        (r#""\uDE00\uD83D""#, &[(BAD_ESCAPE, 1)]),
        (r#""\400""#, &[(BAD_ESCAPE, 1)]),
        (r#""\1x""#, &[(BAD_ESCAPE, 1)]),
        (r#""\8""#, &[(BAD_ESCAPE, 1)]),
    ]);
}

#[test]
fn prefixes_and_files() {
    check(&[
        ("", &[(NO_FORM, 0)]),
        ("; a\n", &[(NO_FORM, 4)]),
        ("#_ 1", &[(NO_FORM, 4)]),
        ("\u{feff}", &[(NO_FORM, 3)]),
        ("{:a 1} garbage more", &[(TRAILING_FORM, 7)]),
        ("#_", &[(DISCARD_WITHOUT_FORM, 0)]),
        ("{:a #_}", &[(DISCARD_WITHOUT_FORM, 4)]),
        ("(#_ #_ 1)", &[(DISCARD_WITHOUT_FORM, 1)]),
        ("#foo", &[(TAG_WITHOUT_FORM, 0)]),
        ("{:a #foo}", &[(TAG_WITHOUT_FORM, 4)]),
        ("#_ #foo", &[(TAG_WITHOUT_FORM, 3)]),
        ("#nil 1", &[(BAD_TAG, 0)]),
        ("#a/ 1", &[(BAD_TAG, 0)]),
        ("#:a[1]", &[(BAD_NAMESPACED_MAP, 0)]),
        ("#:a", &[(BAD_NAMESPACED_MAP, 0)]),
        ("#:a #_x {:b 1}", &[(BAD_NAMESPACED_MAP, 0)]),
        ("#:a/b{:c 1}", &[(BAD_NAMESPACED_MAP, 0)]),
        ("#::a{:b 1}", &[(BAD_NAMESPACED_MAP, 0)]),
        ("#:1{:b 1}", &[(BAD_NAMESPACED_MAP, 0)]),
        ("#:nil{:b 1}", &[(BAD_NAMESPACED_MAP, 0)]),
    ]);
}

#[test]
fn bytes_that_are_no_text() {
    let read_bytes = |bytes: &[u8]| {
        let checked = read(&Source { path: "a".to_owned(), contents: bytes.to_vec() });
        assert_eq!(checked.output, None);
        checked
            .diagnostics
            .iter()
            .map(|d| (d.code, d.labels[0].span.start, d.labels[0].span.end))
            .collect::<Vec<_>>()
    };
    assert_eq!(read_bytes(b"{:a \"caf\xe9\" :a 1}"), [(INVALID_UTF8, 8, 9), (DUPLICATE_KEY, 11, 13)]);
    assert_eq!(read_bytes(b"\xff\xfe{\0}\0"), [(INVALID_UTF8, 0, 2)]);
    assert_eq!(read_bytes(b"\"\xe2\x82"), [(UNTERMINATED_STRING, 0, 1), (INVALID_UTF8, 1, 3)]);
}

/// What the author sees, for mistakes that people make.
#[test]
fn drawn() {
    let texts = [
        "{:apps [{:name \"web\"\n         :script \"a.js\"}\n :deploy {}}",
        "{:apps [{:name \"web\" :args [1 2}]}",
        "{:apps [{:name \"web\"}]",
        "{:apps [{:name \"web\" :script}]}",
        "{:apps [{:name :script \"a.js\"}]}",
        "{:name \"a\"\n :env {}\n :name \"b\"}",
        "{:name \"a\"}\n{:name \"b\"}",
        "{\"name\": \"web\", \"args\": [1]}",
        "{:now #=(java.util.Date.)}",
        "{:name \"web\n :script \"a.js\"}\n",
        "{:path \"C:\\dir\"}",
        "{:max\u{a0}memory 1/2 :port 99999999999999999999}",
        "{:a '(1) :b ::c :d #foo}",
        "; nothing\n",
    ];
    for text in texts {
        insta::with_settings!({ description => text, omit_expression => true }, {
            insta::assert_snapshot!(drawing::draw(&[source(text)], &read_text(text).diagnostics));
        });
    }
}
