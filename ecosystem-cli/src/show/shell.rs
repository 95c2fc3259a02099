//! Commands as they may be typed.

/// A command line that a shell takes for exactly these words.
pub(crate) fn line<'a>(words: impl IntoIterator<Item = &'a str>) -> String {
    words.into_iter().map(word).collect::<Vec<_>>().join(" ")
}

fn word(word: &str) -> String {
    let plain = |c: char| c.is_alphanumeric() || "_-./:@%+,=".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        word.to_owned()
    } else {
        format!("'{}'", word.replace('\'', r"'\''"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shell_takes_it_for_the_same_words() {
        let check = |word: &str, expected: &str| {
            assert_eq!(line(["x", word]), format!("x {expected}"));
        };
        check("system/daemons", "system/daemons");
        check("", "''");
        check("a b", "'a b'");
        check("it's", r"'it'\''s'");
        check("$HOME", "'$HOME'");
        check("~/é", "'~/é'");
    }
}
