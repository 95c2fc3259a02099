//! Values that must not be shown.

/// What stands for a masked value.
pub(crate) const MASK: &str = "•••";

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
    let name = name.to_ascii_uppercase().replace('-', "_");
    SECRET_WORDS.iter().any(|word| name.contains(word)) || holds_credentials(value)
}

/// The value in quotes, or the mask.
#[must_use]
pub fn masked(name: &str, value: &str) -> String {
    if looks_secret(name, value) { MASK.to_owned() } else { format!("{value:?}") }
}

/// Words of a command line, each in quotes or masked: `--token=…`, what follows `--token`, and `TOKEN=… program`
/// inside a line for a shell.
pub(crate) fn masked_words(words: &[String]) -> Vec<String> {
    let after_flag = |index: usize| {
        let flag = index.checked_sub(1).and_then(|before| words.get(before));
        flag.is_some_and(|flag| flag.starts_with('-') && !flag.contains('=') && looks_secret(flag, ""))
    };
    let word = |(index, word): (usize, &String)| {
        let secret = after_flag(index) || word.split_whitespace().any(assigns_secret);
        if secret { MASK.to_owned() } else { masked("", word) }
    };
    words.iter().enumerate().map(word).collect()
}

/// Whether one of these words of a command line is taken for a secret, or holds one.
#[must_use]
pub fn words_hold_secret(words: &[String]) -> bool {
    masked_words(words).iter().any(|word| word == MASK)
}

fn assigns_secret(part: &str) -> bool {
    part.split_once('=').is_some_and(|(name, value)| looks_secret(name, value))
}

fn holds_credentials(value: &str) -> bool {
    value.split("://").skip(1).any(|rest| {
        let authority = rest.split(['/', '?', '#', ' ']).next().unwrap_or_default();
        authority.rsplit_once('@').is_some_and(|(user, _)| user.contains(':'))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_urls_decide() {
        for (name, value) in [
            ("API_TOKEN", "x"),
            ("db-password", "x"),
            ("STRIPE_KEY", "x"),
            ("DATABASE_URL", "postgres://user:pass@host/db"),
            ("ANY", "see redis://:pass@host"),
        ] {
            assert!(looks_secret(name, value), "{name}={value}");
        }
        for (name, value) in
            [("PORT", "5005"), ("URL", "http://host/a@b:c"), ("KEYBOARD", "de"), ("PATH", "/bin")]
        {
            assert!(!looks_secret(name, value), "{name}={value}");
        }
    }

    #[test]
    fn words_of_a_command_line() {
        let check = |words: &str, expected: &str| {
            let words: Vec<String> = words.split('|').map(str::to_owned).collect();
            assert_eq!(masked_words(&words).join("|"), expected);
        };
        check("--port|80", "\"--port\"|\"80\"");
        check("--token|abc|x", "\"--token\"|•••|\"x\"");
        check("--api-key=abc", "•••");
        check("-c|FOO=1 TOKEN=abc run", "\"-c\"|•••");
    }
}
