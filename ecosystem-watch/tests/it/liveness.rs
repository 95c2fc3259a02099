//! Apps that are asked whether they are alive for as long as they run, on real PM2.

use std::collections::BTreeMap;
use std::io::{Read as _, Write as _};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::path::PathBuf;
use std::sync::{Arc, Mutex};

use ecosystem_core::os::state::Timestamp;
use serde_json::Value as Json;

use crate::support::process::Process;
use crate::support::scene::{Scene, daemon, daemon_with, world};
use crate::support::wait::{LONG, wait_until};
use crate::support::watcher::Watcher;
use crate::support::world::World;

/// A server that answers as it was last told, until it is started again.
const SERVER: &str = r#"
import { createServer } from "node:http";
let status = Number(process.env.STATUS ?? 200);
const server = createServer((request, response) => {
  const { pathname } = new URL(request.url, "http://localhost");
  if (pathname.startsWith("/become/")) status = Number(pathname.slice(8));
  if (pathname === "/health" && status === 0) return;
  response.statusCode = pathname === "/health" ? status : 200;
  response.end("x".repeat(100_000));
});
server.listen(Number(process.env.PORT), "127.0.0.1");
"#;

/// Often enough for a test.
const OFTEN: &str = ":interval 100 :retries 1 :timeout 1000";

fn free_port() -> u16 {
    TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap().local_addr().unwrap().port()
}

fn get(port: u16, path: &str) {
    let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).unwrap();
    write!(stream, "GET {path} HTTP/1.0\r\n\r\n").unwrap();
    stream.read_to_end(&mut Vec::new()).unwrap();
}

