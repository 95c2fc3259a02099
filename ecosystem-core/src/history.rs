//! What was applied, app by app, one generation after the other: how an app can be put back to what it was.
//!
//! A generation holds the definition as the tree said it. What only the environment or an env file tells is in it as a
//! reference, so that no secret of either is kept; it is looked up anew when a definition is put back.

use serde::{Deserialize, Serialize};

use crate::model::{App, AppName, DaemonId};

/// One app as the tree defined it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Definition {
    /// The daemon that declared it.
    pub daemon: DaemonId,
    /// What it said.
    pub app: App,
}

/// One change of one app that was carried out, or tried.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Generation {
    /// Its number: 1 for the app's first, and one more each time.
    pub number: u64,
    /// When it was over, in milliseconds since 1970.
    pub at: u64,
    /// The program that did it, with its version.
    pub by: String,
    /// What was done.
    #[serde(flatten)]
    pub change: Change,
}

/// What was done to an app, and what came of it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Change {
    /// The app.
    pub app: AppName,
    /// One word for the step that was taken.
    pub action: String,
    /// Why it was taken, as a plan says it: secrets are masked.
    pub why: Vec<String>,
    /// What came of it.
    pub verdict: Verdict,
    /// The definition that was applied; nothing where the app was deleted.
    pub definition: Option<Definition>,
}

/// What came of a change.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase", tag = "came")]
pub enum Verdict {
    /// It was done, and the app was well.
    Healthy,
    /// It failed, and was left as it came out.
    Failed {
        /// What was seen.
        problem: String,
    },
    /// It failed, and the app was put back.
    Reverted {
        /// What was seen.
        problem: String,
        /// The generation whose definition runs again.
        to: u64,
    },
    /// It failed, and the app was stopped.
    Stopped {
        /// What was seen.
        problem: String,
    },
}

/// The last generation in which an app was well, and its definition.
#[must_use]
pub fn last_healthy(history: &[Generation]) -> Option<(u64, &Definition)> {
    let healthy = history.iter().rev().find(|generation| generation.change.verdict == Verdict::Healthy)?;
    Some((healthy.number, healthy.change.definition.as_ref()?))
}

/// The generation whose definition PM2 was left with after the last one, as far as the history tells.
#[must_use]
pub fn running(history: &[Generation]) -> Option<(u64, &Definition)> {
    running_after(history, history.len())
}

/// The definition that was there before the generation at this index.
#[must_use]
pub fn definition_before(history: &[Generation], at: usize) -> Option<&Definition> {
    running_after(history, at).map(|(_, definition)| definition)
}

fn running_after(history: &[Generation], count: usize) -> Option<(u64, &Definition)> {
    let last = history.get(..count)?.last()?;
    let number = match &last.change.verdict {
        Verdict::Reverted { to, .. } => *to,
        Verdict::Healthy | Verdict::Failed { .. } | Verdict::Stopped { .. } => last.number,
    };
    let generation = history.iter().find(|generation| generation.number == number)?;
    Some((number, generation.change.definition.as_ref()?))
}

/// Adds a generation and forgets the oldest ones beyond `most`, but never the last one in which the app was well.
pub fn add(history: &mut Vec<Generation>, generation: Generation, most: usize) {
    history.push(generation);
    let surplus = history.len().saturating_sub(most);
    let kept = last_healthy(history).map(|(number, _)| number);
    let mut index = 0;
    history.retain(|generation| {
        index += 1;
        index > surplus || Some(generation.number) == kept
    });
}

/// The number that the next generation of an app gets.
#[must_use]
pub fn next_number(history: &[Generation]) -> u64 {
    history.last().map_or(1, |last| last.number.saturating_add(1))
}

#[cfg(test)]
mod tests;
