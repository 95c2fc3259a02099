//! Stable codes of what the reader refuses: E0100 to E0199.
//!
//! A code never changes its meaning; one that is given up is not used again.

use crate::diagnostic::code_table;

code_table! {
    /// The file is not UTF-8
    INVALID_UTF8 = "E0100";
    /// A delimiter is open where the file ends
    UNCLOSED = "E0101";
    /// A closing delimiter meets an opening one of another kind
    MISMATCHED = "E0102";
    /// A closing delimiter has no opening one
    UNOPENED = "E0103";
    /// A map has a key without a value
    ODD_MAP = "E0104";
    /// A map has a key twice
    DUPLICATE_KEY = "E0105";
    /// A set has an element twice
    DUPLICATE_ELEMENT = "E0106";
    /// Something stands behind the first form
    TRAILING_FORM = "E0107";
    /// The file has no form
    NO_FORM = "E0108";
    /// Forms are nested too deep
    TOO_DEEP = "E0109";
    /// A string is open where the file ends
    UNTERMINATED_STRING = "E0110";
    /// A string has an escape that EDN does not know, or that names no character
    BAD_ESCAPE = "E0111";
    /// What follows a `\` is no character
    BAD_CHARACTER = "E0112";
    /// Something that begins as a number is none
    BAD_NUMBER = "E0113";
    /// A number does not fit into 64 bits
    NUMBER_OUT_OF_RANGE = "E0114";
    /// A ratio such as `1/2`: Clojure has them, EDN does not
    RATIO = "E0115";
    /// A symbol is malformed
    BAD_SYMBOL = "E0116";
    /// A keyword is malformed
    BAD_KEYWORD = "E0117";
    /// A keyword begins with `::`, which only a Clojure program can resolve
    AUTO_RESOLVED_KEYWORD = "E0118";
    /// An invisible character stands outside strings and comments
    INVISIBLE_CHARACTER = "E0119";
    /// `#=`: Clojure's reader would evaluate what follows
    READ_EVAL = "E0120";
    /// `#` is followed by something that EDN does not know
    UNKNOWN_DISPATCH = "E0121";
    /// Syntax of Clojure programs that is not EDN: quote, unquote, deref, metadata
    READER_MACRO = "E0122";
    /// A tag's name is malformed
    BAD_TAG = "E0123";
    /// A tag has no form behind it
    TAG_WITHOUT_FORM = "E0124";
    /// A `#_` has no form behind it
    DISCARD_WITHOUT_FORM = "E0125";
    /// A `#:ns` is malformed or has no map behind it
    BAD_NAMESPACED_MAP = "E0126";
    /// `##` is followed by something else than `Inf`, `-Inf` or `NaN`
    BAD_SYMBOLIC_VALUE = "E0127";
    /// There are more problems than are listed
    TOO_MANY = "E0199";
}
