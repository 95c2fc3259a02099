//! Nodes to the model: every problem of a whole tree at once.
//!
//! A source goes through four steps: what may stand nowhere (`forbidden`), its root map (`daemon`), its apps
//! (`apps`, with one module per concern of a key), and what is right but hardly meant (`advice`). Then the tree
//! is looked at as a whole (`tree`, `dependencies`, `sharing`). Nothing here does I/O, and nothing is evaluated.

mod advice;
mod apps;
pub mod codes;
mod daemon;
mod defaults;
mod dependencies;
mod draft;
mod env;
mod forbidden;
mod json;
mod late;
mod layers;
mod names;
mod numbers;
mod own_keys;
mod probes;
mod profiles;
mod report;
mod settings;
mod sharing;
mod spelling;
mod strays;
mod template;
mod tree;
mod words;

#[cfg(test)]
mod tests;

use std::collections::BTreeSet;
use std::mem;
use std::sync::Arc;

use crate::diagnostic::{Checked, Diagnostic, Source};
use crate::expand::{Expanded, SourceMap, Surroundings, expand, shifted};
use crate::model::{AppName, Broken, DaemonId, Ecosystem, Layer, Origins, Piece, Pieces};
use crate::workers::{InTurn, Workers};

pub use defaults::{DEFAULTS_FILE, tree_settings};
pub(crate) use own_keys::own_key_names;

pub(crate) use defaults::file_name;
pub(crate) use late::may_refer;

use defaults::Defaults;
use dependencies::Besides;
use draft::{AppDraft, DaemonDraft};
use report::Reporter;
use tree::Placed;

/// The name of a daemon's source.
const DAEMON_FILE: &str = "ecosystem.edn";

/// Reads and validates a whole tree.
///
/// A source named exactly `ecosystem.edn` is a daemon. One with an error is kept in [`Ecosystem::broken`] and
/// hampers no other, except where two of them cannot both be right: an app name declared twice breaks both. A
/// `defaults.edn` is laid below every app of its folder and of those within; one with an error breaks all of them.
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
    compile_in(sources, &Surroundings::default())
}

/// The same in given surroundings: what else decides what the sources say comes in as a value.
pub fn compile_in(sources: &[Source], surroundings: &Surroundings) -> Checked<Ecosystem> {
    compile_by(sources, surroundings, &InTurn)
}

/// The same by these workers.
pub fn compile_by(
    sources: &[Source],
    surroundings: &Surroundings,
    workers: &impl Workers,
) -> Checked<Ecosystem> {
    let defaults = Defaults::read(sources, surroundings);
    let sought: Vec<_> = sources.iter().filter(|source| file_name(&source.path) == DAEMON_FILE).collect();
    let mut daemons = workers.each(&sought, |source| Read::daemon(source, &defaults, surroundings));
    let apps: Vec<_> = daemons.iter().enumerate().flat_map(|(index, daemon)| daemon.apps(index)).collect();
    let mut diagnostics = sharing::check(&apps);
    let besides = besides(&daemons, surroundings);
    let blamed = [tree::check(&apps), dependencies::check(&apps, &besides)].concat();
    for blamed in blamed {
        if let Some(daemon) = daemons.get_mut(blamed.daemon) {
            daemon.diagnostics.push(blamed.diagnostic);
        }
    }
    let taken = |path: &str| sources.iter().any(|source| source.path == path);
    let includes: BTreeSet<&String> =
        daemons.iter().flat_map(|daemon| &daemon.includes).chain(&defaults.includes).collect();
    let others = sources.iter().filter(|source| !has_a_part(source) && !includes.contains(&source.path));
    diagnostics.extend(others.filter_map(|source| strays::warning(source, taken)));
    diagnostics.extend(defaults.diagnostics.iter().cloned());
    diagnostics.extend(daemons.iter().flat_map(|daemon| daemon.diagnostics.iter().cloned()));
    let mut checked = Checked::new(ecosystem(daemons, &defaults, surroundings), diagnostics);
    // What stands in defaults is looked at for each app below them.
    checked.diagnostics.dedup();
    checked
}

/// What a tree may have besides the apps that could be read.
fn besides<'d>(daemons: &'d [Read<'_>], surroundings: &Surroundings) -> Besides<'d> {
    let off = daemons.iter().flat_map(|read| read.draft.apps.iter().filter(|app| !app.is_enabled()));
    let broken = daemons.iter().enumerate().filter(|(_, read)| read.is_broken());
    let included = |path: &String| matches!(surroundings.included.get(path), Some(Ok(_)));
    Besides {
        switched_off: off.filter_map(|app| Some(app.name.as_ref()?.value.as_str())).collect(),
        unseen: !surroundings.unreadable.is_empty()
            || broken.clone().any(|(_, read)| !read.includes.iter().all(included)),
        broken: broken
            .map(|(index, read)| (index, broken_source(read.source, &read.includes, surroundings)))
            .collect(),
    }
}

/// Whether a source is one that is read for what it is named.
fn has_a_part(source: &Source) -> bool {
    [DAEMON_FILE, DEFAULTS_FILE].contains(&file_name(&source.path))
}

/// One daemon, as far as it can be read.
struct Read<'s> {
    source: &'s Source,
    map: SourceMap,
    includes: BTreeSet<String>,
    /// The files of defaults among those that it is put together from, each with its first offset.
    defaults: Vec<(usize, String)>,
    /// Whether it says something of the profile that is asked for.
    knows_profile: bool,
    /// Where its own source begins.
    start: usize,
    draft: DaemonDraft,
    /// Whether what it is laid over is not known.
    unknown: bool,
    diagnostics: Vec<Diagnostic>,
}

