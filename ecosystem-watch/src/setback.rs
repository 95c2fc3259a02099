//! Looks that could not be had: when to try again although nothing hints at it.

use std::time::{Duration, Instant};

/// After the first; each later one waits twice as long.
const FIRST: Duration = Duration::from_secs(1);

/// How many looks in a row could not be had, and when the next one is due.
#[derive(Debug, Default)]
pub(crate) struct Setback {
    count: u32,
    again: Option<Instant>,
}

impl Setback {
    /// A look could not be had. It is tried again, at the latest after `longest`: that PM2 can be asked again, or a
    /// folder be read, makes no event.
    pub(crate) fn met(&mut self, now: Instant, longest: Duration) {
        let pause = FIRST.saturating_mul(1 << self.count.min(16)).min(longest);
        self.again = Some(now + pause);
        self.count += 1;
    }

    /// A look could be had.
    pub(crate) fn over(&mut self) {
        *self = Self::default();
    }

    /// When the next look is due, in place of whatever else has come due.
    pub(crate) fn again(&self) -> Option<Instant> {
        self.again
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

    use super::*;

    #[test]
    fn it_is_tried_again_later_and_later() {
        let (start, mut setback) = (Instant::now(), Setback::default());
        let mut pauses = Vec::new();
        for _ in 0..8 {
            setback.met(start, Duration::from_secs(60));
            pauses.push((setback.again().unwrap() - start).as_secs());
        }
        assert_eq!(pauses, [1, 2, 4, 8, 16, 32, 60, 60]);
        setback.over();
        assert_eq!(setback.again(), None);
        setback.met(start, Duration::from_secs(60));
        assert_eq!(setback.again(), Some(start + FIRST));
    }
}
