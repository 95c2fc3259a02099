//! One thing to say, as data.

use serde_json::{Map, Value as Json};
use tracing::Level;

/// One thing to say: a sentence for people, a word and members for programs.
#[derive(Debug, Clone, PartialEq)]
#[must_use = "it is not said until `say` is called"]
pub(crate) struct Line {
    pub(super) level: Level,
    /// One character that a column of lines can be read by: `+`, `-` and `~` as in plans, `!` for what is wrong,
    /// `✓` for what no longer is, `·` for the rest.
    pub(super) mark: char,
    /// A stable word for programs, such as `step-failed`.
    pub(super) event: &'static str,
    pub(super) message: String,
    /// What programs may want to have apart from the sentence; only what there is.
    pub(super) members: Map<String, Json>,
}

impl Line {
    pub(super) fn new(level: Level, event: &'static str, message: impl Into<String>) -> Self {
        Self { level, mark: mark(level), event, message: message.into(), members: Map::new() }
    }

    pub(super) fn mark(self, mark: char) -> Self {
        Self { mark, ..self }
    }

    pub(super) fn with(mut self, member: &str, value: impl Into<Json>) -> Self {
        self.members.insert(member.to_owned(), value.into());
        self
    }

    pub(super) fn maybe(self, member: &str, value: Option<impl Into<Json>>) -> Self {
        match value {
            Some(value) => self.with(member, value),
            None => self,
        }
    }

    /// Says it to whoever [listens](super::listen).
    pub(crate) fn say(&self) {
        let Self { level, mark, event, message, members } = self;
        // Fields of `tracing` are no lists, and its macros want the level to be a constant.
        let members = Json::Object(members.clone());
        let mark = mark.to_string();
        match *level {
            Level::ERROR => tracing::error!(event, mark, %members, "{message}"),
            Level::WARN => tracing::warn!(event, mark, %members, "{message}"),
            Level::INFO => tracing::info!(event, mark, %members, "{message}"),
            _ => tracing::debug!(event, mark, %members, "{message}"),
        }
    }
}

/// Says one after the other.
pub(crate) fn say_all(lines: &[Line]) {
    lines.iter().for_each(Line::say);
}

/// What a line bears that says nothing else.
pub(super) fn mark(level: Level) -> char {
    if level <= Level::WARN { '!' } else { '·' }
}
