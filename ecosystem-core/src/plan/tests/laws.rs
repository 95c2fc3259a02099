//! What holds for every tree, every running set and every edit.

use proptest::prelude::*;

use super::{Pm2Model, Policy, checked, desired};

/// One app of a random tree.
#[derive(Debug, Clone)]
struct RandomApp {
    name: usize,
    daemon: usize,
    rest: String,
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
    (0..6_usize, 0..3_usize, rest).prop_map(|(name, daemon, rest)| RandomApp {
        name,
        daemon,
        rest: rest.join(" "),
    })
}

/// Trees in which each app is declared once.
fn random_tree() -> impl Strategy<Value = Vec<(String, String)>> {
    prop::collection::vec(random_app(), 0..6).prop_map(|mut apps| {
        apps.sort_by_key(|app| app.name);
        apps.dedup_by_key(|app| app.name);
        let mut tree: Vec<(String, String)> = Vec::new();
        for daemon in 0..3 {
            let own = apps.iter().filter(|app| app.daemon == daemon);
            let texts: Vec<String> = own
                .map(|app| format!("{{:name \"app{}\" :script \"s.js\" {}}}", app.name, app.rest))
                .collect();
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
            prop_assert_eq!(desired.apps.len(), tree.iter().map(|(_, text)| text.matches(":name ").count()).sum::<usize>());
            let plan = checked(&desired, &pm2, &policy);
            prop_assert!(plan.steps.iter().all(|step| !step.action.touched().contains(&0)));
            pm2.apply(&plan);
            let again = checked(&desired, &pm2, &policy);
            prop_assert!(again.is_empty(), "{:#?}", again.steps);
        }
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
