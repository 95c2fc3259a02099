//! People who keep asking a web server on this machine, and what they get.

use std::collections::BTreeMap;
use std::io::{self, Read, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use super::wait::{LONG, wait_until};

/// Each asks again as soon as it has its answer.
const PEOPLE: usize = 4;
/// No test needs more.
const MOST: usize = 100_000;
/// An answer of this server takes a millisecond.
const PATIENCE: Duration = Duration::from_secs(10);

/// A port that nobody listens on.
pub(crate) fn free_port() -> u16 {
    TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap().local_addr().unwrap().port()
}

/// What was asked for so far.
#[derive(Debug, Clone, Default)]
pub(crate) struct Heard {
    /// How often each answer was given.
    pub(crate) answers: BTreeMap<String, usize>,
    /// What happened where there was none: refused, cut off, too late.
    pub(crate) failures: Vec<String>,
}

/// Requests to one port, a new connection for each, until it is told to end.
pub(crate) struct Load {
    ends: Arc<AtomicBool>,
    heard: Arc<Mutex<Heard>>,
    people: Vec<JoinHandle<()>>,
}

impl Load {
    pub(crate) fn on(port: u16) -> Self {
        let (ends, heard) = (Arc::new(AtomicBool::new(false)), Arc::new(Mutex::new(Heard::default())));
        let person = |_| {
            let (ends, heard) = (Arc::clone(&ends), Arc::clone(&heard));
            thread::spawn(move || {
                for _ in 0..MOST / PEOPLE {
                    if ends.load(Ordering::Relaxed) {
                        return;
                    }
                    let answer = ask(port);
                    heard.lock().unwrap().take_in(answer);
                }
            })
        };
        Self { people: (0..PEOPLE).map(person).collect(), ends, heard }
    }

    /// Waits until this has been answered many times more than it was.
    #[track_caller]
    pub(crate) fn hears(&self, answer: &str) {
        let count = || self.heard.lock().unwrap().answers.get(answer).copied().unwrap_or(0);
        let before = count();
        wait_until(&format!("{answer:?} is answered"), LONG, || count() >= before + 100);
    }

    /// Waits until somebody was refused or cut off.
    pub(crate) fn fails(&self) {
        wait_until("a request fails", LONG, || !self.heard.lock().unwrap().failures.is_empty());
    }

    /// Everything that was heard.
    pub(crate) fn ended(self) -> Heard {
        self.ends.store(true, Ordering::Relaxed);
        for person in self.people {
            person.join().unwrap();
        }
        Arc::try_unwrap(self.heard).unwrap().into_inner().unwrap()
    }
}

impl Heard {
    fn take_in(&mut self, answer: io::Result<String>) {
        match answer {
            Ok(answer) => *self.answers.entry(answer).or_default() += 1,
            Err(error) => self.failures.push(error.to_string()),
        }
    }
}

/// One request; the body of its answer.
fn ask(port: u16) -> io::Result<String> {
    let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port))?;
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.write_all(b"GET / HTTP/1.0\r\n\r\n")?;
    let mut text = String::new();
    stream.read_to_string(&mut text)?;
    match text.split_once("\r\n\r\n") {
        Some((head, body)) if head.contains(" 200 ") => Ok(body.to_owned()),
        _ => Err(io::Error::other(format!("no answer, but {text:?}"))),
    }
}
