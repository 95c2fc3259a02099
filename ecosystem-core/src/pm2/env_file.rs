//! Reading env files: `NAME=value` lines, as node reads them.

use std::collections::BTreeMap;

/// A line of an env file that does not say what it sets.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line} is not NAME=value")]
pub struct BadLine {
    /// Its number, from 1. The text itself may be secret.
    pub line: usize,
}

/// The variables of an env file, a later line over an earlier one.
///
/// A value runs to the end of its line or to a `#`, without the blanks around it. A value in `"`, `'` or a
/// backtick may hold any of these and further lines; `\n` in `"` is a new line. `export ` before a name, empty
/// lines and lines of `#` are skipped. Nothing is expanded.
///
/// That is node's `util.parseEnv`, with which the generated file reads the same text, where its versions
/// agree. They differ on lines without `=` and on names with blanks in them: those are refused here.
///
/// # Errors
/// The first line that sets nothing.
pub fn parse(text: &str) -> Result<BTreeMap<String, String>, BadLine> {
    let text = text.replace('\r', "");
    let mut variables = BTreeMap::new();
    let mut rest = skip_blank(&text);
    while !rest.is_empty() {
        let bad = BadLine { line: line_number(&text, rest) };
        let (name, after) = take_name(rest).ok_or(bad)?;
        let (value, after) = take_value(after.trim_start_matches(BLANKS));
        variables.insert(name.to_owned(), value);
        rest = skip_blank(after);
    }
    Ok(variables)
}

const BLANKS: [char; 2] = [' ', '\t'];

/// Steps over blanks, empty lines and comments.
fn skip_blank(text: &str) -> &str {
    let mut rest = text.trim_start_matches([' ', '\t', '\n']);
    while rest.starts_with('#') {
        rest = split_line(rest).1.trim_start_matches([' ', '\t', '\n']);
    }
    rest
}

fn split_line(text: &str) -> (&str, &str) {
    text.split_once('\n').unwrap_or((text, ""))
}

fn line_number(text: &str, rest: &str) -> usize {
    let consumed = text.len() - rest.len();
    text.bytes().take(consumed).filter(|byte| *byte == b'\n').count() + 1
}

fn take_name(text: &str) -> Option<(&str, &str)> {
    let (name, after) = text.split_once('=')?;
    let name = name.trim_matches(BLANKS);
    let name = name.strip_prefix("export ").map_or(name, |name| name.trim_start_matches(BLANKS));
    let sound =
        !name.is_empty() && !name.contains(|c: char| c.is_whitespace() || c.is_control() || c == '\u{FEFF}');
    sound.then_some((name, after))
}

fn take_value(text: &str) -> (String, &str) {
    take_quoted(text).unwrap_or_else(|| {
        let (line, after) = split_line(text);
        let value = if line.starts_with(QUOTES) { line } else { line.split('#').next().unwrap_or_default() };
        (value.trim_matches(BLANKS).to_owned(), after)
    })
}

const QUOTES: [char; 3] = ['"', '\'', '`'];

/// A value in quotes that are closed somewhere; what follows on that line is dropped.
fn take_quoted(text: &str) -> Option<(String, &str)> {
    let quote = text.chars().next().filter(|first| QUOTES.contains(first))?;
    let (value, after) = text.strip_prefix(quote)?.split_once(quote)?;
    let value = if quote == '"' { value.replace("\\n", "\n") } else { value.to_owned() };
    Some((value, split_line(after).1))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a failed test may panic")]

    use super::*;

    #[test]
    fn lines_set_variables() {
        let check = |text: &str, expected: &[(&str, &str)]| {
            let expected = expected.iter().map(|(name, value)| ((*name).into(), (*value).into())).collect();
            assert_eq!(parse(text), Ok(expected), "{text:?}");
        };
        check("", &[]);
        check("# nothing\n\n  # more\n", &[]);
        check("A=1\nB = two words # why\r\nA=3", &[("A", "3"), ("B", "two words")]);
        check("export A=1\nexports=2", &[("A", "1"), ("exports", "2")]);
        check("A=\nB=  \nC=#", &[("A", ""), ("B", ""), ("C", "")]);
        check("A=\"x # y\" # z\nB='a\\nb'\nC=\"a\\nb\"", &[("A", "x # y"), ("B", "a\\nb"), ("C", "a\nb")]);
        check("A=\"one\ntwo\"\nB=`it's \"so\"`", &[("A", "one\ntwo"), ("B", "it's \"so\"")]);
        check("A=\"open # c\nB=2", &[("A", "\"open # c"), ("B", "2")]);
        check("A=${B}\nC=x=y", &[("A", "${B}"), ("C", "x=y")]);
    }

    #[test]
    fn lines_that_set_nothing_are_refused_by_number() {
        let check = |text: &str, line: usize| assert_eq!(parse(text), Err(BadLine { line }), "{text:?}");
        check("A", 1);
        check("A=1\n\nB\nC=2", 3);
        check("A=1\n=2", 2);
        check("A B=1", 1);
        check("A=\"1\n2\"\nexport\tB=1", 3);
        check("\u{FEFF}A=1", 1);
    }
}
