//! Edits that are news: made since the files that they are in were last looked at.

use std::collections::{BTreeMap, BTreeSet};
use std::time::SystemTime;

use ecosystem_core::model::DaemonId;

/// When what was looked at.
#[derive(Debug, Clone)]
pub(crate) struct News {
    /// Everything.
    whole: SystemTime,
    /// Daemons that were looked at since, by themselves.
    daemons: BTreeMap<DaemonId, SystemTime>,
}

impl News {
    /// Everything is looked at now.
    pub(crate) fn new(now: SystemTime) -> Self {
        Self { whole: now, daemons: BTreeMap::new() }
    }

    /// Since when an edit of a daemon is news.
    pub(crate) fn since(&self, daemon: &DaemonId) -> SystemTime {
        self.daemons.get(daemon).copied().unwrap_or(self.whole)
    }

    /// These are looked at now; everything where `None`. What is edited from here on is seen by this look or by the
    /// next one.
    pub(crate) fn looked(&mut self, daemons: Option<&BTreeSet<DaemonId>>, now: SystemTime) {
        match daemons {
            None => *self = Self::new(now),
            Some(daemons) => self.daemons.extend(daemons.iter().map(|id| (id.clone(), now))),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn a_look_at_one_daemon_is_none_at_another() {
        let start = SystemTime::UNIX_EPOCH;
        let at = |seconds| start + Duration::from_secs(seconds);
        let [a, b] = ["a", "b"].map(DaemonId::new);
        let mut news = News::new(start);
        news.looked(Some(&[a.clone()].into()), at(5));
        assert_eq!([news.since(&a), news.since(&b)], [at(5), start]);
        news.looked(None, at(7));
        assert_eq!([news.since(&a), news.since(&b)], [at(7), at(7)]);
    }
}
