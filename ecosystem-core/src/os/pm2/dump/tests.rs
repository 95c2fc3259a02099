#![allow(clippy::unwrap_used, reason = "a failing test panics")]

use std::os::unix::fs::{PermissionsExt as _, symlink};

use assert_fs::TempDir;
use serde_json::json;

use super::*;

/// A home of the test alone.
struct Home {
    folder: TempDir,
}

impl Home {
    fn new() -> Self {
        Self { folder: TempDir::new().unwrap() }
    }

    fn path(&self) -> &Utf8Path {
        Utf8Path::from_path(self.folder.path()).unwrap()
    }

    fn save(&self, list: &Json) -> Result<Saved, DumpError> {
        save(self.path(), list.as_array().unwrap(), &Owner::new("us"))
    }

    fn text(&self, name: &str) -> Option<String> {
        fs::read_to_string(self.path().join(name)).ok()
    }

    fn mode(&self, name: &str) -> u32 {
        fs::metadata(self.path().join(name)).unwrap().mode() & 0o777
    }
}

/// An entry of PM2's list with these members of `pm2_env` over its own.
fn entry(change: &Json) -> Json {
    let mut record = json!({
        "pm_id": 0, "name": "web", "status": "online", "A": "1",
        "env": { "A": "1", "unique_id": "u1", "ECOSYSTEM_OWNER": "us" },
        "unique_id": "u1", "instances": 1, "pm_uptime": 1, "restart_time": 0, "exit_code": 0, "args": ["x"],
    });
    record.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
    json!({ "pid": 7, "name": "web", "pm_id": record["pm_id"], "monit": {}, "pm2_env": record })
}

#[test]
fn a_dump_holds_the_records_as_pm2_writes_them() {
    let home = Home::new();
    let module = entry(&json!({ "pmx_module": true }));
    let parked = entry(&json!({ "pm_id": "_old_0" }));
    let app = json!({ "pm_id": 0, "pm2_env": {
        "z": [], "instances": 2, "pm_id": 0, "a": { "b": "é\u{2028}" }, "prev_restart_delay": 0, "e": {},
    }});
    assert_eq!(home.save(&json!([module, app, parked])).unwrap(), Saved::Written);
    let expected =
        "[\n  {\n    \"z\": [],\n    \"a\": {\n      \"b\": \"é\u{2028}\"\n    },\n    \"e\": {}\n  }\n]";
    assert_eq!(home.text(DUMP).unwrap(), expected);
    assert_eq!((home.mode(DUMP), home.text(BACKUP)), (0o600, None));
    assert_eq!(fs::read_dir(home.path()).unwrap().count(), 1, "nothing is left beside it");
}

#[test]
fn modules_are_told_as_javascript_would() {
    let check = |value: Json, expected: usize| {
        let entry = entry(&json!({ "pmx_module": value }));
        assert_eq!(records::of(&[entry]).unwrap().len(), expected, "{value}");
    };
    for value in [json!(null), json!(false), json!(0), json!(0.0), json!("")] {
        check(value, 1);
    }
    for value in [json!(true), json!("false"), json!(1), json!([])] {
        check(value, 0);
    }
}

#[test]
fn an_empty_set_is_saved() {
    let home = Home::new();
    home.save(&json!([entry(&json!({}))])).unwrap();
    let before = home.text(DUMP);
    assert_eq!(home.save(&json!([])).unwrap(), Saved::Written);
    assert_eq!(home.text(DUMP).as_deref(), Some("[]"));
    assert_eq!((home.text(BACKUP), home.mode(BACKUP)), (before, 0o600));
    assert_eq!(home.save(&json!([])).unwrap(), Saved::Unchanged);
}

#[test]
fn only_what_has_an_effect_is_a_change() {
    let check = |before: Json, after: Json, expected: Saved| {
        let home = Home::new();
        home.save(&json!([entry(&before)])).unwrap();
        assert_eq!(home.save(&json!([entry(&after)])).unwrap(), expected, "{before} {after}");
    };
    for same in [
        json!({}),
        json!({ "pm_uptime": 2, "restart_time": 3, "unstable_restarts": 1, "created_at": 5 }),
        json!({ "axm_monitor": { "Heap": 1 }, "axm_anything": 1, "version": "2", "node_version": "22" }),
        json!({ "unique_id": "u2", "env": { "unique_id": "u2", "A": "1", "ECOSYSTEM_OWNER": "us" } }),
        json!({ "status": "errored", "exit_code": 1 }),
        json!({ "status": "waiting restart" }),
        json!({ "pm_id": 5 }),
    ] {
        check(json!({}), same, Saved::Unchanged);
    }
    for other in [
        json!({ "args": [] }),
        json!({ "env": { "A": "2", "ECOSYSTEM_OWNER": "us" } }),
        json!({ "A": "2" }),
        json!({ "status": "stopped" }),
        json!({ "pm_exec_path": "/bin/sleep" }),
        json!({ "watch": true }),
    ] {
        check(json!({}), other, Saved::Written);
    }
    let stopped = |code: u8| json!({ "status": "stopped", "exit_code": code });
    check(stopped(0), stopped(1), Saved::Written);
    check(stopped(1), stopped(1), Saved::Unchanged);
}

