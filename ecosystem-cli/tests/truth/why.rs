//! Why a step is taken, and no cheaper one.

use std::collections::BTreeSet;

use ecosystem_core::plan::{Effect, Entry, Kind, entries};

use crate::case::Mode;
use crate::measure::Measured;

/// In a few words.
pub(crate) fn why(mode: Mode, it: &Measured) -> String {
    match it.step.verb.as_str() {
        "reload" => "new workers, one after the other".to_owned(),
        "restart" if mode == Mode::Fork => "a new process".to_owned(),
        "scale" => "those that run stay".to_owned(),
        "start" => "another name is another app".to_owned(),
        _ => dearest(it),
    }
}

/// What the table of effects says of the changes that ask for the most.
fn dearest(it: &Measured) -> String {
    let found = it.step.fields.iter().filter_map(|(field, before, after)| {
        let kind = kind(*before, *after);
        entry(field).map(|entry| (entry.effect(kind), entry))
    });
    let found: Vec<(Effect, &Entry)> = found.collect();
    let dearest = found.iter().map(|(effect, _)| *effect).max();
    let reasons: BTreeSet<&str> = found
        .iter()
        .filter(|(effect, _)| Some(*effect) == dearest)
        .filter_map(|(_, entry)| entry.why())
        .collect();
    if reasons.is_empty() { NUMBERED.to_owned() } else { reasons.into_iter().collect::<Vec<_>>().join("; ") }
}

const NUMBERED: &str = "PM2 counts the variable up when it first makes the instances, and never again";

/// The entry of a field as reasons name it.
pub(crate) fn entry(field: &str) -> Option<&'static Entry> {
    entries().iter().find(|entry| entry.field == field)
}

/// The kind of a change of which there was something before and is something now.
pub(crate) fn kind(before: bool, after: bool) -> Kind {
    match (before, after) {
        (false, true) => Kind::Set,
        (true, true) => Kind::Change,
        (_, false) => Kind::Remove,
    }
}
