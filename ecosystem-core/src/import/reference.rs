//! How a source says that a value comes from the environment, and that a text is no such thing.

use super::form::Form;
use crate::edn::write_string;

/// A value that is not to be written down: it is required from the environment, and the app not started without it.
pub(super) fn required(variable: &str) -> Form {
    let plain = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let symbol = variable.chars().all(plain) && !variable.starts_with(|c: char| c.is_ascii_digit());
    let name = if symbol && !["nil", "true", "false"].contains(&variable) {
        variable.to_owned()
    } else {
        write_string(variable)
    };
    Form::Atom(format!("#env {name}"))
}

/// What is said of it, as the end of a sentence.
pub(super) const REQUIRED: &str =
    "it is taken from the environment (`#env`); set it there, or in an `:env-file`";

/// What is said of a variable that an app may do without, named in `:inherit-env`, as the end of a sentence.
pub(super) const INHERITED: &str =
    "it is taken from the environment of PM2's daemon (`:inherit-env`); set it there, or in an `:env-file`";

/// A text that stands for itself, whatever it holds.
pub(super) fn literal(text: &str) -> String {
    text.replace("${", "$${")
}
