#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a failing test panics, and says so best where it happens"
)]

mod fakes;

use std::time::{Duration, Instant};

use assert_fs::TempDir;
use assert_fs::prelude::*;
use camino::Utf8PathBuf;

use super::{Answer, Ill, Logs, Patient, Surroundings, wait};
use crate::model::{CommandLine, Probe, Way};
use fakes::{HUNG, Server, free_port};

/// A probe that gives up soon.
fn quick(way: Way) -> Probe {
    Probe {
        timeout: Duration::from_millis(400),
        interval: Duration::from_millis(10),
        retries: 1,
        ..Probe::new(way)
    }
}

/// What the app is found to be; it is never asked for longer than its probe says.
fn check(way: Way, expected: Result<(), &str>) {
    check_of(&quick(way), &Surroundings::default(), &Logs::default(), expected);
}

fn check_of(probe: &Probe, surroundings: &Surroundings, logs: &Logs, expected: Result<(), &str>) {
    let began = Instant::now();
    let answer = wait(probe, &Patient { surroundings, logs, ends: &|| false }, || None::<()>);
    let longest = probe.longest() + Duration::from_secs(5);
    assert!(began.elapsed() < longest, "it took {:?}", began.elapsed());
    match (answer, expected) {
        (Answer::Well, Ok(())) => {}
        (Answer::Ill(Ill(why)), Err(part)) => assert!(why.contains(part), "{why}"),
        (answer, _) => panic!("{answer:?}, not {expected:?}"),
    }
}

fn http(port: u16) -> Way {
    Way::HttpGet { url: format!("http://127.0.0.1:{port}/health") }
}

fn tcp(host: &str, port: u16) -> Way {
    Way::Tcp { host: host.to_owned(), port }
}

#[test]
fn answers_of_a_server() {
    let cases: &[(&str, Result<(), &str>)] = &[
        ("HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok", Ok(())),
        ("HTTP/1.1 204 No Content\r\n\r\n", Ok(())),
        // Where that leads is not asked.
        ("HTTP/1.1 302 Found\r\nlocation: http://127.0.0.1:1/\r\n\r\n", Ok(())),
        ("HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\n\r\n", Err("gives 404")),
        ("HTTP/1.1 503 Service Unavailable\r\ncontent-length: 0\r\n\r\n", Err("gives 503")),
        ("who is there?\r\n\r\n", Err("GET ")),
        (HUNG, Err("no answer within")),
    ];
    for (reply, expected) in cases {
        let server = Server::that_replies(reply);
        check(http(server.port), *expected);
    }
}

#[test]
fn a_server_that_never_stops_talking_is_not_listened_to() {
    check(http(Server::that_replies("HTTP/1.1 200 OK\r\n\r\n").flooding().port), Ok(()));
    check(http(Server::that_replies("HTTP/1.1 200 OK\r\nx: ").flooding().port), Err("GET "));
}

#[test]
fn the_server_is_asked_and_nobody_between() {
    let server = Server::that_replies("HTTP/1.1 200 OK\r\n\r\n");
    check(http(server.port), Ok(()));
    let asked = server.asked();
    assert!(asked.starts_with("GET /health HTTP/1.1\r\n"), "{asked}");
    assert!(asked.to_lowercase().contains("user-agent: ecosystem/"), "{asked}");
}

#[test]
fn nobody_listens() {
    check(http(free_port()), Err("nobody listens there"));
    check(tcp("127.0.0.1", free_port()), Err("nobody listens at 127.0.0.1:"));
}

#[test]
fn a_server_that_comes_up_late_is_waited_for() {
    let port = free_port();
    let late = std::thread::spawn(move || {
        std::thread::sleep(Duration::from_millis(150));
        Server::at(port, "HTTP/1.1 200 OK\r\n\r\n")
    });
    let probe = Probe { timeout: Duration::from_secs(20), retries: 0, ..Probe::new(http(port)) };
    check_of(&probe, &Surroundings::default(), &Logs::default(), Ok(()));
    drop(late.join());
}

#[test]
fn connections() {
    let server = Server::that_replies(HUNG);
    check(tcp("127.0.0.1", server.port), Ok(()));
    check(tcp("localhost", server.port), Ok(()));
    check(tcp("no such host", 80), Err("no host that is known here"));
}

