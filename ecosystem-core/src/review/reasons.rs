//! The planner's reasons in the words of a repository: without the made-up machine that they were found on.

use serde_json::Value as Json;

use super::machine::{Assumed, BASE, HOME, PM2_HOME, written};
use crate::model::{App, Ecosystem};
use crate::plan::{Change, Hold, Reason};

/// What is needed to say a reason.
pub(super) struct Words<'a> {
    pub(super) assumed: &'a Assumed,
    pub(super) base: &'a Ecosystem,
    pub(super) head: &'a Ecosystem,
}

impl Words<'_> {
    /// A reason for a step of this app.
    pub(super) fn of(&self, app: &str, reason: &Reason) -> String {
        let (before, after) = (find(self.base, app), find(self.head, app));
        match reason {
            Reason::Changed(change) => self.changed(change, before, after),
            Reason::Instances { from, to, .. } => {
                let count =
                    |app: Option<&App>, counted: usize| match app.and_then(|app| app.setting("instances")) {
                        Some(Json::Number(number)) if number.as_i64() == Some(0) => "max".to_owned(),
                        Some(Json::Number(number)) => number.to_string(),
                        _ => counted.to_string(),
                    };
                format!("instances: {} → {}", count(before, *from), count(after, *to))
            }
            Reason::NotRunning if before.is_some() => "could not be started before".to_owned(),
            Reason::NotRunning => "new".to_owned(),
            Reason::State(_) => "was declared not to be started".to_owned(),
            other => local(&other.to_string()),
        }
    }

    fn changed(&self, change: &Change, before: Option<&App>, after: Option<&App>) -> String {
        let variable = change.field.strip_prefix("env.").unwrap_or_default();
        if let Some(path) = self.assumed.env_file_behind(variable) {
            let what = if change.to.is_some() { "added" } else { "removed" };
            return format!("env_file: {path} {what} (what it sets is not known here)");
        }
        // Nothing runs, so nobody changed it.
        let mut change = Change { by_hand: false, ..change.clone() };
        if let Some(key) = AS_WRITTEN.iter().find(|key| **key == change.field) {
            let shown = |app: Option<&App>| {
                app.and_then(|app| app.setting(key)).map(|value| match value {
                    Json::String(text) => format!("{text:?}"),
                    other => written(other),
                })
            };
            (change.from, change.to) = (shown(before), shown(after));
        }
        local(&change.to_string())
    }
}

/// Fields whose resolved value holds a number that nobody has written: of a process, of a user.
const AS_WRITTEN: &[&str] = &["uid", "gid", "out_file", "error_file", "log_file", "pid_file"];

/// Why an app is kept.
pub(super) fn of_hold(hold: &Hold) -> String {
    local(&hold.explain())
}

/// Paths as they are in the repository.
fn local(text: &str) -> String {
    let text = text.replace(&format!("\"{BASE}\""), "\".\"").replace(&format!("{BASE}/"), "");
    text.replace(BASE, ".").replace(PM2_HOME, "$PM2_HOME").replace(HOME, "~")
}

fn find<'a>(ecosystem: &'a Ecosystem, name: &str) -> Option<&'a App> {
    ecosystem.apps().map(|(_, app)| app).find(|app| app.name.as_str() == name)
}
