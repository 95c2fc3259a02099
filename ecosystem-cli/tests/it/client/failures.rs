//! PM2 absent, frozen, killed in a call, or replaced by something else.

use std::io::{Read, Write};
use std::os::unix::net::UnixListener;
use std::thread;
use std::time::Duration;

use camino::Utf8Path;
use ecosystem_core::os::pm2::{Client, ClientError, Timeouts};
use serde_json::json;

use super::app::{prepared_sleeper, sleeper};
use crate::support::pm2_home::Pm2Home;
use crate::support::pm2_program::DEFAULT;
use crate::support::wait::LONG;

const SHORT: Duration = Duration::from_millis(200);

fn connect(home: &Utf8Path) -> Result<Client, ClientError> {
    Client::connect(home, Timeouts { connect: SHORT, call: LONG })
}

#[test]
fn no_socket_means_not_running() {
    let home = Pm2Home::empty(DEFAULT);
    let error = connect(home.path()).unwrap_err();
    assert!(matches!(&error, ClientError::NotRunning { .. }), "{error:?}");
    assert!(error.to_string().contains("rpc.sock"), "{error}");
}

#[test]
fn a_socket_left_by_a_killed_daemon_means_not_running() {
    let home = Pm2Home::running(DEFAULT);
    home.daemon().kill();
    assert!(home.path().join("rpc.sock").exists());
    let error = connect(home.path()).unwrap_err();
    assert!(matches!(error, ClientError::NotRunning { .. }), "{error:?}");
}

#[test]
fn a_path_too_long_for_a_socket_is_said_so() {
    let home = Pm2Home::empty(DEFAULT);
    let error = connect(&home.path().join("x".repeat(120))).unwrap_err();
    assert!(matches!(error, ClientError::Unreachable { .. }), "{error:?}");
}

#[test]
fn a_frozen_daemon_is_a_timeout_and_can_be_used_once_it_thaws() {
    let home = Pm2Home::running(DEFAULT);
    let (mut client, daemon) = (home.client(), home.daemon());
    daemon.freeze();
    client.set_call_timeout(SHORT);
    let error = client.list().unwrap_err();
    assert!(matches!(error, ClientError::Timeout { method: "getMonitorData", after: SHORT }), "{error:?}");
    assert!(error.outcome_is_unknown());
    daemon.signal(rustix::process::Signal::CONT);
    client.set_call_timeout(LONG);
    // The late list comes first, and must not be taken for this answer.
    assert_eq!(client.version().unwrap(), DEFAULT);
}

#[test]
fn a_listener_that_accepts_nobody_is_a_timeout() {
    let home = Pm2Home::empty(DEFAULT);
    let listener = UnixListener::bind(home.path().join("rpc.sock")).unwrap();
    // Shrinks the queue of connections, which is full soon then.
    rustix::net::listen(&listener, 0).unwrap();
    let mut waiting = Vec::new();
    let error = loop {
        match connect(home.path()) {
            Ok(client) => waiting.push(client),
            Err(error) => break error,
        }
    };
    assert!(matches!(error, ClientError::Timeout { method: "connect", .. }), "{error:?}");
}

#[test]
fn a_daemon_killed_in_a_call_leaves_the_outcome_unknown() {
    let home = Pm2Home::running(DEFAULT);
    let (mut client, daemon) = (home.client(), home.daemon());
    daemon.freeze();
    let call = thread::spawn(move || (client.prepare(&prepared_sleeper(Utf8Path::new("/"), "one")), client));
    daemon.kill();
    let (answer, mut client) = call.join().unwrap();
    let error = answer.unwrap_err();
    assert!(matches!(error, ClientError::Lost { method: "prepare" }), "{error:?}");
    assert!(error.outcome_is_unknown());
    let error = client.ping().unwrap_err();
    assert!(matches!(error, ClientError::Lost { method: "ping" }), "{error:?}");
}

#[test]
fn a_list_of_ten_megabytes_is_read_whole() {
    let home = Pm2Home::running(DEFAULT);
    let mut client = home.client();
    let mut app = sleeper(home.path(), "large");
    // Not in the environment, where the system takes 128 KB at most.
    let text = "é".repeat(5 << 20);
    app.insert("note".into(), json!([text]));
    client.prepare(&ecosystem_core::os::pm2::Preparation::new(app).unwrap()).unwrap();
    let listed = client.list().unwrap();
    assert_eq!(listed[0]["pm2_env"]["note"][0], json!(text));
}

/// What the client makes of a peer that sends these pieces, one after the other, and goes away.
fn answered_with(pieces: &'static [&'static [u8]]) -> Result<String, ClientError> {
    let home = Pm2Home::empty(DEFAULT);
    let listener = UnixListener::bind(home.path().join("rpc.sock")).unwrap();
    let peer = thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        stream.read_exact(&mut [0]).unwrap();
        for piece in pieces {
            stream.write_all(piece).unwrap();
            // A pause the receiver can see: the kernel joins what is written at once.
            thread::yield_now();
        }
        // Ends the stream without resetting it, as bytes of the request may be unread.
        stream.shutdown(std::net::Shutdown::Write).unwrap();
        let _ = stream.read_to_end(&mut Vec::new());
    });
    let mut client = connect(home.path()).unwrap();
    let answer = client.version();
    drop(client);
    peer.join().unwrap();
    answer
}

#[test]
fn a_peer_that_is_not_pm2_is_told_by_its_answer() {
    let answer = answered_with(&[b"HTTP/1.1 400 Bad Request\r\n\r\n"]);
    assert!(matches!(answer, Err(ClientError::Protocol { .. })), "{answer:?}");
    let answer = answered_with(&[b"\x12\0\0\0\x04", b"j:{x", b"\0\0\0\x03s:1"]);
    assert!(matches!(answer, Err(ClientError::Protocol { .. })), "{answer:?}");
}

#[test]
fn an_answer_that_ends_in_the_middle_is_lost() {
    let answer = answered_with(&[b"\x12\0\0\0\x04", b"j:{"]);
    assert!(matches!(answer, Err(ClientError::Lost { .. })), "{answer:?}");
    let answer = answered_with(&[]);
    assert!(matches!(answer, Err(ClientError::Lost { .. })), "{answer:?}");
}
