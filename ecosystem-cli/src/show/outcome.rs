//! What became of steps and generated files.

use std::fmt::Write as _;

use ecosystem_core::converge::{HostError, Outcome, Report, StepError, WriteOutcome, Written};
use ecosystem_core::plan::{Reason, Step};
use ecosystem_core::printable::duration;
use ecosystem_core::render::DIST;

use super::{printable, printable_line, style};

/// One step's outcome, with its last log lines where it failed.
pub(crate) fn outcome(step: &Step, outcome: &Outcome) -> String {
    let (verb, took) = (step.action.verb(), duration(outcome.took));
    let app = printable_line(&outcome.app);
    let mut text = String::new();
    // Writing to a string cannot fail.
    match &outcome.result {
        Ok(applied) => {
            let pids: Vec<String> = applied.pids.iter().map(ToString::to_string).collect();
            let pids = if pids.is_empty() { String::new() } else { format!(", pid {}", pids.join(" ")) };
            let _ = writeln!(text, "{}✓{:#} {app}: {verb} done in {took}{pids}", style::COMES, style::COMES);
        }
        Err(held) if held.held_by().is_some() => {
            let problem = printable(&held.to_string());
            let _ = writeln!(text, "{}!{:#} {app}: {verb} {problem}", style::HELD, style::HELD);
        }
        Err(error) => {
            let problem = printable(&error.to_string());
            let _ = writeln!(
                text,
                "{}✗{:#} {app}: {verb} failed after {took}: {problem}",
                style::ERROR,
                style::ERROR
            );
            for line in error.last_lines() {
                let _ = writeln!(text, "  {}|{:#} {}", style::FAINT, style::FAINT, printable(line));
            }
            let is_edit = |reason: &&Reason| {
                matches!(reason, Reason::Changed(_) | Reason::Instances { .. } | Reason::Moved { .. })
            };
            let causes = step.reasons.iter().filter(|_| outcome.aftermath.is_some()).filter(is_edit);
            let causes = causes.map(|reason| format!("after {reason}"));
            for line in causes.chain(outcome.then(step)) {
                let _ = writeln!(text, "  {}={:#} {}", style::FAINT, style::FAINT, printable(&line));
            }
        }
    }
    text
}

/// A generated file that somebody edited is about to be overwritten.
pub(crate) fn edited(path: &str, kept_as: &str) -> String {
    let (path, kept_as) = (printable_line(path), printable_line(kept_as));
    format!(
        "{}warning{:#}: {path} was edited by hand and is generated anew; the edit is kept as {kept_as}\n  \
         = hint: edit the ecosystem.edn instead\n",
        style::WARNING,
        style::WARNING
    )
}

/// The machine is hard-pressed, and starts wait for one another.
pub(crate) fn held_back(why: &str) -> String {
    format!(
        "{}warning{:#}: the machine is busy: {why}\n  = hint: not more than one app a second is started; `--pressure` says \
         from when on\n",
        style::WARNING,
        style::WARNING
    )
}

/// What became of a generated file; nothing where it was right already.
pub(crate) fn written(Written { path, result }: &Written) -> String {
    let path = printable_line(path);
    match result {
        Ok(WriteOutcome::Unchanged) => String::new(),
        Ok(WriteOutcome::Written | WriteOutcome::EditReplaced) => format!("wrote {path}\n"),
        Err(problem) => {
            let problem = printable(problem);
            format!("{}error{:#}: {path} is not written: {problem}\n", style::ERROR, style::ERROR)
        }
    }
}

/// What became of the generated files of daemons that are gone, and whether what was applied could be kept.
pub(crate) fn aftermath(report: &Report) -> String {
    let error = |problem: &str| format!("{}error{:#}: {}\n", style::ERROR, style::ERROR, printable(problem));
    let discarded = report.discarded.iter().map(|it| {
        let path = printable_line(&it.daemon.join(DIST));
        match &it.result {
            Ok(true) => format!("removed {path}\n"),
            Ok(false) => String::new(),
            Err(problem) => error(&format!("{path} is not removed: {problem}")),
        }
    });
    let hinted = |problem: &HostError| {
        let hint = problem.hint.as_ref().map(|hint| format!("  = hint: {}\n", printable(hint)));
        format!("{}{}", error(&problem.to_string()), hint.unwrap_or_default())
    };
    let remembered = report.remembered.as_ref().err().map(hinted);
    discarded.chain(remembered).collect()
}

/// One line at the end of a sync.
pub(crate) fn summary(report: &Report) -> String {
    let errors: Vec<&StepError> = report.outcomes.iter().filter_map(|it| it.result.as_ref().err()).collect();
    let not_done = errors.iter().filter(|error| error.held_by().is_some()).count();
    let (failed, done) = (errors.len() - not_done, report.outcomes.len() - errors.len());
    let held = report.plan.holds.len() + not_done;
    let parts =
        [(done, "done"), (failed, "failed"), (held, "held"), (report.plan.in_sync.len(), "unchanged")];
    let parts: Vec<String> =
        parts.iter().filter(|(n, _)| *n > 0).map(|(n, what)| format!("{n} {what}")).collect();
    if parts.is_empty() { "nothing to do\n".to_owned() } else { format!("{}\n", parts.join(", ")) }
}
