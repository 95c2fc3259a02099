//! Changes that fail: what becomes of the app then, and what later passes make of it.

use std::collections::BTreeMap;

use super::{Pm2Model, checked_with, machine, words};
use crate::compile;
use crate::diagnostic::Source;
use crate::history::Definition;
use crate::model::Ecosystem;
use crate::plan::{
    Desired, DesiredApp, Fallback, Instead, Inventory, LastGood, NoWayBack, Policy, StandIn, Stopped,
    Suspended, step_back,
};

const GOOD: &str = r#"{:apps [{:name "web" :script "good.js"}]}"#;
const BAD: &str = r#"{:apps [{:name "web" :script "bad.js"}]}"#;
const JOB: &str = r#"{:apps [{:name "web" :script "good.js" :autorestart false}]}"#;

fn ecosystem(text: &str) -> Ecosystem {
    compile(&[Source::new("a/ecosystem.edn", text)]).output
}

fn desired(text: &str) -> Desired {
    let ecosystem = ecosystem(text);
    Desired::new(&ecosystem, &machine(&ecosystem))
}

fn definition(text: &str) -> Definition {
    let ecosystem = ecosystem(text);
    let (daemon, app) = ecosystem.apps().find(|(_, app)| app.name.as_str() == "web").unwrap();
    Definition { daemon: daemon.id.clone(), app: app.clone() }
}

fn good(text: &str) -> DesiredApp {
    let Definition { daemon, app } = definition(text);
    DesiredApp::new(&daemon, &app, &machine(&ecosystem(text)))
}

/// PM2 with what a text declares.
fn running(text: &str) -> Pm2Model {
    let mut pm2 = Pm2Model::default();
    pm2.apply(&checked_with(&desired(text), &pm2, &Inventory::default(), &Policy::default()));
    pm2
}

/// It does not run any more.
fn stop(pm2: &mut Pm2Model) {
    pm2.edit("web", |record| drop(record.insert("status".to_owned(), "stopped".into())));
}

/// What becomes of `web` if the step that makes `to` of what PM2 has fails, where it was well as `was` last.
fn fallback(pm2: &Pm2Model, was: Option<&str>, to: &str) -> String {
    let desired = desired(to);
    let mut plan = checked_with(&desired, pm2, &Inventory::default(), &Policy::default());
    let last = was.map(|was| LastGood { generation: 7, definition: definition(was), app: good(was) });
    let last_good: BTreeMap<_, _> = last.into_iter().map(|last| ("web".to_owned(), last)).collect();
    plan.prepare(&desired, &pm2.observed(), &last_good);
    match &plan.steps[0].fallback {
        Fallback::Revert(good) => format!("revert to {}", good.generation),
        other => format!("{other:?}"),
    }
}

#[test]
fn what_becomes_of_an_app_is_its_authors_choice_and_what_was_well() {
    let with = |text: &str, choice: &str| text.replace("}]}", &format!(" :on-failure :{choice}}}]}}"));
    let (none, some) = (Pm2Model::default(), running(GOOD));
    for (pm2, was, to, expected) in [
        (&none, None, BAD.to_owned(), "Stop"),
        (&none, None, with(BAD, "keep"), "Keep"),
        (&none, Some(GOOD), BAD.to_owned(), "revert to 7"),
        (&none, Some(BAD), BAD.to_owned(), "NoWayBack(SameDefinition)"),
        (&some, None, BAD.to_owned(), "NoWayBack(Unknown)"),
        (&some, Some(GOOD), BAD.to_owned(), "revert to 7"),
        (&some, Some(GOOD), with(BAD, "revert"), "revert to 7"),
        (&some, Some(GOOD), with(BAD, "keep"), "Keep"),
        (&some, Some(GOOD), with(BAD, "stop"), "Stop"),
        // The old one runs beside it until the new one is well.
        (&some, Some(GOOD), with(BAD, "stop :on-change :replace-after"), "Keep"),
    ] {
        assert_eq!(fallback(pm2, was, &to), expected, "{was:?} → {to}");
    }
}

#[test]
fn a_job_that_has_done_its_work_does_not_do_it_again() {
    let mut pm2 = running(JOB);
    stop(&mut pm2);
    assert_eq!(fallback(&pm2, Some(JOB), BAD), "NoWayBack(Finished)");
    assert_eq!(fallback(&running(JOB), Some(JOB), BAD), "revert to 7", "it had not done it yet");
}

