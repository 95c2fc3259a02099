//! How a source says that a value comes from the environment, and that a text is no such thing.
//!
//! All of it is decided by one constant, as the language is about to learn a better way.

use super::form::Form;

/// How a variable that is not to be written down is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(dead_code, reason = "one of the two is in use")]
enum References {
    /// `:inherit-env [NAME]`: from the environment of PM2's daemon, and not set where that has none.
    Inherited,
    /// `:env {NAME #env NAME}`.
    Tags,
}

const REFERENCES: References = References::Inherited;

/// A variable in `:env` that comes from the environment; `None` where it is to be named in `:inherit-env`.
pub(super) fn in_env(name: &str) -> Option<Form> {
    (REFERENCES == References::Tags).then(|| Form::Atom(format!("#env {name}")))
}

/// A text that stands for itself, whatever it holds.
pub(super) fn literal(text: &str) -> String {
    if REFERENCES == References::Tags { text.replace("${", "$${") } else { text.to_owned() }
}

/// Where the value comes from, as the end of a sentence.
pub(super) fn from_where() -> &'static str {
    match REFERENCES {
        References::Inherited => {
            "it is taken from the environment of PM2's daemon (`:inherit-env`); set it there, or in an `:env-file`"
        }
        References::Tags => "it is taken from the environment (`#env`); set it there, or in an `:env-file`",
    }
}
