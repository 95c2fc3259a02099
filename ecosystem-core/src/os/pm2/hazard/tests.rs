#![allow(clippy::unwrap_used, reason = "a failing test panics")]

use proptest::prelude::*;
use serde_json::json;

use super::*;

/// A whole app with `members` over it; a member that is `null` is left out.
fn app_with(members: &Json) -> Object {
    let mut app = json!({ "name": "a", "pm_exec_path": "/a", "pm_pid_path": "/a.pid", "env": { "K": "1" } });
    let app = app.as_object_mut().unwrap();
    for (name, value) in members.as_object().unwrap() {
        app.insert(name.clone(), value.clone());
    }
    app.retain(|_, value| !value.is_null());
    app.clone()
}

#[test]
fn a_whole_app_is_no_hazard() {
    for members in [
        json!({}),
        json!({ "cron_restart": "0 3 * * *", "watch": ["src"], "ignore_watch": ["node_modules"] }),
        json!({ "cron_restart": "0", "watch": false, "log_date_format": "", "instances": -1 }),
    ] {
        let app = app_with(&members);
        assert_eq!(Preparation::new(app.clone()).unwrap().attributes(), &app);
    }
}

#[test]
fn attributes_that_kill_the_daemon_are_refused() {
    let check = |members: Json, expected: Hazard| {
        assert_eq!(Preparation::new(app_with(&members)).unwrap_err(), expected, "{members}");
    };
    let kind = |member, expected| Hazard::Kind { member, expected };
    check(json!({ "env": null }), Hazard::Missing("env"));
    check(json!({ "env": [] }), kind("env", "an object"));
    check(json!({ "pm_pid_path": null }), Hazard::Missing("pm_pid_path"));
    check(json!({ "pm_pid_path": 1 }), kind("pm_pid_path", "text"));
    check(json!({ "env": { "pm_pid_path": 1 } }), kind("pm_pid_path", "text"));
    check(json!({ "instances": "max" }), kind("instances", "an integer"));
    check(json!({ "watch": 5 }), kind("watch", "a boolean or a list of texts"));
    check(json!({ "ignore_watch": [1] }), kind("ignore_watch", "a list of texts"));
    check(json!({ "pm_id": 0 }), Hazard::Id);
    check(json!({ "env": { "pm_id": "44" } }), Hazard::Id);
    check(json!({ "cron_restart": 5 }), kind("cron_restart", "text"));
    check(json!({ "cron_restart": "x" }), Hazard::Cron(CronError::FieldCount(1)));
    check(json!({ "env": { "cron_restart": "x" } }), Hazard::Cron(CronError::FieldCount(1)));
}

#[test]
fn changes_that_kill_the_daemon_are_refused() {
    let check = |env: Json| {
        assert!(Change::new(env.as_object().unwrap().clone()).is_err(), "{env}");
    };
    check(json!({ "cron_restart": "x" }));
    check(json!({ "cron_restart": "null" }));
    check(json!({ "current_conf": { "pm_id": "null" } }));
    check(json!({ "current_conf": [] }));
    check(json!({ "current_conf": { "env": "null" } }));
    check(json!({ "current_conf": { "pm_id": 1 } }));
    check(json!({ "current_conf": { "env": { "cron_restart": "x" } } }));
}

#[test]
fn a_change_may_remove_variables_and_attributes() {
    let env = json!({ "current_conf": { "GONE": "null", "cron_restart": "null", "env": { "K": "2" } } });
    let env = env.as_object().unwrap();
    assert_eq!(Change::new(env.clone()).unwrap().members(), env);
}

#[test]
fn values_are_not_shown_as_they_may_be_secrets() {
    let app = Preparation::new(app_with(&json!({ "env": { "TOKEN": "s3cret" } }))).unwrap();
    let change = Change::new(app_with(&json!({ "TOKEN": "s3cret" }))).unwrap();
    insta::assert_snapshot!(format!("{app:?}\n{change:?}"), @r#"
    Preparation{"name", "pm_exec_path", "pm_pid_path", "env"}
    Change{"name", "pm_exec_path", "pm_pid_path", "env", "TOKEN"}
    "#);
}

proptest! {
    #[test]
    fn any_member_is_judged_without_panic(
        name in prop::sample::select(vec!["env", "watch", "cron_restart", "pm_pid_path", "current_conf"]),
        value in prop::sample::select(vec![
            json!(null), json!(false), json!(5), json!("x"), json!([1]), json!(["a"]), json!({}), json!({ "env": 1 }),
        ]),
    ) {
        let app = app_with(&json!({ name: value }));
        let _ = Preparation::new(app.clone());
        let _ = Change::new(app);
    }
}
