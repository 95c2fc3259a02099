//! The kernel's watcher as the debouncer is given it.

use std::path::Path;

use notify_debouncer_full::notify::{
    Config, Error, Event, EventHandler, RecommendedWatcher, RecursiveMode, Result, Watcher, WatcherKind,
};

use super::event::Said;

/// A watcher that hands on only what counts of an event, and that can always be made.
///
/// Always, because the debouncer starts its thread before it makes its watcher and, where that fails, leaves the
/// thread running for ever. A watcher that could not be opened says so when it is asked to watch.
pub(super) struct Kernel {
    opened: Result<RecommendedWatcher>,
}

impl Watcher for Kernel {
    fn new<F: EventHandler>(mut handler: F, config: Config) -> Result<Self> {
        let hand_on = move |heard| {
            if let Some(heard) = plain(heard) {
                handler.handle_event(heard);
            }
        };
        Ok(Self { opened: RecommendedWatcher::new(hand_on, config) })
    }

    fn watch(&mut self, path: &Path, mode: RecursiveMode) -> Result<()> {
        self.opened()?.watch(path, mode)
    }

    fn unwatch(&mut self, path: &Path) -> Result<()> {
        self.opened()?.unwatch(path)
    }

    fn kind() -> WatcherKind {
        RecommendedWatcher::kind()
    }
}

impl Kernel {
    /// The watcher, or why there is none. The reason is given once: errors cannot be copied.
    fn opened(&mut self) -> Result<&mut RecommendedWatcher> {
        let told =
            |error: &mut Error| std::mem::replace(error, Error::generic("the watcher could not be opened"));
        self.opened.as_mut().map_err(told)
    }
}

/// Errors and lost events are handed on as they are.
fn plain(heard: Result<Event>) -> Option<Result<Event>> {
    let mut event = match heard {
        Ok(event) if !event.need_rescan() => event,
        as_it_is => return Some(as_it_is),
    };
    event.kind = Said::of(&event.kind)?.plain();
    Some(Ok(event))
}
