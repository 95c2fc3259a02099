//! Results for programs. The shapes are part of the tool's promise: fields are added, never changed.

use ecosystem_core::converge::{Aftermath, Discarded, Outcome, StepError, WriteOutcome, Written};
use ecosystem_core::diagnostic::{Diagnostic, Source};
use ecosystem_core::plan::{Plan, Reason, Wait};
use serde_json::{Value as Json, json};

/// Prints a value with a line feed.
pub(crate) fn print(value: &Json) -> std::io::Result<()> {
    super::print(&super::printable_json(&format!("{value:#}\n")))
}

/// Diagnostics with lines and columns beside their spans.
pub(crate) fn diagnostics(diagnostics: &[Diagnostic], sources: &[Source]) -> Json {
    let label = |label: &ecosystem_core::diagnostic::Label| {
        let place = sources
            .iter()
            .find(|source| source.path == label.path)
            .map(|source| source.position(label.span.start));
        json!({
            "path": label.path,
            "span": label.span,
            "line": place.map(|(line, _)| line),
            "column": place.map(|(_, column)| column),
            "text": label.text,
        })
    };
    let one = |it: &Diagnostic| {
        json!({
            "code": it.code,
            "severity": it.severity,
            "message": it.message,
            "labels": it.labels.iter().map(label).collect::<Vec<_>>(),
            "hint": it.hint,
        })
    };
    diagnostics.iter().map(one).collect()
}

/// A plan; secrets are masked as they are for people.
pub(crate) fn plan(plan: &Plan) -> Json {
    let steps = plan.steps.iter().map(|step| {
        json!({
            "app": step.app,
            "daemon": step.daemon,
            "action": step.action.verb(),
            "reasons": step.reasons.iter().map(reason).collect::<Vec<_>>(),
            "after": step.after.iter().map(wait).collect::<Vec<_>>(),
        })
    });
    let holds = plan.holds.iter().map(|hold| {
        json!({ "app": hold.app, "daemon": hold.daemon, "why": hold.why.word(), "text": hold.explain() })
    });
    json!({
        "steps": steps.collect::<Vec<_>>(),
        "holds": holds.collect::<Vec<_>>(),
        "in_sync": plan.in_sync,
    })
}

fn wait(wait: &Wait) -> Json {
    json!({ "app": wait.app, "until": wait.until.word() })
}

fn reason(reason: &Reason) -> Json {
    match reason {
        Reason::Changed(change) => json!({
            "text": reason.to_string(),
            "field": change.field,
            "from": change.from,
            "to": change.to,
            "by_hand": change.by_hand,
        }),
        _ => json!({ "text": reason.to_string() }),
    }
}

/// What became of each step.
pub(crate) fn outcomes(outcomes: &[Outcome]) -> Json {
    let one = |it: &Outcome| {
        let lines = it.result.as_ref().err().map(StepError::last_lines).unwrap_or_default();
        json!({
            "app": it.app,
            "ok": it.result.is_ok(),
            "pids": it.result.as_ref().map(|applied| applied.pids.clone()).unwrap_or_default(),
            "error": it.result.as_ref().err().map(ToString::to_string),
            "then": it.aftermath.as_ref().map(aftermath),
            "held_by": it.result.as_ref().err().and_then(StepError::held_by),
            "last_lines": lines,
            "milliseconds": u64::try_from(it.took.as_millis()).unwrap_or(u64::MAX),
        })
    };
    outcomes.iter().map(one).collect()
}

fn aftermath(aftermath: &Aftermath) -> Json {
    let text = aftermath.to_string();
    match aftermath {
        Aftermath::Reverted { to, result } => {
            let pids = result.as_ref().map(|applied| applied.pids.clone()).unwrap_or_default();
            json!({ "reverted_to": to, "ok": result.is_ok(), "pids": pids, "text": text })
        }
        Aftermath::Stopped(result) => {
            json!({ "stopped": result.is_ok(), "ok": result.is_ok(), "text": text })
        }
    }
}

/// What became of each generated file.
pub(crate) fn written(written: &[Written]) -> Json {
    let one = |it: &Written| {
        let outcome = match &it.result {
            Ok(WriteOutcome::Unchanged) => "unchanged",
            Ok(WriteOutcome::Written) => "written",
            Ok(WriteOutcome::EditReplaced) => "edit replaced",
            Err(_) => "failed",
        };
        json!({ "path": it.path, "outcome": outcome, "error": it.result.as_ref().err() })
    };
    written.iter().map(one).collect()
}

/// What became of the generated files of daemons that are gone.
pub(crate) fn discarded(discarded: &[Discarded]) -> Json {
    let one = |it: &Discarded| json!({ "daemon": it.daemon, "removed": it.result.as_ref().ok(), "error": it.result.as_ref().err() });
    discarded.iter().map(one).collect()
}
