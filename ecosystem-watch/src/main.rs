//! `ecosystem-watch`: make PM2's running set equal to the tree, and again whenever something hints that the
//! world has changed.
//!
//! A loop around the very pass that `ecosystem-cli sync` makes. Events are hints, never facts: whatever they say,
//! the whole tree is looked at again.

mod args;
mod hint;
mod pass;
mod speak;

use std::process::ExitCode;
use std::time::Duration;

use clap::Parser as _;
use ecosystem_core::os::place::Place;
use ecosystem_core::os::state::Mode;

use crate::args::Args;
use crate::hint::{Hint, Hints};

fn main() -> ExitCode {
    let args = Args::parse();
    speak::listen(args.log_format, args.verbose);
    match run(&args) {
        Ok(()) => ExitCode::SUCCESS,
        Err(problem) => {
            tracing::error!(event = "trouble", "cannot watch: {problem}");
            ExitCode::from(4)
        }
    }
}

/// Watches until a signal ends it.
fn run(args: &Args) -> Result<(), String> {
    let place = Place::find(args.root.as_deref(), args.base.as_deref(), args.owner.as_deref())
        .map_err(|error| error.to_string())?;
    let hints = Hints::watch(&place.root, Duration::from_millis(args.debounce))?;
    speak::happening::watching(&place.root, Mode::Watching).say();
    let mut pass = pass::Passes::new(args, place);
    loop {
        pass.make();
        match hints.next(Duration::from_secs(args.resync)) {
            Hint::Look => {}
            Hint::Stop => {
                speak::happening::stopping("a signal asked for it").say();
                return Ok(());
            }
        }
    }
}
