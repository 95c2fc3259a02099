//! What is valid and what it means. Every value was seen to be what `clojure.edn` 1.11.1 reads, unless said otherwise.

use super::super::{Step, Value};
use super::{plain, sound};

#[track_caller]
fn check(cases: &[(&str, &str)]) {
    for (text, expected) in cases {
        assert_eq!(plain(&sound(text).value), *expected, "{text:?}");
    }
}

#[test]
fn words_and_names() {
    check(&[
        ("nil", "nil"),
        ("true", "true"),
        ("false", "false"),
        ("nil/a", "nil/a"),
        ("nilly", "nilly"),
        ("a/b", "a/b"),
        ("a/b/c", "a/b/c"),
        ("/", "/"),
        ("a//", "a//"),
        ("a///", "a///"),
        ("a//b", "a//b"),
        ("a/:b", "a/:b"),
        ("a/-1", "a/-1"),
        ("a:b:c", "a:b:c"),
        ("a:b/c", "a:b/c"),
        ("-", "-"),
        ("+", "+"),
        ("+a", "+a"),
        ("--1", "--1"),
        ("-.5", "-.5"),
        (".5", ".5"),
        ("..a", "..a"),
        ("a'b", "a'b"),
        ("a#", "a#"),
        ("a|b", "a|b"),
        ("é", "é"),
        ("😀", "😀"),
        (":a", ":a"),
        (":1", ":1"),
        (":1/a", ":1/a"),
        (":/", ":/"),
        (":a///", ":a///"),
        (":nil", ":nil"),
        (":'a", ":'a"),
        (":a#", ":a#"),
        (":a.b/c.d", ":a.b/c.d"),
    ]);
}

#[test]
fn a_name_splits_at_its_first_slash() {
    let Value::Symbol(name) = sound("a/b/c").value else { panic!("a symbol") };
    assert_eq!((name.namespace.as_deref(), name.name.as_str()), (Some("a"), "b/c"));
}

#[test]
fn numbers() {
    check(&[
        ("0", "0"),
        ("-0", "0"),
        ("+1", "1"),
        ("42N", "42"),
        ("-0N", "0"),
        ("010", "8"),
        ("010N", "8"),
        ("00", "0"),
        ("0x1F", "31"),
        ("-0x10", "-16"),
        ("0XaB", "171"),
        ("0x1e5", "485"),
        ("0xFFFFFFFFFFFFFFFFN", "18446744073709551615N"),
        ("36rZz", "1295"),
        ("24r1N", "47"),
        ("-2r101", "-5"),
        ("2R11", "3"),
        ("9223372036854775807", "9223372036854775807"),
        ("-9223372036854775808", "-9223372036854775808"),
        ("9223372036854775808N", "9223372036854775808N"),
        ("+123456789012345678901234567890123456789012345N", "123456789012345678901234567890123456789012345N"),
        ("1.5", "1.5"),
        ("-1.", "-1.0"),
        ("1.e3", "1000.0"),
        ("1E+5", "100000.0"),
        ("09.5", "9.5"),
        ("-0.0", "-0.0"),
        ("1e-400", "0.0"),
        ("1.50M", "1.50M"),
        ("1e3M", "1e3M"),
        ("01M", "01M"),
        ("##Inf", "inf"),
        ("##-Inf", "-inf"),
        ("##NaN", "NaN"),
        ("## \n Inf", "inf"),
    ]);
}

