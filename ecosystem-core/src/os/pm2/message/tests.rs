#![allow(clippy::unwrap_used, reason = "a failing test panics")]

use proptest::prelude::*;
use serde_json::json;

use super::*;

#[test]
fn an_argument_tells_its_kind_by_its_prefix() {
    let check = |bytes: &[u8], argument: Argument| {
        assert_eq!(Argument::decode(bytes).unwrap(), argument);
        assert_eq!(argument.encode(), bytes);
    };
    check(b"j:{\"a\":[1,null]}", Argument::Json(json!({ "a": [1, null] })));
    check(b"s:17:1", Argument::Text("17:1".into()));
    check(b"", Argument::Bytes(vec![]));
    check(b"x:1", Argument::Bytes(b"x:1".to_vec()));
}

#[test]
fn arguments_that_are_not_what_they_say_are_refused() {
    for bytes in [b"j:{".as_slice(), b"j:\xff", b"j:", b"s:\xff", b"j:\"\\ud800"] {
        assert!(Argument::decode(bytes).is_err(), "{bytes:?}");
    }
}

#[test]
fn half_a_surrogate_pair_becomes_a_replacement_character() {
    let check = |json: &str, expected: &str| {
        assert_eq!(
            Argument::decode(format!("j:\"{json}\"").as_bytes()).unwrap(),
            Argument::Json(json!(expected))
        );
    };
    check(r"a\ud800b", "a\u{fffd}b");
    check(r"\udc00", "\u{fffd}");
    check(r"\ud83d\ude00 \ud83d", "\u{1f600} \u{fffd}");
    check(r"\\ud800 \udfff", "\\ud800 \u{fffd}");
}

#[test]
fn a_request_names_its_method_and_id() {
    let frame = request("7:1", "ping", &[json!({})]).unwrap();
    let mut decoder = frame::Decoder::default();
    decoder.push(&frame);
    let call = b"j:{\"type\":\"call\",\"method\":\"ping\",\"args\":[{}]}".to_vec();
    assert_eq!(decoder.next_frame(), Ok(Some(vec![call, b"s:7:1".to_vec()])));
}

#[test]
fn a_reply_is_results_or_an_error() {
    let check = |body: &str, outcome: Result<Vec<Json>, String>| {
        let arguments = vec![format!("j:{body}").into_bytes(), b"s:1".to_vec()];
        assert_eq!(Reply::decode(&arguments), Ok(Reply { id: "1".into(), outcome }));
    };
    check(r#"{"args":[1,"a"]}"#, Ok(vec![json!(1), json!("a")]));
    check(r#"{"args":[]}"#, Ok(vec![]));
    check(r#"{"error":"5 id unknown","stack":"Error: ..."}"#, Err("5 id unknown".into()));
    check(r#"{"error":{"msg":"no pid"}}"#, Err(r#"{"msg":"no pid"}"#.into()));
}

#[test]
fn other_frames_are_no_replies() {
    for arguments in [vec![], vec![b"j:{}".to_vec()], vec![b"s:1".to_vec(); 2], vec![b"j:{}".to_vec(); 2]] {
        assert!(Reply::<Json>::decode(&arguments).is_err(), "{arguments:?}");
    }
}

proptest! {
    #[test]
    fn text_survives(text in ".*") {
        let bytes = Argument::Json(json!(text)).encode();
        prop_assert_eq!(Argument::decode(&bytes), Ok(Argument::Json(json!(text))));
        let bytes = Argument::Text(text.clone()).encode();
        prop_assert_eq!(Argument::decode(&bytes), Ok(Argument::Text(text)));
    }

    /// One that came back as its neighbour would look like a change, in every pass.
    #[test]
    fn numbers_survive(number in prop::num::f64::NORMAL | prop::num::f64::SUBNORMAL) {
        let bytes = Argument::Json(json!(number)).encode();
        prop_assert_eq!(Argument::decode(&bytes), Ok(Argument::Json(json!(number))));
    }

    #[test]
    fn text_with_escapes_is_read_without_panic(text in r#"[\\u"dD80cfé]{0,40}"#) {
        let _ = Argument::decode(format!("j:\"{text}\"").as_bytes());
    }

    #[test]
    fn any_arguments_are_read_without_panic(arguments in prop::collection::vec(any::<Vec<u8>>(), 0..4)) {
        let _ = Reply::<Json>::decode(&arguments);
    }
}
