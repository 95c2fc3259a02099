//! Asking by a connection.

use std::io::ErrorKind;
use std::net::{TcpStream, ToSocketAddrs as _};
use std::time::Duration;

use super::Reply;

/// Whether somebody accepts a connection there; at any address of the host, since a program may listen at one of
/// `127.0.0.1` and `::1` alone.
pub(super) fn connect(host: &str, port: u16, timeout: Duration) -> Reply {
    let addresses = match (host, port).to_socket_addrs() {
        Ok(addresses) => addresses,
        Err(error) => return Reply::Ill(format!("{host} is no host that is known here: {error}")),
    };
    let mut last = Reply::Ill(format!("{host} has no address"));
    for address in addresses {
        last = match TcpStream::connect_timeout(&address, timeout) {
            Ok(_) => return Reply::Well,
            Err(error) if error.kind() == ErrorKind::ConnectionRefused => {
                Reply::Nobody(format!("nobody listens at {address}"))
            }
            Err(error) => Reply::Ill(format!("cannot connect to {address}: {error}")),
        };
    }
    last
}
