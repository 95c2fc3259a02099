//! The code of everything there is to say of a tree on disk: `E04xx` for errors, `W04xx` for warnings.
//!
//! A code never changes its meaning and is never given out again, so that people can search for it.

use crate::diagnostic::code_table;

code_table! {
    /// A place in the tree could not be looked at
    UNREADABLE = "E0401";
    /// A source is not a regular file
    NOT_A_FILE = "E0402";
    /// A source is larger than any real one
    TOO_LARGE = "E0403";
    /// A link to a folder is not followed
    LINKED_FOLDER = "W0404";
}
