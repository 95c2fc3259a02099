//! What a text is made of: tokens, as they look before anybody says whether they are well formed.

use crate::diagnostic::Span;

/// A piece of the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Token {
    /// What it looks like.
    pub kind: TokenKind,
    /// The bytes it takes.
    pub span: Span,
}

/// What a token looks like.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TokenKind {
    /// `(`, `[`, `{`, `#{`
    Open(Collection),
    /// `)`, `]`, `}`
    Close(Closer),
    /// `"…"`; `escaped` where a backslash is in it.
    String {
        /// Whether there is anything to resolve.
        escaped: bool,
    },
    /// A `"` without another: the rest of the file.
    UnterminatedString,
    /// `:a`
    Keyword,
    /// `a`, `nil`, `true`, `false`
    Symbol,
    /// A digit, or a sign and a digit, and what follows.
    Number,
    /// `\a`
    Character,
    /// `##Inf`
    Symbolic,
    /// `#tag`, without its form.
    Tag,
    /// `#:ns`, without its map.
    Namespace,
    /// `#_`, without its form.
    Discard,
    /// `; …`, without the line's end.
    Comment,
    /// Syntax of Clojure programs that is not EDN.
    Foreign(Foreign),
}

/// A kind of collection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Collection {
    /// `( … )`
    List,
    /// `[ … ]`
    Vector,
    /// `{ … }`
    Map,
    /// `#{ … }`
    Set,
}

impl Collection {
    /// What ends it.
    #[must_use]
    pub fn closer(self) -> Closer {
        match self {
            Self::List => Closer::Round,
            Self::Vector => Closer::Square,
            Self::Map | Self::Set => Closer::Curly,
        }
    }

    /// What begins it.
    #[must_use]
    pub fn opening(self) -> &'static str {
        match self {
            Self::List => "(",
            Self::Vector => "[",
            Self::Map => "{",
            Self::Set => "#{",
        }
    }
}

/// A closing delimiter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Closer {
    /// `)`
    Round,
    /// `]`
    Square,
    /// `}`
    Curly,
}

impl Closer {
    /// The character itself.
    #[must_use]
    pub fn text(self) -> &'static str {
        match self {
            Self::Round => ")",
            Self::Square => "]",
            Self::Curly => "}",
        }
    }
}

/// What Clojure's reader for programs knows and EDN does not.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Foreign {
    /// `'`
    Quote,
    /// A backquote.
    Backquote,
    /// `~`, `~@`
    Unquote,
    /// `@`
    Deref,
    /// `^`, `#^`, without the form that is the metadata.
    Metadata,
    /// `#=`
    Eval,
    /// The `#` of `#(…)`.
    Function,
    /// `#'`
    Var,
    /// The `#` of `#"…"`.
    Regex,
    /// `#?`, `#?@`
    Conditional,
    /// `#!` and the rest of the line.
    Shebang,
    /// `#<…>`, as Clojure prints what cannot be read back.
    Unreadable,
    /// `#` and anything else.
    Unknown,
}