#[test]
fn characters_and_strings() {
    check(&[
        (r"\a", "char 'a'"),
        (r"\newline", r"char '\n'"),
        (r"\space", "char ' '"),
        (r"\tab", r"char '\t'"),
        (r"\return", r"char '\r'"),
        (r"\formfeed", r"char '\u{c}'"),
        (r"\backspace", r"char '\u{8}'"),
        (r"\u0041", "char 'A'"),
        (r"\o101", "char 'A'"),
        (r"\o", "char 'o'"),
        (r"\u", "char 'u'"),
        (r"\(", "char '('"),
        (r"\;", "char ';'"),
        (r"\,", "char ','"),
        (r"\é", "char 'é'"),
        (r"[\a\b\]\\]", r"[char 'a' char 'b' char ']' char '\\']"),
        (r#""""#, r#""""#),
        (r#""a\tb\r\n\\\"""#, r#""a\tb\r\n\\\"""#),
        (r#""\b\f""#, r#""\u{8}\u{c}""#),
        (r#""\u0041x\n""#, r#""Ax\n""#),
        (r#""\uD83D\uDE00!""#, r#""😀!""#),
        (r#""\1018\1 \0""#, r#""A8\u{1} \0""#),
        ("\"a\r\nb\"", r#""a\r\nb""#),
        ("\"${A:-${B:-}}\"", r#""${A:-${B:-}}""#),
    ]);
}

#[test]
fn collections_keep_their_order() {
    check(&[
        ("{:b 1, :a 2}", "{:b 1, :a 2}"),
        ("[1 (2 [3]) #{4}]", "[1 (2 [3]) #{4}]"),
        (r#"{:name"x"}"#, r#"{:name "x"}"#),
        ("[1#{2}]", "[1 #{2}]"),
        ("{1 2, 1.0 3}", "{1 2, 1.0 3}"),
        ("#{1 1.0 1M \"a\" a :a \\a}", "#{1 1.0 1M \"a\" a :a char 'a'}"),
        ("{nil nil}", "{nil nil}"),
        ("{[1] 1 [2] 1}", "{[1] 1, [2] 1}"),
        ("()", "()"),
    ]);
}

#[test]
fn tags_keep_their_form() {
    check(&[
        ("#inst \"2026-01-01\"", "#inst \"2026-01-01\""),
        ("#a/b [1]", "#a/b [1]"),
        ("#a[1]", "#a [1]"),
        ("#a #b 1", "#a #b 1"),
        ("#a #_ 1 nil", "#a nil"),
        ("#é 1", "#é 1"),
    ]);
}

#[test]
fn a_namespace_goes_to_plain_keys() {
    check(&[
        (
            "#:a{b 1 :c 2 :_/d 3 _/e 4 :x/y 5 \"s\" 6 nil 7}",
            "{a/b 1, :a/c 2, :d 3, e 4, :x/y 5, \"s\" 6, nil 7}",
        ),
        ("#:a {:b {:c 1}}", "{:a/b {:c 1}}"),
        ("#:a.b\n,{:c 1}", "{:a.b/c 1}"),
    ]);
}

#[test]
fn comments_and_discards_leave_nothing() {
    check(&[
        ("; a\n{:a 1} ; b", "{:a 1}"),
        ("[1 ;a\r2]", "[1 2]"),
        ("#_ 1 2", "2"),
        ("#_ #_ a b c", "c"),
        ("[#_a]", "[]"),
        ("[#_ #_ 1 2]", "[]"),
        ("{:a 1 #_:b}", "{:a 1}"),
        ("{:a #_ 1 2 #_ #_ :b 3}", "{:a 2}"),
        ("#_ #a #_ b c d", "d"),
        ("{:a 1} #_ {:b 2}", "{:a 1}"),
        ("\r\n,,\u{2003}\u{c}\u{b}1\u{1c}", "1"),
    ]);
}

#[test]
fn a_byte_order_mark_is_passed_over() {
    // Clojure takes it for the beginning of a symbol.
    check(&[("\u{feff}{:a 1}", "{:a 1}")]);
    assert_eq!(sound("\u{feff}[]").span.start, 3);
}

#[test]
fn spans_cover_prefixes() {
    let node = sound(" #:a{:b #t [1]} ");
    assert_eq!((node.span.start, node.span.end), (1, 15));
    let tagged = node.as_map().unwrap().first().unwrap();
    assert_eq!((tagged.value.span.start, tagged.value.span.end), (8, 14));
}

#[test]
fn a_path_leads_to_key_and_value() {
    let node = sound("{:apps [{:env {:PORT 1 \"HOST\" h}}] :x/apps 2}");
    let env = [Step::Key("apps"), Step::Index(0), Step::Key("env")];
    let find = |last| node.find(&[&env[..], &[last]].concat()).map(|place| plain(&place.node.value));
    assert_eq!(find(Step::Key("PORT")).as_deref(), Some("1"));
    assert_eq!(find(Step::Text("HOST")).as_deref(), Some("h"));
    assert_eq!(find(Step::Key("HOST")), None);
    assert_eq!(find(Step::Index(0)), None);
    assert_eq!(node.find(&[]).unwrap().node, &node);
    assert_eq!(node.get("apps").unwrap().value.kind_name(), "a vector");
}

#[test]
fn values_go_to_edn_rs() {
    let to_edn = |text| sound(text).to_edn().to_string();
    assert_eq!(
        to_edn("[1 -1 1.5 \\a :a/b c nil true \"x\" #t 1]"),
        "[1 -1 1.5 \\a :a/b c nil true \"x\" #t 1]"
    );
    assert_eq!(to_edn("{:b 1 \"a\" 2}"), "{\"a\" 2, :b 1}");
    assert_eq!(
        to_edn("[1.50M 18446744073709551615N -18446744073709551616N]"),
        "[1.5 18446744073709551615 -18446744073709551616/1]"
    );
}
