//! How often PM2 restarts what keeps ending: `max_restarts` and `min_uptime`.

use super::Subject;
use super::obedient::{Verb, obedient};
use crate::case::Case;

/// With a least uptime of an hour every end of a program that ends at once counts, however slow the machine is.
const UNLIMITED: &str = r#":min-uptime "1h""#;
const THREE: &str = r#":min-uptime "1h" :max-restarts 3"#;

const USUAL: &str = ":max-restarts 2";
const SHORT: &str = ":max-restarts 2 :min-uptime 100";
const LONG: &str = r#":max-restarts 2 :min-uptime "1h""#;

pub(super) const CASES: &[Case] = &[
    max_restarts("set", UNLIMITED, THREE),
    max_restarts("change", THREE, r#":min-uptime "1h" :max-restarts 6"#),
    max_restarts("to 0", THREE, r#":min-uptime "1h" :max-restarts 0"#),
    max_restarts("remove", THREE, UNLIMITED),
    min_uptime("set", USUAL, LONG),
    min_uptime("change", LONG, SHORT),
    min_uptime("change to more", SHORT, LONG),
    min_uptime("remove", LONG, USUAL),
];

/// PM2's default is 16; half of them tell that it is none of the smaller limits.
const fn max_restarts(change: &'static str, before: &'static str, after: &'static str) -> Case {
    obedient("max_restarts", change, before, after, |it| it.keeps_ending(0, 8)).both()
}

/// It ends later than after PM2's default of one second, so that only a set limit makes that a failure.
const fn min_uptime(change: &'static str, before: &'static str, after: &'static str) -> Case {
    obedient("min_uptime", change, before, after, |it| it.keeps_ending(1300, 3)).both()
}

impl Subject<'_> {
    /// Whether PM2 gives up before so many restarts of a program that ends so many milliseconds after its start.
    fn keeps_ending(&self, after: u16, enough: u64) -> String {
        // PM2 counts from the last start by hand on.
        self.restart_by_hand();
        self.running();
        let begin = self.seen().restarts;
        self.order_all(Verb::Exit { code: 1, after });
        let mut last = None;
        self.wait_for("PM2 gives up, or does not", |seen| {
            last = Some((seen.status == "errored", seen.restarts - begin));
            last.is_some_and(|(given_up, restarts)| given_up || restarts >= enough)
        });
        self.order_all(Verb::Rest);
        match last {
            // PM2 counts the end by hand too, unless the process was there for long.
            Some((true, 0..3)) => "given up soon",
            Some((true, _)) => "given up later",
            _ => "goes on",
        }
        .to_owned()
    }
}
