#![allow(clippy::unwrap_used, reason = "a failing test panics")]

use std::os::unix::net::UnixListener;

use proptest::collection::vec;
use proptest::prelude::*;
use serde_json::json;

use super::super::frame;
use super::*;

fn event(payload: &Json) -> Option<BusMessage> {
    BusMessage::read(b"s:process:event", format!("j:{payload}").as_bytes())
}

fn stopped() -> ProcessEvent {
    ProcessEvent {
        event: "exit".into(),
        name: "web".into(),
        owner: Some("/srv/daemons".into()),
        pm_id: Some(3),
        status: Some("stopped".into()),
        manually: false,
    }
}

/// The payload of [`stopped`] with these members of `process` over its own.
fn payload(change: &Json) -> Json {
    let mut process = json!({
        "name": "web", "pm_id": 3, "status": "stopped", "ECOSYSTEM_OWNER": "/srv/daemons",
        "TOKEN": "s3cret", "axm_monitor": { "deep": [1, { "name": "not this" }] },
    });
    process.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
    json!({ "event": "exit", "manually": false, "process": process, "at": 1_700_000_000_000_u64 })
}

#[test]
fn an_event_tells_of_a_process() {
    let check = |change: &Json, expected: ProcessEvent| {
        assert_eq!(event(&payload(change)), Some(BusMessage::Process(expected)), "{change}");
    };
    check(&json!({}), stopped());
    check(&json!({ "pm_id": "_old_3" }), ProcessEvent { pm_id: None, ..stopped() });
    check(&json!({ "pm_id": "44" }), ProcessEvent { pm_id: Some(44), ..stopped() });
    check(&json!({ "pm_id": -1 }), ProcessEvent { pm_id: None, ..stopped() });
    check(&json!({ "ECOSYSTEM_OWNER": null }), ProcessEvent { owner: None, ..stopped() });
    check(&json!({ "name": 5 }), ProcessEvent { name: "5".into(), ..stopped() });
    check(&json!({ "status": ["online"] }), ProcessEvent { status: None, ..stopped() });
}

#[test]
fn it_tells_whether_somebody_asked() {
    let check = |manually: Json, expected| {
        let mut payload = payload(&json!({}));
        payload["manually"] = manually.clone();
        let expected = ProcessEvent { manually: expected, ..stopped() };
        assert_eq!(event(&payload), Some(BusMessage::Process(expected)), "{manually}");
    };
    check(json!(true), true);
    check(json!(null), false);
    check(json!("true"), false);
}

#[test]
fn a_payload_of_another_form_is_skipped() {
    for payload in [
        json!(null),
        json!([]),
        json!({}),
        json!({ "event": "exit" }),
        json!({ "event": 5, "process": { "name": "web" } }),
        json!({ "event": "exit", "process": {} }),
        json!({ "event": "exit", "process": { "name": null } }),
        // What PM2 makes of an app's own `process.send({ type: "process:event", data: … })`.
        json!({ "at": 1, "data": payload(&json!({})), "process": { "name": "web", "pm_id": 3 } }),
    ] {
        assert_eq!(event(&payload), None, "{payload}");
    }
    for bytes in [b"".as_slice(), b"j:", b"j:{", b"s:exit", b"j:\xff", b"{}"] {
        assert_eq!(BusMessage::read(b"s:process:event", bytes), None, "{bytes:?}");
        assert_eq!(BusMessage::read(b"s:pm2:kill", bytes), None, "{bytes:?}");
    }
}

#[test]
fn half_a_surrogate_pair_anywhere_loses_no_event() {
    let text = payload(&json!({ "name": "w!b", "TOKEN": "!" })).to_string().replace('!', r"\ud800");
    let read = BusMessage::read(b"s:process:event", format!("j:{text}").as_bytes());
    assert_eq!(read, Some(BusMessage::Process(ProcessEvent { name: "w\u{fffd}b".into(), ..stopped() })));
}

