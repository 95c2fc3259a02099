//! A plan, a line for each app: symbol, name, step, reason.

use std::fmt::Write as _;

use anstyle::Style;
use ecosystem_core::plan::{Action, Plan, Step};

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
        line(&mut text, style::HELD, '!', &hold.app, hold.why.word(), &[hold.explain()], width);
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
        (count('?'), "to ask"),
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
    step.reasons.iter().map(|reason| was(reason.to_string())).chain(step.waits()).collect()
}

fn step_style(step: &Step) -> Style {
    match step.action.symbol() {
        '+' => style::COMES,
        '-' => style::GOES,
        _ => style::CHANGES,
    }
}
