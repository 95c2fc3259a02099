//! The rules see what breaks them: plans that the planner does not make.

use super::{Inventory, Plan, Pm2Model, Policy, checked_with, desired, synced};
use crate::model::DaemonId;
use crate::plan::{Action, Guard, Hold, Reason, Violation, Why, violations};

const A: &str = r#"{:apps [{:name "app" :script "a.js" :depends-on ["db"]} {:name "db" :script "d.js"}]}"#;

/// What the rules say to a plan for `text` over this PM2, once it has been spoilt.
#[track_caller]
fn check(text: &str, pm2: &Pm2Model, policy: &Policy, spoil: impl FnOnce(&mut Plan), expected: &[Violation]) {
    let desired = desired(&[("a", text)]);
    let mut plan = checked_with(&desired, pm2, &Inventory::default(), policy);
    spoil(&mut plan);
    assert_eq!(violations(&plan, &desired, &pm2.observed(), policy), expected);
}

fn db() -> String {
    "db".to_owned()
}

/// PM2 with both, which are about to get something new.
fn changed() -> (Pm2Model, String) {
    (synced(&[("a", A)]), A.replace("d.js\"", "d.js\" :args \"x\"").replace("a.js\"", "a.js\" :args \"x\""))
}

fn delete(app: &str, ids: &[u32]) -> impl FnOnce(&mut Plan) {
    move |plan| plan.push(app, &DaemonId::new("a"), Action::Delete(ids.to_vec()), vec![Reason::Undeclared])
}

#[test]
fn each_app_has_one_fate_and_a_reason() {
    let ((pm2, text), none) = (changed(), Policy::default());
    check(
        &text,
        &pm2,
        &none,
        |plan| {
            plan.steps[0].reasons.clear();
            plan.hold("db", None, Why::StoppedByHand);
        },
        &[Violation::HeldAndActedOn(db()), Violation::NoReason(db())],
    );
    check(
        &text,
        &pm2,
        &none,
        |plan| plan.steps.insert(1, plan.steps[0].clone()),
        &[Violation::TwoSteps(db()), Violation::TouchedTwice(0)],
    );
    assert_eq!(
        Violation::TouchedTwice(1).to_string(),
        "the plan breaks one of its own rules: TouchedTwice(1)"
    );
}

#[test]
fn nothing_is_done_to_what_is_not_ours() {
    let (mut pm2, text) = changed();
    pm2.start_foreign("db");
    pm2.start_foreign("other");
    let none = Policy::default();
    let not_ours = |app: &str, id| Violation::NotOurs(app.to_owned(), id);
    check(&text, &pm2, &none, delete("other", &[3]), &[not_ours("other", 3)]);
    // Nor by a step for another app of ours, nor to what there is not.
    check(&text, &pm2, &none, delete("other", &[9]), &[not_ours("other", 9)]);
    let swapped = |plan: &mut Plan| {
        let (ids, app) = (vec![0, 2], plan.steps[0].action.started().unwrap().clone());
        plan.steps[0].action = Action::Replace(ids, app);
    };
    check(&text, &pm2, &none, swapped, &[not_ours("db", 2)]);
    let adopted = Policy { adopt: [db()].into(), ..Policy::default() };
    check(&text, &pm2, &adopted, delete("other", &[0]), &[not_ours("other", 0), Violation::TouchedTwice(0)]);
}

#[test]
fn nothing_is_deleted_that_is_declared_or_may_be() {
    let (pm2, none) = (synced(&[("a", A)]), Policy::default());
    let deletes = Violation::DeletesDeclared(db());
    check(A, &pm2, &none, delete("db", &[0]), &[deletes.clone(), Violation::Count(db())]);
    check(
        "{:apps [",
        &pm2,
        &none,
        delete("db", &[0]),
        &[Violation::HeldAndActedOn(db()), deletes, guard(1, 2)],
    );
}

