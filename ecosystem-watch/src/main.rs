//! `ecosystem-watch`: make PM2's running set equal to the tree, and again whenever something hints that the
//! world has changed.
//!
//! A loop around the very pass that `ecosystem-cli sync` makes. Events are hints, never facts: they decide where to look,
//! and what is there is looked at.

mod args;

mod standby;
mod watcher;

mod file_hints;
mod files;
mod hint;
mod known;
mod liveness;
mod news;
mod pm2_events;
mod signals;

mod aside;
mod pass;
mod resurrection;

mod pm2_life;
mod removals;
mod retries;
mod setback;
mod succession;

mod record;
mod speak;

use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

use clap::Parser as _;
use ecosystem_core::converge::HostError;
use ecosystem_core::os::interrupt::Interrupt;
use ecosystem_core::os::place::Place;

use crate::args::Args;
use crate::hint::Hint;
use crate::pass::Passes;
use crate::watcher::Watcher;

fn main() -> ExitCode {
    let args = Args::parse();
    speak::listen(args.log_format, args.verbose);
    let ended = match &args.succeed {
        Some(daemon) => succession::succeed(&args, daemon),
        None => watch(&args),
    };
    match ended {
        Ok(()) => ExitCode::SUCCESS,
        Err(problem) => {
            speak::happening::fatal(&problem).say();
            ExitCode::from(4)
        }
    }
}

/// Watches until a signal ends it.
fn watch(args: &Args) -> Result<(), HostError> {
    let (sender, hints) = channel();
    let (interrupt, own_step) = (Interrupt::default(), Arc::new(AtomicBool::new(false)));
    signals::listen(sender.clone(), interrupt.clone(), Arc::clone(&own_step))
        .map_err(|error| HostError::new(format!("cannot listen to signals: {error}")))?;
    // The pass itself and its steps.
    aside::make_room(STANDING_THREADS + 1 + usize::from(args.jobs));
    let Some(place) = place(args, &hints)? else { return Ok(()) };
    let passes = Passes::new(args, &place, interrupt)?;
    let Some(lock) = standby::take(passes.home(), passes.owner(), &hints)? else { return Ok(()) };
    Watcher::new(args, passes, lock, (sender, hints), own_step).run()
}

/// Threads that are started once and stay: signals, PM2's events, and those of files, of which the libraries have some.
const STANDING_THREADS: usize = 8;

/// How often to look for a tree that is not there yet.
const ROOT_AGAIN: Duration = Duration::from_secs(2);

/// Finds the tree, waiting for a root that is named and not there: its disk may come later than we do.
///
/// `None` if a signal ends the program before.
fn place(args: &Args, hints: &Receiver<Hint>) -> Result<Option<Place>, HostError> {
    let mut said = None;
    loop {
        match Place::find(&args.named()) {
            Ok(place) => return Ok(Some(place)),
            Err(problem) if args.root.is_none() => return Err(problem),
            Err(problem) if said.as_ref() != Some(&problem) => {
                speak::happening::waiting(&problem).say();
                said = Some(problem);
            }
            Err(_) => {}
        }
        if hint::next(hints, Instant::now() + ROOT_AGAIN).contains(&Hint::Stop) {
            return Ok(None);
        }
    }
}
