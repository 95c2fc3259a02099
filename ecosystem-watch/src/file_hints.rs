//! From events of files to hints: a pass at work hears that there is more to do.

use std::sync::mpsc::{Sender, channel};
use std::thread;
use std::time::Duration;

use ecosystem_core::os::host::Settings;

use crate::files::{FileHint, Files};
use crate::hint::Hint;

/// Follows the files of a tree for as long as the program runs.
pub(crate) fn watch(quiet: Duration, settings: &Settings, hints: &Sender<Hint>) -> Files {
    let (sender, receiver) = channel();
    let (hints, interrupt) = (hints.clone(), settings.interrupt.clone());
    thread::spawn(move || {
        for hint in receiver {
            let hint = match hint {
                FileHint::Changed(touched) => {
                    interrupt.hurry();
                    Hint::Files(touched)
                }
                FileHint::Trouble(text) => Hint::Trouble(text),
            };
            if hints.send(hint).is_err() {
                return;
            }
        }
    });
    // The root is without links, and paths of events with it.
    let home = settings.home.canonicalize_utf8().unwrap_or_else(|_| settings.home.clone());
    Files::watch(&settings.root, &home, quiet, sender)
}