/// Whatever else its source says.
#[test]
fn nothing_is_deleted_of_a_broken_source() {
    let one = r#"{:apps [{:name "db" :script "d.js"}]}"#;
    let other = ("b", r#"{:apps [{:name "app" :script "a.js"} {:name "x" :script "x.js"}]}"#);
    let pm2 = synced(&[("a", one), other]);
    let desired = super::desired(&[("a", "{:apps ["), other]);
    let plan = |app: &str, id: u32| {
        let mut plan = Plan::default();
        delete(app, &[id])(&mut plan);
        violations(&plan, &desired, &pm2.observed(), &Policy::default())
    };
    let id = pm2.observed().processes.iter().find(|it| it.name == "db").unwrap().pm_id;
    assert_eq!(plan("db", id), [Violation::DeletesDeclared(db())]);
}

fn guard(deletions: usize, of: usize) -> Violation {
    Violation::Guard(Guard::Hold { deletions, of })
}

#[test]
fn the_guard_is_not_passed() {
    let three =
        r#"{:apps [{:name "x" :script "x.js"} {:name "y" :script "y.js"} {:name "z" :script "z.js"}]}"#;
    let (pm2, one) = (synced(&[("a", three)]), r#"{:apps [{:name "w" :script "w.js"}]}"#);
    let spoil = |plan: &mut Plan| {
        for (id, app) in ["x", "y", "z"].into_iter().enumerate() {
            delete(app, &[u32::try_from(id).unwrap()])(plan);
        }
        plan.holds.clear();
    };
    check(one, &pm2, &Policy::default(), spoil, &[guard(3, 3)]);
    let allowed = Policy { allow_mass_delete: true, ..Policy::default() };
    check(one, &pm2, &allowed, |_| (), &[]);
}

#[test]
fn the_process_that_runs_us_comes_last_and_stays() {
    let (pm2, text) = changed();
    let own = Policy { own_pids: [100].into(), ..Policy::default() };
    let ours = Violation::OwnProcess(db());
    check(&text, &pm2, &own, |plan| plan.steps.swap(0, 1), std::slice::from_ref(&ours));
    let deleted = |plan: &mut Plan| {
        let at = plan.steps.len() - 1;
        let app = plan.steps[at].action.started().unwrap().clone();
        plan.steps[at].action = Action::Replace(vec![0], app);
    };
    check(&text, &pm2, &own, deleted, &[ours]);
}

#[test]
fn as_many_run_as_are_declared() {
    let (pm2, text) = changed();
    let twice = |plan: &mut Plan| {
        let app = plan.steps[0].action.started().unwrap().with_instances(2);
        plan.steps[0].action = Action::Replace(vec![0], app);
    };
    check(&text, &pm2, &Policy::default(), twice, &[Violation::Count(db())]);
}

/// What was put back runs as before, which is enough for what is only put right.
#[test]
fn what_is_held_for_a_fault_is_not_relied_on() {
    let mut pm2 = synced(&[("a", A)]);
    pm2.remove("app");
    let early = Violation::TooEarly { app: "app".to_owned(), needed: db() };
    let reverted = Why::Reverted { problem: "it crashed".to_owned(), to: 1 };
    for (why, reason, expected) in [
        (Why::RunsUs, Reason::Vanished, vec![early.clone()]),
        (Why::RunsUs, Reason::NotRunning, vec![early.clone()]),
        (reverted.clone(), Reason::NotRunning, vec![early]),
        (reverted, Reason::Vanished, vec![]),
        (Why::StoppedByHand, Reason::NotRunning, vec![]),
    ] {
        let hold = Hold { app: db(), daemon: DaemonId::new("a"), why };
        let spoil = |plan: &mut Plan| {
            plan.steps[0].reasons = vec![reason];
            plan.holds.push(hold);
        };
        check(A, &pm2, &Policy::default(), spoil, &expected);
    }
}
