//! What holds for every document, and for every text.

use proptest::prelude::*;

use super::documents::document;
use super::{format, formatted, tokens};
use crate::diagnostic::Source;
use crate::edn::{Node, read};
use crate::format::WIDTH;

fn node(text: &str) -> Option<Node> {
    read(&Source::new("a.edn", text)).output
}

fn same(a: &str, b: &str) -> bool {
    let (a, b) = (node(a), node(b));
    a.zip(b).is_some_and(|(a, b)| crate::edn::same(&a.value, &b.value))
}

fn check(text: &str) {
    let once = formatted(text);
    assert_eq!(tokens(&once), tokens(text), "a token was lost, made or moved");
    assert!(same(text, &once), "it means something else:\n{once}");
    assert_eq!(formatted(&once), once, "formatted again it looks different");
    assert!(once.ends_with('\n') && !once.ends_with("\n\n") && !once.starts_with('\n'), "{once:?}");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn nothing_but_blanks_changes_and_once_is_enough(text in document()) {
        check(&text);
    }

    #[test]
    fn words_fill_lines(words in prop::collection::vec("[a-z]{1,12}", 0..200)) {
        let text = formatted(&format!("{{:args [{}]}}", words.join(" ")));
        prop_assert!(text.lines().all(|line| line.len() <= WIDTH), "{}", text);
    }

    /// What is no EDN is left alone, with a word why.
    #[test]
    fn any_text_is_formatted_or_refused(text in "[\\[\\]{}()#_:;\"\\\\a1 \n\r,^'`~@\u{feff}]{0,40}") {
        let formatted = format(&Source::new("a.edn", text.as_str()));
        prop_assert_eq!(formatted.output.is_none(), formatted.has_errors());
        if formatted.output.is_some() {
            check(&text);
        }
    }
}
