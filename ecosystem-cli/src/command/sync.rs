//! `sync`: make PM2's running set equal to the tree.

use std::mem::ManuallyDrop;

use ecosystem_core::converge::{Report, converge};
use ecosystem_core::os::host::{OsHost, Settings};
use ecosystem_core::os::place::Place;
use ecosystem_core::os::pm2::Pm2Program;
use serde_json::json;

use super::{failed_if, pass, progress, scope, settings};
use crate::args;
use crate::exit::{Exit, Failure};
use crate::place;
use crate::show;

pub(super) fn run(args: &args::Sync) -> Result<Exit, Failure> {
    let place = place::find(&args.tree)?;
    let settings = settings(&place, &args.pm2, &args.pace)?;
    let only = scope::only(&args.scope.only, &place, &args.pm2)?;
    let policy = place::policy(&args.scope, only);
    let mut host = open(settings, &args.pm2, &place, &args.pace)?;
    let report = converge(&mut host, &pass(&place, policy, false)?, progress(args.json).as_ref())?;
    // The program ends with it: taking it apart piece by piece would be time that somebody waits.
    let report = ManuallyDrop::new(report);
    show(&report, &host, args.json)?;
    Ok(failed_if(report.has_failures()))
}

/// Shows what came of a pass.
pub(super) fn show(report: &Report, host: &OsHost, json: bool) -> std::io::Result<()> {
    if json {
        show::json::print(&json!({
            "pm2": host.pm2_version(),
            "diagnostics": show::json::diagnostics(&report.diagnostics, &report.sources),
            "written": show::json::written(&report.written),
            "plan": show::json::plan(&report.plan),
            "outcomes": show::json::outcomes(&report.outcomes),
            "discarded": show::json::discarded(&report.discarded),
            "stale": report.stale,
        }))
    } else {
        show::tell(&show::outcome::aftermath(report))?;
        show::print(&show::outcome::summary(report))
    }
}

/// Opens the host to act, saying so where PM2 has to be fetched first.
pub(super) fn open(
    settings: Settings,
    pm2: &args::Pm2,
    place: &Place,
    pace: &args::Pace,
) -> Result<OsHost, Failure> {
    let patience = std::time::Duration::from_secs(pace.lock_timeout);
    let program = || {
        let program = place::pm2_program(pm2, &place.base)?;
        // Not being able to say it is no reason not to do it.
        let _ = match &program {
            Pm2Program::Npx => {
                show::tell("PM2 is not running and not installed: starting it through npx (pm2@7)\n")
            }
            Pm2Program::Path(path) => {
                let path = show::printable_line(path.as_str());
                show::tell(&format!("PM2 is not running: starting it with {path}\n"))
            }
        };
        Ok(program)
    };
    let host = OsHost::to_act(settings, patience, program)?;
    if host.left_behind() > 0 {
        let _ = show::tell(&format!(
            "ended {} that a PM2 which was killed had left behind\n",
            processes(host.left_behind())
        ));
    }
    Ok(host)
}

fn processes(count: usize) -> String {
    if count == 1 { "1 process".to_owned() } else { format!("{count} processes") }
}
