//! What has to be looked up before an ecosystem can be resolved.

use std::collections::BTreeSet;

use camino::{Utf8Path, Utf8PathBuf};

use super::{command, interpreter, paths};
use crate::model::{App, Ecosystem, Variables};

/// What has to be looked up before an ecosystem can be resolved.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Questions {
    /// Programs to look for: a name on the PATH of PM2's daemon, an absolute path where it says. Each one found
    /// is to be looked at like one of `files`, too.
    pub programs: BTreeSet<String>,
    /// Paths to look at, absolute.
    pub files: BTreeSet<Utf8PathBuf>,
    /// Env files to read, absolute.
    pub env_files: BTreeSet<Utf8PathBuf>,
}

/// Everything that [`resolve`](super::resolve) may want to know about the apps of an ecosystem, relative paths
/// being meant against `base`, and references looked up in `environment`.
#[must_use]
pub fn questions(ecosystem: &Ecosystem, base: &Utf8Path, environment: &Variables) -> Questions {
    questions_of(ecosystem.apps().map(|(_, app)| app), base, environment)
}

/// The same about some apps.
#[must_use]
pub fn questions_of<'a>(
    apps: impl Iterator<Item = &'a App>,
    base: &Utf8Path,
    environment: &Variables,
) -> Questions {
    let mut questions = Questions::default();
    for app in apps {
        // One whose folder or script cannot be told is not started, whatever else there is.
        if let Ok(app) = app.early(environment) {
            questions.ask_about(&app, &paths::working_folder(&app, base));
        }
    }
    questions
}

impl Questions {
    /// With those of another.
    pub fn and(&mut self, other: Self) {
        let Self { programs, files, env_files } = other;
        self.programs.extend(programs);
        self.files.extend(files);
        self.env_files.extend(env_files);
    }

    fn ask_about(&mut self, app: &App, cwd: &Utf8Path) {
        self.env_files.extend(app.env_files.iter().map(|file| paths::resolve(cwd, &file.path)));
        self.programs.extend(interpreter::candidates(app, cwd));
        self.files.insert(cwd.to_owned());
        for script in command::candidates(app) {
            let path = paths::resolve(cwd, script);
            self.files.insert(command::source_map(&path));
            self.files.insert(path);
            if !script.contains('/') {
                self.programs.insert(script.to_owned());
            }
        }
    }
}
