//! Where `ecosystem-cli` is, for tests of another package than its own.

use std::path::PathBuf;
use std::sync::OnceLock;

use super::sibling;

pub(crate) fn path() -> PathBuf {
    static BUILT: OnceLock<PathBuf> = OnceLock::new();
    BUILT.get_or_init(|| sibling::program("ecosystem-cli")).clone()
}
