//! What was applied to apps, generation by generation.

use std::fmt::Write as _;

use ecosystem_core::history::{Definition, Generation, Verdict};
use ecosystem_core::model::{AppName, Daemon};
use ecosystem_core::os::state::Timestamp;
use ecosystem_core::render::{GeneratedBy, body, render};
use serde_json::{Value as Json, json};

use super::diff::unified;
use super::table::table;
use super::{printable, printable_line, style};

/// The last change of each app, the newest first.
pub(crate) fn latest<'a>(histories: impl Iterator<Item = &'a Vec<Generation>>) -> String {
    let mut last: Vec<&Generation> = histories.filter_map(|history| history.last()).collect();
    if last.is_empty() {
        return "nothing was applied yet\n".to_owned();
    }
    last.sort_by_key(|generation| (std::cmp::Reverse(generation.at), generation.change.app.as_str()));
    let rows: Vec<[String; 6]> = last
        .into_iter()
        .map(|it| {
            let change = &it.change;
            [
                time(it.at),
                change.app.to_string(),
                it.number.to_string(),
                change.action.clone(),
                word(&change.verdict).to_owned(),
                change.why.join("; "),
            ]
        })
        .collect();
    table(["when", "app", "generation", "step", "came", "why"], &rows)
}

/// Every change of one app, the newest first.
pub(crate) fn all(history: &[Generation]) -> String {
    let mut text = String::new();
    for it in history.iter().rev() {
        let change = &it.change;
        let color = if change.verdict == Verdict::Healthy { style::COMES } else { style::ERROR };
        // Writing to a string cannot fail.
        let _ = writeln!(
            text,
            "{color}{:>4}{color:#}  {}  {:<9} {}  by {}",
            it.number,
            time(it.at),
            printable_line(&change.action),
            word(&change.verdict),
            printable_line(&it.by),
        );
        for why in &change.why {
            let _ = writeln!(text, "      {}", printable_line(why));
        }
        for line in ending(&change.verdict) {
            let _ = writeln!(text, "      {}={:#} {}", style::FAINT, style::FAINT, printable(&line));
        }
    }
    text
}

/// What a generation made of the definition; secrets are masked.
pub(crate) fn diff(
    number: u64,
    before: Option<&Definition>,
    after: Option<&Definition>,
    by: &GeneratedBy,
) -> String {
    let (old, new) = (generated(before, by), generated(after, by));
    if old == new {
        return format!("generation {number} is of the same definition as the one before\n");
    }
    unified(&format!("generation {number}"), "before it", &old, &new)
}

/// As its generated file would say it, without the header.
fn generated(definition: Option<&Definition>, by: &GeneratedBy) -> String {
    let Some(Definition { daemon, app }) = definition else { return String::new() };
    body(&render(&Daemon { id: daemon.clone(), apps: vec![app.clone()], deploy: None }, by))
}

/// For programs: everything but the definitions, in which there may be secrets that the source has.
pub(crate) fn json<'a>(histories: impl Iterator<Item = (&'a AppName, &'a Vec<Generation>)>) -> Json {
    let one = |it: &Generation| {
        let change = &it.change;
        let (problem, to) = match &change.verdict {
            Verdict::Healthy => (None, None),
            Verdict::Failed { problem } | Verdict::Stopped { problem } => (Some(problem), None),
            Verdict::Reverted { problem, to } => (Some(problem), Some(to)),
        };
        json!({
            "number": it.number,
            "at": time(it.at),
            "by": it.by,
            "action": change.action,
            "why": change.why,
            "came": word(&change.verdict),
            "problem": problem,
            "reverted_to": to,
            "daemon": change.definition.as_ref().map(|definition| &definition.daemon),
        })
    };
    let apps = histories.map(
        |(app, history)| json!({ "app": app, "generations": history.iter().map(one).collect::<Vec<_>>() }),
    );
    json!({ "apps": apps.collect::<Vec<_>>() })
}

fn word(verdict: &Verdict) -> &'static str {
    match verdict {
        Verdict::Healthy => "healthy",
        Verdict::Failed { .. } => "failed",
        Verdict::Reverted { .. } => "reverted",
        Verdict::Stopped { .. } => "stopped",
    }
}

fn ending(verdict: &Verdict) -> Vec<String> {
    match verdict {
        Verdict::Healthy => Vec::new(),
        Verdict::Failed { problem } => vec![problem.clone()],
        Verdict::Reverted { problem, to } => vec![problem.clone(), format!("put back to generation {to}")],
        Verdict::Stopped { problem } => vec![problem.clone(), "left stopped".to_owned()],
    }
}

fn time(at: u64) -> String {
    let at = i64::try_from(at).ok().and_then(|at| Timestamp::from_millisecond(at / 1000 * 1000).ok());
    at.map(|at| at.to_string()).unwrap_or_default()
}
