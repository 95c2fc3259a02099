//! What is known of PM2, without talking to it: how it reads its process list, and what it makes of a
//! definition before it starts a process.

mod attributes;
mod machine;
pub mod observed;

pub use attributes::{Attributes, Unresolvable, resolve};
pub use machine::{FileKind, Machine, Questions, User, questions};
