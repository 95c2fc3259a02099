//! Stable codes of what the reader refuses: E0100 to E0199.
//!
//! A code never changes its meaning; one that is given up is not used again.

/// The file is not UTF-8.
pub const INVALID_UTF8: &str = "E0100";
/// A delimiter is open where the file ends.
pub const UNCLOSED: &str = "E0101";
/// A closing delimiter meets an opening one of another kind.
pub const MISMATCHED: &str = "E0102";
/// A closing delimiter has no opening one.
pub const UNOPENED: &str = "E0103";
/// A map has a key without a value.
pub const ODD_MAP: &str = "E0104";
/// A map has a key twice.
pub const DUPLICATE_KEY: &str = "E0105";
/// A set has an element twice.
pub const DUPLICATE_ELEMENT: &str = "E0106";
/// Something stands behind the first form.
pub const TRAILING_FORM: &str = "E0107";
/// The file has no form.
pub const NO_FORM: &str = "E0108";
/// Forms are nested deeper than [`MAX_DEPTH`](super::MAX_DEPTH).
pub const TOO_DEEP: &str = "E0109";
/// A string is open where the file ends.
pub const UNTERMINATED_STRING: &str = "E0110";
/// A string has an escape that EDN does not know, or that names no character.
pub const BAD_ESCAPE: &str = "E0111";
/// What follows a `\` is no character.
pub const BAD_CHARACTER: &str = "E0112";
/// Something that begins as a number is none.
pub const BAD_NUMBER: &str = "E0113";
/// A number does not fit into 64 bits.
pub const NUMBER_OUT_OF_RANGE: &str = "E0114";
/// A ratio such as `1/2`: Clojure has them, EDN does not.
pub const RATIO: &str = "E0115";
/// A symbol is malformed.
pub const BAD_SYMBOL: &str = "E0116";
/// A keyword is malformed.
pub const BAD_KEYWORD: &str = "E0117";
/// A keyword begins with `::`, which only a Clojure program can resolve.
pub const AUTO_RESOLVED_KEYWORD: &str = "E0118";
/// An invisible character stands outside strings and comments.
pub const INVISIBLE_CHARACTER: &str = "E0119";
/// `#=`: Clojure's reader would evaluate what follows.
pub const READ_EVAL: &str = "E0120";
/// `#` is followed by something that EDN does not know.
pub const UNKNOWN_DISPATCH: &str = "E0121";
/// Syntax of Clojure programs that is not EDN: quote, unquote, deref, metadata.
pub const READER_MACRO: &str = "E0122";
/// A tag's name is malformed.
pub const BAD_TAG: &str = "E0123";
/// A tag has no form behind it.
pub const TAG_WITHOUT_FORM: &str = "E0124";
/// A `#_` has no form behind it.
pub const DISCARD_WITHOUT_FORM: &str = "E0125";
/// A `#:ns` is malformed or has no map behind it.
pub const BAD_NAMESPACED_MAP: &str = "E0126";
/// `##` is followed by something else than `Inf`, `-Inf` or `NaN`.
pub const BAD_SYMBOLIC_VALUE: &str = "E0127";
/// There are more problems than are listed.
pub const TOO_MANY: &str = "E0199";
