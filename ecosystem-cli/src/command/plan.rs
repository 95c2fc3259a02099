//! `plan`: what `sync` would do, and why; changes nothing.

use camino::Utf8Path;
use ecosystem_core::converge::{Report, converge};
use ecosystem_core::os::host::OsHost;
use serde_json::json;

use super::{IDLE, agreed, failed_if, pass, progress, scope, settings};
use crate::args;
use crate::exit::{Exit, Failure};
use crate::place;
use crate::show;

/// What `plan` and `sync --dry-run` have in common.
pub(super) struct Asked<'a> {
    tree: &'a args::Tree,
    pm2: &'a args::Pm2,
    scope: &'a args::Scope,
    exit_code: bool,
    out: Option<&'a Utf8Path>,
    json: bool,
}

impl<'a> From<&'a args::Plan> for Asked<'a> {
    fn from(args: &'a args::Plan) -> Self {
        Self {
            tree: &args.tree,
            pm2: &args.pm2,
            scope: &args.scope,
            exit_code: args.exit_code,
            out: args.out.as_deref(),
            json: args.json,
        }
    }
}

impl<'a> From<&'a args::Sync> for Asked<'a> {
    fn from(args: &'a args::Sync) -> Self {
        Self {
            tree: &args.tree,
            pm2: &args.pm2,
            scope: &args.scope,
            exit_code: false,
            out: None,
            json: args.json,
        }
    }
}

pub(super) fn run(asked: &Asked<'_>) -> Result<Exit, Failure> {
    let place = place::find(asked.tree)?;
    let settings = settings(&place, asked.pm2, &IDLE)?;
    let only = scope::only(&asked.scope.only, &place, asked.pm2)?;
    let policy = place::policy(asked.scope, only);
    let home = settings.home.clone();
    let mut host = OsHost::to_look(settings)?;
    let pass = pass(&place, policy, true)?;
    let report = converge(&mut host, &pass, progress(asked.json).as_ref())?;
    if let Some(file) = asked.out {
        agreed::keep(file, asked.tree, &pass, &report, agreed::grounds(&place, &home, &host))?;
    }
    let version = host.pm2_version();
    if asked.json {
        show::json::print(&json!({
            "pm2": version,
            "diagnostics": show::json::diagnostics(&report.diagnostics, &report.sources),
            "plan": show::json::plan(&report.plan),
            "out": asked.out.map(Utf8Path::as_str),
        }))?;
    } else {
        if version.is_none() {
            show::tell("PM2 is not running: everything is to be started\n")?;
        }
        show::print(&show::plan::plan(&report.plan))?;
        if let Some(file) = asked.out {
            show::tell(&show::agreed::kept(file))?;
        }
    }
    Ok(exit(&report, asked.exit_code))
}

/// A fault weighs more than a pending change.
fn exit(report: &Report, exit_code: bool) -> Exit {
    match failed_if(report.has_failures()) {
        Exit::Done if exit_code && !report.plan.is_empty() => Exit::Pending,
        exit => exit,
    }
}
