//! The code of every problem with reader tags: `E05xx`.
//!
//! A code never changes its meaning and is never given out again, so that people can search for it.

use crate::diagnostic::code_table;

code_table! {
    /// A reader tag stands before something that it cannot be put on
    TAG_FORM = "E0501";
    /// An `#include` of something else than an `.edn` file inside the base
    INCLUDE_REFUSED = "E0502";
    /// An included file cannot be read
    INCLUDE_UNREADABLE = "E0503";
    /// Includes or references that lead back to themselves
    CYCLE = "E0504";
    /// A `#ref` that leads nowhere
    REF_NOWHERE = "E0505";
    /// Includes, references or defaults that come to more than any real file
    TOO_MUCH = "E0506";
    /// A `#long` or `#double` of something that is no number
    NOT_A_NUMBER = "E0507";
}
