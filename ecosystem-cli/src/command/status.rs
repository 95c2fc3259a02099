//! `status`: what is declared, what runs, and whether they agree.

use camino::Utf8Path;
use ecosystem_core::converge::converge;
use ecosystem_core::model::Owner;
use ecosystem_core::os::host::OsHost;
use ecosystem_core::os::state;
use ecosystem_core::plan::Policy;
use serde_json::json;

use super::{IDLE, failed_if, pass, progress, settings};
use crate::args;
use crate::exit::{Exit, Failure};
use crate::place;
use crate::show;
use crate::show::status::{foreign, rows, status};
use crate::show::watcher::Watcher;

pub(super) fn run(args: &args::Status) -> Result<Exit, Failure> {
    let place = place::find(&args.tree)?;
    let settings = settings(&place, &args.pm2, &IDLE)?;
    let home = settings.home.clone();
    let mut host = OsHost::to_look(settings)?;
    let report = converge(&mut host, &pass(&place, Policy::default(), true)?, progress(args.json).as_ref())?;
    let (now, watcher) = (state::now(), watcher(&home, &place.owner()));
    let rows = rows(&report, u64::try_from(now.as_millisecond()).unwrap_or(0));
    let foreign = foreign(&report);
    if args.json {
        let diagnostics = show::json::diagnostics(&report.diagnostics, &report.sources);
        show::json::print(&json!({
            "pm2": host.pm2_version(),
            "owner": place.owner(),
            "watcher": watcher.json(),
            "apps": rows,
            "foreign": foreign,
            "diagnostics": diagnostics,
        }))?;
    } else {
        let pm2 = host.pm2_version().map_or_else(|| "not running".to_owned(), str::to_owned);
        show::print(&format!(
            "tree {}\nPM2 {pm2}\n{}\n{}{}",
            show::printable_line(place.root.as_str()),
            watcher.summary(now),
            status(&rows, &foreign),
            watcher.problems(now)
        ))?;
    }
    Ok(failed_if(report.has_failures()))
}

/// What can be seen of the tree's watcher; that it cannot be seen hides nothing else.
fn watcher(home: &Utf8Path, owner: &Owner) -> Watcher {
    Watcher { alive: state::watcher(home, owner), state: state::read(home, owner) }
}
