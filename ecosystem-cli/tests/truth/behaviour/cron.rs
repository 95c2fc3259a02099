//! `cron_restart`: whether the clock makes PM2 replace the process.

use std::time::Duration;

use super::Subject;
use super::obedient::obedient;
use crate::case::Case;

/// Seconds come first. A short least uptime, because `sync` takes a restart by the clock for a crash if it comes before
/// that has passed.
const OFTEN: &str = r#":min-uptime 100 :cron-restart "*/4 * * * * *""#;
const YEARLY: &str = r#":min-uptime 100 :cron-restart "0 0 1 1 *""#;
const NEVER: &str = ":min-uptime 100";

/// The frequent pattern is due at least once in this time.
const PATIENCE: Duration = Duration::from_millis(6500);

pub(super) const CASES: &[Case] = &[
    of("set", NEVER, OFTEN),
    of("change", YEARLY, OFTEN),
    of("change to seldom", OFTEN, YEARLY),
    of("to 0", OFTEN, ":min-uptime 100 :cron-restart 0"),
    of("to text 0", OFTEN, r#":min-uptime 100 :cron-restart "0""#),
    of("remove", OFTEN, NEVER),
];

const fn of(change: &'static str, before: &'static str, after: &'static str) -> Case {
    obedient("cron_restart", change, before, after, |it| it.sees_time_pass()).both()
}

impl Subject<'_> {
    fn sees_time_pass(&self) -> String {
        let process = self.running();
        let replaced = self.is_replaced(process, PATIENCE);
        if replaced { "replaced" } else { "stays" }.to_owned()
    }
}