/// A server with these attributes, in which `$GET` stands for a question to it, and an app beside it that nobody asks.
fn served(attributes: &str, options: &[&str]) -> (World, Watcher, u16) {
    let (world, port) = (world(), free_port());
    world.program("server.mjs", SERVER);
    let question = format!(r#"{{:http-get {{:url "http://127.0.0.1:{port}/health"}} {OFTEN}}}"#);
    let attributes = attributes.replace("$GET", &question);
    world.daemon(
        "web",
        &format!(
            r#"{{:apps [{{:name "web" :script "server.mjs" :min-uptime 100 :env {{:COLOR "red" :PORT {port}}} {attributes}}}]}}"#
        ),
    );
    world.daemon("kept", &daemon(&[("kept", "red")]));
    let watcher = Watcher::start(&world, options);
    world.becomes(&[("web", "red"), ("kept", "red")]);
    wait_until("it serves", LONG, || TcpStream::connect((Ipv4Addr::LOCALHOST, port)).is_ok());
    wait_until("it is known to be well", LONG, || watcher.log.steps("web", "start") == 1);
    (world, watcher, port)
}

fn restarts(watcher: &Watcher) -> Vec<Json> {
    let steps = watcher.log.events("step-begins").into_iter();
    steps.filter(|line| line["action"] == "restart").collect()
}

fn times(lines: &[Json]) -> Vec<i64> {
    let time = |line: &Json| line["time"].as_str().unwrap().parse::<Timestamp>().unwrap().as_millisecond();
    lines.iter().map(time).collect()
}

/// A file that a program of the world's tells something by.
fn file(world: &World, name: &str) -> PathBuf {
    world.base().join(name)
}

fn lines(path: &PathBuf) -> usize {
    std::fs::read_to_string(path).unwrap_or_default().lines().count()
}

#[test]
fn what_does_not_answer_any_more_is_restarted_once() {
    let (world, watcher, port) = served(":readiness-probe $GET :liveness-probe $GET", &[]);
    let (before, kept) = (world.pid("web"), world.pid("kept"));
    get(port, "/become/503");
    wait_until("it is restarted", LONG, || watcher.log.steps("web", "restart") == 1);
    assert_eq!(watcher.log.says("not alive: GET"), 2, "that it begins, and that it is done");
    assert_eq!(watcher.log.says("gives 503 Service Unavailable"), 2);
    assert_ne!(world.pid("web"), before);
    // And asked on: a hang is no answer either.
    get(port, "/become/0");
    wait_until("it is restarted again", LONG, || watcher.log.steps("web", "restart") == 2);
    assert!(watcher.log.says("no answer within 1s") > 0);
    world.rests_for(std::time::Duration::from_secs(3), LONG);
    assert_eq!((watcher.log.steps("web", "restart"), world.pid("kept")), (2, kept));
    world.nothing_to_do();
}

/// All rests together, 127 s, and twice as much.
const GIVEN_UP: std::time::Duration = std::time::Duration::from_secs(360);

/// The command of a probe that always fails, and leaves something behind each time.
const LIES: &str = r#"{:exec "echo asked >> ../../asked; sleep 87654 & echo $! >> ../../left; exit 3" :interval 100 :retries 2}"#;

#[test]
fn what_stays_ill_is_restarted_ever_more_rarely_and_its_probe_leaves_nothing() {
    let world = world();
    let lies = LIES.replace("../..", world.base().to_str().unwrap());
    world.daemon("web", &daemon_with(&format!(":min-uptime 100 :liveness-probe {lies}"), &[("web", "red")]));
    world.daemon("kept", &daemon(&[("kept", "red")]));
    let watcher = Watcher::start(&world, &[]);
    wait_until("it is restarted", LONG, || restarts(&watcher).len() == 4);
    let (begun, asked) = (times(&restarts(&watcher)), lines(&file(&world, "asked")));
    let pauses: Vec<i64> = begun.windows(2).map(|pair| pair[1] - pair[0]).collect();
    assert!(pauses.iter().zip([900, 1900, 3900]).all(|(pause, least)| *pause >= least), "{pauses:?}");
    // Three questions for each restart, and none while it rests.
    assert_eq!(asked, 12);
    let left = std::fs::read_to_string(file(&world, "left")).unwrap();
    let left: Vec<u32> = left.lines().map(|pid| pid.parse().unwrap()).collect();
    wait_until("nothing is left", LONG, || left.iter().all(|pid| !Process::new(*pid).is_alive()));
    // At last it is left as it is, which stands until it answers well.
    wait_until("it is given up", GIVEN_UP, || restarts(&watcher).len() == 8);
    world.stands("web", "exit code 3; restarted 8 times, and not again");
    let status = world.command(&["status"]).output();
    assert!(status.contains("ill: not alive: its command ends with exit code 3"), "{status}");
    let asked = lines(&file(&world, "asked"));
    wait_until("it is asked on", LONG, || lines(&file(&world, "asked")) > asked + 5);
    assert_eq!(restarts(&watcher).len(), 8);
    // Another probe is another question.
    world.daemon("web", &daemon_with(":min-uptime 100 :liveness-probe {:exec \"true\"}", &[("web", "red")]));
    world.nothing_stands("web");
    assert_eq!(restarts(&watcher).len(), 8);
}

/// Both probes ask the same, as they mostly do: that a restart did not help is known at once.
#[test]
fn what_a_restart_does_not_cure_is_restarted_again_all_the_same() {
    let world = world();
    let probe = format!("{{:exec \"test -e {}\" :interval 100 :retries 1}}", file(&world, "well").display());
    std::fs::write(file(&world, "well"), "").unwrap();
    let probes = format!(":min-uptime 100 :readiness-probe {probe} :liveness-probe {probe}");
    world.daemon("web", &daemon_with(&probes, &[("web", "red")]));
    let watcher = Watcher::start(&world, &[]);
    world.becomes(&[("web", "red")]);
    wait_until("it is known to be well", LONG, || watcher.log.steps("web", "start") == 1);
    std::fs::remove_file(file(&world, "well")).unwrap();
    wait_until("it is restarted", LONG, || restarts(&watcher).len() == 3);
    world.stands("web", "restart failed: it runs, but is not well");
    world.stands("web", "not alive: its command ends with exit code 1; restarted 3 times, will be restarted");
    let status = world.command(&["status"]).output();
    assert!(status.contains("not alive: its command ends with exit code 1"), "{status}");
    std::fs::write(file(&world, "well"), "").unwrap();
    wait_until("it is well", LONG, || watcher.log.steps("web", "restart") == 1);
    world.nothing_stands("web");
    world.nothing_to_do();
}

#[test]
fn a_probe_that_hangs_or_floods_keeps_nobody_from_being_asked() {
    let world = world();
    let base = world.base();
    let base = base.display();
    let hangs = format!("{{:exec \"echo $$ >> {base}/hung; yes; sleep 87654\" :timeout \"10m\"}}");
    let hung = |number: usize| {
        (
            format!("hangs-{number}"),
            daemon_with(&format!(":liveness-probe {hangs}"), &[(&format!("hangs-{number}"), "red")]),
        )
    };
    for (name, text) in (0..10).map(hung) {
        world.daemon(&name, &text);
    }
    let asked = format!("{{:exec \"echo asked >> {base}/asked\" :interval 100}}");
    world.daemon("web", &daemon_with(&format!(":liveness-probe {asked}"), &[("web", "red")]));
    let watcher = Watcher::start(&world, &[]);
    wait_until("all hang", LONG, || lines(&file(&world, "hung")) == 10);
    let before = lines(&file(&world, "asked"));
    wait_until("others are asked", LONG, || lines(&file(&world, "asked")) >= before + 20);
    let threads = std::fs::read_dir(format!("/proc/{}/task", watcher.process().pid())).unwrap().count();
    assert!(threads < 40, "{threads} threads");
    // Nothing of a question is left when the watcher is told to end.
    let hung = std::fs::read_to_string(file(&world, "hung")).unwrap();
    watcher.signal(rustix::process::Signal::TERM);
    assert!(watcher.ended().success());
    for pid in hung.lines().map(|pid| pid.parse::<u32>().unwrap()) {
        assert!(!Process::new(pid).is_alive(), "{pid} is left");
    }
}

/// A server for all who ask, and how often each path was asked for.
fn counting(asked: Arc<Mutex<BTreeMap<String, usize>>>) -> u16 {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let port = listener.local_addr().unwrap().port();
    std::thread::spawn(move || {
        for mut stream in listener.incoming().map_while(Result::ok) {
            let mut request = [0; 1024];
            let read = stream.read(&mut request).unwrap_or(0);
            let request = String::from_utf8_lossy(&request[..read]).into_owned();
            let path = request.split(' ').nth(1).unwrap_or_default().to_owned();
            *asked.lock().unwrap().entry(path).or_default() += 1;
            let _ = stream.write_all(b"HTTP/1.1 204 No Content\r\n\r\n");
        }
    });
    port
}

#[test]
fn hundreds_are_asked_by_a_few_threads() {
    const APPS: usize = 200;
    let (world, asked) = (world(), Arc::<Mutex<BTreeMap<String, usize>>>::default());
    let port = counting(Arc::clone(&asked));
    for number in 0..APPS {
        let name = format!("app-{number}");
        let probe = format!("{{:http-get {{:url \"http://127.0.0.1:{port}/{name}\"}} :interval 1000}}");
        let keys = format!(":min-uptime 100 :liveness-probe {probe}");
        world.daemon(&name, &daemon_with(&keys, &[(&name, "red")]));
    }
    // Of whom the server hears nothing but that somebody connects.
    let probe = format!(":liveness-probe {{:tcp {port} :interval 1000}}");
    world.daemon("silent", &daemon_with(&probe, &[("silent", "red")]));
    let watcher = Watcher::start(&world, &["--jobs", "32", "--pressure", "off"]);
    let all = |times: usize| {
        let asked = asked.lock().unwrap();
        asked.len() == APPS + 1 && asked.values().all(|count| *count >= times)
    };
    wait_until("all are asked", 4 * LONG, || all(1));
    let before: usize = asked.lock().unwrap().values().sum();
    wait_until("all are asked again and again", LONG, || all(5));
    let after: usize = asked.lock().unwrap().values().sum();
    assert!(after - before >= 3 * APPS);
    let threads = std::fs::read_dir(format!("/proc/{}/task", watcher.process().pid())).unwrap().count();
    assert!(threads < 32, "{threads} threads");
    assert_eq!(restarts(&watcher).len(), 0);
}

#[test]
fn what_is_ill_is_said_and_left_where_that_is_asked_for() {
    let (world, watcher, port) = served(":liveness-probe $GET", &["--self-heal", "off"]);
    let before = world.pid("web");
    get(port, "/become/500");
    world.stands("web", "ill: not alive: GET");
    world.looks_when_asked(&watcher);
    assert_eq!(world.pid("web"), before);
    get(port, "/become/200");
    world.nothing_stands("web");
    assert_eq!((world.pid("web"), restarts(&watcher).len()), (before, 0));
}

/// Nobody asks what somebody has stopped; and what somebody restarts is asked anew.
#[test]
fn what_was_stopped_by_hand_is_not_asked() {
    let world = world();
    let asked = file(&world, "asked");
    let probe = format!(":liveness-probe {{:exec \"echo asked >> {}\" :interval 100}}", asked.display());
    world.daemon("web", &daemon_with(&probe, &[("web", "red")]));
    let watcher = Watcher::start(&world, &[]);
    wait_until("it is asked", LONG, || lines(&asked) > 3);
    world.pm2_does(&["stop", "web"]);
    world.stands("web", "stopped by hand");
    world.rests_for(std::time::Duration::from_secs(1), LONG);
    let before = lines(&asked);
    world.looks_when_asked(&watcher);
    world.rests_for(std::time::Duration::from_secs(1), LONG);
    assert_eq!(lines(&asked), before);
    world.pm2_does(&["restart", "web"]);
    wait_until("it is asked again", LONG, || lines(&asked) > before + 3);
    assert_eq!(restarts(&watcher).len(), 0);
}
