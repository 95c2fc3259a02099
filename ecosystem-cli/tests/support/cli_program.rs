//! Where `ecosystem-cli` is, for tests of its own package.

use std::path::PathBuf;

pub(crate) fn path() -> PathBuf {
    env!("CARGO_BIN_EXE_ecosystem-cli").into()
}
