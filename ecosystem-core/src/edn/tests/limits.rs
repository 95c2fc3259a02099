//! Input that is long or deep: it ends, and says something.

use crate::diagnostic::Source;

use super::super::{MAX_DEPTH, MAX_DIAGNOSTICS, codes, read};
use super::{read_text, sound};

#[track_caller]
fn codes_of(text: &str) -> Vec<&'static str> {
    read_text(text).diagnostics.iter().map(|diagnostic| diagnostic.code).collect()
}

#[test]
fn the_deepest_is_read_and_one_more_is_not() {
    let nested = |depth| format!("{}{}", "[".repeat(depth), "]".repeat(depth));
    sound(&nested(MAX_DEPTH));
    assert_eq!(codes_of(&nested(MAX_DEPTH + 1)), [codes::TOO_DEEP]);
    assert_eq!(codes_of(&format!("{} 1", "#a ".repeat(MAX_DEPTH + 1))), [codes::TOO_DEEP]);
}

#[test]
fn a_hundred_thousand_brackets_are_one_error() {
    for opening in ["[", "{", "#{", "(", "{:a [", "#a ", "#:a{"] {
        assert_eq!(codes_of(&opening.repeat(100_000)), [codes::TOO_DEEP], "{opening}");
    }
    assert_eq!(codes_of(&"]".repeat(100_000)), [codes::UNOPENED]);
}

#[test]
fn prefixes_in_a_row_end() {
    for prefix in
        ["#:a ", "#::a", "#_ ", "^", "#^", "'", "#'", "@", "`", "~@", "#?", "#=", "#", "##", ":", "\\", "#<"]
    {
        let found = codes_of(&prefix.repeat(100_000)).len();
        assert!((1..=MAX_DIAGNOSTICS + 1).contains(&found), "{prefix}: {found}");
    }
}

#[test]
fn discards_blanks_and_comments_have_no_limit() {
    let many = 100_000;
    sound(&format!("{}{} 1", "#_ ".repeat(many), "a ".repeat(many)));
    sound(&format!("{}1{}", " ,\n".repeat(many), "; a\n".repeat(many)));
    sound(&format!("[{}]", "#_a ".repeat(many)));
}

#[test]
fn problems_beyond_the_limit_are_said_to_be_left_out() {
    let codes = codes_of(&format!("[{}]", "::a ".repeat(1_000)));
    assert_eq!(codes.len(), MAX_DIAGNOSTICS + 1);
    assert_eq!(codes.last(), Some(&codes::TOO_MANY));
    assert_eq!(
        codes_of(&format!("[{}]", "::a ".repeat(MAX_DIAGNOSTICS))).last(),
        Some(&codes::AUTO_RESOLVED_KEYWORD)
    );
}

#[test]
fn many_keys_and_nested_keys_end() {
    let keys: String = (0..100_000).map(|key| format!(":k{key} 1 ")).collect();
    sound(&format!("{{{keys}}}"));
    assert_eq!(codes_of(&format!("#{{{}}}", "1 ".repeat(100_000))).len(), MAX_DIAGNOSTICS + 1);
    // Sets of two in sets of two, all alike but for one leaf: naive comparison takes exponential time.
    let nested = (0..14).fold("1".to_owned(), |inner, level| {
        format!("#{{{inner} {}}}", inner.replacen('1', &format!("x{level}"), 1))
    });
    sound(&nested);
}

#[test]
fn fifty_megabytes_end() {
    let form =
        "{:name \"a service with a name\" :script \"dist/index.js\" :instances 4 :env {:PORT \"8080\"}}\n";
    let text = format!("[{}]", form.repeat(50_000_000 / form.len()));
    let checked = read(&Source::new("large", text));
    assert_eq!(checked.diagnostics, []);
    assert_eq!(checked.output.unwrap().as_vector().unwrap().len(), 50_000_000 / form.len());
}
