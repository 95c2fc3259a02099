//! What a change of a tree will do: two sides of it, compared as one would be applied over the other.
//!
//! ```text
//! base ─▶ Desired ─▶ what PM2 would have (running) ─┐
//! head ─▶ Desired ──────────────────────────────────┴─▶ plan ─▶ Review
//! ```
//!
//! The step of each app is told by the very planner that `sync` asks: it is given, in place of PM2's list, the list
//! that PM2 would have if the base were applied. A second comparison beside it could come to another opinion.
//!
//! No machine is asked. What definitions take from one is answered for both sides alike, and what
//! the answer stands on is said in the result.

mod change;
mod machine;
mod pairs;
mod reasons;
mod redact;
mod running;
mod similarity;

#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};

pub use change::{AppChange, DaemonChange, Review, ReviewStep};
pub use machine::{Known, Wanted, wanted};
pub use redact::redacted;

use camino::Utf8PathBuf;

use self::machine::Assumed;
use self::pairs::Pair;
use self::reasons::Words;
use crate::converge::Reading;
use crate::model::{AppName, DaemonId};
use crate::plan::{Action, Desired, Hold, Inventory, Plan, Policy, Step, Why, plan};
use crate::render::{GeneratedBy, Layout, body, render};

/// One side of a change.
#[derive(Debug, Clone)]
pub struct Side {
    /// What the tree says.
    pub reading: Reading,
    /// What is known of the files that it names.
    pub known: Known,
    /// Where it lies.
    pub site: Site,
}

/// Where a tree lies in its repository.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Site {
    /// What relative paths resolve against, below the repository's top and empty for the top itself; `None` if it is not
    /// in the repository.
    pub base: Option<Utf8PathBuf>,
    /// What generated files say of it.
    pub layout: Layout,
}

/// Compares two sides of a tree.
#[must_use]
pub fn review(base: &Side, head: &Side) -> Review {
    let assumed = Assumed::of(base, head);
    let before = Desired::new(&base.reading.ecosystem, &assumed.machine(base));
    let mut after = Desired::new(&head.reading.ecosystem, &assumed.machine(head));
    let observed = running::observed(&before);
    let inventory = Inventory::default().before(&before);
    after.hide_as(&before);
    // What runs of a source that cannot be read is not known here: what it may declare is taken to run.
    let declared: BTreeSet<AppName> = after.apps.keys().cloned().collect();
    after.apps.values_mut().for_each(|app| app.depends_on.retain(|it| declared.contains(&it.app)));
    let planned = plan(&after, &observed, &inventory, &Policy::default());
    let pairs = pairs::pairs(&base.reading, &head.reading);
    let words = Words {
        assumed: &assumed,
        base: reasons::Tree { written: &base.reading.ecosystem, resolved: &before },
        head: reasons::Tree { written: &head.reading.ecosystem, resolved: &after },
    };
    let apps = changes_of_apps(&planned, base, head, &words);
    Review {
        daemons: changes_of_daemons(&pairs, base, head),
        unchanged: planned.in_sync.len(),
        assumptions: assumptions(&apps, &assumed),
        apps,
    }
}

fn changes_of_apps(planned: &Plan, base: &Side, head: &Side, words: &Words<'_>) -> Vec<AppChange> {
    let change = |planned: &Step| {
        let (step, reasons) = match unknown(&planned.app, &planned.action, base, &planned.daemon) {
            Some(why) => (ReviewStep::Unknown, vec![why]),
            None => (ReviewStep::of(&planned.action), words.of(&planned.app, &planned.reasons)),
        };
        AppChange { app: planned.app.clone(), daemon: planned.daemon.clone(), step, reasons }
    };
    let mut apps: Vec<AppChange> = planned.steps.iter().map(change).collect();
    apps.extend(planned.holds.iter().filter(|hold| is_news(hold, base)).map(kept));
    name_renames(&mut apps, base, head);
    apps.sort_by(|a, b| a.app.cmp(&b.app));
    apps
}

