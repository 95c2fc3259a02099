//! Values as EDN text.

use super::chars;

/// A string literal that [`read`](super::read) takes for exactly this text.
///
/// What cannot be seen is written as an escape, so that whoever opens the file sees what is there: controls,
/// no-break and zero-width spaces, marks of direction, separators of lines.
#[must_use]
pub fn write_string(text: &str) -> String {
    let mut written = String::with_capacity(text.len() + 2);
    written.push('"');
    for c in text.chars() {
        match c {
            '"' => written.push_str("\\\""),
            '\\' => written.push_str("\\\\"),
            '\n' => written.push_str("\\n"),
            '\t' => written.push_str("\\t"),
            '\r' => written.push_str("\\r"),
            c if chars::is_invisible(c) || matches!(c, '\u{2028}' | '\u{2029}') => escape(c, &mut written),
            c => written.push(c),
        }
    }
    written.push('"');
    written
}

/// EDN escapes hold four digits, so that a character beyond them takes the two of its surrogates.
fn escape(c: char, written: &mut String) {
    for unit in c.encode_utf16(&mut [0; 2]) {
        written.push_str(&format!("\\u{unit:04x}"));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnostic::Source;
    use crate::edn::{Value, read};

    #[test]
    fn every_character_comes_back() {
        let characters = ('\0'..='\u{ffff}').chain(['\u{10000}', '\u{e0020}', '\u{10ffff}']);
        let text: String = characters.flat_map(|c| [c, '7', c]).collect();
        let node = read(&Source::new("x.edn", write_string(&text).as_str()));
        assert_eq!(node.diagnostics, []);
        assert_eq!(node.output.map(|node| node.value), Some(Value::String(text)));
    }

    #[test]
    fn what_cannot_be_seen_is_spelled_out() {
        let check = |text: &str, expected: &str| assert_eq!(write_string(text), expected);
        check("plain é 世界 🦆", "\"plain é 世界 🦆\"");
        check("a\"b\\c\n\t\r", r#""a\"b\\c\n\t\r""#);
        check("\0\u{7f}\u{a0}\u{202e}\u{2028}\u{feff}", r#""\u0000\u007f\u00a0\u202e\u2028\ufeff""#);
    }
}
