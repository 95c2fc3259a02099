//! The only files with effects.

pub mod dist;
