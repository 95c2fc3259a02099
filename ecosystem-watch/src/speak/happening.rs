//! Things that happen once, each as the line that says so.

use std::time::Duration;

use camino::Utf8Path;
use ecosystem_core::converge::{Applied, HostError, Outcome, Report, StepError};
use ecosystem_core::os::state::Mode;
use ecosystem_core::plan::{Action, Step};
use ecosystem_core::printable::duration;
use ecosystem_core::render::DIST;
use tracing::Level;

use super::line::Line;

/// From now on edits below `root` are followed.
pub(crate) fn watching(root: &Utf8Path, mode: Mode) -> Line {
    let (word, how) = match mode {
        Mode::Watching => ("watching", ""),
        Mode::Polling => ("polling", " by looking again and again, as the system tells of no edits there"),
    };
    Line::new(Level::INFO, "watching", format!("watching {root}{how}"))
        .with("root", root.as_str())
        .with("mode", word)
}

/// Another watcher, of this process where that is known, is at work on the tree, and this one waits for its end.
pub(crate) fn standby(holder: Option<u32>) -> Line {
    let who = holder.map_or_else(|| "another process".to_owned(), |pid| format!("process {pid}"));
    Line::new(Level::INFO, "standby", format!("standing by: {who} watches this tree already"))
        .maybe("holder", holder)
}

/// A signal of this name ends the watcher.
pub(crate) fn stopping(signal: &str) -> Line {
    Line::new(Level::INFO, "stopping", format!("stopping: {signal}; what runs keeps running"))
        .with("signal", signal)
}

/// The root is not there, and is waited for.
pub(crate) fn waiting(problem: &HostError) -> Line {
    Line::new(Level::WARN, "waiting", format!("{}; waiting for it", problem.message))
}

/// Something does not work as it should, and the watch goes on all the same.
pub(crate) fn trouble(text: &str) -> Line {
    Line::new(Level::WARN, "trouble", text)
}

/// The watcher cannot do its work.
pub(crate) fn fatal(problem: &HostError) -> Line {
    let hint = problem.hint.as_ref().map(|hint| format!("; {hint}")).unwrap_or_default();
    Line::new(Level::ERROR, "fatal", format!("cannot watch: {}{hint}", problem.message))
}

/// The step about to be taken ends this program, and PM2 starts it again.
pub(crate) fn restarts_us(step: &Step) -> Line {
    let message = format!("{}; PM2 ends this program now, and starts it as declared", intent(step));
    about(step, Line::new(Level::INFO, "restarts-us", message)).mark(step.action.symbol())
}

/// A helper has been started that brings the app in which this program runs to its declaration.
pub(crate) fn succession(app: &str, log: &Utf8Path) -> Line {
    let message =
        format!("{app} is this program: a helper outside of it takes the step, and says so in {log}");
    Line::new(Level::INFO, "succession", message).with("app", app).with("log", log.as_str())
}

/// Processes were ended that would have run beside second copies of themselves.
pub(crate) fn left_behind(count: usize) -> Line {
    let message = format!("ended {count} of our processes that a PM2 which was killed had left behind");
    Line::new(Level::INFO, "left-behind", message).with("count", count)
}

/// PM2 came back after it was ended by force, and runs a watcher of its own.
pub(crate) fn superseded() -> Line {
    let message = "PM2 came back and runs another watcher of this tree: leaving it to that one";
    Line::new(Level::INFO, "superseded", message)
}

/// A look at the tree and PM2 has come to its end, whatever it found.
pub(crate) fn looked(report: &Report, took: Duration) -> Line {
    let (steps, held, in_sync) =
        (report.plan.steps.len(), report.plan.holds.len(), report.plan.in_sync.len());
    let message = format!("looked: {steps} changed, {held} held, {in_sync} in sync ({})", duration(took));
    let line = Line::new(Level::DEBUG, "looked", message).with("steps", steps).with("held", held);
    line.with("in_sync", in_sync).with("took_ms", milliseconds(took)).with("whole", report.only.is_none())
}

/// A generated file is new or has been replaced.
pub(crate) fn written(path: &str) -> Line {
    Line::new(Level::INFO, "written", format!("wrote {path}")).with("path", path)
}

