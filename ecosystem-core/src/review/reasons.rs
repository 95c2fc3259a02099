//! The planner's reasons in the words of a repository: without the made-up machine that they were found on.

use serde_json::Value as Json;

use super::machine::{Assumed, HOME, OUTSIDE, PM2_HOME, TOP, written};
use crate::model::{App, Ecosystem};
use crate::plan::{Change, Desired, Hold, MASK, Reason};

/// What is needed to say a reason.
pub(super) struct Words<'a> {
    pub(super) assumed: &'a Assumed,
    pub(super) base: Tree<'a>,
    pub(super) head: Tree<'a>,
}

/// One side: as written, and as resolved on the made-up machine.
pub(super) struct Tree<'a> {
    pub(super) written: &'a Ecosystem,
    pub(super) resolved: &'a Desired,
}

impl Words<'_> {
    /// The reasons for a step of this app, each once.
    pub(super) fn of(&self, app: &str, reasons: &[Reason]) -> Vec<String> {
        let mut said: Vec<String> = Vec::new();
        for text in reasons.iter().filter_map(|reason| self.one(app, reason)) {
            if !said.contains(&text) {
                said.push(text);
            }
        }
        // A step without a reason would be the planner's defect, and is better shown than hidden.
        if said.is_empty() { reasons.iter().map(|reason| local(&reason.to_string())).collect() } else { said }
    }

    fn one(&self, app: &str, reason: &Reason) -> Option<String> {
        let (before, after) = (self.base.app(app), self.head.app(app));
        Some(match reason {
            Reason::Changed(change) => return self.changed(app, change),
            Reason::Instances { from, to, .. } => {
                format!("instances: {} → {}", instances(before, *from), instances(after, *to))
            }
            Reason::NotRunning if before.is_some() => "could not be started before".to_owned(),
            Reason::NotRunning => "new".to_owned(),
            Reason::State(_) => "was declared not to be started".to_owned(),
            other => local(&other.to_string()),
        })
    }

    /// `None` for what differs only in a number that the made-up machine gave it.
    fn changed(&self, app: &str, change: &Change) -> Option<String> {
        let variable = change.field.strip_prefix("env.").unwrap_or_default();
        if let Some(path) = self.assumed.env_file_behind(variable) {
            let what = if change.to.is_some() { "added" } else { "removed" };
            return Some(format!("env_file: {path} {what} (what it sets is not known here)"));
        }
        // Nothing runs, so nobody changed it; and what PM2's reload would do is not what is reviewed.
        let mut change = Change { by_hand: false, note: None, ..change.clone() };
        // What the environment says is not shown, nor whether it is the same.
        if [&change.from, &change.to].iter().any(|it| it.as_deref() == Some(MASK)) {
            return Some(local(&change.to_string()));
        }
        let shown: &dyn Fn(&Tree<'_>) -> Option<String> = match NUMBERED
            .iter()
            .find(|(field, _)| *field == change.field)
        {
            None => return Some(local(&change.to_string())),
            Some((field, None)) => &|tree| tree.app(app)?.setting(field).map(|value| quoted(&written(value))),
            Some((_, Some(attribute))) => {
                &|tree| tree.resolved(app, attribute).map(|value| quoted(&written(value)))
            }
        };
        (change.from, change.to) = (shown(&self.base), shown(&self.head));
        (change.from != change.to).then(|| local(&change.to_string()))
    }
}

impl Tree<'_> {
    fn app(&self, name: &str) -> Option<&App> {
        self.written.apps().map(|(_, app)| app).find(|app| app.name.as_str() == name)
    }

    fn resolved(&self, name: &str, attribute: &str) -> Option<&Json> {
        self.resolved.apps.get(name)?.attributes.as_ref().ok()?.get(attribute)
    }
}

/// Fields whose value in PM2's list holds a number that nobody has written: of a user, which is shown as written, or
/// of a process, which the resolved attribute does without.
const NUMBERED: &[(&str, Option<&str>)] = &[
    ("uid", None),
    ("gid", None),
    ("out_file", Some("pm_out_log_path")),
    ("error_file", Some("pm_err_log_path")),
    ("log_file", Some("pm_log_path")),
    ("pid_file", Some("pm_pid_path")),
];

fn quoted(text: &str) -> String {
    format!("{text:?}")
}

/// As written, where it is not a plain number of processes: `max`, 0 and negative numbers.
fn instances(app: Option<&App>, counted: usize) -> String {
    match app.and_then(|app| app.setting("instances")) {
        Some(value) if is_relative(value) => written(value),
        _ => counted.to_string(),
    }
}

/// Whether a number of instances depends on the machine.
pub(super) fn is_relative(instances: &Json) -> bool {
    instances.as_i64().is_none_or(|count| count <= 0)
}

/// Why an app is kept.
pub(super) fn of_hold(hold: &Hold) -> String {
    local(&hold.explain())
}

/// Paths as they are in the repository.
fn local(text: &str) -> String {
    let short = |text: String, top: &str| {
        let text = text.replace(&format!("\"{top}\""), "\".\"").replace(&format!("{top}/"), "");
        text.replace(top, ".")
    };
    let text = short(short(text.to_owned(), TOP), OUTSIDE);
    text.replace(PM2_HOME, "$PM2_HOME").replace(HOME, "~")
}
