//! How far long work has come: one line at the end of a terminal, which is gone when the work is done.

use std::io::{self, IsTerminal as _};
use std::sync::OnceLock;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

/// Work of fewer steps is over before somebody has read how far it is.
const LONG: usize = 10;

/// How often it is drawn though nothing happens, so that the time goes on.
const TICK: Duration = Duration::from_secs(1);

/// A bar, once there is long work, and a terminal on stderr to draw it on.
#[derive(Default)]
pub(crate) struct Bar(OnceLock<ProgressBar>);

impl Bar {
    /// There is this much to do.
    pub(crate) fn begin(&self, steps: usize) {
        if steps >= LONG && is_wanted() {
            let bar = ProgressBar::with_draw_target(Some(steps as u64), ProgressDrawTarget::stderr());
            let bar = bar.with_style(style());
            bar.enable_steady_tick(TICK);
            // Nobody begins twice; a second bar would be a hidden one.
            let _ = self.0.set(bar);
        }
    }

    /// One more step is done.
    pub(crate) fn step(&self) {
        let Some(bar) = self.0.get() else { return };
        bar.inc(1);
        if bar.length() == Some(bar.position()) {
            bar.finish_and_clear();
        }
    }

    /// Writes something to the terminal, above the bar.
    pub(crate) fn beside<T>(&self, write: impl FnOnce() -> T) -> T {
        match self.0.get() {
            Some(bar) => bar.suspend(write),
            None => write(),
        }
    }
}

impl Drop for Bar {
    /// Not all steps may have been taken.
    fn drop(&mut self) {
        if let Some(bar) = self.0.get() {
            bar.finish_and_clear();
        }
    }
}

/// Whether it can be drawn and taken back again: not in a file or a pipe, nor at a terminal that cannot move.
fn is_wanted() -> bool {
    io::stderr().is_terminal() && std::env::var_os("TERM").is_none_or(|term| term != "dumb")
}

fn style() -> ProgressStyle {
    let plain = ProgressStyle::default_bar();
    let ours = ProgressStyle::with_template("[{bar:32}] {pos} of {len} steps, {elapsed}");
    ours.map_or(plain, |style| style.progress_chars("=> "))
}
