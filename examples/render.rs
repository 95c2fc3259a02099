//! Renders one daemon to the config file that PM2 loads, and prints it.
//!
//! `cargo run -p ecosystem-core --example render`

#![allow(clippy::disallowed_methods, reason = "an example shows its result; the core itself prints nothing")]

use std::io::{self, Write};

use ecosystem_core::compile;
use ecosystem_core::diagnostic::Source;
use ecosystem_core::render::{GeneratedBy, Layout, config_path, render};

fn main() -> io::Result<()> {
    let text = include_str!("daemons/mail/post/ecosystem.edn");
    let checked = compile(&[Source::new("mail/post/ecosystem.edn", text)]);

    let mut out = io::stdout().lock();
    for daemon in checked.output.daemons.values() {
        writeln!(out, "// {}", config_path(&daemon.id))?;
        write!(out, "{}", render(daemon, &generated_by()))?;
    }
    Ok(())
}

/// The core has no clock and does not know where the tree lies: both come from outside.
fn generated_by() -> GeneratedBy {
    GeneratedBy {
        version: "0.1.0".to_owned(),
        time: "2026-01-02T03:04:05Z".to_owned(),
        layout: Layout { root_to_base: "../..".to_owned(), owner: Some("example".to_owned()) },
    }
}
