//! `max_memory_restart`: whether a process that takes much memory is replaced.

use std::time::Duration;

use ecosystem_core::os::pm2::Change;
use serde_json::json;

use super::Subject;
use super::obedient::{Verb, obedient};
use crate::case::Case;

/// An idle node process under PM2 takes 50 to 65 MB.
const LIMIT: &str = r#":max-memory-restart "130M""#;
const HIGH: &str = r#":max-memory-restart "4G""#;
const MUCH: u16 = 200;

/// Several rounds of PM2's worker, which replaces one process after the other and waits for each.
const PATIENCE: Duration = Duration::from_secs(12);

pub(super) const CASES: &[Case] = &[
    of("set", "", LIMIT),
    of("change", HIGH, LIMIT),
    of("change to more", LIMIT, HIGH),
    of("to 0", LIMIT, ":max-memory-restart 0"),
    of("remove", LIMIT, ""),
];

const fn of(change: &'static str, before: &'static str, after: &'static str) -> Case {
    obedient("max_memory_restart", change, before, after, |it| it.eats_much()).both()
}

impl Subject<'_> {
    fn eats_much(&self) -> String {
        if self.is_replaced_for_its_size() {
            return "replaced".to_owned();
        }
        let limit = json!({ "current_conf": { "max_memory_restart": 130 << 20 } });
        self.restart_with(&Change::new(limit.as_object().unwrap().clone()).unwrap());
        assert!(self.is_replaced_for_its_size(), "{}: PM2 does not even heed a limit set by hand", self.app);
        "stays".to_owned()
    }

    fn is_replaced_for_its_size(&self) -> bool {
        let process = self.running();
        // PM2 may be faster than the answer.
        let _ = self.order(process, Verb::Eat(MUCH));
        self.is_replaced(process, PATIENCE)
    }
}
