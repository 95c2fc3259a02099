//! The form of a table of codes: what a code is called in the source, and what it means in one line.

/// Makes a constant of each code, and `ALL` of all of them with their meanings.
///
/// The meaning is the documentation of the constant, so neither is ever without the other.
macro_rules! code_table {
    ($($(#[doc = $meaning:literal])+ $name:ident = $code:literal;)*) => {
        $($(#[doc = $meaning])+ pub const $name: &str = $code;)*

        /// Every code with its meaning in one line, in the order of codes.
        pub const ALL: &[(&str, &str)] = &[$(($code, concat!($($meaning),+).trim_ascii())),*];
    };
}

pub(crate) use code_table;