#[test]
fn one_app_more_or_fewer_or_in_another_order_is_a_change() {
    let (a, b) = (entry(&json!({ "name": "a" })), entry(&json!({ "name": "b" })));
    let home = Home::new();
    for list in [json!([a]), json!([a, b]), json!([b, a]), json!([a])] {
        assert_eq!(home.save(&list).unwrap(), Saved::Written);
        assert_eq!(home.save(&list).unwrap(), Saved::Unchanged);
    }
}

#[test]
fn what_others_have_saved_stays_until_they_say_otherwise() {
    let of = |name: &str, owner: Option<&str>| {
        entry(
            &json!({ "name": name, "env": owner.map_or(json!({}), |owner| json!({ "ECOSYSTEM_OWNER": owner })) }),
        )
    };
    let names = |home: &Home| {
        let saved: Vec<Json> = serde_json::from_str(&home.text(DUMP).unwrap()).unwrap();
        saved.iter().map(|record| record["name"].as_str().unwrap().to_owned()).collect::<Vec<_>>().join(" ")
    };
    let home = Home::new();
    let before = json!([of("theirs", Some("them")), of("ours", Some("us")), of("by_hand", None)]);
    home.save(&before).unwrap();
    assert_eq!(names(&home), "theirs ours by_hand");
    assert_eq!(home.save(&json!([of("new", Some("us"))])).unwrap(), Saved::Written);
    assert_eq!(names(&home), "new theirs by_hand", "PM2 knows none of the others any more");
    assert_eq!(home.save(&json!([of("new", Some("us"))])).unwrap(), Saved::Unchanged);
    home.save(&json!([of("by_hand", Some("us"))])).unwrap();
    assert_eq!(names(&home), "by_hand theirs", "one of a name is enough");
}

#[test]
fn a_dump_that_others_can_read_is_written_again() {
    let (home, list) = (Home::new(), json!([entry(&json!({}))]));
    home.save(&list).unwrap();
    fs::set_permissions(home.path().join(DUMP), fs::Permissions::from_mode(0o644)).unwrap();
    assert_eq!(home.save(&list).unwrap(), Saved::Written);
    assert_eq!((home.mode(DUMP), home.mode(BACKUP)), (0o600, 0o600));
}

#[test]
fn whatever_was_there_becomes_the_backup() {
    for before in ["", "{", "[1]", "({})"] {
        let home = Home::new();
        fs::write(home.path().join(DUMP), before).unwrap();
        assert_eq!(home.save(&json!([])).unwrap(), Saved::Written);
        assert_eq!(home.text(BACKUP).as_deref(), Some(before));
        assert_eq!(home.text(DUMP).as_deref(), Some("[]"));
    }
}

#[test]
fn a_link_is_followed_and_stays() {
    for before in [None, Some("[]")] {
        let (home, volume, list) = (Home::new(), TempDir::new().unwrap(), json!([entry(&json!({}))]));
        let target = volume.path().join("kept.json");
        symlink(&target, home.path().join(DUMP)).unwrap();
        if let Some(text) = before {
            fs::write(&target, text).unwrap();
        }
        assert_eq!(home.save(&list).unwrap(), Saved::Written);
        assert!(home.path().join(DUMP).is_symlink());
        assert!(fs::read_to_string(&target).unwrap().contains("\"web\""));
        assert_eq!(home.text(BACKUP).as_deref(), before);
        assert_eq!(home.save(&list).unwrap(), Saved::Unchanged);
    }
}

#[test]
fn what_cannot_be_saved_is_said_and_nothing_is_touched() {
    let home = Home::new();
    fs::write(home.path().join(DUMP), "[1]").unwrap();
    let error = home.save(&json!([{ "pm_id": 0, "name": "s3cret" }])).unwrap_err();
    assert_eq!(
        error.to_string(),
        "cannot write PM2's dump: entry 0 of PM2's process list has no usable `pm2_env`"
    );
    assert_eq!(home.text(DUMP).as_deref(), Some("[1]"));

    let home = Home::new();
    fs::create_dir(home.path().join(DUMP)).unwrap();
    let error = home.save(&json!([])).unwrap_err();
    assert!(matches!(error, DumpError::Unreadable { .. }), "{error}");
    let error = save(&home.path().join("nowhere"), &[], &Owner::new("us")).unwrap_err();
    assert!(matches!(error, DumpError::Write { .. }), "{error}");

    let home = Home::new();
    symlink(DUMP, home.path().join(DUMP)).unwrap();
    let error = home.save(&json!([])).unwrap_err();
    assert!(matches!(error, DumpError::Unreadable { .. }), "{error}");
}