/// Whether a broken file of the base may declare an app that the base does not: then it may run.
fn unknown(app: &str, action: &Action, base: &Side, daemon: &DaemonId) -> Option<String> {
    let broken = &base.reading.ecosystem.broken;
    let mut mentioned = broken.iter().filter(|(id, text)| *id == daemon || text.mentions(app));
    let (id, _) = matches!(action, Action::Start(_)).then(|| mentioned.next())??;
    Some(format!("{} has errors on the base side: what runs of it is not known", id.source_path()))
}

/// A hold for the same reason on both sides is no change; only what the head did itself is said.
fn is_news(hold: &Hold, base: &Side) -> bool {
    match &hold.why {
        Why::Broken(id) => !base.reading.ecosystem.broken.contains_key(id),
        _ => true,
    }
}

fn kept(hold: &Hold) -> AppChange {
    AppChange {
        app: hold.app.clone(),
        daemon: hold.daemon.clone(),
        step: ReviewStep::Kept,
        reasons: vec![reasons::of_hold(hold)],
    }
}

/// PM2 knows an app by its name alone: another name is another app, one that goes and one that comes.
fn name_renames(apps: &mut [AppChange], base: &Side, head: &Side) {
    let names = |apps: &[AppChange], step: ReviewStep| -> BTreeSet<String> {
        apps.iter().filter(|app| app.step == step).map(|app| app.app.clone()).collect()
    };
    let (gone, new) = (names(apps, ReviewStep::Delete), names(apps, ReviewStep::Start));
    let renamed: BTreeMap<AppName, AppName> =
        pairs::renamed_apps(&base.reading.ecosystem, &head.reading.ecosystem, &gone, &new);
    for (from, to) in &renamed {
        for app in apps.iter_mut() {
            if app.step == ReviewStep::Delete && app.app == from.as_str() {
                app.reasons = vec![format!("renamed to {to}")];
            } else if app.step == ReviewStep::Start && app.app == to.as_str() {
                app.reasons = vec![format!("renamed from {from}: to PM2 this is another app")];
            }
        }
    }
}

fn changes_of_daemons(pairs: &[Pair], base: &Side, head: &Side) -> Vec<DaemonChange> {
    let changes = pairs.iter().filter_map(|pair| {
        // Nothing is generated for a broken file: what was generated before stays.
        let text = |side: &Side, id: &Option<DaemonId>| match id {
            None => Some(String::new()),
            Some(id) => config(side, id),
        };
        let (before, after) = (text(base, &pair.from)?, text(head, &pair.to)?);
        let change = DaemonChange { from: pair.from.clone(), to: pair.to.clone(), before, after };
        (change.moved() || change.before != change.after).then_some(change)
    });
    let mut changes: Vec<DaemonChange> = changes.collect();
    changes.sort_by(|a, b| a.id().cmp(b.id()));
    changes
}

/// The generated config of a daemon, without its header and without secrets.
fn config(side: &Side, id: &DaemonId) -> Option<String> {
    side.reading.ecosystem.daemons.get(id).map(|daemon| shown_config(daemon, &side.site.layout))
}

/// The generated config of a daemon as it may be shown and kept: without the header, whose time, version and digest
/// change when nothing has, and without what looks secret.
#[must_use]
pub fn shown_config(daemon: &crate::model::Daemon, layout: &Layout) -> String {
    let by = GeneratedBy { version: String::new(), time: String::new(), layout: layout.clone() };
    body(&render(&redacted(daemon), &by))
}

/// What must be said so that nobody takes the answer for more than it is.
fn assumptions(apps: &[AppChange], assumed: &Assumed) -> Vec<String> {
    if apps.is_empty() {
        return Vec::new();
    }
    let mut said = vec![
        "computed from the files alone, as if what runs were exactly the base: an app that was stopped, changed or \
         started by hand may need another step, `plan` on the machine tells"
            .to_owned(),
    ];
    said.extend(assumed.said());
    said
}
