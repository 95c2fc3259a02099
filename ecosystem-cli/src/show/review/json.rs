//! A review for programs.

use ecosystem_core::review::{AppChange, DaemonChange};
use serde_json::{Value as Json, json};

use super::lines::hunks;
use super::{Compared, End};
use crate::show::json::diagnostics;

/// The whole review; its members are added to, never changed.
pub(crate) fn json(compared: &Compared) -> Json {
    let review = &compared.review;
    json!({
        "tree": compared.folder,
        "base": end(&compared.base),
        "head": end(&compared.head),
        "changes": review.changes(),
        "steps": review.apps.iter().map(step).collect::<Vec<_>>(),
        "unchanged": review.unchanged,
        "daemons": review.daemons.iter().map(daemon).collect::<Vec<_>>(),
        "notes": compared.notes(),
    })
}

fn end(end: &End) -> Json {
    json!({
        "revision": end.revision,
        "commit": end.commit,
        "exists": end.exists,
        "diagnostics": diagnostics(&end.reading.diagnostics, &end.reading.sources),
    })
}

fn step(app: &AppChange) -> Json {
    json!({
        "app": app.app,
        "daemon": app.daemon,
        "action": app.step.verb(),
        "meaning": app.step.meaning(),
        "reasons": app.reasons,
    })
}

fn daemon(change: &DaemonChange) -> Json {
    json!({ "from": change.from, "to": change.to, "diff": unified(change) })
}

fn unified(change: &DaemonChange) -> String {
    let hunks = hunks(&change.before, &change.after);
    let lines = hunks.iter().flat_map(|hunk| {
        let lines = hunk.lines.iter().map(|line| format!("{}{}\n", line.kind.symbol(), line.text()));
        std::iter::once(format!("{}\n", hunk.header)).chain(lines)
    });
    lines.collect()
}