#[test]
fn commands() {
    let shell = |text: &str| Way::Exec(CommandLine::Shell(text.to_owned()));
    let words =
        |words: &[&str]| Way::Exec(CommandLine::Words(words.iter().map(|word| (*word).to_owned()).collect()));
    let folder = TempDir::new().unwrap();
    folder.child("here").touch().unwrap();
    let surroundings = Surroundings {
        folder: Utf8PathBuf::from_path_buf(folder.path().to_owned()).unwrap(),
        env: [("A".to_owned(), "b c".to_owned()), ("PATH".to_owned(), "/usr/bin:/bin".to_owned())].into(),
    };
    let cases = [
        (shell("true"), Ok(())),
        (shell("exit 3"), Err("ends with exit code 3")),
        (shell("test -e here && test \"$A\" = 'b c'"), Ok(())),
        // Nothing of this program's own environment.
        (shell("test -z \"$HOME$CARGO_MANIFEST_DIR\""), Ok(())),
        (shell("kill -9 $$"), Err("ends with a signal")),
        (shell("yes"), Err("has not ended within")),
        (words(&["test", "-e", "here"]), Ok(())),
        (words(&["test", "$A", "=", "b c"]), Err("exit code 1")),
        (words(&["no-such-program"]), Err("cannot be run")),
    ];
    for (way, expected) in cases {
        check_of(&quick(way), &surroundings, &Logs::default(), expected);
    }
}

/// A command that does not end is ended with all that it has started, and so is what one that has ended left behind.
#[test]
fn nothing_of_a_command_stays() {
    for line in ["sleep 987654 & echo $! > pid; wait", "sleep 987654 & echo $! > pid"] {
        let folder = TempDir::new().unwrap();
        let surroundings = Surroundings {
            folder: Utf8PathBuf::from_path_buf(folder.path().to_owned()).unwrap(),
            env: [("PATH".to_owned(), "/usr/bin:/bin".to_owned())].into(),
        };
        let probe = Probe { retries: 0, ..quick(Way::Exec(CommandLine::Shell(line.to_owned()))) };
        let _ = wait(
            &probe,
            &Patient { surroundings: &surroundings, logs: &Logs::default(), ends: &|| false },
            || None::<()>,
        );
        let pid: u32 = std::fs::read_to_string(folder.child("pid")).unwrap().trim().parse().unwrap();
        let deadline = Instant::now() + Duration::from_secs(20);
        while super::super::kernel::is_alive(pid) {
            assert!(Instant::now() < deadline, "{pid} is still there after: {line}");
            std::thread::sleep(Duration::from_millis(10));
        }
    }
}

#[test]
fn lines_of_a_log() {
    let folder = TempDir::new().unwrap();
    let check_log = |text: &[u8], from: u64, expected: Result<(), &str>| {
        let file = folder.child("app.log");
        file.write_binary(text).unwrap();
        let path = Utf8PathBuf::from_path_buf(file.path().to_owned()).unwrap();
        let logs = Logs::new([(path, from), ("/no/such/log".into(), 0)]);
        let way = Way::Log { contains: "listening on".to_owned() };
        check_of(&quick(way), &Surroundings::default(), &logs, expected);
    };
    check_log(b"starting\n[x] listening on 8080\n", 0, Ok(()));
    check_log(b"listening on 80", 0, Ok(()));
    check_log(b"starting\n", 0, Err("no line in its logs contains \"listening on\""));
    check_log(b"listening\non\n", 0, Err("no line"));
    // From an earlier life.
    check_log(b"listening on 8080\nstarting\n", 20, Err("no line"));
    // Shorter than it was: another file.
    check_log(b"listening on 8080\n", 2000, Ok(()));
    check_log(&[b"\xff\xfe\n\x00".repeat(100_000), b"listening on\n".to_vec()].concat(), 0, Ok(()));
    check_log(&[b"x".repeat(3_000_000), b"\nlistening on\n".to_vec()].concat(), 0, Ok(()));
}

#[test]
fn waiting_ends_when_there_is_something_else() {
    let probe =
        Probe { initial_delay: Duration::from_secs(600), ..Probe::new(tcp("127.0.0.1", free_port())) };
    let patient = Patient { surroundings: &Surroundings::default(), logs: &Logs::default(), ends: &|| false };
    assert_eq!(wait(&probe, &patient, || Some("it crashed")), Answer::Interrupted("it crashed"));
    let mut looks = 0;
    let probe = Probe { initial_delay: Duration::ZERO, timeout: Duration::from_secs(600), ..probe };
    let answer = wait(&probe, &patient, || {
        looks += 1;
        (looks > 3).then_some("it crashed")
    });
    assert_eq!(answer, Answer::Interrupted("it crashed"));
}
