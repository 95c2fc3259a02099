//! Sources beside the daemons: warned of where somebody may wait for them to have an effect.

use crate::diagnostic::{Diagnostic, Origin, Source, Span};
use crate::edn::{self, Value};

use super::codes;
use super::daemon::apps_key;
use super::report::problem;

/// What there is to say of a source that is no `ecosystem.edn`.
///
/// `taken` tells whether another source has a path.
pub(super) fn warning(source: &Source, taken: impl Fn(&str) -> bool) -> Option<Diagnostic> {
    let (folder, name) =
        source.path.rsplit_once('/').map_or(("", source.path.as_str()), |(folder, name)| (folder, name));
    let stem =
        name.get(..name.len().checked_sub(4)?).filter(|_| name.to_ascii_lowercase().ends_with(".edn"))?;
    let span = place_of_apps(source)?;
    let message = "this looks like a daemon, but is not named `ecosystem.edn`";
    let hint = move_hint(&source.path, &proper_path(folder, stem), taken);
    let origin = Origin { path: source.path.clone(), span };
    Some(problem(codes::MISNAMED_DAEMON, &origin, message, "nothing reads this", hint))
}

/// Where a source says `:apps`; one that cannot be read counts if it says so anywhere.
fn place_of_apps(source: &Source) -> Option<Span> {
    let read = edn::read(source);
    match read.output.as_ref().map(|root| &root.value) {
        Some(Value::Map(entries)) => apps_key(entries),
        _ if read.has_errors() => {
            let at = source.contents.windows(5).position(|window| window == b":apps")?;
            Some(Span::new(at, at + 5))
        }
        _ => None,
    }
}

/// `web.edn` belongs into `web/`; `Ecosystem.edn` and `ecosystem.old.edn` are where they belong.
fn proper_path(folder: &str, stem: &str) -> String {
    let in_place = stem.to_ascii_lowercase().starts_with("ecosystem");
    let parts = [folder, if in_place { "" } else { stem }, "ecosystem.edn"];
    parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join("/")
}

fn move_hint(path: &str, proper: &str, taken: impl Fn(&str) -> bool) -> String {
    if taken(proper) {
        format!("`{proper}` exists: delete this file, or give its apps a folder of their own")
    } else {
        format!("move `{path}` to `{proper}`")
    }
}
