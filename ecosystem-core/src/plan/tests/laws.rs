//! What holds for every tree, every running set and every edit.

use std::collections::BTreeSet;

use proptest::prelude::*;

use super::{Pm2Model, Policy, checked, desired};

/// One app of a random tree.
#[derive(Debug, Clone)]
struct RandomApp {
    name: usize,
    daemon: usize,
    rest: String,
    /// Apps that it depends on: of those that there are, the ones of a smaller number, so that there are no circles.
    needs: Vec<(usize, bool)>,
}

fn random_app() -> impl Strategy<Value = RandomApp> {
    let rest = prop::sample::subsequence(
        vec![
            ":args [\"x\" \"y\"]",
            ":cwd \"sub\"",
            ":env {:A 1 :B \"two\"}",
            ":instances 2",
            ":exec_mode \"cluster\"",
            ":watch true",
            ":autorestart false",
            ":autostart false",
            ":kill_timeout 100",
            ":min_uptime \"2s\"",
            ":out_file \"o.log\"",
            ":merge_logs true",
            ":max_memory_restart \"1G\"",
            ":env_file \".env\"",
            ":increment_var \"A\"",
            ":port 3000",
            ":time true",
            ":stop_exit_codes [0 1]",
            ":cron_restart \"0 3 * * *\"",
            ":namespace \"ns\"",
        ],
        0..8,
    );
    let needs = prop::collection::vec((0..6_usize, any::<bool>()), 0..3);
    (0..6_usize, 0..3_usize, rest, needs).prop_map(|(name, daemon, rest, needs)| RandomApp {
        name,
        daemon,
        rest: rest.join(" "),
        needs,
    })
}

impl RandomApp {
    fn text(&self, all: &[RandomApp]) -> String {
        let there = |name: usize| name < self.name && all.iter().any(|app| app.name == name);
        let needs = self.needs.iter().filter(|(name, _)| there(*name)).map(|(name, started)| match started {
            true => format!("{{:name \"app{name}\" :condition :started}}"),
            false => format!("\"app{name}\""),
        });
        let (needs, Self { name, rest, .. }) = (needs.collect::<Vec<_>>().join(" "), self);
        format!("{{:name \"app{name}\" :script \"s.js\" :depends-on [{needs}] {rest}}}")
    }
}

/// Trees in which each app is declared once.
pub(super) fn random_tree() -> impl Strategy<Value = Vec<(String, String)>> {
    prop::collection::vec(random_app(), 0..6).prop_map(|mut apps| {
        apps.sort_by_key(|app| app.name);
        apps.dedup_by_key(|app| app.name);
        let mut tree: Vec<(String, String)> = Vec::new();
        for daemon in 0..3 {
            let own = apps.iter().filter(|app| app.daemon == daemon);
            let texts: Vec<String> = own.map(|app| app.text(&apps)).collect();
            if !texts.is_empty() {
                tree.push((format!("d{daemon}"), format!("{{:apps [{}]}}", texts.join("\n"))));
            }
        }
        tree
    })
}

fn borrowed(tree: &[(String, String)]) -> Vec<(&str, &str)> {
    tree.iter().map(|(id, text)| (id.as_str(), text.as_str())).collect()
}

proptest! {
    /// Whatever the tree was and becomes: one pass makes the running set equal to it, the next has nothing to
    /// do, a foreign process is never touched, and no rule is broken on the way.
    #[test]
    fn one_pass_converges(trees in prop::collection::vec(random_tree(), 1..4)) {
        let mut pm2 = Pm2Model::default();
        pm2.start_foreign("bystander");
        let policy = Policy { allow_mass_delete: true, ..Policy::default() };
        for tree in &trees {
            let desired = desired(&borrowed(tree));
            prop_assert_eq!(desired.apps.len(), tree.iter().map(|(_, text)| text.matches(":script ").count()).sum::<usize>());
            let plan = checked(&desired, &pm2, &policy);
            prop_assert!(plan.steps.iter().all(|step| !step.action.touched().contains(&0)));
            pm2.apply(&plan);
            let again = checked(&desired, &pm2, &policy);
            prop_assert!(again.is_empty(), "{:#?}", again.steps);
        }
    }

    /// Names that somebody else has taken: whatever needs one of those, over others too, is held, and nothing else is.
    #[test]
    fn what_is_held_holds_what_needs_it(tree in random_tree(), taken in prop::sample::subsequence((0..6).collect::<Vec<usize>>(), 0..4)) {
        let desired = desired(&borrowed(&tree));
        let mut pm2 = Pm2Model::default();
        let taken: Vec<String> = taken.iter().map(|name| format!("app{name}")).collect();
        taken.iter().for_each(|name| pm2.start_foreign(name));
        let mut held: BTreeSet<&str> = taken.iter().map(String::as_str).filter(|name| desired.declares(name)).collect();
        // In the order of their names, each comes behind all that it may need.
        for (name, app) in &desired.apps {
            if app.depends_on.iter().any(|it| held.contains(it.app.as_str())) {
                held.insert(name.as_str());
            }
        }
        let plan = checked(&desired, &pm2, &Policy::default());
        prop_assert_eq!(plan.holds.iter().map(|hold| hold.app.as_str()).collect::<BTreeSet<_>>(), held);
        taken.iter().for_each(|name| pm2.remove(name));
        pm2.apply(&plan);
        pm2.apply(&checked(&desired, &pm2, &Policy::default()));
        prop_assert!(checked(&desired, &pm2, &Policy::default()).is_empty());
    }

    /// Half of a plan, as an interruption leaves it: the next pass ends where the whole one would have.
    #[test]
    fn an_interrupted_pass_is_finished_by_the_next(before in random_tree(), after in random_tree(), cut in 0..6_usize) {
        let policy = Policy { allow_mass_delete: true, ..Policy::default() };
        let mut pm2 = Pm2Model::default();
        pm2.apply(&checked(&desired(&borrowed(&before)), &pm2, &policy));
        let desired = desired(&borrowed(&after));
        let mut plan = checked(&desired, &pm2, &policy);
        plan.steps.truncate(cut);
        pm2.apply(&plan);
        pm2.apply(&checked(&desired, &pm2, &policy));
        prop_assert!(checked(&desired, &pm2, &policy).is_empty());
    }
}
