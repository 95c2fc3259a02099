//! What to say of syntax that Clojure's reader for programs has and EDN has not.

use crate::diagnostic::Span;

use super::codes::{READ_EVAL, READER_MACRO, UNKNOWN_DISPATCH};
use super::lexer::Foreign;
use super::report::{Problem, Refusal, shown};

/// `text` is the text of `span`.
pub(super) fn refusal(foreign: Foreign, text: &str, span: Span) -> Refusal {
    let (code, message, hint) = words(foreign);
    let message = match foreign {
        Foreign::Unknown => format!("`{}` begins nothing that EDN knows", shown(text)),
        _ => message.to_owned(),
    };
    Problem::new(code, span, message, "not EDN", hint)
}

fn words(foreign: Foreign) -> (&'static str, &'static str, &'static str) {
    match foreign {
        Foreign::Eval => (
            READ_EVAL,
            "`#=` asks the reader to run code",
            "EDN is data: nothing in it is evaluated here; write the value itself",
        ),
        Foreign::Quote => {
            (READER_MACRO, "`'` quotes in a Clojure program", "remove it: in EDN nothing is evaluated")
        }
        Foreign::Backquote => (
            READER_MACRO,
            "a backquote is a template of a Clojure program",
            "remove it, or write a string: `\"…\"`",
        ),
        Foreign::Unquote => (
            READER_MACRO,
            "`~` fills a template of a Clojure program",
            "remove it; a path such as ~/bin is a string",
        ),
        Foreign::Deref => (
            READER_MACRO,
            "`@` looks into a reference of a Clojure program",
            "remove it, or write a string: `\"@…\"`",
        ),
        Foreign::Metadata => (
            READER_MACRO,
            "`^` puts metadata on a value of a Clojure program",
            "remove it and the form behind it",
        ),
        Foreign::Function => {
            (UNKNOWN_DISPATCH, "`#(` is a function of a Clojure program", "EDN is data: write `(` for a list")
        }
        Foreign::Var => (UNKNOWN_DISPATCH, "`#'` names a variable of a Clojure program", "remove it"),
        Foreign::Regex => (
            UNKNOWN_DISPATCH,
            "`#\"` is a regular expression of a Clojure program",
            "write a string, without `#`; a backslash in it is written `\\\\`",
        ),
        Foreign::Conditional => {
            (UNKNOWN_DISPATCH, "`#?` chooses between Clojure's platforms", "write the form that is meant")
        }
        Foreign::Shebang => (UNKNOWN_DISPATCH, "`#!` is no comment in EDN", "write `;` before a comment"),
        Foreign::Unreadable => (
            UNKNOWN_DISPATCH,
            "`#<` is how a program prints what cannot be read back",
            "write the value that is meant",
        ),
        Foreign::Unknown => (
            UNKNOWN_DISPATCH,
            "",
            "`#` begins a set `#{}`, a discard `#_`, a tag `#name form`, or `##Inf`; a comment begins with `;`",
        ),
    }
}
