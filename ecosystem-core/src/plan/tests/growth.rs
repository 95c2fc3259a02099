//! The work grows with the tree, and not with its square.
//!
//! What is measured is the processor time of the thread, of two sizes in one run: neither a slow machine nor one that
//! others use too changes the ratio much. Counting allocations would miss a loop that only looks.

use std::collections::BTreeMap;
use std::time::Duration;

use rustix::time::{ClockId, clock_gettime};

use super::{Pm2Model, checked, desired, machine};
use crate::compile;
use crate::diagnostic::Source;
use crate::plan::{Desired, Inventory, Plan, Policy, plan};

const FEW: usize = 100;
const TIMES: usize = 8;
/// Of the time that as many small trees take: about once where the work grows with the tree, and eight times if it grows
/// with the square.
const MOST: f64 = 2.5;

#[test]
fn the_time_to_plan_grows_with_the_tree() {
    let (few, many) = (Scene::of(FEW), Scene::of(FEW * TIMES));
    for (name, work) in WORKS {
        let (little, much) = (least_time(TIMES, &few, *work, FEW), least_time(1, &many, *work, FEW * TIMES));
        let ratio = much.div_duration_f64(little);
        let told =
            format!("{name}: {much:?} for {TIMES} times the apps at once, {little:?} one after the other");
        assert!(ratio < MOST, "{told}");
    }
}

/// Some work on a scene, and to how many apps it comes.
type Work = fn(&Scene) -> usize;

const WORKS: &[(&str, Work)] = &[
    ("compile and resolve", |scene| scene.again().apps.len()),
    ("start all", |scene| scene.plan(&scene.before, &Pm2Model::default()).steps.len()),
    ("find all in sync", |scene| scene.plan(&scene.before, &scene.pm2).in_sync.len()),
    ("change all", |scene| scene.plan(&scene.after, &scene.pm2).steps.len()),
    ("delete all", |scene| scene.plan(&scene.none, &scene.pm2).steps.len()),
];

/// Trees of chains of ten apps, and PM2 as it is when the first of them was synced.
struct Scene {
    sources: Vec<Source>,
    before: Desired,
    after: Desired,
    none: Desired,
    pm2: Pm2Model,
}

impl Scene {
    fn of(apps: usize) -> Self {
        let tree = |value: usize| -> Vec<(String, String)> {
            (0..apps).map(|app| (format!("d{app}"), source(app, value))).collect()
        };
        let as_desired = |tree: &[(String, String)]| {
            desired(&tree.iter().map(|(id, text)| (id.as_str(), text.as_str())).collect::<Vec<_>>())
        };
        let (first, second) = (tree(0), tree(1));
        let (before, after) = (as_desired(&first), as_desired(&second));
        let mut pm2 = Pm2Model::default();
        pm2.apply(&checked(&before, &pm2, &Policy::default()));
        let sources = first.into_iter().map(|(id, text)| Source::new(format!("{id}/ecosystem.edn"), text));
        let none = Desired { apps: BTreeMap::new(), ..before.clone() };
        Self { sources: sources.collect(), before, after, none, pm2 }
    }

    fn again(&self) -> Desired {
        let ecosystem = compile(&self.sources).output;
        Desired::new(&ecosystem, &machine(&ecosystem))
    }

    fn plan(&self, desired: &Desired, pm2: &Pm2Model) -> Plan {
        let policy = Policy { allow_mass_delete: true, ..Policy::default() };
        plan(desired, &pm2.observed(), &Inventory::default(), &policy)
    }
}

fn source(app: usize, value: usize) -> String {
    let needs =
        if app.is_multiple_of(10) { String::new() } else { format!(":depends-on [\"app-{}\"]", app - 1) };
    format!("{{:apps [{{:name \"app-{app}\" :script \"s.js\" :env {{:VALUE {value}}} {needs}}}]}}")
}

/// The least processor time that this many times of some work take; what is done is checked too.
fn least_time(times: usize, scene: &Scene, work: Work, expected: usize) -> Duration {
    let measured = (0..3).map(|_| {
        let began = processor_time();
        for _ in 0..times {
            assert_eq!(work(scene), expected);
        }
        processor_time().saturating_sub(began)
    });
    measured.min().unwrap_or_default()
}

/// Of this thread.
fn processor_time() -> Duration {
    clock_gettime(ClockId::ThreadCPUTime).try_into().unwrap()
}
