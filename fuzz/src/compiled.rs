//! From sources to the generated file: everything but what node makes of it.

use std::collections::{BTreeMap, BTreeSet};

use ecosystem_core::diagnostic::{Checked, Diagnostic, Source};
use ecosystem_core::expand::Surroundings;
use ecosystem_core::model::{Daemon, Ecosystem, Owner};
use ecosystem_core::pm2::{self, Machine};
use ecosystem_core::render::{GeneratedBy, Layout, is_current, render};
use ecosystem_core::validate::compile_in;

/// What stands between the sources in the bytes: the daemon's, `defaults.edn`, and a file that it may include.
const BETWEEN: &str = "\n----\n";

/// The folder of the tree, which is its base too.
pub const ROOT: &str = "/tree";

/// The daemon's folder below it.
const DAEMON: &str = "web";

/// What may be said of a source is bounded by its length; references may bring in the same mistake again and again.
const MOST_PROBLEMS: usize = 1_000;

/// Any sources are whole or broken, never both and never neither; what is said of them points into them, and is no more
/// than there is in them; and what is whole can be rendered, and resolved on any machine.
pub fn compiled(bytes: &[u8]) {
    let Checked { output, diagnostics } = compile(bytes);
    assert_eq!(output.daemons.len() + output.broken.len(), 1, "whole, or broken");
    assert_eq!(diagnostics.iter().any(Diagnostic::is_error), !output.broken.is_empty(), "{diagnostics:?}");
    assert!(diagnostics.len() <= MOST_PROBLEMS + bytes.len(), "{} problems", diagnostics.len());
    let sources = Sources::of(bytes);
    diagnostics.iter().for_each(|diagnostic| sources.points_into(diagnostic));
    for daemon in output.daemons.values() {
        let text = generated(daemon);
        assert!(is_current(&text, &text), "its header is of another text");
        let names: BTreeSet<&str> = daemon.apps.iter().map(|app| app.name.as_str()).collect();
        assert_eq!(names.len(), daemon.apps.len(), "names are distinct");
        // As on a machine where nothing was looked up.
        for app in &daemon.apps {
            let _ = pm2::resolve(&daemon.id, app, &machine());
        }
    }
}

/// What the bytes say as a tree of one daemon.
pub fn compile(bytes: &[u8]) -> Checked<Ecosystem> {
    let Sources { tree, included } = Sources::of(bytes);
    let surroundings = Surroundings {
        profile: Some("dev".to_owned()),
        hostname: "host".to_owned(),
        included: [(included.path, Ok(included.contents))].into(),
        ..Surroundings::default()
    };
    compile_in(&tree, &surroundings)
}

/// The text of a daemon's generated file.
pub fn generated(daemon: &Daemon) -> String {
    let by = GeneratedBy {
        version: "0.1.0".to_owned(),
        time: "2026-01-02T03:04:05Z".to_owned(),
        layout: Layout::default(),
    };
    render(daemon, &by)
}

fn machine() -> Machine {
    Machine {
        owner: Owner::new(ROOT),
        base: ROOT.into(),
        pm2_home: "/home/.pm2".into(),
        pm2_version: "7.0.4".to_owned(),
        pm2_lib: None,
        node: "/bin/node".into(),
        cpus: 2,
        username: "somebody".to_owned(),
        is_root: false,
        daemon_env: BTreeMap::new(),
        programs: BTreeMap::new(),
        files: BTreeMap::new(),
        env_files: BTreeMap::new(),
        environment: BTreeMap::new(),
        users: BTreeMap::new(),
        groups: BTreeMap::new(),
    }
}

struct Sources {
    tree: Vec<Source>,
    included: Source,
}

impl Sources {
    fn of(bytes: &[u8]) -> Self {
        let (daemon, rest) = split(bytes);
        let (defaults, included) = split(rest.unwrap_or_default());
        let source = |path: String, contents: &[u8]| Source { path, contents: contents.to_vec() };
        let mut tree = vec![source(format!("{DAEMON}/ecosystem.edn"), daemon)];
        if !defaults.is_empty() {
            tree.push(source("defaults.edn".to_owned(), defaults));
        }
        Self { tree, included: source(format!("{DAEMON}/shared.edn"), included.unwrap_or_default()) }
    }

    fn points_into(&self, diagnostic: &Diagnostic) {
        for label in &diagnostic.labels {
            let source = self.tree.iter().chain([&self.included]).find(|source| source.path == label.path);
            let length = source.map(|source| source.contents.len());
            assert!(length.is_some_and(|length| label.span.end <= length), "{diagnostic:?}");
        }
    }
}

fn split(bytes: &[u8]) -> (&[u8], Option<&[u8]>) {
    match bytes.windows(BETWEEN.len()).position(|window| window == BETWEEN.as_bytes()) {
        Some(at) => (&bytes[..at], Some(&bytes[at + BETWEEN.len()..])),
        None => (bytes, None),
    }
}
