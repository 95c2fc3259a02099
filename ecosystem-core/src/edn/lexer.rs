//! Text to tokens, comments and `#_` included: what a formatter needs as well as the reader.
//!
//! The lexer decides where a token ends and of what kind it is by its first bytes; whether it is well formed is
//! for the reader to say. Blanks (commas too) are the gaps between tokens. No text is refused here.

mod token;

pub use token::{Closer, Collection, Foreign, Token, TokenKind};

use crate::diagnostic::Span;

use super::chars::{self, BLANK, DELIMITER, HASH};

/// The tokens of a text, in order; a byte order mark at its beginning is passed over.
#[derive(Debug, Clone)]
pub struct Lexer<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Lexer<'a> {
    /// A lexer at the beginning of `text`.
    #[must_use]
    pub fn new(text: &'a str) -> Self {
        let at = if text.starts_with('\u{feff}') { '\u{feff}'.len_utf8() } else { 0 };
        Self { text, at }
    }

    #[inline]
    fn byte(&self, at: usize) -> Option<u8> {
        self.text.as_bytes().get(at).copied()
    }

    fn wide(&self, at: usize) -> Option<char> {
        self.text.get(at..)?.chars().next()
    }

    /// Where the run of blanks that begins at `at` ends.
    #[inline]
    fn after_blanks(&self, mut at: usize) -> usize {
        while let Some(byte) = self.byte(at) {
            if chars::is(byte, BLANK) {
                at += 1;
            } else if byte.is_ascii() {
                break;
            } else {
                match self.wide(at) {
                    Some(wide) if chars::is_wide_blank(wide) => at += wide.len_utf8(),
                    _ => break,
                }
            }
        }
        at
    }

    /// Where the token that `at` is in ends: at a blank or at a byte of `stops`.
    #[inline]
    fn token_end(&self, mut at: usize, stops: u8) -> usize {
        while let Some(byte) = self.byte(at) {
            if chars::is(byte, stops | BLANK) {
                break;
            } else if byte.is_ascii() {
                at += 1;
            } else {
                match self.wide(at) {
                    Some(wide) if !chars::is_wide_blank(wide) => at += wide.len_utf8(),
                    _ => break,
                }
            }
        }
        at
    }

    fn line_end(&self, from: usize) -> usize {
        let rest = self.text.as_bytes().get(from..).unwrap_or_default();
        rest.iter()
            .position(|byte| matches!(byte, b'\n' | b'\r'))
            .map_or(self.text.len(), |length| from + length)
    }

    #[inline]
    fn string(&self, opening: usize) -> (TokenKind, usize) {
        let (mut at, mut escaped) = (opening + 1, false);
        while let Some(byte) = self.byte(at) {
            match byte {
                b'"' => return (TokenKind::String { escaped }, at + 1),
                b'\\' => {
                    escaped = true;
                    at += 2;
                }
                _ => at += 1,
            }
        }
        (TokenKind::UnterminatedString, self.text.len())
    }

    /// The first character behind the backslash belongs to it whatever it is, unless it is a blank.
    fn character(&self, backslash: usize) -> (TokenKind, usize) {
        let at = backslash + 1;
        let first = match self.byte(at) {
            Some(b',') => at + 1,
            _ if self.after_blanks(at) > at => return (TokenKind::Character, at),
            _ => at + self.wide(at).map_or(0, char::len_utf8),
        };
        (TokenKind::Character, self.token_end(first, DELIMITER))
    }

    fn signed(&self, sign: usize) -> (TokenKind, usize) {
        match self.byte(sign + 1) {
            Some(b'0'..=b'9') => (TokenKind::Number, self.token_end(sign + 1, DELIMITER | HASH)),
            _ => (TokenKind::Symbol, self.token_end(sign + 1, DELIMITER)),
        }
    }

    fn unquote(&self, tilde: usize) -> (TokenKind, usize) {
        let length = if self.byte(tilde + 1) == Some(b'@') { 2 } else { 1 };
        (TokenKind::Foreign(Foreign::Unquote), tilde + length)
    }

    fn dispatch(&self, hash: usize) -> (TokenKind, usize) {
        let next = hash + 1;
        match self.byte(next) {
            Some(b'{') => (TokenKind::Open(Collection::Set), next + 1),
            Some(b'_') => (TokenKind::Discard, next + 1),
            Some(b':') => (TokenKind::Namespace, self.token_end(next + 1, DELIMITER)),
            Some(b'#') => (TokenKind::Symbolic, self.token_end(self.after_blanks(next + 1), DELIMITER)),
            _ if self.wide(next).is_some_and(char::is_alphabetic) => {
                (TokenKind::Tag, self.token_end(next, DELIMITER))
            }
            _ => self.foreign_dispatch(hash),
        }
    }

    fn foreign_dispatch(&self, hash: usize) -> (TokenKind, usize) {
        let next = hash + 1;
        let (foreign, end) = match self.byte(next) {
            Some(b'=') => (Foreign::Eval, next + 1),
            Some(b'(') => (Foreign::Function, next),
            Some(b'\'') => (Foreign::Var, next + 1),
            Some(b'"') => (Foreign::Regex, next),
            Some(b'^') => (Foreign::Metadata, next + 1),
            Some(b'?') if self.byte(next + 1) == Some(b'@') => (Foreign::Conditional, next + 2),
            Some(b'?') => (Foreign::Conditional, next + 1),
            Some(b'!') => (Foreign::Shebang, self.line_end(next)),
            Some(b'<') => (Foreign::Unreadable, self.unreadable_end(next)),
            _ => (Foreign::Unknown, self.token_end(next, DELIMITER)),
        };
        (TokenKind::Foreign(foreign), end)
    }

    fn unreadable_end(&self, from: usize) -> usize {
        let end = self.line_end(from);
        let line = self.text.get(from..end).unwrap_or_default();
        line.find('>').map_or_else(|| self.token_end(from, DELIMITER), |length| from + length + 1)
    }
}

impl Iterator for Lexer<'_> {
    type Item = Token;

    #[inline]
    fn next(&mut self) -> Option<Token> {
        let start = self.after_blanks(self.at);
        let (kind, end) = match self.byte(start)? {
            b'(' => (TokenKind::Open(Collection::List), start + 1),
            b'[' => (TokenKind::Open(Collection::Vector), start + 1),
            b'{' => (TokenKind::Open(Collection::Map), start + 1),
            b')' => (TokenKind::Close(Closer::Round), start + 1),
            b']' => (TokenKind::Close(Closer::Square), start + 1),
            b'}' => (TokenKind::Close(Closer::Curly), start + 1),
            b':' => (TokenKind::Keyword, self.token_end(start + 1, DELIMITER)),
            b'"' => self.string(start),
            b'0'..=b'9' => (TokenKind::Number, self.token_end(start + 1, DELIMITER | HASH)),
            b'+' | b'-' => self.signed(start),
            b'#' => self.dispatch(start),
            b';' => (TokenKind::Comment, self.line_end(start)),
            b'\\' => self.character(start),
            b'\'' => (TokenKind::Foreign(Foreign::Quote), start + 1),
            b'`' => (TokenKind::Foreign(Foreign::Backquote), start + 1),
            b'@' => (TokenKind::Foreign(Foreign::Deref), start + 1),
            b'^' => (TokenKind::Foreign(Foreign::Metadata), start + 1),
            b'~' => self.unquote(start),
            _ => (TokenKind::Symbol, self.token_end(start, DELIMITER)),
        };
        self.at = end;
        Some(Token { kind, span: Span::new(start, end) })
    }
}
