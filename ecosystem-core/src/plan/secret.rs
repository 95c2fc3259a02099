//! Values that must not be shown.

/// What stands for a masked value.
const MASK: &str = "•••";

/// Parts of variable names that mark their value as secret.
const SECRET_WORDS: &[&str] = &[
    "SECRET",
    "TOKEN",
    "PASSWORD",
    "PASSWD",
    "PASSPHRASE",
    "CREDENTIAL",
    "PRIVATE",
    "APIKEY",
    "API_KEY",
    "ACCESS_KEY",
    "AUTH",
    "COOKIE",
    "SESSION",
    "SIGNATURE",
    "DSN",
    "CONNECTION_STRING",
    "_KEY",
    "_PWD",
    "_PASS",
    "WEBHOOK",
];

/// Whether a variable of this name, holding this value, is taken for a secret.
///
/// Names decide, and values that carry credentials in a URL (`postgres://user:pass@host`). Erring on the side of
/// masking costs a look at the source; the other side costs a secret in a log.
#[must_use]
pub fn looks_secret(name: &str, value: &str) -> bool {
    let name = name.to_ascii_uppercase();
    SECRET_WORDS.iter().any(|word| name.contains(word)) || holds_credentials(value)
}

/// The value in quotes, or the mask.
#[must_use]
pub fn masked(name: &str, value: &str) -> String {
    if looks_secret(name, value) { MASK.to_owned() } else { format!("{value:?}") }
}

fn holds_credentials(value: &str) -> bool {
    value.split("://").skip(1).any(|rest| {
        let authority = rest.split(['/', '?', '#', ' ']).next().unwrap_or_default();
        authority.rsplit_once('@').is_some_and(|(user, _)| user.contains(':'))
    })
}
