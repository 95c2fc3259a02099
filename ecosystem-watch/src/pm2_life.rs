//! Whether PM2 is up, and whether it may be started when it is not: never in a loop, and never against somebody who
//! has just ended it.

use std::time::{Duration, Instant};

/// What is known of PM2's coming and going.
#[derive(Debug, Default)]
pub(crate) struct Pm2Life {
    state: State,
    /// When we started it, oldest first.
    launches: Vec<Instant>,
}

#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
enum State {
    /// Nothing is known yet, or somebody asked us to begin anew: it may be started at once.
    #[default]
    Unknown,
    Up,
    /// It ended, and nobody said that it should.
    Lost(Instant),
    /// Somebody ended it: `pm2 kill`, or `pm2 update`, which starts the next one itself.
    Ended,
}

/// What to do about a PM2 that is not up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Permit {
    /// Start it.
    Launch,
    /// Wait until then.
    NotBefore(Instant),
    /// Wait for somebody to start it.
    Never,
}

/// How long whoever supervises PM2 has to bring it back before we do.
const OTHERS_FIRST: Duration = Duration::from_secs(5);
/// So many starts of ours within [`RECENT`], and no more: what keeps ending PM2 is not mended by starting it.
const LAUNCHES: usize = 3;
const RECENT: Duration = Duration::from_secs(600);

impl Pm2Life {
    /// PM2 answered.
    pub(crate) fn is_up(&mut self) {
        self.state = State::Up;
    }

    /// PM2's connection is lost, or nobody listens; `deliberately` if it said farewell.
    pub(crate) fn is_gone(&mut self, deliberately: bool, now: Instant) {
        self.state = match self.state {
            State::Up if !deliberately => State::Lost(now),
            State::Up | State::Lost(_) if deliberately => State::Ended,
            known => known,
        };
    }

    /// Somebody asks us to begin anew.
    pub(crate) fn begin_anew(&mut self) {
        if self.state != State::Up {
            *self = Self::default();
        }
    }

    /// We start it.
    pub(crate) fn launched(&mut self, now: Instant) {
        self.launches.retain(|at| now < *at + RECENT);
        self.launches.push(now);
    }

    /// Whether PM2, which is not up, may be started.
    pub(crate) fn permit(&self, now: Instant) -> Permit {
        let not_before = match self.state {
            State::Ended => return Permit::Never,
            State::Lost(since) => since + OTHERS_FIRST,
            State::Unknown | State::Up => now,
        };
        let recent: Vec<Instant> = self.launches.iter().copied().filter(|at| now < *at + RECENT).collect();
        let budget = match recent.first() {
            Some(oldest) if recent.len() >= LAUNCHES => *oldest + RECENT,
            _ => now,
        };
        let at = not_before.max(budget);
        if at <= now { Permit::Launch } else { Permit::NotBefore(at) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is permitted that many seconds after the start, as seconds after the start.
    #[track_caller]
    fn check(life: &Pm2Life, start: Instant, seconds: u64, expected: Option<u64>) {
        let at = |seconds| start + Duration::from_secs(seconds);
        let permitted = match life.permit(at(seconds)) {
            Permit::Launch => Some(seconds),
            Permit::NotBefore(instant) => Some((instant - start).as_secs()),
            Permit::Never => None,
        };
        assert_eq!(permitted, expected);
    }

    #[test]
    fn it_is_started_at_first() {
        check(&Pm2Life::default(), Instant::now(), 0, Some(0));
    }

    #[test]
    fn whoever_supervises_it_goes_first() {
        let (start, mut life) = (Instant::now(), Pm2Life::default());
        life.is_up();
        life.is_gone(false, start);
        check(&life, start, 0, Some(5));
        check(&life, start, 6, Some(6));
    }

    #[test]
    fn who_ended_it_starts_it() {
        let (start, mut life) = (Instant::now(), Pm2Life::default());
        life.is_up();
        life.is_gone(true, start);
        // The connection is lost next.
        life.is_gone(false, start);
        check(&life, start, 1000, None);
        life.begin_anew();
        check(&life, start, 1000, Some(1000));
    }

    #[test]
    fn it_is_not_started_in_a_loop() {
        let (start, mut life) = (Instant::now(), Pm2Life::default());
        for seconds in [0, 10, 20] {
            check(&life, start, seconds, Some(seconds));
            life.launched(start + Duration::from_secs(seconds));
            life.is_up();
            life.is_gone(false, start + Duration::from_secs(seconds));
            check(&life, start, seconds, Some(if seconds == 20 { 600 } else { seconds + 5 }));
        }
        check(&life, start, 601, Some(601));
    }
}
