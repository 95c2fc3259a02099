//! What a PM2 might answer that is none, or that somebody has made lie: it is said, nothing is done, and nothing hangs.

use std::io::{Read as _, Write as _};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use camino::Utf8Path;
use ecosystem_core::os::pm2::frame::{self, Decoder};
use ecosystem_core::os::pm2::{Client, ClientError, Timeouts};
use serde_json::{Value as Json, json};

use super::contents::is_tame;
use super::tree::{Tree, idle};
use crate::support::pm2_program::DEFAULT;
use crate::support::wait::LONG;

/// What is answered to the question for the list: the body of the reply, or what is sent instead of one for ever.
#[derive(Clone)]
enum Answer {
    Body(String),
    Bytes(&'static [u8]),
    Forever(&'static [u8]),
}

/// A program that says of itself what PM2 would, and lists what it likes; it is asked for nothing but lists.
struct Liar {
    answer: Arc<Mutex<Answer>>,
    asked: Arc<Mutex<Vec<String>>>,
}

impl Liar {
    fn listening(home: &Path) -> Self {
        let listener = UnixListener::bind(home.join("rpc.sock")).unwrap();
        let answer = Arc::new(Mutex::new(Answer::Bytes(b"")));
        let asked = Arc::new(Mutex::new(Vec::new()));
        let (told, heard) = (Arc::clone(&answer), Arc::clone(&asked));
        thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                let (told, heard) = (Arc::clone(&told), Arc::clone(&heard));
                thread::spawn(move || serve(stream, &told, &heard));
            }
        });
        Self { answer, asked }
    }

    fn answers(&self, answer: Answer) {
        *self.answer.lock().unwrap() = answer;
    }
}

fn serve(mut stream: UnixStream, answer: &Mutex<Answer>, asked: &Mutex<Vec<String>>) {
    let (mut decoder, mut buffer) = (Decoder::default(), [0; 4096]);
    while let Ok(read @ 1..) = stream.read(&mut buffer) {
        decoder.push(&buffer[..read]);
        while let Some(request) = decoder.next_frame().unwrap() {
            let [call, id] = request.as_slice() else { panic!("a request has two arguments") };
            let call: Json = serde_json::from_slice(&call[2..]).unwrap();
            let method = call["method"].as_str().unwrap().to_owned();
            asked.lock().unwrap().push(method.clone());
            let frame = |body: &str| frame::encode(&[format!("j:{body}").as_bytes(), id]).unwrap();
            let answer = answer.lock().unwrap().clone();
            let sent = match (method.as_str(), answer) {
                ("getReport", _) => stream.write_all(&frame(&json!({ "args": [report()] }).to_string())),
                (_, Answer::Body(body)) => stream.write_all(&frame(&body)),
                (_, Answer::Bytes(bytes)) => stream.write_all(bytes),
                (_, Answer::Forever(bytes)) => {
                    std::iter::repeat_with(|| stream.write_all(bytes)).find(Result::is_err).unwrap_or(Ok(()))
                }
            };
            if sent.is_err() {
                return;
            }
        }
    }
}

fn report() -> Json {
    json!({
        "pm2_version": DEFAULT, "node_version": "20.0.0", "node_path": "/pm2", "argv": ["/node", "/lib/Daemon.js"],
        "uid": 0, "gid": 0, "env": { "PATH": "/bin" }, "managed_apps": 1, "started_at": 1
    })
}

/// A process as PM2 lists it, with another value for one of its members.
fn process(member: &str, value: Json) -> Json {
    let mut process = json!({
        "pid": 1, "name": "x", "pm_id": 3, "monit": { "memory": 1 },
        "pm2_env": { "status": "online", "pm_uptime": 1, "env": {} }
    });
    process[member] = value;
    process
}

fn list(processes: &[Json]) -> Answer {
    Answer::Body(json!({ "args": [processes] }).to_string())
}

