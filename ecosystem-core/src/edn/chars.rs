//! Which bytes and characters separate, end and belong to tokens.
//!
//! As `clojure.edn` 1.11.1 has it, except for invisible characters: it takes a no-break space for a part of a name.

/// Set of a byte that separates tokens.
pub(super) const BLANK: u8 = 1;
/// Set of a byte that ends a token and begins the next one.
pub(super) const DELIMITER: u8 = 2;
/// Set of `#`, which belongs to a name (`a#`) and ends a number (`1#{}`).
pub(super) const HASH: u8 = 4;

/// Set of a byte that may stand anywhere in a name and means nothing there.
pub(super) const PLAIN: u8 = 8;

static CLASSES: [u8; 256] = classes();

const fn classes() -> [u8; 256] {
    let mut table = [0; 256];
    let mut byte = 0;
    while byte < 128 {
        table[byte] = match byte as u8 {
            b' ' | b',' | b'\t'..=b'\r' | 0x1c..=0x1f => BLANK,
            b'"' | b';' | b'^' | b'\\' | b'(' | b')' | b'[' | b']' | b'{' | b'}' => DELIMITER,
            b'#' => HASH,
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'*' | b'+' | b'!' | b'?' => PLAIN,
            _ => 0,
        };
        byte += 1;
    }
    table
}

/// Whether a byte is of one of the classes in `mask`; no byte of a character beyond ASCII is of any.
#[inline]
pub(super) fn is(byte: u8, mask: u8) -> bool {
    CLASSES[usize::from(byte)] & mask != 0
}

/// Whether a character beyond ASCII separates tokens: Java's `Character.isWhitespace`, so no no-break space.
pub(super) fn is_wide_blank(character: char) -> bool {
    matches!(character,
        '\u{1680}' | '\u{2000}'..='\u{2006}' | '\u{2008}'..='\u{200a}' | '\u{2028}' | '\u{2029}' | '\u{205f}' | '\u{3000}')
}

/// Whether a character of a token cannot be seen: a control, a no-break or zero-width space, a mark of direction.
///
/// Clojure makes them part of a name, which then looks like another name and is none.
pub(super) fn is_invisible(character: char) -> bool {
    character.is_control()
        || matches!(character,
            '\u{a0}' | '\u{ad}' | '\u{61c}' | '\u{2007}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202f}'
            | '\u{2060}'..='\u{206f}' | '\u{feff}')
}
