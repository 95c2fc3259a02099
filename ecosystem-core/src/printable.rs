//! Text that may hold anything, made fit for a terminal and for a log.
//!
//! Names, paths and values come from files and from PM2. Shown raw, an escape sequence among them would act on a
//! terminal, a mark of direction would reorder what follows, and a line feed would forge a line of ours.

use std::time::Duration;

/// The text with U+FFFD for whatever a terminal would act on. Line feeds and tabs stay.
#[must_use]
pub fn printable(text: &str) -> String {
    text.chars().map(|c| if is_disruptive(c) { '\u{fffd}' } else { c }).collect()
}

/// The same for a name or a path, which must not look like a line of ours.
#[must_use]
pub fn printable_line(text: &str) -> String {
    printable(text).replace(['\n', '\t'], "\u{fffd}")
}

/// Text of JSON with what a terminal would act on as escapes. Such characters occur only within its strings.
#[must_use]
pub fn printable_json(text: &str) -> String {
    let mut printable = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            c if is_disruptive(c) => printable.push_str(&format!("\\u{:04x}", u32::from(c))),
            c => printable.push(c),
        }
    }
    printable
}

/// A length of time for people: `850 ms`, `12.3 s`.
#[must_use]
pub fn duration(duration: Duration) -> String {
    if duration < Duration::from_secs(1) {
        format!("{} ms", duration.as_millis())
    } else {
        format!("{:.1} s", duration.as_secs_f64())
    }
}

/// Whether a terminal or a reader of lines would act on it: controls but line feed and tab, the separators of lines
/// and paragraphs, and the marks of direction (Unicode Standard Annex #9, "Bidirectional Algorithm", §2).
///
/// All of them lie in Unicode's first plane, so that one `\u` escape of JSON holds each.
#[must_use]
pub fn is_disruptive(c: char) -> bool {
    let bidi =
        matches!(c, '\u{200e}' | '\u{200f}' | '\u{061c}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    let separates = matches!(c, '\u{2028}' | '\u{2029}');
    bidi || separates || (c.is_control() && c != '\n' && c != '\t')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_acted_on_is_replaced() {
        let check = |text: &str, expected: &str| assert_eq!(printable(text), expected);
        check("a\u{1b}[31m\rb", "a\u{fffd}[31m\u{fffd}b");
        check("a\u{9b}31m\u{85}", "a\u{fffd}31m\u{fffd}");
        check("\u{202e}a\u{2066}\u{2028}", "\u{fffd}a\u{fffd}\u{fffd}");
        check("é → \t\n", "é → \t\n");
    }

    #[test]
    fn a_line_is_one_line() {
        assert_eq!(printable_line("a\nb\tc\u{2029}d"), "a\u{fffd}b\u{fffd}c\u{fffd}d");
    }

    #[test]
    fn json_keeps_its_value() {
        let value = serde_json::json!({ "a": "\u{9b}x\u{202e}\u{7f}\n" });
        let text = printable_json(&value.to_string());
        assert_eq!(text, r#"{"a":"\u009bx\u202e\u007f\n"}"#);
        assert_eq!(serde_json::from_str::<serde_json::Value>(&text).ok(), Some(value));
    }
}
