//! What a case looks at: one app in a real PM2.

use crate::support::process::Process;
use crate::support::world::World;

/// One app under examination, in a real PM2 of its own home.
pub(crate) struct Subject<'a> {
    pub(crate) world: &'a World,
    pub(crate) app: &'a str,
}

/// What is seen of an app, as text that is the same whenever the same configuration was started fresh
/// (no pids, no times, no folders of this run).
pub(crate) type Look = fn(&Subject<'_>) -> String;

impl Subject<'_> {
    /// Its processes, in the order of PM2's ids.
    pub(crate) fn processes(&self) -> Vec<Process> {
        let pids = self.world.pids().remove(self.app).unwrap_or_default();
        pids.into_iter().filter(|pid| *pid != 0).map(Process::new).collect()
    }

    /// Text without what differs from run to run: folders become `BASE` and `HOME`.
    pub(crate) fn without_places(&self, text: &str) -> String {
        let (base, home) = (self.world.base(), self.world.pm2.path());
        text.replace(base.to_str().unwrap(), "BASE").replace(home.as_str(), "HOME")
    }
}
