//! `ecosystem-cli`: keep PM2's running set equal to a tree of declarative EDN.
//!
//! Thin on purpose: arguments in, a pass of `ecosystem-core`, its result shown, an exit code.

mod args;
mod command;
mod exit;
mod place;
mod show;

use std::process::ExitCode;

use clap::Parser as _;
use mimalloc::MiMalloc;

#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

fn main() -> ExitCode {
    let args = args::Args::parse();
    args.color.write_global();
    exit::report(command::run(&args.command))
}
