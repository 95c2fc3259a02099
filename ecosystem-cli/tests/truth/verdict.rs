//! What must hold of every measurement.

use crate::batches::{Place, Results};
use crate::measure::{Measured, Own};
use crate::stage::UNSEEN;
use crate::support::pm2_program::VERSIONS;
use crate::waste;

/// Everything that is wrong with these measurements, each with where it was seen.
pub(crate) fn faults(places: &[Place], results: &Results) -> Vec<String> {
    let mut all = Vec::new();
    for place in places {
        let (at, _) = place;
        let here = format!("{} {}: {} {}", VERSIONS[at.version], at.mode.word(), at.field, at.change);
        all.extend(faults_of(*place, results).into_iter().map(|fault| format!("{here}: {fault}")));
    }
    all
}

/// What is wrong with one; nothing if the change took effect at the least price.
pub(crate) fn faults_of((at, case): Place, results: &Results) -> Vec<String> {
    let Some(it) = results.get(&at) else { return vec!["it could not be measured".to_owned()] };
    let mut faults = it.problems.clone();
    if it.ours != it.after {
        faults.push(format!(
            "after `{}` it looks like\n{}\nand fresh like\n{}",
            it.step.verb, it.ours, it.after
        ));
    }
    match (it.before == it.after, case.never_at(VERSIONS[at.version])) {
        (true, None) => faults.push(format!("the change shows in nothing, even fresh: {}", it.before)),
        (false, Some(_)) => faults.push(format!("PM2 honours it after all: {} → {}", it.before, it.after)),
        _ => {}
    }
    if let Some((verb, true)) = it.cheaper
        && waste::reason(at).is_none()
    {
        faults.push(format!("waste: `{verb}` does what `{}` does", it.step.verb));
    }
    faults.extend(unseen(it));
    faults
}

/// A look that failed shows nothing of the app.
fn unseen(it: &Measured) -> Option<String> {
    let own = if let Own::Other(seen) = &it.own { seen } else { "" };
    [&it.before, &it.after, own].into_iter().find(|seen| seen.starts_with(UNSEEN)).map(str::to_owned)
}
