//! Whether PM2 takes a file for a program or for text.

/// How much of a file PM2 looks at.
pub const SNIFFED_BYTES: usize = 512;

/// Whether a file that starts with these bytes is binary to PM2, which then runs it as it is; text without a
/// known extension is given to node.
///
/// A zero byte makes it binary, a UTF-8 byte order mark makes it text; else more than a tenth of bytes that are
/// neither printable ASCII, usual white space nor UTF-8 of two or three bytes make it binary (an emoji counts as
/// four such bytes). Source: the behaviour of `lib/tools/isbinaryfile.js` of PM2 7.0.4, the same in 6.0.14 and
/// 5.4.3, to which tests compare it.
#[must_use]
pub fn looks_binary(start: &[u8]) -> bool {
    let start = start.get(..SNIFFED_BYTES).unwrap_or(start);
    if start.starts_with(b"\xEF\xBB\xBF") {
        return false;
    }
    let (mut rest, mut odd) = (start, 0);
    while let Some((unit, tail)) = next_unit(rest) {
        match unit {
            Unit::Zero => return true,
            Unit::Odd => odd += 1,
            Unit::Text => {}
        }
        rest = tail;
    }
    odd * 100 > start.len() * 10
}

enum Unit {
    Zero,
    Odd,
    Text,
}

/// Takes one character, or what PM2 steps over in its place.
fn next_unit(bytes: &[u8]) -> Option<(Unit, &[u8])> {
    let unit = match bytes {
        [] => return None,
        [0, rest @ ..] => (Unit::Zero, rest),
        [7..=14 | 32..=127, rest @ ..] => (Unit::Text, rest),
        [0xC2..=0xDF, 0x80..=0xBF, rest @ ..] => (Unit::Text, rest),
        [0xE0..=0xEF, 0x80..=0xBF, 0x80..=0xBF, rest @ ..] => (Unit::Text, rest),
        // A start of UTF-8 that does not go on as UTF-8 swallows the byte behind it, even a zero.
        [0xC2..=0xDF, _, rest @ ..] => (Unit::Odd, rest),
        [0xE0..=0xEF, _, _, ..] => (Unit::Odd, bytes.get(2..).unwrap_or_default()),
        [_, rest @ ..] => (Unit::Odd, rest),
    };
    Some(unit)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_and_programs_are_told_apart() {
        let check = |bytes: &[u8], expected: bool| assert_eq!(looks_binary(bytes), expected, "{bytes:?}");
        check(b"", false);
        check(b"#!/usr/bin/env node\n", false);
        check(b"\x7FELF\x02\x01\x01\x00", true);
        check("Grüße, 世界".as_bytes(), false);
        check("🦆🦆🦆".as_bytes(), true);
        check(b"\xEF\xBB\xBF\x00", false);
        check(b"\xC3\x00abcdefghijklmnop", false);
        check(&[b'a'; 600], false);
        check(&[vec![b'a'; 512], vec![0]].concat(), false);
        check(&[vec![b'a'; 511], vec![0]].concat(), true);
    }
}
