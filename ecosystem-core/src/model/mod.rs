//! What a tree says once it is valid: daemons, their apps, and which sources are broken.
//!
//! Values of these types come from [`crate::validate`]; they are what PM2 would make of the text, so
//! `"10s"` is 10000 and `"a 'b c'"` is a list of two words.

mod app;
mod digest;
mod ecosystem;
mod lifecycle;
mod names;
pub(crate) mod number;
mod origins;
mod probe;
mod reference;
pub(crate) mod reserved_env;
pub mod schema;
mod settle;

pub use app::{App, Env, EnvFile, EnvValue, InheritEnv, NoSuchPrune, Prune};
pub use digest::Digest;
pub(crate) use digest::hex;
pub use ecosystem::{Broken, Daemon, Ecosystem, TreeSettings};
pub use lifecycle::{Condition, Dependency, Lifecycle, OnChange, OnFailure};
pub use names::{AppName, DaemonId, Owner};
pub use origins::{Came, Layer, Origins};
pub(crate) use origins::{Piece, Pieces};
pub use probe::{CommandLine, Probe, Probes, Way};
pub use reference::{Late, Reference, References};
pub use reserved_env::{DIGEST_VARIABLE, OWNER_VARIABLE, SOURCE_VARIABLE};
pub use settle::{Early, Unsettled, Variables};
