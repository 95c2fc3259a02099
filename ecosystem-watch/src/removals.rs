//! Daemons that have gone from the tree, and since when: a folder that is being moved is gone for a moment.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use ecosystem_core::model::DaemonId;
use ecosystem_core::plan::{Plan, Why};

/// What is waited for before something is deleted.
pub(crate) struct Removals {
    grace: Duration,
    missing: BTreeMap<DaemonId, Instant>,
}

impl Removals {
    pub(crate) fn new(grace: Duration) -> Self {
        Self { grace, missing: BTreeMap::new() }
    }

    /// Daemons that were already missing when the tree was looked at that long ago.
    pub(crate) fn missing_for_long(&self, now: Instant) -> BTreeSet<DaemonId> {
        self.missing
            .iter()
            .filter(|(_, since)| now >= **since + self.grace)
            .map(|(id, _)| id.clone())
            .collect()
    }

    /// Takes in what a pass at `now` saw. A daemon that is back is forgotten.
    pub(crate) fn note(&mut self, plan: &Plan, now: Instant) {
        let waits = |why: &Why| matches!(why, Why::MissingForNow | Why::Guard(_));
        let missing = plan.holds.iter().filter(|hold| waits(&hold.why)).map(|hold| hold.daemon.clone());
        self.missing =
            missing.map(|id| (id.clone(), self.missing.get(&id).copied().unwrap_or(now))).collect();
    }

    /// When the second look is due that was not yet at `looked`; that may be over by now.
    pub(crate) fn due(&self, looked: Instant) -> Option<Instant> {
        self.missing.values().map(|since| *since + self.grace).filter(|due| *due > looked).min()
    }
}

#[cfg(test)]
mod tests {
    use ecosystem_core::plan::{Guard, Hold};

    use super::*;

    fn plan(holds: &[(&str, Why)]) -> Plan {
        let hold = |(id, why): &(&str, Why)| Hold {
            app: format!("app-{id}"),
            daemon: DaemonId::new(*id),
            why: why.clone(),
        };
        Plan { holds: holds.iter().map(hold).collect(), ..Plan::default() }
    }

    fn after(removals: &Removals, start: Instant, seconds: u64) -> Vec<String> {
        let long = removals.missing_for_long(start + Duration::from_secs(seconds));
        long.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn a_daemon_is_missing_for_long_after_the_grace() {
        let (start, mut removals) = (Instant::now(), Removals::new(Duration::from_secs(3)));
        removals.note(&plan(&[("a", Why::MissingForNow)]), start);
        assert_eq!(after(&removals, start, 2), Vec::<String>::new());
        assert_eq!(removals.due(start), Some(start + Duration::from_secs(3)));
        removals.note(
            &plan(&[("a", Why::MissingForNow), ("b", Why::MissingForNow)]),
            start + Duration::from_secs(2),
        );
        assert_eq!(after(&removals, start, 3), ["a"]);
        assert_eq!(after(&removals, start, 5), ["a", "b"]);
        assert_eq!(removals.due(start + Duration::from_secs(5)), None);
    }

    #[test]
    fn one_that_is_back_starts_anew() {
        let (start, mut removals) = (Instant::now(), Removals::new(Duration::from_secs(3)));
        removals.note(&plan(&[("a", Why::MissingForNow)]), start);
        removals.note(&plan(&[]), start + Duration::from_secs(1));
        removals.note(&plan(&[("a", Why::MissingForNow)]), start + Duration::from_secs(2));
        assert_eq!(after(&removals, start, 4), Vec::<String>::new());
        assert_eq!(after(&removals, start, 5), ["a"]);
    }

    #[test]
    fn what_the_guard_holds_stays_missing() {
        let (start, mut removals) = (Instant::now(), Removals::new(Duration::from_secs(3)));
        removals.note(&plan(&[("a", Why::MissingForNow)]), start);
        let guard = Why::Guard(Guard::Hold { deletions: 3, of: 4 });
        removals.note(&plan(&[("a", guard)]), start + Duration::from_secs(4));
        assert_eq!(after(&removals, start, 4), ["a"]);
    }
}
