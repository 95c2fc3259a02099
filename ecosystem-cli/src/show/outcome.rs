//! What became of steps and generated files.

use std::fmt::Write as _;
use std::time::Duration;

use ecosystem_core::converge::{Outcome, Report, StepError, WriteOutcome, Written};
use ecosystem_core::plan::Step;

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
        Err(error) => {
            let problem = printable(&error.to_string());
            let _ = writeln!(
                text,
                "{}✗{:#} {app}: {verb} failed after {took}: {problem}",
                style::ERROR,
                style::ERROR
            );
            if let StepError::Crashed { last_lines, .. } = error {
                for line in last_lines {
                    let _ = writeln!(text, "  {}|{:#} {}", style::FAINT, style::FAINT, printable(line));
                }
            }
        }
    }
    text
}

/// Generated files that were written, or could not be.
pub(crate) fn written(written: &[Written]) -> String {
    let mut text = String::new();
    for Written { path, result } in written {
        let path = printable_line(path);
        let _ = match result {
            Ok(WriteOutcome::Unchanged) => Ok(()),
            Ok(WriteOutcome::Written) => writeln!(text, "wrote {path}"),
            Ok(WriteOutcome::EditDiscarded) => writeln!(
                text,
                "wrote {path} {}(it had been edited by hand; generated files are not to be edited){:#}",
                style::WARNING,
                style::WARNING
            ),
            Err(problem) => {
                writeln!(
                    text,
                    "{}error{:#}: {path} is not written: {}",
                    style::ERROR,
                    style::ERROR,
                    printable(problem)
                )
            }
        };
    }
    text
}

/// One line at the end of a sync.
pub(crate) fn summary(report: &Report) -> String {
    let failed = report.outcomes.iter().filter(|outcome| outcome.result.is_err()).count();
    let done = report.outcomes.len() - failed;
    let held = report.plan.holds.len();
    let parts =
        [(done, "done"), (failed, "failed"), (held, "held"), (report.plan.in_sync.len(), "unchanged")];
    let parts: Vec<String> =
        parts.iter().filter(|(n, _)| *n > 0).map(|(n, what)| format!("{n} {what}")).collect();
    if parts.is_empty() { "nothing to do\n".to_owned() } else { format!("{}\n", parts.join(", ")) }
}

/// `850 ms`, `12.3 s`
pub(crate) fn duration(duration: Duration) -> String {
    if duration < Duration::from_secs(1) {
        format!("{} ms", duration.as_millis())
    } else {
        format!("{:.1} s", duration.as_secs_f64())
    }
}
