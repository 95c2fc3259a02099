//! PM2's way of splitting one text into words, for `:args` and kin.
//!
//! Source: the array branch of `Config._valid` in `lib/tools/Config.js` of PM2 7.0.4. Older majors split
//! `name="a b"` differently; the generated file holds the words, so that all of them agree.

/// The words of a text: parts in quotes stay together and lose their quotes, except those that follow
/// a `name=`; nothing else is special, least of all a backslash. Blank words are dropped.
pub(super) fn split(text: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut rest = text.trim_start_matches(is_space);
    while !rest.is_empty() {
        let (word, behind) = rest.split_at(word_length(rest));
        words.push(without_quotes(word));
        rest = behind.trim_start_matches(is_space);
    }
    words.retain(|word| !word.trim_matches(is_space).is_empty());
    words.into_iter().map(str::to_owned).collect()
}

fn word_length(rest: &str) -> usize {
    assignment_length(rest)
        .or_else(|| quoted_length(rest))
        .unwrap_or_else(|| rest.find(is_space).unwrap_or(rest.len()))
}

/// `name="…"` with at least one letter before the sign.
fn assignment_length(rest: &str) -> Option<usize> {
    let name = rest.find(|c: char| is_space(c) || matches!(c, '"' | '\'' | '='))?;
    let value = rest.get(name..)?.strip_prefix('=')?;
    if name == 0 { None } else { quoted_length(value).map(|length| name + 1 + length) }
}

fn quoted_length(rest: &str) -> Option<usize> {
    let quote = rest.chars().next().filter(|c| matches!(c, '"' | '\''))?;
    rest.get(1..)?.find(quote).map(|inside| inside + 2)
}

fn without_quotes(word: &str) -> &str {
    for quote in ['"', '\''] {
        if word.starts_with(quote) && word.ends_with(quote) {
            return word.get(1..word.len().saturating_sub(1)).unwrap_or_default();
        }
    }
    word
}

/// JavaScript's `\s`: Unicode's white space with the byte order mark and without U+0085.
fn is_space(c: char) -> bool {
    c == '\u{feff}' || (c.is_whitespace() && c != '\u{85}')
}
