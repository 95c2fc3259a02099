//! A plan, a line for each app: symbol, name, step, reason.

use std::fmt::Write as _;

use anstyle::Style;
use ecosystem_core::plan::{Action, Guard, Hold, Plan, Step, Why};

use super::{printable_line, style};

/// The whole plan; one line says so where there is nothing to do.
pub(crate) fn plan(plan: &Plan) -> String {
    let width = width(plan);
    let mut text = String::new();
    for step in &plan.steps {
        line(
            &mut text,
            step_style(step),
            step.action.symbol(),
            &step.app,
            step.action.verb(),
            &reasons(step),
            width,
        );
    }
    for hold in &plan.holds {
        line(&mut text, style::HELD, '!', &hold.app, word(&hold.why), &[explain(hold)], width);
    }
    let _ = writeln!(text, "{}", summary(plan));
    text
}

/// `2 to change, 1 to start, 3 in sync`, or that there is nothing to do.
fn summary(plan: &Plan) -> String {
    let count = |symbol: char| plan.steps.iter().filter(|step| step.action.symbol() == symbol).count();
    let parts = [
        (count('+'), "to start"),
        (count('~'), "to change"),
        (count('-'), "to delete"),
        (plan.holds.len(), "held"),
        (plan.in_sync.len(), "in sync"),
    ];
    let parts: Vec<String> =
        parts.iter().filter(|(n, _)| *n > 0).map(|(n, what)| format!("{n} {what}")).collect();
    let list = parts.join(", ");
    match (plan.is_empty(), list.is_empty()) {
        (true, true) => "nothing to do".to_owned(),
        (true, false) => format!("nothing to do: {list}"),
        (false, _) => list,
    }
}

fn line(text: &mut String, color: Style, symbol: char, app: &str, verb: &str, why: &[String], width: usize) {
    let mut why = why.iter();
    let first = why.next().map(String::as_str).unwrap_or_default();
    // Writing to a string cannot fail.
    let _ = writeln!(
        text,
        "{color}{symbol} {:width$}   {verb:<9}{color:#} {}",
        printable_line(app),
        printable_line(first)
    );
    for more in why {
        let _ = writeln!(text, "  {:width$}   {:<9} {}", "", "", printable_line(more));
    }
}

fn width(plan: &Plan) -> usize {
    let names = plan.steps.iter().map(|step| &step.app).chain(plan.holds.iter().map(|hold| &hold.app));
    names.map(|name| name.chars().count()).max().unwrap_or(0).min(40)
}

fn reasons(step: &Step) -> Vec<String> {
    let was = |reason: String| match &step.action {
        Action::Delete(_) if !step.daemon.as_str().is_empty() => format!("{reason} (was {})", step.daemon),
        _ => reason,
    };
    step.reasons.iter().map(|reason| was(reason.to_string())).collect()
}

fn step_style(step: &Step) -> Style {
    match step.action.symbol() {
        '+' => style::COMES,
        '-' => style::GOES,
        _ => style::CHANGES,
    }
}

/// One word for why an app is left alone.
pub(crate) fn word(why: &Why) -> &'static str {
    match why {
        Why::Conflict { .. } => "conflict",
        Why::Unresolvable(_) => "blocked",
        Why::Broken(_) => "broken",
        Why::Unreadable(_) | Why::Guard(_) => "kept",
        Why::RunsUs => "own",
        Why::StoppedByHand => "held",
    }
}

/// Why an app is left alone, and what to do about it.
pub(crate) fn explain(hold: &Hold) -> String {
    let app = &hold.app;
    match &hold.why {
        Why::Conflict { owner: None } => {
            format!("running, but not ours (no owner stamp); `--adopt {app}` takes it over")
        }
        Why::Conflict { owner: Some(owner) } => {
            format!("running, but it belongs to {owner}; `--adopt {app}` takes it over")
        }
        Why::Unresolvable(problems) => problems.join("; "),
        Why::Broken(id) => format!("{} has errors: it stays as it is", id.source_path()),
        Why::Unreadable(paths) => {
            format!("not declared, but {} could not be read: it stays as it is", paths.join(", "))
        }
        Why::Guard(Guard::Hold { deletions, of }) => {
            format!("no longer declared, but deleting {deletions} of {of} apps needs `--allow-mass-delete`")
        }
        Why::Guard(Guard::Pass) => "no longer declared".to_owned(),
        Why::RunsUs => "would be deleted, but this program runs in it: run it from elsewhere".to_owned(),
        Why::StoppedByHand => "stopped by hand".to_owned(),
    }
}
