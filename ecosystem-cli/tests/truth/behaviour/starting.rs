//! When PM2 takes a process for started, and whether it starts one: `wait_ready`, `listen_timeout`, `autostart`.

use std::thread;
use std::time::Duration;

use super::Subject;
use super::obedient::{Verb, obedient};
use crate::case::Case;
use crate::support::wait::{self, wait_until};

/// Ten minutes, against PM2's default of three seconds and less.
const LONG: &str = ":wait-ready true :listen-timeout 600000";
const SHORT: &str = ":wait-ready true :listen-timeout 100";
const NO_WAIT: &str = ":listen-timeout 600000";

pub(super) const CASES: &[Case] = &[
    wait_ready("set", NO_WAIT, LONG),
    wait_ready("to false", LONG, ":wait-ready false :listen-timeout 600000"),
    wait_ready("remove", LONG, NO_WAIT),
    listen_timeout("set", ":wait-ready true", LONG),
    listen_timeout("change", LONG, SHORT),
    listen_timeout("change to more", SHORT, LONG),
    listen_timeout("to 0", LONG, ":wait-ready true :listen-timeout 0"),
    listen_timeout("remove", LONG, ":wait-ready true"),
    // PM2's own reload of a cluster ends PM2 then.
    autostart("set", "", ":autostart false").apart(),
    autostart("change", ":autostart false", ":autostart true"),
    autostart("remove", ":autostart false", ""),
];

const fn wait_ready(change: &'static str, before: &'static str, after: &'static str) -> Case {
    obedient("wait_ready", change, before, after, |it| it.is_silent_for(Duration::from_millis(1500))).both()
}

const fn listen_timeout(change: &'static str, before: &'static str, after: &'static str) -> Case {
    obedient("listen_timeout", change, before, after, |it| it.is_silent_for(Duration::from_secs(8))).both()
}

const fn autostart(change: &'static str, before: &'static str, after: &'static str) -> Case {
    obedient("autostart", change, before, after, |it| it.is_there()).both()
}

impl Subject<'_> {
    /// Whether PM2 takes it for started in this time though it does not say that it is ready, as it usually does.
    fn is_silent_for(&self, patience: Duration) -> String {
        let old = self.running();
        self.order_all(Verb::Silent);
        thread::scope(|scope| {
            scope.spawn(|| self.restart_by_hand());
            wait_until("the app runs again", wait::LONG, || self.told_by_another(old));
            let new = self.running();
            let taken = self.happens(patience, |seen| seen.status == "online");
            self.order(new, Verb::Ready);
            self.wait_for("PM2 hears that it is ready", |seen| seen.status == "online");
            if taken { "PM2 does not wait" } else { "PM2 waits" }.to_owned()
        })
    }

    /// Whether there is a process at all.
    fn is_there(&self) -> String {
        if self.happens(Duration::from_millis(1500), |seen| seen.process.is_some()) {
            self.running();
            return "runs".to_owned();
        }
        format!("not there, {}", self.seen().status)
    }
}
