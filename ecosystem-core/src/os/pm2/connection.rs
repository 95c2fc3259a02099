//! One connection to PM2's daemon: bytes out, bytes in, each call against a deadline.

use std::io::{self, ErrorKind, Read, Write};
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;
use std::time::Duration;

use camino::Utf8Path;
use rustix::net::{self, AddressFamily, SocketAddrUnix, SocketFlags, SocketType, sockopt};
use rustix::process::{Pid, geteuid};
use serde::de::DeserializeOwned;

use super::call::Call;
use super::deadline::Deadline;
use super::error::ClientError;
use super::frame::Decoder;
use super::message::{self, Reply};

/// How much is read at once; a list of 100 apps is 123 KB.
pub(super) const READ_SIZE: usize = 64 * 1024;

/// A connected stream on which calls are made one after the other.
#[derive(Debug)]
pub(super) struct Connection {
    stream: UnixStream,
    decoder: Decoder,
    peer: Pid,
    calls: u64,
    /// What was sent or read last is cut off somewhere: nothing said after it would be understood.
    broken: bool,
}

/// A call whose results nobody has waited for yet.
#[derive(Debug)]
pub(super) struct Begun {
    id: String,
    method: &'static str,
    deadline: Deadline,
}

impl Connection {
    /// Connects as [`open`] does.
    pub(super) fn open(socket: &Utf8Path, limit: Duration) -> Result<Self, ClientError> {
        let (stream, peer) = open(socket, limit)?;
        Ok(Self { stream, decoder: Decoder::default(), peer, calls: 0, broken: false })
    }

    /// The process that listens, as the system knows it.
    pub(super) fn peer(&self) -> Pid {
        self.peer
    }

    /// Makes one call and waits for its results.
    pub(super) fn call<T: DeserializeOwned>(
        &mut self,
        call: &Call<'_>,
        limit: Duration,
    ) -> Result<Vec<T>, ClientError> {
        let begun = self.begin(call, limit)?;
        self.end(begun)
    }

    /// Makes one call, and leaves it to [`end`](Connection::end) to wait for its results.
    pub(super) fn begin(&mut self, call: &Call<'_>, limit: Duration) -> Result<Begun, ClientError> {
        let method = call.method();
        if self.broken {
            return Err(ClientError::Lost { method });
        }
        self.calls += 1;
        let id = format!("{}:{}", std::process::id(), self.calls);
        let request = message::request(&id, method, &call.arguments())
            .map_err(|error| ClientError::Refused { method, message: format!("the request has {error}") })?;
        let deadline = Deadline::after(limit);
        self.send(&request, deadline).map_err(|error| self.give_up(method, &error, deadline))?;
        Ok(Begun { id, method, deadline })
    }

    /// Waits for the results of the call that was begun last.
    pub(super) fn end<T: DeserializeOwned>(&mut self, begun: Begun) -> Result<Vec<T>, ClientError> {
        let Begun { id, method, deadline } = begun;
        let reply = self.receive(&id, method, deadline)?;
        reply.outcome.map_err(|message| ClientError::Refused { method, message })
    }

