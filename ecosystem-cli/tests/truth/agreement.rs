//! The table of effects in the core says of PM2's own reload what was measured.

use std::collections::{BTreeMap, BTreeSet};

use ecosystem_core::plan::{Entry, Kind, OwnReload as Told, entries, variables};

use crate::batches::{At, Results};
use crate::case::Case;
use crate::measure::{Measured, Own};
use crate::table::is_honoured;
use crate::why::{entry, kind};

/// Where the two differ. Of a part of the cases, only what contradicts the table is told.
pub(crate) fn disagreements(cases: &[&'static Case], results: &Results, whole: bool) -> Vec<String> {
    let mut measured: BTreeMap<(&str, Kind), BTreeSet<Told>> = BTreeMap::new();
    for (at, it) in results {
        let honoured = is_honoured(cases, *at);
        if let (true, Some((entry, kind)), Some(told)) = (honoured, about(*at, it), told(&it.own)) {
            measured.entry((entry.attribute, kind)).or_default().insert(told);
        }
    }
    let all = entries().iter().chain([variables()]);
    let claims = all.flat_map(|entry| KINDS.map(|kind| (entry, kind)));
    let wrong = |(entry, kind): (&'static Entry, Kind)| {
        let claimed = entry.own(kind);
        let seen = measured.get(&(entry.attribute, kind));
        let agree = match seen {
            Some(seen) if whole => claimed == together(seen),
            Some(seen) => claimed == Told::Varies || claimed == together(seen),
            None => !whole || claimed == Told::Unseen,
        };
        (!agree)
            .then(|| format!("{} {kind:?}: the table says {claimed:?}, measured {seen:?}", entry.attribute))
    };
    claims.filter_map(wrong).collect()
}

const KINDS: [Kind; 3] = [Kind::Set, Kind::Change, Kind::Remove];

/// The entry that a measurement is about, and in which way: that of the case's own field, if it changed in one way.
fn about(at: At, it: &Measured) -> Option<(&'static Entry, Kind)> {
    let of_field = it.step.fields.iter().filter_map(|(field, before, after)| {
        let entry = if field.starts_with("env.") { variables() } else { entry(field)? };
        let own = [entry.field, entry.attribute].contains(&at.field);
        own.then_some((entry, kind(*before, *after)))
    });
    let found: Vec<_> = of_field.collect();
    let first = *found.first()?;
    found.iter().all(|(_, kind)| *kind == first.1).then_some(first)
}

fn told(own: &Own) -> Option<Told> {
    match own {
        Own::Applied => Some(Told::Applies),
        Own::Recorded | Own::Ignored => Some(Told::Keeps),
        Own::Other(_) => Some(Told::Varies),
        Own::Ended => Some(Told::Ends),
        Own::Untried(_) => None,
    }
}

fn together(seen: &BTreeSet<Told>) -> Told {
    match seen.iter().collect::<Vec<_>>().as_slice() {
        [one] => **one,
        several if several.contains(&&Told::Ends) => Told::Ends,
        _ => Told::Varies,
    }
}
