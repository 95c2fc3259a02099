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