/// What is taken over as it runs has not been changed: there is nothing to take back.
#[test]
fn to_take_over_is_no_risk() {
    let mut pm2 = running(GOOD);
    pm2.edit("web", |record| {
        let env = record["env"].as_object_mut().unwrap();
        env.retain(|name, _| !name.starts_with("ECOSYSTEM_"));
        record.retain(|name, _| !name.starts_with("ECOSYSTEM_"));
    });
    let (desired, policy) = (desired(GOOD), Policy { adopt_all: true, ..Policy::default() });
    let mut plan = checked_with(&desired, &pm2, &Inventory::default(), &policy);
    assert_eq!(words(&plan), "~ web adopt [0]: taken over\n");
    plan.prepare(&desired, &pm2.observed(), &BTreeMap::new());
    assert_eq!(plan.steps[0].fallback, Fallback::Keep);
}

/// Whoever is ended in the middle leaves word of what is to be put right, and of nothing else.
#[test]
fn what_is_about_to_be_tried_is_remembered() {
    for (keys, expected) in [("", true), (" :on-failure :stop", true), (" :on-failure :keep", false)] {
        let desired = desired(&BAD.replace("}]}", &format!("{keys}}}]}}")));
        let mut plan = checked_with(&desired, &running(GOOD), &Inventory::default(), &Policy::default());
        let last = LastGood { generation: 7, definition: definition(GOOD), app: good(GOOD) };
        plan.prepare(&desired, &running(GOOD).observed(), &BTreeMap::from([("web".to_owned(), last)]));
        let inventory = Inventory::default().trying(&plan, &desired);
        assert_eq!(inventory.is_trying_any(), expected, "{keys}");
        let said = desired.said("web", &Inventory::default());
        assert!(said.is_some());
        assert_eq!(inventory.apps.get("web").and_then(|it| it.trying.clone()), said.filter(|_| expected));
        let without = inventory.clone().without_trials();
        assert!(!without.is_trying_any());
        assert_eq!(without.apps.keys().collect::<Vec<_>>(), inventory.apps.keys().collect::<Vec<_>>());
    }
}

#[test]
fn why_there_is_no_way_back_is_told() {
    for (why, expected) in [
        (NoWayBack::SameDefinition, "left as it is: it was well with this very definition, so"),
        (NoWayBack::Unknown, "left as it is: it is not known with which definition it was well"),
        (NoWayBack::Finished, "left as it is: it had done its work"),
        (NoWayBack::Unresolvable(Vec::new()), "left as it is: it cannot be put back: "),
    ] {
        assert!(why.to_string().starts_with(expected), "{why}");
    }
}

/// From wherever a step has left an app.
#[test]
fn the_way_back_leads_to_what_was() {
    for (left, expected) in [
        (Pm2Model::default(), Some("start")),
        (running(BAD), Some("restart")),
        (running(&BAD.replace("bad.js\"", "bad.js\" :exec-mode \"cluster\"")), Some("restart")),
        (running(GOOD), None),
        (running(&GOOD.replace("web", "other")), Some("start")),
    ] {
        let action = step_back("web", &good(GOOD), &desired(GOOD).owner, &[], &left.observed());
        assert_eq!(action.map(|action| action.verb()), expected);
    }
}

/// The inventory after an edit to `BAD` came to this.
fn after(state: Instead) -> Inventory {
    let said = desired(BAD).apps["web"].attributes.as_ref().unwrap().fingerprint();
    let mut inventory = Inventory::default();
    let applied = inventory.apps.entry("web".to_owned()).or_default();
    applied.daemon = "a".to_owned();
    applied.digest = desired(GOOD).apps["web"].digest.to_string();
    applied.instances = 1;
    applied.stand_in = Some(StandIn { instead_of: said, state });
    inventory
}

fn reverted() -> Instead {
    Instead::Reverted { problem: "it crashed".to_owned(), to: 7, definition: Box::new(definition(GOOD)) }
}

/// The plan of a pass over a tree that says `text`.
fn pass(pm2: &Pm2Model, inventory: &Inventory, text: &str, policy: &Policy) -> String {
    let ecosystem = ecosystem(text);
    let mut machine = machine(&ecosystem);
    machine.files.insert("/base/good.js".into(), crate::pm2::FileKind::Text);
    let mut desired = Desired::new(&ecosystem, &machine);
    desired.replace(inventory, &machine, policy.retry);
    words(&checked_with(&desired, pm2, inventory, policy)).trim().to_owned()
}

const HELD: &str = "! web: Reverted { problem: \"it crashed\", to: 7 }";

