//! What several things take side by side, how that grows with size, and a picture of it.

#![allow(dead_code, reason = "not every bench measures everything")]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "a bench that cannot go on has failed, and its figures are printed"
)]

pub(crate) mod chart;
pub(crate) mod machine;
pub(crate) mod table;

/// Whether this is `cargo test`, which wants to know that a bench works, and not `cargo bench`, which wants figures.
pub(crate) fn is_trial() -> bool {
    !std::env::args().any(|arg| arg == "--bench")
}

/// Whether a part of a bench is asked for: all are, unless some are named.
///
/// Test runners ask for a list of tests, or name those of another program: nothing is asked for then.
pub(crate) fn is_asked_for(part: &str) -> bool {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let mut named = args.iter().filter(|arg| !arg.starts_with('-')).peekable();
    let lists = args.iter().any(|arg| arg == "--list");
    !lists && (named.peek().is_none() || named.any(|name| name == part))
}

/// What is measured at full length, and what to see that it works.
pub(crate) fn full_or_trial<T>(full: T, trial: T) -> T {
    if is_trial() { trial } else { full }
}

/// How often each is measured: `ECOSYSTEM_ROUNDS`, or so often; once in a trial.
pub(crate) fn rounds(usual: usize) -> usize {
    let asked = std::env::var("ECOSYSTEM_ROUNDS").ok().map(|text| text.parse().unwrap());
    asked.unwrap_or(full_or_trial(usual, 1))
}
