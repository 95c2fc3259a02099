//! Declarative EDN for PM2: parse, validate, render, and plan how PM2's running set becomes equal to it.

pub mod cron;
pub mod diagnostic;
pub mod edn;
pub mod model;
#[cfg(feature = "os")]
pub mod os;
pub mod pm2;
pub mod validate;

pub use validate::compile;
