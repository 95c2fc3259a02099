//! What tests of several modules stand on.

pub(crate) mod drawing;
pub(crate) mod node;