    fn send(&mut self, mut bytes: &[u8], deadline: Deadline) -> io::Result<()> {
        // Until the last byte is out, whatever would be sent next would be taken for the rest of this.
        self.broken = true;
        while !bytes.is_empty() {
            self.stream.set_write_timeout(Some(left(deadline)?))?;
            match self.stream.write(bytes) {
                Ok(0) => return Err(ErrorKind::WriteZero.into()),
                Ok(written) => bytes = bytes.get(written..).unwrap_or_default(),
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        self.broken = false;
        Ok(())
    }

    /// Replies to calls that timed out before may still come; they have other ids and are dropped.
    fn receive<T: DeserializeOwned>(
        &mut self,
        id: &str,
        method: &'static str,
        deadline: Deadline,
    ) -> Result<Reply<T>, ClientError> {
        loop {
            match self.decode() {
                Ok(Some(reply)) if reply.id == id => return Ok(reply),
                Ok(Some(_)) => {}
                Ok(None) => self.read(deadline).map_err(|error| self.give_up(method, &error, deadline))?,
                Err(what) => {
                    self.broken = true;
                    return Err(ClientError::Protocol { method, what });
                }
            }
        }
    }

    fn decode<T: DeserializeOwned>(&mut self) -> Result<Option<Reply<T>>, String> {
        let frame = self.decoder.next_borrowed().map_err(|error| error.to_string())?;
        frame.map(|arguments| Reply::decode(&arguments)).transpose()
    }

    fn read(&mut self, deadline: Deadline) -> io::Result<()> {
        let mut buffer = [0; READ_SIZE];
        self.stream.set_read_timeout(Some(left(deadline)?))?;
        match self.stream.read(&mut buffer) {
            Ok(0) => Err(ErrorKind::UnexpectedEof.into()),
            Ok(read) => {
                self.decoder.push(buffer.get(..read).unwrap_or_default());
                Ok(())
            }
            Err(error) if error.kind() == ErrorKind::Interrupted => Ok(()),
            Err(error) => Err(error),
        }
    }

    /// A timeout leaves the connection usable (unless half a request went out): PM2 may only have been busy.
    fn give_up(&mut self, method: &'static str, error: &io::Error, deadline: Deadline) -> ClientError {
        if is_timeout(error) {
            return ClientError::Timeout { method, after: deadline.limit() };
        }
        self.broken = true;
        ClientError::Lost { method }
    }
}

/// Connects, and makes sure that the listener is this user or root; with the listener's pid.
pub(super) fn open(socket: &Utf8Path, limit: Duration) -> Result<(UnixStream, Pid), ClientError> {
    let connected = connect(socket, limit).and_then(|fd| Ok((sockopt::socket_peercred(&fd)?, fd)));
    let (peer, fd) = connected.map_err(|source| unreachable(socket, source, limit))?;
    let uid = peer.uid.as_raw();
    if !is_trusted(uid, geteuid().as_raw()) {
        return Err(ClientError::NotOurs { socket: socket.to_owned(), uid });
    }
    Ok((UnixStream::from(fd), peer.pid))
}

/// Root could do anything to us anyway; anybody else could only have put the socket there to deceive.
fn is_trusted(peer: u32, own: u32) -> bool {
    peer == own || peer == 0
}

fn left(deadline: Deadline) -> io::Result<Duration> {
    deadline.remaining().ok_or_else(|| ErrorKind::TimedOut.into())
}

fn is_timeout(error: &io::Error) -> bool {
    matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut)
}

/// Connecting blocks while a frozen daemon's queue of connections is full, and `UnixStream::connect` would
/// block for ever; the send timeout of a socket bounds connecting too (unix(7) and `SO_SNDTIMEO` in socket(7)).
fn connect(socket: &Utf8Path, limit: Duration) -> io::Result<OwnedFd> {
    let address = SocketAddrUnix::new(socket.as_std_path())?;
    let fd = net::socket_with(AddressFamily::UNIX, SocketType::STREAM, SocketFlags::CLOEXEC, None)?;
    sockopt::set_socket_timeout(&fd, sockopt::Timeout::Send, Some(limit))?;
    net::connect(&fd, &address)?;
    Ok(fd)
}

fn unreachable(socket: &Utf8Path, source: io::Error, after: Duration) -> ClientError {
    let socket = socket.to_owned();
    match source.kind() {
        ErrorKind::NotFound | ErrorKind::ConnectionRefused => ClientError::NotRunning { socket },
        ErrorKind::PermissionDenied => ClientError::Denied { socket },
        _ if is_timeout(&source) => ClientError::Timeout { method: "connect", after },
        _ => ClientError::Unreachable { socket, source },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_this_user_and_root_are_trusted() {
        assert!(is_trusted(1000, 1000));
        assert!(is_trusted(0, 1000));
        assert!(!is_trusted(1001, 1000));
        assert!(!is_trusted(1001, 0));
    }

    #[test]
    fn the_system_s_reasons_become_ours() {
        let reason = |kind: ErrorKind| unreachable(Utf8Path::new("/h/rpc.sock"), kind.into(), Duration::ZERO);
        assert!(matches!(reason(ErrorKind::NotFound), ClientError::NotRunning { .. }));
        assert!(matches!(reason(ErrorKind::ConnectionRefused), ClientError::NotRunning { .. }));
        assert!(matches!(reason(ErrorKind::PermissionDenied), ClientError::Denied { .. }));
        assert!(matches!(reason(ErrorKind::WouldBlock), ClientError::Timeout { .. }));
        assert!(matches!(reason(ErrorKind::InvalidInput), ClientError::Unreachable { .. }));
    }
}
