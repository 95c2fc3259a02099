//! What `init` and `new` have in common: a source that is checked before it is written, and the commands to type next.

use camino::{Utf8Path, Utf8PathBuf};
use ecosystem_core::Source;
use ecosystem_core::converge::{HostError, Reading, Tree, read};
use ecosystem_core::diagnostic::Diagnostic;
use ecosystem_core::model::DaemonId;
use ecosystem_core::os::new_file::{self, Begun};
use ecosystem_core::os::place::{Place, variable};
use ecosystem_core::os::{program, tree};

use crate::exit::Failure;
use crate::show::{printable_line, shell};

/// What there is to say of a new source, had the tree had it already.
#[derive(Clone)]
pub(super) struct Judged {
    sources: Vec<Source>,
    /// What is about the new source, and not about the rest of the tree.
    pub(super) diagnostics: Vec<Diagnostic>,
}

/// Reads the tree and the new source as one, so that names that clash are seen before anything is written.
pub(super) fn judge(place: &Place, id: &DaemonId, text: &str) -> Result<Judged, HostError> {
    judge_all(place, &[(id.clone(), text.to_owned())])
}

impl Judged {
    /// Whether something is wrong with the source of this daemon.
    pub(super) fn blames(&self, id: &DaemonId) -> bool {
        let path = id.source_path();
        let in_it = |it: &Diagnostic| it.labels.first().is_some_and(|label| label.path == path);
        self.diagnostics.iter().any(|it| it.is_error() && in_it(it))
    }

    pub(super) fn has_errors(&self) -> bool {
        self.diagnostics.iter().any(Diagnostic::is_error)
    }

    pub(super) fn show(&self) -> std::io::Result<()> {
        crate::show::diagnostics::show(&self.diagnostics, &self.sources)
    }

    pub(super) fn json(&self) -> serde_json::Value {
        crate::show::json::diagnostics(&self.diagnostics, &self.sources)
    }
}

/// The daemon that a command line names, at a place where the tree is looked into.
///
/// # Errors
/// No path of a folder below the root, or one that is never entered when the tree is read.
pub(super) fn new_daemon(root: &Utf8Path, id: &str) -> Result<DaemonId, Failure> {
    let refuse = |why: &str| Err(Failure::Usage(format!("{} cannot be a daemon: {why}", printable_line(id))));
    let mut path = root.to_owned();
    for name in id.split('/') {
        match name {
            "" | "." | ".." => return refuse("name a folder below the tree, such as services/web"),
            _ if tree::SKIPPED.contains(&name) => {
                return refuse(&format!("folders named {name} are not looked into"));
            }
            _ if name.chars().any(char::is_control) => return refuse("it holds a control character"),
            _ => path.push(name),
        }
        match std::fs::symlink_metadata(&path) {
            Ok(found) if found.is_symlink() => {
                return refuse(&format!("{path} is a link, which is not followed"));
            }
            Ok(found) if !found.is_dir() => return refuse(&format!("{path} is no folder")),
            _ => {}
        }
    }
    Ok(DaemonId::new(id))
}

/// The same for several sources, in a tree that need not be there yet.
pub(super) fn judge_all(place: &Place, texts: &[(DaemonId, String)]) -> Result<Judged, HostError> {
    let mut tree = if place.root.exists() { place.tree()? } else { Tree::default() };
    tree.sources.extend(texts.iter().map(|(id, text)| Source::new(id.source_path(), text.as_str())));
    let Reading { sources, mut diagnostics, .. } = read(tree);
    let is_new = |path: &String| texts.iter().any(|(id, _)| id.source_path() == *path);
    diagnostics.retain(|it| it.labels.first().is_some_and(|label| is_new(&label.path)));
    Ok(Judged { sources, diagnostics })
}

/// Writes a new daemon's source.
pub(super) fn write(root: &Utf8Path, id: &DaemonId, text: &str) -> Result<Begun, HostError> {
    new_file::write(&root.join(id.source_path()), text)
}

/// The way to call this program: by its name where PATH has it, else by its path.
pub(super) fn own_program() -> String {
    let name = env!("CARGO_PKG_NAME");
    match on_path(name) {
        Some(_) => name.to_owned(),
        None => own_folder().map_or_else(|| name.to_owned(), |folder| folder.join(name).into_string()),
    }
}

/// The folder of this program.
pub(super) fn own_folder() -> Option<Utf8PathBuf> {
    let program = Utf8PathBuf::from_path_buf(std::env::current_exe().ok()?).ok()?;
    program.parent().map(Utf8Path::to_owned)
}

pub(super) fn on_path(program: &str) -> Option<program::Program> {
    program::on_path(program, &variable("PATH")?)
}

/// How a command line names a tree that was named this way.
pub(super) fn tree_words<'a>(
    root: &'a str,
    base: Option<&'a str>,
    owner: Option<&'a str>,
) -> impl Iterator<Item = &'a str> {
    let option =
        |name: &'static str, value: Option<&'a str>| value.into_iter().flat_map(move |it| [name, it]);
    std::iter::once(root).chain(option("--base", base)).chain(option("--owner", owner))
}

/// Lines of a command to type next, made fit for a terminal.
pub(super) fn shown(commands: &[String]) -> String {
    commands.iter().map(|command| format!("  {}\n", printable_line(command))).collect()
}

/// A command line of this program.
pub(super) fn own_line<'a>(words: impl IntoIterator<Item = &'a str>) -> String {
    let words: Vec<&str> = words.into_iter().collect();
    format!("{} {}", shell::line([own_program().as_str()]), shell::line(words))
}