/// A generated file that somebody edited is overwritten, and the edit kept beside it.
pub(crate) fn edited(path: &str, kept_as: &str) -> Line {
    let message = format!(
        "{path} was edited by hand and is generated anew; the edit is kept as {kept_as}: edit the ecosystem.edn \
         instead"
    );
    Line::new(Level::WARN, "edited", message).with("path", path).with("kept_as", kept_as)
}

/// What was generated for daemons that are gone has been removed: a line for each.
pub(crate) fn removed(report: &Report) -> Vec<Line> {
    let removed = report.discarded.iter().filter(|it| it.result == Ok(true));
    let line = |path: String| Line::new(Level::INFO, "removed", format!("removed {path}")).with("path", path);
    removed.map(|it| line(it.daemon.join(DIST))).collect()
}

/// The machine is hard-pressed, and starts wait for one another.
pub(crate) fn held_back(why: &str) -> Line {
    let message = format!("the machine is busy: {why}; not more than one app a second is started");
    Line::new(Level::WARN, "held-back", message).with("pressure", why)
}

/// A step is about to be taken.
pub(crate) fn begins(step: &Step) -> Line {
    about(step, Line::new(Level::DEBUG, "step-begins", format!("beginning: {}", intent(step))))
}

/// A step has been taken and is true; `since_edit` is how long after the edit that asked for it, if one did.
pub(crate) fn step(step: &Step, applied: &Applied, took: Duration, since_edit: Option<Duration>) -> Line {
    let message = format!("{}; {}{}", intent(step), result(step, applied), pace(took, since_edit));
    about(step, Line::new(Level::INFO, "step", message))
        .mark(step.action.symbol())
        .with("pids", applied.pids.clone())
        .with("took_ms", milliseconds(took))
        .maybe("since_edit_ms", since_edit.map(milliseconds))
}

/// A step has not been taken, as this program was told to end.
pub(crate) fn skipped(step: &Step) -> Line {
    let message = format!("{}; {}", intent(step), StepError::Interrupted);
    about(step, Line::new(Level::INFO, "step-skipped", message))
}

/// A step has come to nothing. It stands until it is mended: [`Said`](super::Said) decides when to say so.
pub(super) fn failed(step: &Step, outcome: &Outcome, error: &StepError) -> Line {
    let last = error.last_lines().iter().rev().find(|line| !line.trim().is_empty());
    let last = last.map(|line| format!("; its error log ends with: {}", line.trim())).unwrap_or_default();
    let then = outcome.then(step).map(|then| format!("; {then}")).unwrap_or_default();
    let message = format!("{}; failed after {}: {error}{last}{then}", intent(step), duration(outcome.took));
    about(step, Line::new(Level::ERROR, "step-failed", message))
        .with("error", error.to_string())
        .with("last_lines", error.last_lines())
        .maybe("then", outcome.then(step))
        .with("took_ms", milliseconds(outcome.took))
}

/// The step's app, verb and reasons; of very many, as for an app that was started by hand from a rich shell, the first.
fn intent(step: &Step) -> String {
    let mut reasons = reasons(step);
    let more = reasons.len().saturating_sub(MOST_REASONS);
    if more > 1 {
        reasons.truncate(MOST_REASONS);
        reasons.push(format!("and {more} more"));
    }
    format!("{} {}: {}", step.app, step.action.verb(), reasons.join("; "))
}

/// As many as fit a line that people read.
const MOST_REASONS: usize = 4;

fn reasons(step: &Step) -> Vec<String> {
    step.reasons.iter().map(ToString::to_string).collect()
}

fn about(step: &Step, line: Line) -> Line {
    line.with("app", step.app.as_str())
        .with("daemon", step.daemon.as_str())
        .with("action", step.action.verb())
        .with("reasons", reasons(step))
}

fn result(step: &Step, applied: &Applied) -> String {
    let pids: Vec<String> = applied.pids.iter().map(ToString::to_string).collect();
    match (&step.action, pids.is_empty()) {
        (Action::Delete(_), _) => "gone".to_owned(),
        (_, true) => "done, and no process is left running".to_owned(),
        (_, false) => format!("running as {}", pids.join(", ")),
    }
}

fn pace(took: Duration, since_edit: Option<Duration>) -> String {
    match since_edit {
        Some(since) => format!(", {} after the edit (step {})", duration(since), duration(took)),
        None => format!(" ({})", duration(took)),
    }
}

fn milliseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests;
