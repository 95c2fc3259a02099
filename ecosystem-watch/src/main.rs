//! `ecosystem-watch`: make PM2's running set equal to the tree, and again whenever something hints that the
//! world has changed.
//!
//! A loop around the very pass that `ecosystem-cli sync` makes. Events are hints, never facts: whatever they say,
//! the whole tree is looked at again.

mod args;
mod hint;
mod pass;
mod say;

use std::process::ExitCode;
use std::time::Duration;

use clap::Parser as _;
use ecosystem_core::os::place::Place;

use crate::args::Args;
use crate::hint::{Hint, Hints};

fn main() -> ExitCode {
    let args = Args::parse();
    match run(&args) {
        Ok(()) => ExitCode::SUCCESS,
        Err(problem) => {
            say::line(&format!("cannot watch: {problem}"));
            ExitCode::from(4)
        }
    }
}

/// Watches until a signal ends it.
fn run(args: &Args) -> Result<(), String> {
    let place = Place::find(args.root.as_deref(), args.base.as_deref(), args.owner.as_deref())
        .map_err(|error| error.to_string())?;
    let hints = Hints::watch(&place.root, Duration::from_millis(args.debounce))?;
    say::line(&format!("watching {}", place.root));
    let mut pass = pass::Passes::new(args, place);
    loop {
        pass.make();
        match hints.next(Duration::from_secs(args.resync)) {
            Hint::Look => {}
            Hint::Stop => {
                say::line("stopping: a signal asked for it");
                return Ok(());
            }
        }
    }
}
