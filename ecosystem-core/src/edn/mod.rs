//! EDN text to nodes with spans, and strings to EDN text.
//!
//! Structure is read here, strictly; atoms are read by edn-rs where it reads them right. Nothing is ever evaluated.

use crate::diagnostic::Span;

mod atom;
mod chars;
pub mod codes;
mod convert;
mod duplicates;
mod foreign;
pub mod lexer;
mod path;
mod reader;
mod report;
mod write;

#[cfg(test)]
mod tests;

#[cfg(test)]
pub(crate) use duplicates::same;
pub use path::{Place, Step};
pub use reader::{MAX_DEPTH, read};
pub use report::MAX_DIAGNOSTICS;
pub use write::write_string;

/// A value and where it stands.
#[derive(Debug, Clone, PartialEq)]
pub struct Node {
    /// The bytes it takes, delimiters, tag and prefix included.
    pub span: Span,
    /// What it is.
    pub value: Value,
}

/// What a node is.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// `nil`
    Nil,
    /// `true`, `false`
    Bool(bool),
    /// `\a`, `\newline`, `\u0041`
    Char(char),
    /// An integer of 64 bits, with or without the `N` suffix.
    Integer(i64),
    /// An integer beyond 64 bits written with `N`: its digits with sign.
    BigInteger(String),
    /// A floating point number.
    Float(f64),
    /// A number with the `M` suffix: its digits as written, without the suffix.
    Decimal(String),
    /// A string, escapes resolved.
    String(String),
    /// A symbol.
    Symbol(Name),
    /// A keyword, without its colon.
    Keyword(Name),
    /// `( … )`
    List(Vec<Node>),
    /// `[ … ]`
    Vector(Vec<Node>),
    /// `{ … }`, in the author's order; keys are distinct.
    Map(Vec<Entry>),
    /// `#{ … }`, in the author's order; elements are distinct.
    Set(Vec<Node>),
    /// `#tag form`: never interpreted by the reader.
    Tagged(Box<Tagged>),
}

/// A symbol's or keyword's name.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Name {
    /// What stands before the `/`, if anything.
    pub namespace: Option<String>,
    /// The rest.
    pub name: String,
}

/// One key with its value.
#[derive(Debug, Clone, PartialEq)]
pub struct Entry {
    /// The key.
    pub key: Node,
    /// The value.
    pub value: Node,
}

/// A tagged literal.
#[derive(Debug, Clone, PartialEq)]
pub struct Tagged {
    /// The tag, without `#`.
    pub tag: Name,
    /// Where the tag stands, `#` included.
    pub tag_span: Span,
    /// The form it is put on.
    pub form: Node,
}
