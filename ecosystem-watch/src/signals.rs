//! Signals: SIGHUP asks for a look, SIGTERM and SIGINT end the program after the step in hand.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::Sender;
use std::thread;
use std::time::Duration;

use ecosystem_core::os::interrupt::Interrupt;
use ecosystem_core::os::place::variable;
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use signal_hook::iterator::Signals;

use crate::hint::Hint;

/// PM2's own default of `kill_timeout`, after which it kills (`lib/God/Methods.js`).
const KILL_TIMEOUT: Duration = Duration::from_millis(1600);

/// What is left of `kill_timeout` for ending itself.
const MARGIN: Duration = Duration::from_millis(300);

/// Listens for as long as the program runs.
///
/// `own_step` says that the step in hand is the restart of this very program: PM2 waits for its end then, and it must
/// not wait for PM2.
pub(crate) fn listen(
    hints: Sender<Hint>,
    interrupt: Interrupt,
    own_step: Arc<AtomicBool>,
) -> std::io::Result<()> {
    let mut signals = Signals::new([SIGHUP, SIGINT, SIGTERM])?;
    thread::spawn(move || {
        for signal in signals.forever() {
            let hint = if signal == SIGHUP { Hint::BeginAnew } else { Hint::Stop };
            if hint == Hint::Stop {
                interrupt.end();
                end_in_time(own_step.load(Ordering::Relaxed));
            }
            if hints.send(hint).is_err() {
                return;
            }
        }
    });
    Ok(())
}

/// Ends the program before whoever asked for it loses patience. Each call is PM2's to finish once it is made, and what
/// was not done is done by the next start: so ending between two of them leaves nothing half done.
fn end_in_time(at_once: bool) {
    if at_once {
        std::process::exit(0);
    }
    let timeout = variable("kill_timeout").and_then(|text| text.parse().ok()).map(Duration::from_millis);
    let limit = timeout.unwrap_or(KILL_TIMEOUT).saturating_sub(MARGIN);
    thread::spawn(move || {
        thread::sleep(limit);
        std::process::exit(0);
    });
}
