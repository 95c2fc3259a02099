//! Everything with effects, behind the feature `os`: the rest of the crate cannot do I/O.

pub mod dist;
pub mod machine;
pub mod pm2;