impl<'s> Read<'s> {
    /// Reads a daemon: a function of its source, the defaults above it, and the surroundings.
    fn daemon(source: &'s Source, defaults: &Defaults, surroundings: &Surroundings) -> Self {
        let mut map = SourceMap::default();
        let below = defaults.below(&DaemonId::of_source(&source.path), surroundings, &mut map);
        let Checked { output: Expanded { root, map: own, includes, knows_profile }, mut diagnostics } =
            expand(source, surroundings);
        let start = map.append(&own);
        let mut reporter = Reporter::new(&map);
        let profile = surroundings.profile.as_deref();
        let draft = match root {
            Some(root) => daemon::daemon(&shifted(root, start), &below.entries, profile, &mut reporter),
            // Its text is wrong, or there is none, and that has been said.
            None => DaemonDraft::default(),
        };
        diagnostics.extend(reporter.into_diagnostics());
        let knows_profile = knows_profile || draft.profile.is_some();
        let (defaults, unknown) = (below.files, below.unknown);
        Self { source, map, includes, defaults, knows_profile, start, draft, unknown, diagnostics }
    }

    fn apps(&self, daemon: usize) -> impl Iterator<Item = Placed<'_>> {
        let enabled = self.draft.apps.iter().filter(|app| app.is_enabled());
        enabled.map(move |app| Placed { daemon, map: &self.map, app })
    }

    fn is_broken(&self) -> bool {
        self.unknown || self.diagnostics.iter().any(Diagnostic::is_error)
    }

    /// Where the values of each app were written, taken from the drafts.
    fn take_origins(&mut self) -> Vec<(AppName, Origins)> {
        let pieces = Arc::new(self.pieces());
        let enabled = self.draft.apps.iter_mut().filter(|app| app.is_enabled());
        let origins = |app: &mut AppDraft| {
            let name = AppName::new(app.name.as_ref()?.value.as_str());
            Some((name, Origins::new(mem::take(&mut app.places), &pieces)))
        };
        enabled.filter_map(origins).collect()
    }

    fn pieces(&self) -> Pieces {
        let piece = |(start, path): (usize, &str)| {
            let before = self.defaults.iter().rev().find(|(defaults, _)| *defaults <= start);
            let layer = match before.filter(|_| start < self.start) {
                Some((_, path)) => Layer::Defaults(path.clone()),
                None => Layer::App,
            };
            Piece { start, path: path.to_owned(), layer }
        };
        Pieces { pieces: self.map.sources().map(piece).collect(), profile: self.draft.profile.clone() }
    }
}

/// Sorts daemons into whole and broken.
fn ecosystem(daemons: Vec<Read<'_>>, defaults: &Defaults, surroundings: &Surroundings) -> Ecosystem {
    let mut ecosystem = Ecosystem {
        unreadable: unreadable(defaults, surroundings),
        settings: defaults.settings.clone(),
        knows_profile: defaults.knows_profile || daemons.iter().any(|daemon| daemon.knows_profile),
        ..Ecosystem::default()
    };
    for mut read in daemons {
        let id = DaemonId::of_source(&read.source.path);
        let origins = read.take_origins();
        let whole = if read.is_broken() { None } else { read.draft.finish(id.clone()) };
        match whole {
            Some(daemon) => {
                ecosystem.origins.extend(origins);
                if !read.includes.is_empty() {
                    ecosystem.includes.insert(id.clone(), read.includes);
                }
                ecosystem.daemons.insert(id, daemon);
            }
            None => {
                let text = broken_source(read.source, &read.includes, surroundings);
                ecosystem.broken.insert(id, text);
            }
        }
    }
    ecosystem
}

/// What a root's defaults say of removed apps counts for as much as the sources that could not be seen.
fn unreadable(defaults: &Defaults, surroundings: &Surroundings) -> BTreeSet<String> {
    let mut unreadable = surroundings.unreadable.clone();
    if defaults.root_is_broken() {
        unreadable.insert(DEFAULTS_FILE.to_owned());
    }
    unreadable
}

/// An app may be named in an included file.
fn broken_source(source: &Source, includes: &BTreeSet<String>, surroundings: &Surroundings) -> Broken {
    let mut text = String::from_utf8_lossy(&source.contents).into_owned();
    let included = includes.iter().filter_map(|path| surroundings.included.get(path)?.as_ref().ok());
    included.for_each(|contents| text.push_str(&String::from_utf8_lossy(contents)));
    Broken { text }
}
