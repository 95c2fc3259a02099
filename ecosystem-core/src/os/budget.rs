//! How many starts a hard-pressed machine is given: one after the other, and not more than one a second.
//!
//! Hundreds of programs that are started at once take one another's time until none of them comes up in time. So does
//! a sync on a machine that is busy with something else. Whatever the pressure, a start is held no longer than
//! [`PAUSE`] behind the one before, and not at all where no step is in hand: nothing but time is lost by it.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use super::pressure::{Limit, Pressed, Pressure};

/// The longest that pressure holds a start back behind the one before.
pub(super) const PAUSE: Duration = Duration::from_secs(1);

/// For how long a reading is good: the kernel works out a new one every two seconds.
const FRESH: Duration = Duration::from_millis(500);

/// Says whether a start may be made now.
pub(super) struct Budget<'a> {
    limit: Limit,
    read: &'a (dyn Fn() -> Pressure + Sync),
    /// Told when starts begin to be held back.
    tell: &'a (dyn Fn(Pressed) + Sync),
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    last_start: Option<Instant>,
    reading: Option<(Instant, Option<Pressed>)>,
    told: bool,
}

impl<'a> Budget<'a> {
    pub(super) fn new(
        limit: Limit,
        read: &'a (dyn Fn() -> Pressure + Sync),
        tell: &'a (dyn Fn(Pressed) + Sync),
    ) -> Self {
        Self { limit, read, tell, state: Mutex::default() }
    }

    /// Whether a start may be made now, beside other steps; who is given one makes it.
    pub(super) fn grants(&self, now: Instant) -> bool {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let early = state.last_start.is_some_and(|last| now < last + PAUSE);
        if early && let Some(pressed) = self.pressed(&mut state, now) {
            if !std::mem::replace(&mut state.told, true) {
                (self.tell)(pressed);
            }
            return false;
        }
        state.last_start = Some(now);
        true
    }

    /// A start is made whatever the pressure, since nothing else is done.
    pub(super) fn takes(&self, now: Instant) {
        self.state.lock().unwrap_or_else(PoisonError::into_inner).last_start = Some(now);
    }

    fn pressed(&self, state: &mut State, now: Instant) -> Option<Pressed> {
        match state.reading {
            Some((at, pressed)) if now < at + FRESH => pressed,
            _ => {
                let pressed = self.limit.exceeded(&(self.read)());
                state.reading = Some((now, pressed));
                pressed
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    /// Whether starts are granted at these times, in milliseconds, with the cpu pressure of each.
    fn check(limit: Limit, asked: &[(u64, f64, bool)], told: usize) {
        let (start, cpu, times) = (Instant::now(), Mutex::new(Cell::new(0.0)), AtomicUsize::new(0));
        let read = || Pressure {
            cpu: Some(cpu.lock().unwrap_or_else(PoisonError::into_inner).get()),
            ..Pressure::default()
        };
        let tell = |_| {
            times.fetch_add(1, Ordering::Relaxed);
        };
        let budget = Budget::new(limit, &read, &tell);
        for (ms, percent, expected) in asked {
            cpu.lock().unwrap_or_else(PoisonError::into_inner).set(*percent);
            assert_eq!(budget.grants(start + Duration::from_millis(*ms)), *expected, "at {ms} ms");
        }
        assert_eq!(times.load(Ordering::Relaxed), told);
    }

    #[test]
    fn a_machine_with_time_gets_all_at_once() {
        check(Limit::default(), &[(0, 10.0, true), (1, 89.0, true), (2, 90.0, true)], 0);
        check(Limit::OFF, &[(0, 100.0, true), (1, 100.0, true)], 0);
    }

    #[test]
    fn a_pressed_one_gets_one_a_second() {
        let asked = [
            (0, 99.0, true),
            (1, 99.0, false),
            (999, 99.0, false),
            (1000, 99.0, true),
            (1001, 99.0, false),
            // Over, though it takes a moment to be seen.
            (1100, 0.0, false),
            (1600, 0.0, true),
            (1601, 0.0, true),
            // And again.
            (2200, 99.0, false),
        ];
        check(Limit::default(), &asked, 1);
    }
}
