//! Asking by `GET`.

use std::io::ErrorKind;
use std::time::Duration;

use ureq::{Agent, Error};

use super::Reply;

/// Whether the address answers with a status of 200 to 399. The body is not read.
pub(super) fn get(url: &str, timeout: Duration) -> Reply {
    let config = Agent::config_builder()
        .timeout_global(Some(timeout))
        // A redirection is an answer. Following it could leave the machine.
        .max_redirects(0)
        .max_redirects_will_error(false)
        .http_status_as_error(false)
        // The app is asked, not somebody between.
        .proxy(None)
        .user_agent(concat!("ecosystem/", env!("CARGO_PKG_VERSION")))
        .build();
    match Agent::new_with_config(config).get(url).call() {
        Ok(response) if (200..400).contains(&response.status().as_u16()) => Reply::Well,
        Ok(response) => Reply::Ill(format!("GET {url} gives {}", response.status())),
        Err(error) if nobody_listens(&error) => Reply::Nobody(format!("GET {url}: nobody listens there")),
        Err(Error::Timeout(_)) => Reply::Ill(format!("GET {url}: no answer within {timeout:?}")),
        Err(error) => Reply::Ill(format!("GET {url}: {error}")),
    }
}

fn nobody_listens(error: &Error) -> bool {
    match error {
        Error::Io(error) => matches!(error.kind(), ErrorKind::ConnectionRefused | ErrorKind::ConnectionReset),
        Error::ConnectionFailed => true,
        _ => false,
    }
}
