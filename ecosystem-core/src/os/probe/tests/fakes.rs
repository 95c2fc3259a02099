//! Servers that answer as they are told, on loopback.

use std::io::{Read as _, Write as _};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::Duration;

/// A server that gives everybody the same reply.
pub(super) struct Server {
    pub(super) port: u16,
    state: Arc<State>,
    thread: Option<JoinHandle<()>>,
}

#[derive(Default)]
struct State {
    flood: AtomicBool,
    end: AtomicBool,
    asked: Mutex<String>,
}

/// The reply of a server that takes the question and says nothing.
pub(super) const HUNG: &str = "";

impl Server {
    pub(super) fn that_replies(reply: &'static str) -> Self {
        Self::at(0, reply)
    }

    pub(super) fn at(port: u16, reply: &'static str) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).unwrap();
        let port = listener.local_addr().unwrap().port();
        let state = Arc::new(State::default());
        let shared = Arc::clone(&state);
        let thread = std::thread::spawn(move || serve(&listener, reply, &shared));
        Self { port, state, thread: Some(thread) }
    }

    /// Goes on for ever after its reply.
    pub(super) fn flooding(self) -> Self {
        self.state.flood.store(true, Ordering::Relaxed);
        self
    }

    /// What it was asked last.
    pub(super) fn asked(&self) -> String {
        self.state.asked.lock().unwrap().clone()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.state.end.store(true, Ordering::Relaxed);
        drop(TcpStream::connect((Ipv4Addr::LOCALHOST, self.port)));
        drop(self.thread.take().map(JoinHandle::join));
    }
}

fn serve(listener: &TcpListener, reply: &str, state: &State) {
    let mut kept = Vec::new();
    for stream in listener.incoming() {
        let Ok(mut stream) = stream else { return };
        if state.end.load(Ordering::Relaxed) {
            return;
        }
        if reply.is_empty() {
            kept.push(stream);
        } else {
            answer(&mut stream, reply, state);
        }
    }
}

fn answer(stream: &mut TcpStream, reply: &str, state: &State) {
    stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    let mut question = Vec::new();
    let mut byte = [0];
    while !question.ends_with(b"\r\n\r\n") && stream.read(&mut byte).is_ok_and(|count| count == 1) {
        question.push(byte[0]);
    }
    *state.asked.lock().unwrap() = String::from_utf8(question).unwrap();
    drop(stream.write_all(reply.as_bytes()));
    let more = [b'x'; 64 * 1024];
    while state.flood.load(Ordering::Relaxed) {
        if stream.write_all(&more).is_err() {
            return;
        }
    }
}

/// A port that nobody listens at.
pub(super) fn free_port() -> u16 {
    TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap().local_addr().unwrap().port()
}
