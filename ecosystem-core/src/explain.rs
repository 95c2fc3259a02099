//! The long text of each diagnostic: what it is about, a text that gives it, and one that does not.
//!
//! The page for people, `docs/diagnostics.md`, is the source, and is built in: nothing can be said here that is not
//! said there.

use crate::diagnostic::Source;

const PAGE: &str = include_str!("../docs/diagnostics.md");

/// What begins a file in an example of several.
const FILE: &str = ";; --- ";

/// What there is to say of one code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Explanation {
    /// Such as `E0207`.
    pub code: &'static str,
    /// What it means, in one line.
    pub meaning: &'static str,
    /// Why it is a problem, and what to do: Markdown.
    pub text: &'static str,
    /// What gives the code.
    pub wrong: Example,
    /// What is meant instead; of it there is nothing to say.
    pub right: Example,
}

/// Something to try.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Example {
    /// A source, or several with a line before each that names it.
    Sources(&'static str),
    /// Commands for a shell that make a tree of the empty folder that it runs in: for what is no text.
    Commands(&'static str),
}

impl Example {
    /// It as it stands in the page.
    #[must_use]
    pub fn text(self) -> &'static str {
        match self {
            Self::Sources(text) | Self::Commands(text) => text,
        }
    }

    /// The sources that it shows; one without a name is a daemon's.
    #[must_use]
    pub fn sources(self) -> Vec<Source> {
        match self {
            Self::Commands(_) => Vec::new(),
            Self::Sources(text) => match text.strip_prefix(FILE) {
                None => vec![Source::new("web/ecosystem.edn", text)],
                Some(files) => files.split(&format!("\n{FILE}")).map(source).collect(),
            },
        }
    }
}

fn source(file: &str) -> Source {
    let (path, text) = file.split_once('\n').unwrap_or((file, ""));
    Source::new(path, text)
}

/// The explanation of a code, in upper or lower case; nothing where there is no such code.
#[must_use]
pub fn explanation(code: &str) -> Option<Explanation> {
    explanations().find(|it| it.code.eq_ignore_ascii_case(code))
}

/// All of them, in the order of their numbers.
pub fn explanations() -> impl Iterator<Item = Explanation> {
    PAGE.split("\n### ").skip(1).filter_map(parsed)
}

/// The code that somebody may have meant: the one that differs least, if little.
#[must_use]
pub fn nearest(code: &str) -> Option<&'static str> {
    let codes: Vec<&'static str> = explanations().map(|it| it.code).collect();
    let upper = code.to_ascii_uppercase();
    let near = similar::get_close_matches(upper.as_str(), &codes, 1, 0.6);
    near.first().and_then(|near| codes.iter().copied().find(|code| code == near))
}

fn parsed(section: &'static str) -> Option<Explanation> {
    let (code, rest) = section.split_once('\n')?;
    let (text, rest) = rest.split_once("\nWrong:\n")?;
    let (wrong, right) = rest.split_once("\nRight:\n")?;
    Some(Explanation {
        code,
        meaning: meaning(code)?,
        text: text.trim(),
        wrong: example(wrong)?,
        right: example(right)?,
    })
}

/// From the row of the code's table.
fn meaning(code: &str) -> Option<&'static str> {
    let row =
        PAGE.lines().find_map(|line| line.strip_prefix("| `")?.strip_prefix(code)?.strip_prefix("` | "));
    row.and_then(|row| row.strip_suffix(" |"))
}

fn example(fenced: &'static str) -> Option<Example> {
    let block = fenced.trim().strip_prefix("```")?.split("\n```").next()?;
    match block.split_once('\n')? {
        ("clojure", text) => Some(Example::Sources(text)),
        ("sh", text) => Some(Example::Commands(text)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

    use std::collections::BTreeSet;

    use super::*;
    use crate::diagnostic::{Checked, Diagnostic};
    use crate::expand::Surroundings;
    use crate::{edn, expand, format, validate};

    /// What there is to say of an example, of which any file may include another.
    fn said_of(example: Example) -> Vec<Diagnostic> {
        let sources = example.sources();
        let file = |source: &Source| (source.path.clone(), Ok(source.contents.clone()));
        let included = sources.iter().map(file).collect();
        let Checked { diagnostics, .. } =
            validate::compile_in(&sources, &Surroundings { included, ..Surroundings::default() });
        diagnostics
    }

    #[test]
    fn every_section_is_understood() {
        let headings = PAGE.lines().filter_map(|line| line.strip_prefix("### "));
        assert_eq!(explanations().map(|it| it.code).collect::<Vec<_>>(), headings.collect::<Vec<_>>());
    }

    #[test]
    fn every_code_is_explained() {
        let explained: BTreeSet<&str> = explanations().map(|it| it.code).collect();
        let codes = [edn::codes::ALL, expand::codes::ALL, validate::codes::ALL].concat();
        let missing: Vec<_> = codes.iter().filter(|(code, _)| !explained.contains(code)).collect();
        assert_eq!(missing, Vec::<&(&str, &str)>::new(), "no section in docs/diagnostics.md");
    }

    /// What needs a shell and a disk is tried by the command line's tests.
    #[test]
    fn wrong_examples_give_their_code_and_right_ones_nothing() {
        for it in explanations() {
            let diagnostics = said_of(it.wrong);
            let found = diagnostics.iter().any(|found| found.code == it.code);
            assert_eq!(found, matches!(it.wrong, Example::Sources(_)), "{}: {diagnostics:#?}", it.code);
            assert_eq!(said_of(it.right), [], "the right one of {}", it.code);
        }
    }

    #[test]
    fn right_examples_are_in_the_layout() {
        for source in explanations().flat_map(|it| it.right.sources()) {
            let text = format!("{}\n", source.readable());
            assert_eq!(format::format(&source).output, Some(text));
        }
    }

    #[test]
    fn codes_are_found_and_guessed() {
        assert_eq!(explanation("e0207").unwrap().meaning, "A key that nothing understands");
        assert_eq!(explanation("E9999"), None);
        let check = |code, expected| assert_eq!(nearest(code), expected, "{code}");
        check("E207", Some("E0207"));
        check("E207x", Some("E0207"));
        check("w301", Some("W0301"));
        check("web", None);
    }
}
