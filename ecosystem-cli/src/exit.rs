//! How a run ends.

use std::io;
use std::process::ExitCode;

use ecosystem_core::converge::HostError;

use crate::show;

/// What a command came to, as its exit code tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Exit {
    /// Done, or nothing to do.
    Done,
    /// The declarations are wrong, a step failed, or a plan is stale.
    Failed,
    /// Changes are pending (`plan --exit-code`, `render --check`, `fmt --check`).
    Pending,
}

/// Why a command could not do its work.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Failure {
    /// The command line asks for something that cannot be.
    #[error("{0}")]
    Usage(String),
    /// The world could not be read.
    #[error(transparent)]
    Host(#[from] HostError),
    /// The result could not be written.
    #[error("cannot write the result: {0}")]
    Output(#[from] io::Error),
}

/// Says why, where there is something to say, and gives the exit code.
pub(crate) fn report(result: Result<Exit, Failure>) -> ExitCode {
    match result {
        Ok(Exit::Done) => ExitCode::SUCCESS,
        Ok(Exit::Failed) => ExitCode::from(1),
        Ok(Exit::Pending) => ExitCode::from(3),
        Err(failure) => {
            // Nothing is left to be done where even this cannot be written.
            let _ = say(&failure);
            ExitCode::from(if matches!(failure, Failure::Usage(_)) { 2 } else { 4 })
        }
    }
}

fn say(failure: &Failure) -> io::Result<()> {
    let style = show::style::ERROR;
    show::tell(&format!("{style}error{style:#}: {}\n", show::printable(&failure.to_string())))?;
    if let Failure::Host(HostError { hint: Some(hint), .. }) = failure {
        show::tell(&format!("  = hint: {}\n", show::printable(hint)))?;
    }
    Ok(())
}