#[test]
fn what_was_put_back_is_held_until_the_tree_says_something_else() {
    let (inventory, policy) = (after(reverted()), Policy::default());
    assert_eq!(pass(&running(GOOD), &inventory, BAD, &policy), HELD);
    let other = BAD.replace("bad.js", "other.js");
    let plan = pass(&running(GOOD), &inventory, &other, &policy);
    assert!(plan.starts_with("~ web restart"), "{plan}");
    assert_eq!(pass(&running(GOOD), &inventory, GOOD, &policy), "nothing");
    let retry = Policy { retry: true, ..Policy::default() };
    let plan = pass(&running(GOOD), &inventory, BAD, &retry);
    assert!(plan.starts_with("~ web restart"), "{plan}");
    // And it is kept up as it was.
    let plan = pass(&Pm2Model::default(), &inventory, BAD, &policy);
    assert_eq!(plan, "+ web start []: no longer in PM2");
    let plan = pass(&running(BAD), &inventory, BAD, &policy);
    assert!(plan.starts_with("~ web restart") && plan.contains("bad.js"), "{plan}");
}

/// Whoever resolves the tree is told of what they need besides.
#[test]
fn what_may_stand_in_is_known() {
    assert_eq!(after(reverted()).stand_ins().collect::<Vec<_>>(), [&definition(GOOD)]);
    let stopped = after(Instead::Stopped { problem: "it crashed".to_owned() });
    assert_eq!(stopped.stand_ins().count(), 0);
}

/// Once the tree says something else, and that is applied, nothing stands in for it any more.
#[test]
fn what_stood_in_is_forgotten_with_what_it_stood_for() {
    let (pm2, before) = (running(GOOD), after(reverted()));
    for (text, expected) in [(GOOD, false), (BAD, true)] {
        let mut desired = desired(text);
        let said = desired.said("web", &Inventory::default());
        let mut machine = machine(&ecosystem(text));
        machine.files.insert("/base/good.js".into(), crate::pm2::FileKind::Text);
        desired.replace(&before, &machine, false);
        assert_eq!(desired.said("web", &before), said, "what the tree says, whatever the app is");
        let mut plan = checked_with(&desired, &pm2, &before, &Policy::default());
        assert!(plan.is_empty(), "{plan:?}");
        plan.in_sync = vec!["web".to_owned()];
        let after = before.after(&desired, &pm2.observed(), &plan, &[]);
        assert_eq!(after.apps["web"].stand_in.is_some(), expected, "{text}");
    }
}

#[test]
fn what_was_stopped_stays_so_until_somebody_starts_it() {
    let inventory = after(Instead::Stopped { problem: "it crashed".to_owned() });
    let mut pm2 = running(BAD);
    stop(&mut pm2);
    let held = "! web: Failed { problem: \"it crashed\" }";
    assert_eq!(pass(&pm2, &inventory, BAD, &Policy::default()), held);
    assert_eq!(pass(&Pm2Model::default(), &inventory, BAD, &Policy::default()), held);
    assert_eq!(
        pass(&running(BAD), &inventory, BAD, &Policy::default()),
        "? web ask []: not known to be well yet"
    );
}

/// Though it is stopped, and a watcher leaves alone what somebody has stopped by hand.
#[test]
fn what_a_pass_has_stopped_is_started_when_it_is_changed() {
    let inventory = after(Instead::Stopped { problem: "it crashed".to_owned() });
    let mut pm2 = running(BAD);
    stop(&mut pm2);
    let policy = Policy { stopped: Stopped::Hold, ..Policy::default() };
    let plan = pass(&pm2, &inventory, GOOD, &policy);
    assert!(plan.starts_with("~ web restart"), "{plan}");
    assert_eq!(pass(&pm2, &Inventory::default(), GOOD, &policy), "! web: StoppedByHand");
}

/// Nobody has stopped what was not to be started.
#[test]
fn what_has_waited_to_be_started_is_started_when_it_is_to_be() {
    let waiting = GOOD.replace("}]}", " :autostart false}]}");
    let policy = Policy { stopped: Stopped::Hold, ..Policy::default() };
    let plan = pass(&running(&waiting), &Inventory::default(), GOOD, &policy);
    assert!(plan.starts_with("~ web restart"), "{plan}");
}

#[test]
fn what_was_rolled_back_is_left_whoever_asks() {
    let state = Instead::RolledBack { to: 7, definition: Box::new(definition(GOOD)) };
    let retry = Policy { retry: true, ..Policy::default() };
    assert_eq!(pass(&running(GOOD), &after(state), BAD, &retry), "! web: RolledBack { to: 7 }");
}

