//! Renders one daemon to the config file that PM2 loads, and prints it.
//!
//! `cargo run -p ecosystem-core --example render`

#![allow(clippy::disallowed_methods, reason = "an example shows its result; the core itself prints nothing")]

use std::io::{self, Write};

use ecosystem_core::compile;
use ecosystem_core::diagnostic::Source;

fn main() -> io::Result<()> {
    let text = include_str!("daemons/mail/post/ecosystem.edn");
    let checked = compile(&[Source::new("mail/post/ecosystem.edn", text)]);

    let mut out = io::stdout().lock();
    for daemon in checked.output.daemons.values() {
        out.write_all(ecosystem_core::render::render(daemon, &generated_by()).as_bytes())?;
    }
    Ok(())
}