/// Answers that are none of PM2's, and what is said of them.
fn lies() -> Vec<(Answer, &'static str)> {
    let nested = || format!("{{\"args\":[{}]}}", "[".repeat(500_000));
    vec![
        (Answer::Body("{\"args\":[[{]}".to_owned()), "cannot be read"),
        (Answer::Body(nested()), "cannot be read"),
        (Answer::Body("[]".to_owned()), "cannot be read"),
        (Answer::Body("{}".to_owned()), "there is no result"),
        (Answer::Body("{\"error\":{\"x\":\"\\u001b[31m\"}}".to_owned()), "PM2 cannot be used"),
        (Answer::Body("{\"args\":[\"text\"]}".to_owned()), "cannot be read"),
        (list(&[json!(7)]), "no usable `pm2_env`"),
        (list(&[process("pm2_env", json!([]))]), "no usable `pm2_env`"),
        (list(&[process("name", json!({ "a": 1 }))]), "no usable `name`"),
        (list(&[process("pm_id", json!(-1))]), "no usable `pm_id`"),
        (list(&[process("pm_id", json!(1e300))]), "no usable `pm_id`"),
        (list(&[process("pm_id", json!(4_294_967_296_u64))]), "no usable `pm_id`"),
        (list(&[process("pm_id", json!("3; rm"))]), "no usable `pm_id`"),
        // Whom would a deletion of number 3 delete?
        (list(&[process("name", json!("a")), process("name", json!("b"))]), "no usable `pm_id`"),
        // Of another version, without arguments, and one that announces 4 GB.
        (Answer::Bytes(b"\x21\0\0\0\x01x"), "version"),
        (Answer::Bytes(b"\x10"), "0 arguments"),
        (Answer::Bytes(b"\x12\xff\xff\xff\xff"), "more than 268435456 bytes"),
        // Somebody else's protocol.
        (Answer::Bytes(b"HTTP/1.1 200 OK\r\n\r\n"), "PM2 cannot be used"),
    ]
}

#[test]
fn answers_that_are_none_are_said_and_nothing_is_done() {
    let tree = Tree::of(&["fine"]);
    let liar = Liar::listening(&tree.home());
    for (answer, said) in lies() {
        liar.answers(answer);
        for command in ["plan", "sync"] {
            let seen = tree.run(&[command]).says(4, &[said]);
            is_tame(&seen.out);
            is_tame(&seen.err);
        }
    }
    let asked = liar.asked.lock().unwrap().clone();
    assert!(asked.iter().all(|it| it == "getReport" || it == "getMonitorData"), "{asked:?}");
}

#[test]
fn an_answer_without_end_ends() {
    let tree = Tree::of(&["fine"]);
    let liar = Liar::listening(&tree.home());
    // Frames that answer nothing, one after the other; the time for an answer is that for all of it.
    liar.answers(Answer::Forever(b"\x12\0\0\0\x04j:{}\0\0\0\x03s:x"));
    let limit = Duration::from_millis(200);
    let home = tree.home();
    let home = Utf8Path::from_path(&home).unwrap();
    let mut client = Client::connect(home, Timeouts { connect: LONG, call: limit }).unwrap();
    let error = client.observe().unwrap_err();
    assert!(
        matches!(error, ClientError::Timeout { method: "getMonitorData", after } if after == limit),
        "{error:?}"
    );
}

/// Values of a strange kind where PM2 has others are no reason to stop, and nothing that a terminal would act on.
#[test]
fn strange_values_are_shown_as_what_they_are() {
    let tree = Tree::of(&["fine"]);
    let liar = Liar::listening(&tree.home());
    let nasty = "x\u{1b}]0;t\u{7}\u{202e}\n+ forged start";
    let owner = tree.root().to_str().unwrap().to_owned();
    let stamp = json!({ "ECOSYSTEM_OWNER": owner, "ECOSYSTEM_SOURCE": format!("../../{nasty}"), "ECOSYSTEM_DIGEST": nasty });
    let mut ours = process("name", json!(nasty));
    ours["pm2_env"] =
        json!({ "status": nasty, "env": stamp, "pm_uptime": "x", "restart_time": -1, "exit_code": [] });
    ours["pid"] = json!("none");
    let mut other = process("name", json!("fine"));
    other["pm_id"] = json!(4_294_967_295_u32);
    other["pm2_env"] = json!({ "status": 7, "env": "none", "args": { "a": [null] }, "instances": -5 });
    liar.answers(list(&[ours, other]));
    for args in [&["plan"][..], &["plan", "--json"], &["status"], &["status", "--json"], &["explain", "fine"]]
    {
        let seen = tree.run(args);
        assert!(matches!(seen.code, Some(0 | 1)), "{args:?}: {seen:?}");
        is_tame(&seen.out);
        is_tame(&seen.err);
        assert!(!seen.out.lines().any(|line| line.starts_with("+ forged")), "{seen:?}");
    }
    assert!(tree.run(&["plan"]).out.contains("running, but not ours"));
    assert_eq!(idle("fine"), std::fs::read_to_string(tree.path("fine/ecosystem.edn")).unwrap());
}
