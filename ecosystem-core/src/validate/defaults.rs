//! `defaults.edn`: what every app below a folder has unless it says otherwise.

use std::collections::{BTreeMap, BTreeSet};

use crate::diagnostic::{Diagnostic, Source, Span};
use crate::edn::{Entry, Node, Value};
use crate::expand::{Expanded, SourceMap, Surroundings, expand, shifted};
use crate::model::{DaemonId, TreeSettings};

use super::report::Reporter;
use super::spelling::{Field, Vocabulary, fields};
use super::{apps, codes, late, layers, own_keys, settings};

/// The name of a file of defaults.
pub const DEFAULTS_FILE: &str = "defaults.edn";

const KEYS: &[&str] = &["defaults", "owner", "base", "prune"];
const EXAMPLE: &str = "write {:defaults {:max-restarts 10}}";

/// Every file of defaults of a tree.
#[derive(Debug, Default)]
pub(super) struct Defaults {
    /// By folder; empty for the root's.
    files: BTreeMap<String, File>,
    /// What the root's says of the tree.
    pub(super) settings: TreeSettings,
    /// Whether one of them says something of the profile that is asked for.
    pub(super) knows_profile: bool,
    /// What they include.
    pub(super) includes: BTreeSet<String>,
    /// What is wrong with any of them.
    pub(super) diagnostics: Vec<Diagnostic>,
}

#[derive(Debug)]
struct File {
    path: String,
    expanded: Expanded,
    broken: bool,
}

/// What one daemon's apps are laid over.
#[derive(Debug, Default)]
pub(super) struct Below {
    /// Keys of apps with their values, the nearest folder's over those further up.
    pub(super) entries: Vec<Entry>,
    /// The files, each with the offset from which on its nodes lie.
    pub(super) files: Vec<(usize, String)>,
    /// Whether it cannot be said: a file is broken, or could not be looked at.
    pub(super) unknown: bool,
}

impl Defaults {
    /// Reads those among the sources of a tree.
    pub(super) fn read(sources: &[Source], surroundings: &Surroundings) -> Self {
        let mut defaults = Self::default();
        for source in sources.iter().filter(|source| file_name(&source.path) == DEFAULTS_FILE) {
            let folder = DaemonId::of_source(&source.path);
            let (file, settings) =
                File::read(source, folder.as_str(), surroundings, &mut defaults.diagnostics);
            if folder.as_str().is_empty() {
                defaults.settings = settings;
            }
            defaults.knows_profile |= file.expanded.knows_profile;
            defaults.includes.extend(file.expanded.includes.iter().cloned());
            defaults.files.insert(folder.as_str().to_owned(), file);
        }
        defaults
    }

    /// What holds for a daemon: from the root's defaults down to those in its own folder, moved into its map.
    pub(super) fn below(&self, id: &DaemonId, surroundings: &Surroundings, map: &mut SourceMap) -> Below {
        let mut below = Below::default();
        for folder in id.folders() {
            below.unknown |= cannot_be_seen(folder, surroundings);
            let Some(file) = self.files.get(folder) else { continue };
            below.unknown |= file.broken;
            let shift = map.append(&file.expanded.map);
            let root = file.expanded.root.as_ref();
            if let Some(entries) = root.and_then(|root| root.get("defaults")).and_then(Node::as_map) {
                let moved = Node { span: Span::default(), value: Value::Map(entries.to_vec()) };
                let moved = shifted(moved, shift);
                below.entries = layers::app_over(&below.entries, moved.as_map().unwrap_or_default());
            }
            below.files.push((shift, file.path.clone()));
        }
        below.entries = layers::without_nils(below.entries);
        below
    }

    /// Whether the root's are broken: what is to become of removed apps is not known then.
    pub(super) fn root_is_broken(&self) -> bool {
        self.files.get("").is_some_and(|file| file.broken)
    }
}

/// What a tree's own `defaults.edn` says of the tree, as far as it can be read.
///
/// For whoever has to know whose tree it is before reading it; [`compile`](super::compile) says what is wrong with it.
#[must_use]
pub fn tree_settings(source: &Source) -> TreeSettings {
    File::read(source, "", &Surroundings::default(), &mut Vec::new()).1
}

