//! What happens by itself: programs end, and PM2 starts them again or does not.

use serde_json::{Value as Json, json};

use super::{Pm2Model, Record, Slot};

impl Pm2Model {
    /// Lets this much time go by.
    pub(crate) fn advance(&mut self, milliseconds: u64) {
        let until = self.now + milliseconds;
        while let Some((at, id)) = self.next().filter(|(at, _)| *at <= until) {
            self.now = self.now.max(at);
            let Some(slot) = self.slots.get_mut(&id) else { continue };
            if slot.starts_at.take().is_some() {
                slot.count_up("restart_time");
                let slot = self.slots.remove(&id).unwrap_or_default();
                self.execute(slot);
            } else {
                slot.ends_at = None;
                let code = behaviour(&slot.record).map_or(0, |(_, code)| code);
                slot.image = None;
                exit(slot, code, at);
            }
        }
        self.now = until;
    }

    fn next(&self) -> Option<(u64, u32)> {
        let next = |(id, slot): (&u32, &Slot)| {
            slot.starts_at.into_iter().chain(slot.ends_at).min().map(|at| (at, *id))
        };
        self.slots.iter().filter_map(next).min()
    }
}

/// `handleExit` in `lib/God.js`.
pub(super) fn exit(slot: &mut Slot, code: i64, now: u64) {
    let codes = match slot.record.get("stop_exit_codes") {
        Some(Json::Array(codes)) => codes.clone(),
        Some(code) => vec![code.clone()],
        None => Vec::new(),
    };
    let ended = ["stopping", "stopped", "errored"].contains(&slot.status());
    let stays = ended || slot.is_off("autorestart") || codes.contains(&json!(code));
    if stays {
        slot.pid = 0;
    }
    if slot.status() != "stopping" {
        slot.set("status", "stopped");
    }
    let min_uptime = slot.number("min_uptime").unwrap_or(1000);
    let max_restarts = slot.number("max_restarts").unwrap_or(16);
    let since = |name: &str| now.saturating_sub(slot.number(name).unwrap_or(0));
    if since("created_at") < min_uptime * max_restarts && since("pm_uptime") < min_uptime {
        slot.count_up("unstable_restarts");
    }
    let overlimit = slot.number("unstable_restarts").unwrap_or(0) >= max_restarts;
    if overlimit {
        slot.set("status", "errored");
        slot.set("unstable_restarts", 0);
        slot.set("created_at", Json::Null);
        slot.pid = 0;
    }
    slot.set("exit_code", code);
    let mut delay = 0;
    if let Some(restart_delay) = slot.number("restart_delay") {
        slot.set("status", "waiting restart");
        delay = restart_delay;
    }
    if !stays && !overlimit {
        // A timer of node waits for a millisecond at least.
        slot.starts_at = Some(now + delay.max(1));
    }
}

/// When a program ends by itself, and how: its name tells. Nothing for one that goes on.
pub(super) fn behaviour(record: &Record) -> Option<(u64, i64)> {
    let script = record.get("pm_exec_path").and_then(Json::as_str)?.rsplit('/').next()?;
    match script {
        "crash.js" => Some((100, 1)),
        "late.js" => Some((5000, 1)),
        "once.js" => Some((300, 0)),
        _ => None,
    }
}
