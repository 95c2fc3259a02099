//! A PM2 that has just come up, and may be starting everything from its dump: whoever starts the same apps
//! beside it makes a second copy of each.

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use ecosystem_core::converge::HostError;
use ecosystem_core::os::host::{OsHost, Settings};
use serde_json::Value as Json;

/// `pm2 resurrect` and `pm2 update` begin as soon as the daemon answers.
const YOUNG: Duration = Duration::from_secs(10);
/// They start one app after the other without a pause.
const QUIET: Duration = Duration::from_secs(1);
const LOOK_AGAIN: Duration = Duration::from_millis(50);

/// Waits until the list of a young PM2 that has a dump has been the same for a moment.
///
/// # Errors
/// PM2 cannot be asked.
pub(crate) fn wait(host: &mut OsHost, settings: &Settings) -> Result<(), HostError> {
    let born = UNIX_EPOCH + Duration::from_millis(host.pm2_started_at());
    let young = || SystemTime::now().duration_since(born).is_ok_and(|age| age < YOUNG);
    if !young() || !settings.home.join("dump.pm2").exists() {
        return Ok(());
    }
    let (mut last, mut since) = (starts(&host.list()?), Instant::now());
    while since.elapsed() < QUIET && young() && !settings.interrupt.ends() {
        std::thread::sleep(LOOK_AGAIN);
        let now = starts(&host.list()?);
        if now != last {
            (last, since) = (now, Instant::now());
        }
    }
    Ok(())
}

/// What changes when PM2 starts something: the processes and how often each was started.
fn starts(list: &[Json]) -> Vec<(Json, Json)> {
    list.iter().map(|entry| (entry["pm_id"].clone(), entry["pid"].clone())).collect()
}