/// The last part of a path.
pub(crate) fn file_name(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or_default()
}

/// Whether there may be defaults in a folder that could not be looked at.
fn cannot_be_seen(folder: &str, surroundings: &Surroundings) -> bool {
    let file = DaemonId::new(folder).join(DEFAULTS_FILE);
    surroundings.unreadable.contains(folder) || surroundings.unreadable.contains(&file)
}

impl File {
    fn read(
        source: &Source,
        folder: &str,
        surroundings: &Surroundings,
        diagnostics: &mut Vec<Diagnostic>,
    ) -> (Self, TreeSettings) {
        let read = expand(source, surroundings);
        let mut reporter = Reporter::new(&read.output.map);
        let settings = match &read.output.root {
            Some(root) => from_root(root, folder.is_empty(), &mut reporter),
            None => TreeSettings::default(),
        };
        let mut found = read.diagnostics;
        found.extend(reporter.into_diagnostics());
        let broken = found.iter().any(Diagnostic::is_error);
        diagnostics.extend(found);
        (Self { path: source.path.clone(), expanded: read.output, broken }, settings)
    }
}

fn from_root(root: &Node, is_trees: bool, reporter: &mut Reporter<'_>) -> TreeSettings {
    super::forbidden::report(root, reporter);
    let mut settings = TreeSettings::default();
    let Value::Map(entries) = &root.value else {
        if late::must_be_known("a file of defaults", root, true, reporter)
            && !matches!(root.value, Value::Tagged(_))
        {
            let message = format!("a file of defaults is a map, not {}", root.value.kind_name());
            reporter.report(codes::ROOT_NOT_A_MAP, root.span, message, root.value.kind_name(), EXAMPLE);
        }
        return settings;
    };
    let read = |spelling: &str| KEYS.iter().copied().find(|name| *name == spelling);
    let vocabulary = Vocabulary {
        what: "a file of defaults",
        names: KEYS,
        read: &read,
        unknown: codes::UNKNOWN_DEFAULTS_KEY,
    };
    for field in fields(entries, &vocabulary, reporter) {
        if field.key == "defaults" {
            apps::defaults(&field.spelled, field.value, reporter);
        } else if is_trees {
            of_tree(&field, &mut settings, reporter);
        } else {
            let message = format!("`{}` holds for the whole tree", field.spelled);
            let hint = "write it into the `defaults.edn` in the root of the tree";
            reporter.report(codes::ROOT_ONLY_KEY, field.key_span, message, "not in a folder below", hint);
        }
    }
    settings
}

fn of_tree(field: &Field<'_, &'static str>, settings: &mut TreeSettings, reporter: &mut Reporter<'_>) {
    let (what, node) = (field.spelled.as_str(), field.value);
    match field.key {
        "owner" => settings.owner = owner(what, node, reporter),
        "base" => settings.base = base(what, node, reporter),
        _ => settings.prune = own_keys::prune(what, node, reporter),
    }
}

fn owner(what: &str, node: &Node, reporter: &mut Reporter<'_>) -> Option<String> {
    late::must_be_known(what, node, false, reporter).then_some(())?;
    let owner = settings::text(what, node, reporter)?;
    if owner.chars().any(char::is_control) {
        let hint = "choose a short text, such as the name of the project";
        let message = format!("`{what}` holds a control character");
        reporter.report(codes::BAD_CHOICE, node.span, message, "not an id", hint);
        return None;
    }
    Some(owner)
}

fn base(what: &str, node: &Node, reporter: &mut Reporter<'_>) -> Option<String> {
    late::must_be_known(what, node, false, reporter).then_some(())?;
    let base = settings::text(what, node, reporter)?;
    if base.starts_with('~') {
        let message = format!("`{what}` starts with ~, which nothing expands here");
        let hint = "write a path relative to the root of the tree, such as \"../..\"";
        reporter.report(codes::CWD_TILDE, node.span, message, "a folder named ~", hint);
        return None;
    }
    Some(base)
}
