//! Plans what would make a saved process list equal to a tree, and prints it.
//!
//! `cargo run -p ecosystem-core --example plan`

#![allow(clippy::disallowed_methods, reason = "an example shows its result; the core itself prints nothing")]

use std::collections::BTreeMap;
use std::error::Error;
use std::io::{self, Write};

use ecosystem_core::compile;
use ecosystem_core::diagnostic::Source;
use ecosystem_core::model::{Ecosystem, Owner};
use ecosystem_core::plan::{Desired, Inventory, Policy, plan};
use ecosystem_core::pm2::observed::Observed;
use ecosystem_core::pm2::{FileKind, Machine, questions};

fn main() -> Result<(), Box<dyn Error>> {
    let text = include_str!("daemons/services/web/ecosystem.edn");
    let ecosystem = compile(&[Source::new("services/web/ecosystem.edn", text)]).output;
    let desired = Desired::new(&ecosystem, &machine(&ecosystem));
    let observed = Observed::read(serde_json::from_str(include_str!("process-list.json"))?)?;

    let mut out = io::stdout().lock();
    for step in plan(&desired, &observed, &Inventory::default(), &Policy::default()).steps {
        let reasons: Vec<String> = step.reasons.iter().map(ToString::to_string).collect();
        writeln!(
            out,
            "{} {} {}: {}",
            step.action.symbol(),
            step.app,
            step.action.verb(),
            reasons.join("; ")
        )?;
    }
    Ok(())
}

/// What a definition needs to know of the machine. A program with effects looks it up; here it is made up: every
/// script is there, every program is in `/usr/bin`.
fn machine(ecosystem: &Ecosystem) -> Machine {
    let questions = questions(ecosystem, "/srv/demo".into(), &BTreeMap::new());
    let kind = |path: &str| if path.ends_with(".mjs") { FileKind::Text } else { FileKind::Folder };
    let program = |name: &String| (name.clone(), Some(format!("/usr/bin/{name}").into()));
    Machine {
        owner: Owner::new("demo"),
        base: "/srv/demo".into(),
        pm2_home: "/home/demo/.pm2".into(),
        pm2_version: "7.0.4".to_owned(),
        pm2_lib: None,
        node: "/usr/bin/node".into(),
        cpus: 2,
        username: "demo".to_owned(),
        is_root: false,
        daemon_env: BTreeMap::from([("PATH".to_owned(), "/usr/bin:/bin".to_owned())]),
        programs: questions.programs.iter().map(program).collect(),
        files: questions.files.iter().map(|path| (path.clone(), kind(path.as_str()))).collect(),
        env_files: BTreeMap::new(),
        environment: BTreeMap::new(),
        users: BTreeMap::new(),
        groups: BTreeMap::new(),
    }
}
