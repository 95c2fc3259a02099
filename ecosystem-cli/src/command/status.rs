//! `status`: what is declared, what runs, and whether they agree.

use std::time::{SystemTime, UNIX_EPOCH};

use ecosystem_core::converge::converge;
use ecosystem_core::os::host::OsHost;
use ecosystem_core::plan::Policy;
use serde_json::json;

use super::{IDLE, failed_if, pass, progress, settings};
use crate::args;
use crate::exit::{Exit, Failure};
use crate::place;
use crate::show;
use crate::show::status::{foreign, rows, status};

pub(super) fn run(args: &args::Status) -> Result<Exit, Failure> {
    let place = place::find(&args.tree)?;
    let mut host = OsHost::to_look(settings(&place, &args.pm2, &IDLE)?)?;
    let report = converge(&mut host, &pass(&place, Policy::default(), true)?, progress(args.json))?;
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    let rows = rows(&report, u64::try_from(now.as_millis()).unwrap_or(u64::MAX));
    let foreign = foreign(&report);
    if args.json {
        let diagnostics = show::json::diagnostics(&report.diagnostics, &report.sources);
        show::json::print(&json!({
            "pm2": host.pm2_version(),
            "owner": place.owner(),
            "apps": rows,
            "foreign": foreign,
            "diagnostics": diagnostics,
        }))?;
    } else {
        let pm2 = host.pm2_version().map_or_else(|| "not running".to_owned(), str::to_owned);
        show::print(&format!(
            "tree {}\nPM2 {pm2}\n\n{}",
            show::printable_line(place.root.as_str()),
            status(&rows, &foreign)
        ))?;
    }
    Ok(failed_if(report.has_failures()))
}
