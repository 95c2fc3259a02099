//! What makes the watcher look: file events and signals.

use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread;
use std::time::Duration;

use camino::Utf8Path;
use notify_debouncer_full::notify::{EventKind, RecommendedWatcher, RecursiveMode};
use notify_debouncer_full::{DebounceEventResult, Debouncer, RecommendedCache, new_debouncer};
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use signal_hook::iterator::Signals;

/// What to do next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Hint {
    /// Look at the world again.
    Look,
    /// End.
    Stop,
}

/// Where hints come from, for as long as this lives.
pub(crate) struct Hints {
    receiver: Receiver<Hint>,
    _debouncer: Debouncer<RecommendedWatcher, RecommendedCache>,
}

impl Hints {
    /// Watches the tree and the signals SIGHUP (look), SIGTERM and SIGINT (stop).
    pub(crate) fn watch(root: &Utf8Path, quiet: Duration) -> Result<Self, String> {
        let (sender, receiver) = channel();
        listen_to_signals(sender.clone()).map_err(|error| format!("cannot listen to signals: {error}"))?;
        let mut debouncer = new_debouncer(quiet, None, move |result| forward(&sender, &result))
            .map_err(|error| format!("cannot watch files: {error}"))?;
        debouncer
            .watch(root.as_std_path(), RecursiveMode::Recursive)
            .map_err(|error| format!("cannot watch {root}: {error}"))?;
        Ok(Self { receiver, _debouncer: debouncer })
    }

    /// Waits for a hint, or until it is time to look without one. Hints that have piled up are one.
    pub(crate) fn next(&self, at_latest: Duration) -> Hint {
        let first = match self.receiver.recv_timeout(at_latest) {
            Ok(hint) => hint,
            Err(RecvTimeoutError::Timeout) => Hint::Look,
            Err(RecvTimeoutError::Disconnected) => Hint::Stop,
        };
        let more: Vec<Hint> = self.receiver.try_iter().collect();
        if first == Hint::Stop || more.contains(&Hint::Stop) { Hint::Stop } else { Hint::Look }
    }
}

/// Errors of the watcher are hints too: what they hid has to be looked at.
fn forward(sender: &Sender<Hint>, result: &DebounceEventResult) {
    let relevant = match result {
        Ok(events) => events.iter().any(|event| is_relevant(&event.kind, &event.paths)),
        Err(_) => true,
    };
    if relevant {
        // Nobody listens any more only when the program ends.
        let _ = sender.send(Hint::Look);
    }
}

/// Our own reading causes access events, and our own writing happens in `dist` folders.
fn is_relevant(kind: &EventKind, paths: &[std::path::PathBuf]) -> bool {
    let in_dist = |path: &std::path::PathBuf| path.components().any(|part| part.as_os_str() == "dist");
    !matches!(kind, EventKind::Access(_)) && (paths.is_empty() || !paths.iter().all(in_dist))
}

fn listen_to_signals(sender: Sender<Hint>) -> std::io::Result<()> {
    let mut signals = Signals::new([SIGHUP, SIGINT, SIGTERM])?;
    thread::spawn(move || {
        for signal in signals.forever() {
            let hint = if signal == SIGHUP { Hint::Look } else { Hint::Stop };
            if sender.send(hint).is_err() {
                return;
            }
        }
    });
    Ok(())
}
