//! Which `pm2` program brings the daemon up.

#[cfg(test)]
mod tests;

use std::fmt;
use std::os::unix::fs::PermissionsExt;

use camino::{Utf8Path, Utf8PathBuf};
use thiserror::Error;

use crate::os::ownership::is_of_the_same;

/// The package that `npx` fetches where there is no `pm2`.
pub const NPX_PACKAGE: &str = "pm2@7";

/// The program, `.bin` and `node_modules`.
const STEPS_TO_PROGRAM: usize = 3;

/// The program that starts PM2's daemon.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Pm2Program {
    /// A `pm2` that is there.
    Path(Utf8PathBuf),
    /// None: `npx --yes pm2@7` has to fetch one. Say so before it is used, as it reaches for the network.
    Npx,
}

impl fmt::Display for Pm2Program {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Path(path) => write!(formatter, "{path}"),
            Self::Npx => write!(formatter, "npx --yes {NPX_PACKAGE}"),
        }
    }
}

/// Where to look, first to last.
#[derive(Debug, Clone, Copy)]
pub struct Search<'a> {
    /// The value of `--pm2`.
    pub option: Option<&'a str>,
    /// The value of `$PM2_BIN`.
    pub pm2_bin: Option<&'a str>,
    /// The folder from which `node_modules/.bin/pm2` is looked for, upwards; absolute.
    pub base: &'a Utf8Path,
    /// The value of `$PATH`.
    pub path: Option<&'a str>,
}

/// Why there is no program.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum ProgramError {
    /// A program that was asked for is not there. Taking another one instead would surprise.
    #[error("{given_by} names `{program}`, which is not an executable file")]
    NotExecutable {
        /// Who asked for it: `--pm2` or `PM2_BIN`.
        given_by: &'static str,
        /// What was asked for.
        program: String,
    },
    /// Nothing anywhere.
    #[error("no `pm2` program: install it (`npm install -g pm2`), or name one with --pm2 or PM2_BIN")]
    NotFound,
}

impl Pm2Program {
    /// Finds the program: `--pm2`, `$PM2_BIN`, the nearest `node_modules/.bin/pm2` at or above base, `pm2` on PATH,
    /// and last `npx` if that is on PATH. A `node_modules` of somebody who owns neither base nor us is passed over.
    ///
    /// # Errors
    /// [`ProgramError`] if the one asked for is not there, or none is.
    pub fn find(search: &Search<'_>) -> Result<Self, ProgramError> {
        for (given_by, program) in [("--pm2", search.option), ("PM2_BIN", search.pm2_bin)] {
            if let Some(program) = program.filter(|program| !program.is_empty()) {
                let found = search.named(program);
                let missing = || ProgramError::NotExecutable { given_by, program: program.to_owned() };
                return found.map(Self::Path).ok_or_else(missing);
            }
        }
        let found = search.near_base().or_else(|| search.on_path("pm2")).map(Self::Path);
        let npx = || search.on_path("npx").map(|_| Self::Npx);
        found.or_else(npx).ok_or(ProgramError::NotFound)
    }
}

impl Search<'_> {
    /// A word without `/` is looked for on PATH, as a shell would.
    fn named(&self, program: &str) -> Option<Utf8PathBuf> {
        if !program.contains('/') {
            return self.on_path(program);
        }
        camino::absolute_utf8(program).ok().filter(is_program)
    }

    /// The way up may lead through folders such as `/tmp`, in which any user can put programs for others to run.
    fn near_base(&self) -> Option<Utf8PathBuf> {
        let is_ours = |path: &Utf8PathBuf| {
            let steps = path.ancestors().take(STEPS_TO_PROGRAM);
            steps.into_iter().all(|step| is_of_the_same(step, self.base))
        };
        let programs = self.base.ancestors().map(|folder| folder.join("node_modules/.bin/pm2"));
        programs.filter(is_program).find(is_ours)
    }

    /// Relative folders on PATH are left out: what they hold depends on who asks.
    fn on_path(&self, name: &str) -> Option<Utf8PathBuf> {
        let folders = self.path?.split(':').map(Utf8Path::new).filter(|folder| folder.is_absolute());
        folders.map(|folder| folder.join(name)).find(is_program)
    }
}

#[allow(clippy::ptr_arg, reason = "the form that `filter` and `find` take")]
fn is_program(path: &Utf8PathBuf) -> bool {
    path.metadata().is_ok_and(|metadata| metadata.is_file() && metadata.permissions().mode() & 0o111 != 0)
}
