//! Nodes to the model: every problem of a whole tree at once.
//!
//! A source goes through four steps: what may stand nowhere (`forbidden`), its root map (`daemon`), its apps
//! (`apps`, with one module per concern of a key), and what is right but hardly meant (`advice`). Then the tree
//! is looked at as a whole (`tree`, `sharing`). Nothing here does I/O, and nothing is evaluated.

mod advice;
mod apps;
pub mod codes;
mod daemon;
mod draft;
mod env;
mod forbidden;
mod json;
mod names;
mod numbers;
mod own_keys;
mod probes;
mod report;
mod settings;
mod sharing;
mod spelling;
mod strays;
mod tree;
mod words;

#[cfg(test)]
mod tests;

use std::collections::BTreeSet;

use crate::diagnostic::{Checked, Diagnostic, Source};
use crate::edn;
use crate::model::{Broken, DaemonId, Ecosystem};

pub(crate) use own_keys::own_key_names;

use draft::DaemonDraft;
use report::Reporter;

/// The name of a daemon's source.
const DAEMON_FILE: &str = "ecosystem.edn";

/// Reads and validates a whole tree.
///
/// A source named exactly `ecosystem.edn` is a daemon. One with an error is kept in [`Ecosystem::broken`] and
/// hampers no other, except where two of them cannot both be right: an app name declared twice breaks both.
/// Other `.edn` sources are only warned of where somebody may expect them to have an effect.
///
/// ```
/// use ecosystem_core::{compile, diagnostic::Source};
///
/// let text = "{:apps [{:name \"web\" :script \"server.mjs\" :min-uptime \"10s\"}]}";
/// let checked = compile(&[Source::new("services/web/ecosystem.edn", text)]);
/// assert!(checked.diagnostics.is_empty());
/// let (daemon, app) = checked.output.apps().next().ok_or("no app")?;
/// assert_eq!(daemon.id.as_str(), "services/web");
/// assert_eq!(app.setting("min_uptime"), Some(&10_000.into()));
/// # Ok::<(), &str>(())
/// ```
pub fn compile(sources: &[Source]) -> Checked<Ecosystem> {
    let (daemons, others): (Vec<_>, Vec<_>) = sources.iter().partition(|source| is_daemon(&source.path));
    let mut diagnostics = Vec::new();
    let mut drafts = Vec::new();
    for source in &daemons {
        let draft = read(source);
        diagnostics.extend(draft.diagnostics);
        drafts.push((source.path.as_str(), draft.output));
    }
    let apps = tree::placed(&drafts);
    diagnostics.extend(tree::check(&apps));
    diagnostics.extend(sharing::check(&apps));
    let taken = |path: &str| sources.iter().any(|source| source.path == path);
    diagnostics.extend(others.iter().filter_map(|source| strays::warning(source, taken)));
    Checked::new(ecosystem(&daemons, drafts_of(drafts), &diagnostics), diagnostics)
}

fn is_daemon(path: &str) -> bool {
    path.rsplit('/').next() == Some(DAEMON_FILE)
}

/// One source, as far as it can be read.
fn read(source: &Source) -> Checked<DaemonDraft> {
    let node = edn::read(source);
    let mut reporter = Reporter::new(&source.path);
    let draft = match &node.output {
        Some(root) => daemon::daemon(root, &mut reporter),
        None => {
            if !node.has_errors() {
                daemon::nothing(&mut reporter);
            }
            DaemonDraft::default()
        }
    };
    let mut diagnostics = node.diagnostics;
    diagnostics.extend(reporter.into_diagnostics());
    Checked::new(draft, diagnostics)
}

fn drafts_of(drafts: Vec<(&str, DaemonDraft)>) -> Vec<DaemonDraft> {
    drafts.into_iter().map(|(_, draft)| draft).collect()
}

/// Sorts daemons into whole and broken: a daemon is broken if an error has its primary place in its source.
fn ecosystem(sources: &[&Source], drafts: Vec<DaemonDraft>, diagnostics: &[Diagnostic]) -> Ecosystem {
    let errors = diagnostics.iter().filter(|diagnostic| diagnostic.is_error());
    let wrong: BTreeSet<&str> =
        errors.filter_map(|error| error.labels.first()).map(|label| label.path.as_str()).collect();
    let mut ecosystem = Ecosystem::default();
    for (source, draft) in sources.iter().zip(drafts) {
        let id = DaemonId::of_source(&source.path);
        let daemon = if wrong.contains(source.path.as_str()) { None } else { draft.finish(id.clone()) };
        match daemon {
            Some(daemon) => drop(ecosystem.daemons.insert(id, daemon)),
            None => drop(ecosystem.broken.insert(id, broken(source))),
        }
    }
    ecosystem
}

fn broken(source: &Source) -> Broken {
    Broken { text: String::from_utf8_lossy(&source.contents).into_owned() }
}
