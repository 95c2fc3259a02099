//! PM2's own events: a process of ours that ends, is deleted or is started by hand is seen at once.

use std::collections::BTreeSet;
use std::sync::mpsc::Sender;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use camino::Utf8PathBuf;
use ecosystem_core::model::Owner;
use ecosystem_core::os::pm2::{Bus, BusMessage, ProcessEvent};

use crate::hint::Hint;

/// How often to try while PM2 is not up: a failed connection costs next to nothing.
const TRY_AGAIN: Duration = Duration::from_millis(500);

/// For a connection; only a frozen daemon needs long.
const CONNECT: Duration = Duration::from_secs(2);

/// Whose processes matter.
#[derive(Debug, Clone)]
pub(crate) struct Ours {
    owner: Owner,
    names: Arc<Mutex<BTreeSet<String>>>,
}

impl Ours {
    pub(crate) fn of(owner: Owner) -> Self {
        Self { owner, names: Arc::default() }
    }

    /// The names that the tree declares now: whoever takes one of them is in our way.
    pub(crate) fn declare<'a>(&self, declared: impl Iterator<Item = &'a str> + Clone) {
        let mut names = self.names.lock().unwrap_or_else(PoisonError::into_inner);
        if !declared.clone().eq(names.iter().map(String::as_str)) {
            *names = declared.map(str::to_owned).collect();
        }
    }

    fn concerns(&self, event: &ProcessEvent) -> bool {
        let owned = event.owner.as_deref() == Some(self.owner.as_str());
        owned || self.names.lock().unwrap_or_else(PoisonError::into_inner).contains(&event.name)
    }
}

/// Follows PM2's events for as long as the program runs, over every end and start of PM2.
///
/// The thread does nothing but read: PM2 keeps in memory, without bound, whatever a subscriber does not take.
pub(crate) fn follow(home: Utf8PathBuf, ours: Ours, hints: Sender<Hint>) {
    thread::spawn(move || {
        loop {
            if let Ok(mut bus) = Bus::connect(&home, CONNECT) {
                if hints.send(Hint::Pm2Up).is_err() {
                    return;
                }
                let deliberately = read(&mut bus, &ours, &hints);
                if hints.send(Hint::Pm2Gone { deliberately }).is_err() {
                    return;
                }
            }
            thread::sleep(TRY_AGAIN);
        }
    });
}

/// Reads until PM2 is gone; whether it said so before.
fn read(bus: &mut Bus, ours: &Ours, hints: &Sender<Hint>) -> bool {
    let mut farewell = false;
    while let Ok(message) = bus.next() {
        match message {
            BusMessage::Process(event) if ours.concerns(&event) => {
                let ended = event.event == "exit";
                if hints.send(Hint::Process { app: event.name, ended }).is_err() {
                    return farewell;
                }
            }
            BusMessage::Process(_) => {}
            BusMessage::Killed => farewell = true,
        }
    }
    farewell
}
