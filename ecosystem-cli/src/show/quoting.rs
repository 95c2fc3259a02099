//! Lines of a source as they may be shown: what looks like a secret is covered, and nothing acts on a terminal.
//!
//! Every byte stays where it is, so that spans still fit.

use ecosystem_core::plan::looks_secret;
use ecosystem_core::printable::is_disruptive;

/// The text without secrets and without what a terminal would act on.
pub(crate) fn quotable(text: &str) -> String {
    tamed(&without_secrets(text))
}

/// The text with characters of the same length in place of those that disrupt a terminal. The others of one byte
/// are left to the drawing library, which shows each as a picture of its name.
fn tamed(text: &str) -> String {
    let tame = |c: char| match c.len_utf8() {
        2 if is_disruptive(c) => '¿',
        3 if is_disruptive(c) => '\u{fffd}',
        _ => c,
    };
    text.chars().map(tame).collect()
}

/// The text with a `*` for each byte of a value that looks secret by the name before it or by what it holds.
///
/// A source that is drawn has errors, so it is gone through word by word instead of being read as EDN.
pub(crate) fn without_secrets(text: &str) -> String {
    let mut covered = String::with_capacity(text.len());
    let mut name = "";
    let mut rest = text;
    while let Some((kind, word)) = next_word(rest) {
        let value = word.trim_matches('"');
        if kind != Kind::Between && kind != Kind::Name && looks_secret(name, value) {
            word.chars().for_each(|c| cover(c, &mut covered));
        } else {
            covered.push_str(word);
        }
        if kind != Kind::Between {
            name = value;
        }
        rest = rest.get(word.len()..).unwrap_or_default();
    }
    covered
}

/// Quotes and line feeds stay: they show where the value ends, and keep lines in their places.
fn cover(c: char, covered: &mut String) {
    match c {
        '"' | '\n' => covered.push(c),
        c => (0..c.len_utf8()).for_each(|_| covered.push('*')),
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// A string, to its closing quote or the end of the text.
    Text,
    /// A keyword.
    Name,
    /// A number, a symbol and the like.
    Word,
    /// Blanks, brackets, the beginning of a comment.
    Between,
}

fn next_word(text: &str) -> Option<(Kind, &str)> {
    let first = text.chars().next()?;
    let (kind, length) = match first {
        '"' => (Kind::Text, string_length(text)),
        // A character such as `\"` begins no string.
        '\\' => (Kind::Between, text.char_indices().nth(2).map_or(text.len(), |(at, _)| at)),
        c if is_between(c) => (Kind::Between, first.len_utf8()),
        c => {
            let length = text.find(|c| is_between(c) || c == '"').unwrap_or(text.len());
            (if c == ':' { Kind::Name } else { Kind::Word }, length)
        }
    };
    text.get(..length).map(|word| (kind, word))
}

fn is_between(c: char) -> bool {
    c.is_whitespace() || matches!(c, ',' | '(' | ')' | '[' | ']' | '{' | '}' | ';' | '\\')
}

/// The length of the string that a text begins with, quotes included.
fn string_length(text: &str) -> usize {
    let mut escaped = false;
    for (at, c) in text.char_indices().skip(1) {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '"' => return at + 1,
            _ => {}
        }
    }
    text.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_acts_on_a_terminal_is_replaced_in_its_length() {
        let text = "a\u{9b}31m\u{202e}\u{61c}é\u{2067}";
        assert_eq!(quotable(text), "a¿31m\u{fffd}¿é\u{fffd}");
        assert_eq!(quotable(text).len(), text.len());
    }

    #[test]
    fn secrets_are_covered_and_nothing_moves() {
        let check = |text: &str, expected: &str| {
            assert_eq!(without_secrets(text), expected);
            assert_eq!(text.len(), expected.len());
        };
        check(r#"{:API_TOKEN "se\"cret" :A "b"}"#, r#"{:API_TOKEN "***"****" :A "b"}"#);
        check(r#"{"DB_PASSWORD" 1234, :PORT 80}"#, r#"{"DB_PASSWORD" ****, :PORT 80}"#);
        check(r#"{:DB "postgres://u:p@h/x" :é "ü"}"#, r#"{:DB "******************" :é "ü"}"#);
        check("{:TOKEN \"ü", "{:TOKEN \"**");
        check("; :TOKEN \"x\" don't\n:TOKEN \"y\"", "; :TOKEN \"*\" don't\n:TOKEN \"*\"");
        check(r#"[\" :TOKEN "x" \"]"#, r#"[\" :TOKEN "*" \"]"#);
        check("{:TOKEN :not-a-value :b \\", "{:TOKEN :not-a-value :b \\");
    }
}
