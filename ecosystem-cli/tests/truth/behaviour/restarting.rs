//! What PM2 does when a process has ended: `autorestart`, `stop_exit_codes` and the two delays.

use std::time::Duration;

use super::Subject;
use super::obedient::{Verb, obedient};
use crate::case::Case;
use crate::support::wait::{LONG, wait_until};

/// PM2 starts the next process in the same moment, or after minutes, or not at all.
const PATIENCE: Duration = Duration::from_millis(1500);

const OFF: &str = ":autorestart false";
const CODE: &str = ":stop-exit-codes [3]";
const DELAY: &str = ":restart-delay 600000";
const BACKOFF: &str = ":exp-backoff-restart-delay 600000";

pub(super) const CASES: &[Case] = &[
    autorestart("set", "", OFF),
    autorestart("change", OFF, ":autorestart true"),
    autorestart("remove", OFF, ""),
    stop_exit_codes("set", "", CODE),
    stop_exit_codes("set to one number", "", ":stop-exit-codes 3"),
    stop_exit_codes("set to [0]", "", ":stop-exit-codes [0]"),
    stop_exit_codes("change", CODE, ":stop-exit-codes [4]"),
    stop_exit_codes("change to more", CODE, ":stop-exit-codes [3 4]"),
    stop_exit_codes("to []", CODE, ":stop-exit-codes []"),
    stop_exit_codes("remove", CODE, ""),
    restart_delay("set", "", DELAY),
    restart_delay("change", DELAY, ":restart-delay 1"),
    restart_delay("change to more", ":restart-delay 1", DELAY),
    restart_delay("to 0", DELAY, ":restart-delay 0"),
    restart_delay("remove", DELAY, ""),
    exp_backoff("set", "", BACKOFF),
    exp_backoff("change", BACKOFF, ":exp-backoff-restart-delay 1"),
    exp_backoff("change to more", ":exp-backoff-restart-delay 1", BACKOFF),
    exp_backoff("to 0", BACKOFF, ":exp-backoff-restart-delay 0"),
    exp_backoff("remove", BACKOFF, ""),
];

const fn autorestart(change: &'static str, before: &'static str, after: &'static str) -> Case {
    obedient("autorestart", change, before, after, |it| it.ends_with(0)).both()
}

const fn stop_exit_codes(change: &'static str, before: &'static str, after: &'static str) -> Case {
    obedient("stop_exit_codes", change, before, after, |it| it.ends_with_each([0, 3, 4])).both()
}

const fn restart_delay(change: &'static str, before: &'static str, after: &'static str) -> Case {
    obedient("restart_delay", change, before, after, |it| it.ends_with(1)).both()
}

const fn exp_backoff(change: &'static str, before: &'static str, after: &'static str) -> Case {
    obedient("exp_backoff_restart_delay", change, before, after, |it| it.ends_with(1)).both()
}

const COMES_BACK: &str = "comes back";

impl Subject<'_> {
    /// What happens for each of these codes.
    fn ends_with_each(&self, codes: [u8; 3]) -> String {
        let outcomes = codes.map(|code| {
            let outcome = self.ends_with(code);
            if outcome != COMES_BACK {
                self.restart_by_hand();
            }
            format!("{code}: {outcome}")
        });
        outcomes.join("; ")
    }

    /// What happens when its process ends with this code.
    fn ends_with(&self, code: u8) -> String {
        let process = self.running();
        self.order(process, Verb::Exit { code, after: 100 });
        wait_until("the process has ended", LONG, || !process.is_alive());
        if self.is_replaced(process, PATIENCE) {
            return COMES_BACK.to_owned();
        }
        format!("stays away, {}", self.seen().status)
    }
}
