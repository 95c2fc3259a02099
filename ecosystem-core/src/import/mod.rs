//! From what PM2 runs, or is told to run, to sources of a tree: what `import` of the command line writes.
//!
//! ```text
//! config file ─node─▶ Evaluated ──┐
//! PM2's list, dump ──▶ records ───┼─▶ Found ─▶ import ─▶ Import { daemons, notes, refused }
//! ```
//! Reading the world is not done here. What comes out is text that [`compile`](crate::compile) has yet to judge.
//! Nothing is lost in silence: what is left out of an app stands in a note.

mod config;
mod convert;
mod folders;
mod form;
mod paths;
mod record;
mod reference;
mod settings;
mod variables;

#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};

use camino::Utf8PathBuf;
use serde_json::{Map, Value as Json};

pub use config::{Evaluated, Odd};

use crate::model::DaemonId;
use convert::Draft;

/// Apps as they were found, in PM2's spelling.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Found {
    /// Where they come from, for the first line of what is written.
    pub origin: String,
    /// The apps, in the order found.
    apps: Vec<FoundApp>,
    /// `deploy` of a config file.
    deploy: Option<Json>,
    /// What is no app, or none that can be imported, and why.
    refused: Vec<Note>,
    /// Apps that are none of a tree's, or of another one's.
    skipped: Vec<Note>,
}

/// One app as it was found.
#[derive(Debug, Clone, Default, PartialEq)]
struct FoundApp {
    /// Keys of PM2's schema, and `env_production` and kin.
    keys: Map<String, Json>,
    /// Variables that have no value because the config takes them from the environment.
    unset: BTreeSet<String>,
    /// Whether `env` holds what the app got from whoever started it.
    is_record: bool,
    /// Variables that every app has with the same value, where there are enough of them for that to tell something.
    shared: BTreeSet<String>,
    /// What was left out so far.
    notes: Vec<String>,
}

/// What has to be known of the machine.
#[derive(Debug, Clone, Default)]
pub struct Surroundings {
    /// What relative paths in the tree resolve against, absolute.
    pub base: Utf8PathBuf,
    /// What relative paths of a config resolve against: the folder it is in, absolute.
    pub folder: Utf8PathBuf,
    /// PM2's home.
    pub pm2_home: Utf8PathBuf,
    /// The node that runs PM2, where it is known.
    pub node: Option<Utf8PathBuf>,
    /// Variables of this program and of PM2's daemon: what an app has with the same value, it was not given on purpose.
    pub shells: Vec<BTreeMap<String, String>>,
    /// Names of folders in which no source is looked for.
    pub skipped: &'static [&'static str],
}

/// How apps are spread over daemons.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Grouping {
    /// A daemon for each app.
    Apps,
    /// One daemon of this name.
    One(String),
    /// A daemon for each namespace.
    Namespaces,
}

/// What came of an import.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Import {
    /// Sources to be written.
    pub daemons: Vec<NewDaemon>,
    /// What was left out or changed, by app.
    pub notes: Vec<Note>,
    /// Apps that are not imported, and why.
    pub refused: Vec<Note>,
}

/// One source to be written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewDaemon {
    /// Its folder.
    pub id: DaemonId,
    /// The names of its apps.
    pub apps: Vec<String>,
    /// The text of its `ecosystem.edn`.
    pub text: String,
}

/// Something to tell of an app.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Note {
    /// The app, or what stands for one that has no name.
    pub app: String,
    /// What it is and what can be done, in a sentence without a full stop. No values: they may be secret.
    pub text: String,
}

impl Note {
    fn new(app: impl Into<String>, text: impl Into<String>) -> Self {
        Self { app: app.into(), text: text.into() }
    }
}

/// Makes sources of what was found.
#[must_use]
pub fn import(found: Found, around: &Surroundings, grouping: &Grouping) -> Import {
    let mut import = Import { refused: found.refused, notes: found.skipped, ..Import::default() };
    let mut drafts: Vec<Draft> = Vec::new();
    for app in found.apps {
        match convert::convert(&app, around) {
            Ok(draft) if drafts.iter().any(|other| other.name == draft.name) => {
                import
                    .refused
                    .push(Note::new(draft.name, "another app before has this name; rename one of them"));
            }
            Ok(draft) => drafts.push(draft),
            Err(note) => import.refused.push(note),
        }
    }
    for draft in &drafts {
        import.notes.extend(draft.notes.iter().map(|note| Note::new(&draft.name, note)));
    }
    let groups = folders::spread(drafts, grouping, around.skipped);
    let mut deploy = found.deploy.and_then(|deploy| deploy_form(&deploy, &mut import.notes));
    for (id, apps) in groups {
        let text = form::source(&found.origin, &apps, deploy.take());
        let apps = apps.into_iter().map(|draft| draft.name).collect();
        import.daemons.push(NewDaemon { id, apps, text });
    }
    import
}

fn deploy_form(deploy: &Json, notes: &mut Vec<Note>) -> Option<form::Form> {
    if variables::holds_secret("deploy", deploy) {
        let text = "it looks as if it held a secret, and is left out; put it back by hand without it";
        notes.push(Note::new("deploy", text));
        return None;
    }
    Some(form::Form::of(deploy))
}
