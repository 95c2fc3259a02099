//! Declarative EDN for PM2: parse, validate, render, and plan how PM2's running set becomes equal to it.

pub mod diagnostic;
pub mod edn;
pub mod model;
pub mod validate;

pub use validate::compile;
