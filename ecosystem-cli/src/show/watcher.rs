//! What the watcher of a tree has left, beside whether it is alive.

use ecosystem_core::converge::HostError;
use ecosystem_core::os::state::{Holder, Mode, Problem, ProblemKind, Timestamp, WatcherState};
use serde_json::{Value as Json, json};

use super::printable_line;
use super::table::table;

/// What can be seen of a tree's watcher.
#[derive(Debug, Clone)]
pub(crate) struct Watcher {
    /// Its process, if it is alive.
    pub(crate) alive: Result<Option<Holder>, HostError>,
    /// What it, or one before it, left last.
    pub(crate) state: Result<Option<WatcherState>, HostError>,
}

impl Watcher {
    /// One line on how it does; empty if there never was one.
    pub(crate) fn summary(&self, now: Timestamp) -> String {
        let line = match (&self.alive, &self.state) {
            (Ok(None), Ok(None)) => return String::new(),
            (Err(error), _) => format!("not known: {error}"),
            (Ok(Some(holder)), Err(error)) => format!("running{}, but {error}", process(*holder)),
            (Ok(None), Err(error)) => format!("not running, and {error}"),
            (Ok(Some(holder)), Ok(_)) => alive(*holder, self.own(), now),
            (Ok(None), Ok(Some(state))) => gone(state, now),
        };
        format!("watcher {}\n", printable_line(&line))
    }

    /// What waits, is held or failed by the word of a watcher that is alive: what a dead one left is out of date.
    /// Problems of the tree itself are found and shown by whoever reads it.
    pub(crate) fn problems(&self, now: Timestamp) -> String {
        let Some(state) = self.own() else { return String::new() };
        let shown = state.problems.iter().filter(|it| it.kind != ProblemKind::Diagnostic);
        let rows: Vec<[String; 4]> = shown.map(|it| row(it, now)).collect();
        if rows.is_empty() {
            return String::new();
        }
        let more = match state.problems_left_out {
            0 => String::new(),
            more => format!("and {more} more\n"),
        };
        format!("\nthe watcher says:\n{}{more}", table(["KIND", "APP", "FOR", "WHAT"], &rows))
    }

    /// All of it for programs; `null` if there never was one.
    pub(crate) fn json(&self) -> Json {
        if let (Ok(None), Ok(None)) = (&self.alive, &self.state) {
            return Json::Null;
        }
        let holder = self.alive.as_ref().ok().copied().flatten();
        let error = self.alive.as_ref().err().or(self.state.as_ref().err());
        json!({
            "alive": self.alive.as_ref().ok().map(Option::is_some),
            "pid": holder.and_then(|holder| holder.pid),
            "state": self.state.as_ref().ok(),
            "error": error.map(ToString::to_string),
        })
    }

    /// What the one that is alive has left, and none before it.
    fn own(&self) -> Option<&WatcherState> {
        let pid = self.alive.as_ref().ok()?.as_ref()?.pid;
        self.state.as_ref().ok()?.as_ref().filter(|state| Some(state.pid) == pid)
    }
}

fn process(holder: Holder) -> String {
    holder.pid.map(|pid| format!(" as {pid}")).unwrap_or_default()
}

fn alive(holder: Holder, state: Option<&WatcherState>, now: Timestamp) -> String {
    let running = format!("running{}", process(holder));
    let Some((state, looked)) = state.and_then(|state| Some((state, state.looked_at?))) else {
        return format!("{running}, has not looked yet");
    };
    let polling = match state.mode {
        Mode::Watching => "",
        Mode::Polling => " (by looking again and again: the system tells of no edits)",
    };
    let changed = match state.changed_at {
        Some(changed) => format!("last changed something {} ago", span(changed, now)),
        None => format!("has changed nothing in {}", span(state.started_at, now)),
    };
    format!("{running}, looked {} ago{polling}, {changed}", span(looked, now))
}

fn gone(state: &WatcherState, now: Timestamp) -> String {
    let looked = match state.looked_at {
        Some(looked) => format!("last looked {} ago", span(looked, now)),
        None => format!("was started {} ago", span(state.started_at, now)),
    };
    let error = state.last_error.as_ref();
    let error = error.map(|it| format!("; its last trouble, {} ago: {}", span(it.at, now), it.text));
    format!("not running, {looked}{}", error.unwrap_or_default())
}

fn row(problem: &Problem, now: Timestamp) -> [String; 4] {
    let Problem { kind, app, daemon, text, since } = problem;
    let about = app.as_ref().or(daemon.as_ref()).filter(|about| !about.is_empty()).cloned();
    [word(*kind).to_owned(), about.unwrap_or_else(|| "-".to_owned()), span(*since, now), text.clone()]
}

fn word(kind: ProblemKind) -> &'static str {
    match kind {
        ProblemKind::Trouble => "trouble",
        ProblemKind::Failed => "failed",
        ProblemKind::Diagnostic => "diagnostic",
        ProblemKind::Held => "held",
        ProblemKind::Pending => "pending",
    }
}

/// `3 s`, `5 min`; a clock that was set back makes it none.
fn span(from: Timestamp, to: Timestamp) -> String {
    let seconds = to.as_second().saturating_sub(from.as_second()).max(0);
    match seconds {
        0..60 => format!("{seconds} s"),
        60..3600 => format!("{} min", seconds / 60),
        3600..86_400 => format!("{} h", seconds / 3600),
        _ => format!("{} d", seconds / 86_400),
    }
}

#[cfg(test)]
mod tests;
