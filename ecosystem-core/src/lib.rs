//! Declarative EDN for PM2: parse, validate, render, and plan how PM2's running set becomes equal to it.

pub mod converge;
pub mod cron;
pub mod diagnostic;
pub mod edn;
pub mod env_file;
pub mod model;
pub mod plan;
pub mod pm2;
pub mod render;
pub mod validate;

#[cfg(feature = "os")]
#[allow(clippy::disallowed_methods, clippy::disallowed_types, reason = "the one place with effects")]
pub mod os;

#[cfg(test)]
mod node;

pub use validate::compile;