#[test]
fn the_end_of_the_daemon_is_told_by_topic_and_status() {
    let check = |payload: Json, expected| {
        assert_eq!(BusMessage::read(b"s:pm2:kill", format!("j:{payload}").as_bytes()), expected, "{payload}");
    };
    check(json!({ "status": "killed", "msg": "pm2 has been killed via CLI" }), Some(BusMessage::Killed));
    check(json!({ "at": 1, "data": { "status": "killed" }, "process": { "name": "web" } }), None);
    check(json!({}), None);
}

fn frame_of(topic: &str, payload: &Json) -> Vec<u8> {
    frame::encode(&[format!("s:{topic}").as_bytes(), format!("j:{payload}").as_bytes()]).unwrap()
}

#[test]
fn everything_else_is_skipped_unparsed() {
    let mut decoder = Decoder::default();
    for frame in [
        frame_of("log:out", &payload(&json!({}))),
        frame::encode(&[b"s:log:out", b"j:{no JSON"]).unwrap(),
        frame::encode(&[b"s:process:event"]).unwrap(),
        frame::encode(&[b"s:process:event", b"j:{}", b"s:more"]).unwrap(),
        frame_of("process:event", &payload(&json!({}))),
    ] {
        decoder.push(&frame);
    }
    assert_eq!(next_message(&mut decoder), Ok(Some(BusMessage::Process(stopped()))));
    assert_eq!(next_message(&mut decoder), Ok(None));
    decoder.push(b"HTTP/1.1");
    assert!(next_message(&mut decoder).is_err());
}

/// What a subscriber of a peer that sends these bytes and goes away is told, up to the error.
fn told(bytes: Vec<u8>) -> (Vec<BusMessage>, ClientError) {
    let folder = assert_fs::TempDir::new().unwrap();
    let home = Utf8Path::from_path(folder.path()).unwrap();
    let listener = UnixListener::bind(home.join("pub.sock")).unwrap();
    let peer = std::thread::spawn(move || {
        std::io::Write::write_all(&mut listener.accept().unwrap().0, &bytes).unwrap();
    });
    let mut bus = Bus::connect(home, Duration::from_secs(5)).unwrap();
    let mut messages = Vec::new();
    let error = loop {
        match bus.next() {
            Ok(message) => messages.push(message),
            Err(error) => break error,
        }
    };
    peer.join().unwrap();
    (messages, error)
}

#[test]
fn a_bus_ends_with_its_daemon() {
    let (messages, error) = told(frame_of("process:event", &payload(&json!({}))));
    assert_eq!(messages, [BusMessage::Process(stopped())]);
    assert!(matches!(error, ClientError::Lost { .. }), "{error:?}");
    let (messages, error) = told(b"\x12\0\0".to_vec());
    assert_eq!(messages, []);
    assert!(matches!(error, ClientError::Lost { .. }), "{error:?}");
    let (_, error) = told(b"HTTP/1.1 400".to_vec());
    assert!(matches!(error, ClientError::Protocol { .. }), "{error:?}");
}

#[test]
fn nothing_shows_what_was_read() {
    let mut decoder = Decoder::default();
    decoder.push(b"\x11\0\0\0\x09s3cret");
    assert_eq!(format!("{decoder:?}"), "Decoder { waiting: 11, .. }");
}

proptest! {
    #[test]
    fn any_payload_is_read_without_panic(payload in vec(any::<u8>(), 0..200)) {
        for topic in [b"s:process:event".as_slice(), b"s:pm2:kill"] {
            let _ = BusMessage::read(topic, &payload);
            let _ = BusMessage::read(topic, &[b"j:", payload.as_slice()].concat());
        }
    }

    #[test]
    fn any_json_is_read_without_panic(
        text in r#"\{("(event|process|name|pm_id|manually)":(\{|\[|"x"|5|null|true|\}|\])[,}]){0,6}"#,
    ) {
        let _ = BusMessage::read(b"s:process:event", format!("j:{text}").as_bytes());
    }

    #[test]
    fn any_bytes_are_read_without_panic(bytes in vec(any::<u8>(), 0..200)) {
        let mut decoder = Decoder::default();
        decoder.push(&bytes);
        while let Ok(Some(_)) = next_message(&mut decoder) {}
    }
}