#[test]
fn what_was_being_tried_is_asked() {
    let mut inventory = after(reverted());
    let applied = inventory.apps.get_mut("web").unwrap();
    let said = applied.stand_in.take().unwrap().instead_of;
    applied.trying = Some(said);
    let asked = "? web ask []: not known to be well yet";
    assert_eq!(pass(&running(BAD), &inventory, BAD, &Policy::default()), asked);
    // On the way back it is stopped for a moment: nobody has stopped it by hand.
    let mut stopped = running(BAD);
    stop(&mut stopped);
    let watching = Policy { stopped: Stopped::Hold, ..Policy::default() };
    let plan = pass(&stopped, &inventory, BAD, &watching);
    assert!(plan.starts_with("~ web restart") && plan.ends_with("stopped"), "{plan}");
    let plan = pass(&stopped, &inventory, GOOD, &watching);
    assert!(plan.starts_with("~ web restart"), "nor where it has been changed since: {plan}");
    let inventory = inventory.without_trials();
    assert_eq!(pass(&running(BAD), &inventory, BAD, &Policy::default()), "nothing");
    assert_eq!(pass(&stopped, &inventory, BAD, &watching), "! web: StoppedByHand");
}

#[test]
fn nothing_is_done_to_what_is_suspended() {
    let suspended = Suspended { reason: "an incident".to_owned(), at: 0 };
    let one = Inventory {
        suspended: BTreeMap::from([("web".to_owned(), suspended.clone())]),
        ..Inventory::default()
    };
    let all = Inventory { all_suspended: Some(suspended), ..Inventory::default() };
    for inventory in [one, all] {
        let held = "! web: Suspended { reason: \"an incident\" }";
        let other = r#"{:apps [{:name "other" :script "good.js"}]}"#;
        assert_eq!(pass(&Pm2Model::default(), &inventory, BAD, &Policy::default()), held);
        assert_eq!(pass(&running(GOOD), &inventory, BAD, &Policy::default()), held);
        let plan = pass(&running(GOOD), &inventory, other, &Policy::default());
        assert!(plan.contains(held), "its deletion: {plan}");
    }
}

/// However its author wants changes made: the way back is none of them, nor is what a pass that was ended has left.
#[test]
fn the_way_back_is_no_change() {
    let kept = GOOD.replace("}]}", " :on-change :keep}]}");
    let mut inventory = after(Instead::Reverted {
        problem: "it crashed".to_owned(),
        to: 7,
        definition: Box::new(definition(&kept)),
    });
    let plan = pass(&running(BAD), &inventory, BAD, &Policy::default());
    assert!(plan.starts_with("~ web restart"), "{plan}");
    let applied = inventory.apps.get_mut("web").unwrap();
    applied.trying = Some(applied.stand_in.take().unwrap().instead_of);
    let plan = pass(&running(BAD), &inventory, &kept, &Policy::default());
    assert!(plan.starts_with("~ web restart"), "{plan}");
    // But what can be done as they want it is done so.
    let beside = kept.replace(":keep", ":replace-after");
    let plan = pass(&running(BAD), &inventory, &beside, &Policy::default());
    assert!(plan.starts_with("~ web replace-after"), "{plan}");
    let inventory = inventory.without_trials();
    let plan = pass(&running(BAD), &inventory, &kept, &Policy::default());
    assert!(plan.starts_with("! web: KeptAsItIs"), "{plan}");
}

/// More of what has not been well may not be well either.
#[test]
fn more_of_what_was_being_tried_is_risky() {
    let more = BAD.replace("}]}", " :exec-mode \"cluster\" :instances 2}]}");
    let mut pm2 = running(&more);
    pm2.remove_one("web");
    assert_eq!(fallback(&pm2, Some(GOOD), &more), "revert to 7");
    assert_eq!(fallback(&pm2, Some(&more), &more), "NoWayBack(SameDefinition)");
}

/// What is changed together with an app that was put back waits; what is only put right does not.
#[test]
fn dependents_of_what_was_put_back_wait_with_their_changes() {
    let tree = |web: &str, args: &str| {
        format!(
            r#"{{:apps [{{:name "web" :script "{web}"}} {{:name "next" :script "n.js" :depends-on ["web"] {args}}}]}}"#
        )
    };
    let before = running(&tree("good.js", ""));
    let mut inventory = after(reverted());
    let applied = inventory.apps.entry("next".to_owned()).or_default();
    applied.daemon = "a".to_owned();
    applied.instances = 1;
    applied.digest = desired(&tree("good.js", "")).apps["next"].digest.to_string();
    let plan = pass(&before, &inventory, &tree("bad.js", ":args \"new\""), &Policy::default());
    assert!(plan.contains("! next: Dependency") && plan.contains(HELD), "{plan}");
    let mut lost = before;
    lost.remove("next");
    let plan = pass(&lost, &inventory, &tree("bad.js", ""), &Policy::default());
    assert_eq!(plan, format!("+ next start []: no longer in PM2\n{HELD}"));
}
