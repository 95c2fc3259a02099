//! Why a valid definition cannot be started on this machine.

use camino::Utf8PathBuf;

use crate::model::schema::Key;
use crate::model::{App, AppName, Unsettled};

/// Why a valid definition cannot be started on this machine, and what to do about it.
///
/// PM2 itself reports some of these as a success without a process (a missing `cwd`), so they are found here,
/// before PM2 is asked for anything.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unresolvable {
    /// The working folder is no folder.
    #[error("app {app}: the working folder {cwd} does not exist; create it, or correct :cwd")]
    FolderMissing {
        /// The app.
        app: AppName,
        /// Where it would run.
        cwd: Utf8PathBuf,
    },
    /// There is nothing to run.
    #[error("app {app}: there is no file {looked}{on_path}; correct :script, which is relative to :cwd")]
    ScriptMissing {
        /// The app.
        app: AppName,
        /// The file looked for.
        looked: Utf8PathBuf,
        /// What else was looked for, as the end of a clause; empty if nothing.
        on_path: &'static str,
    },
    /// What the script names under the working folder is a folder, which PM2 prefers to a program on PATH.
    #[error(
        "app {app}: {path} is a folder, and PM2 would try to run it; for a program on PATH, give its full path as :script"
    )]
    ScriptIsFolder {
        /// The app.
        app: AppName,
        /// The folder.
        path: Utf8PathBuf,
    },
    /// Whether it is a program or text for node cannot be told.
    #[error(
        "app {app}: {path} may not be read, so what runs it cannot be told; make it readable, or give :interpreter (\"none\" for a program)"
    )]
    ScriptUnreadable {
        /// The app.
        app: AppName,
        /// The file.
        path: Utf8PathBuf,
    },
    /// What would run the script is not there.
    #[error("app {app}: the interpreter {interpreter} is not there for PM2's daemon; {hint}")]
    InterpreterMissing {
        /// The app.
        app: AppName,
        /// Its name or path.
        interpreter: String,
        /// What to do.
        hint: &'static str,
    },
    /// What would run the script is found by PM2 in a way that cannot be followed.
    #[error(
        "app {app}: the interpreter {interpreter} is not supported ({reason}); give :interpreter the absolute path of the program"
    )]
    InterpreterUnsupported {
        /// The app.
        app: AppName,
        /// As written, or as the extension asks for.
        interpreter: String,
        /// Why not.
        reason: &'static str,
    },
    /// Only root starts processes as somebody else.
    #[error(
        "app {app}: :uid and :gid need PM2's daemon to run as root, and it runs as {daemon}; leave them out, or run PM2 as root"
    )]
    AccountNeedsRoot {
        /// The app.
        app: AppName,
        /// The user of PM2's daemon.
        daemon: String,
    },
    /// No such user.
    #[error("app {app}: there is no user {user} in /etc/passwd, where PM2 looks; correct :uid")]
    UserUnknown {
        /// The app.
        app: AppName,
        /// Its name or number.
        user: String,
    },
    /// No such group.
    #[error("app {app}: there is no group {group} in /etc/group, where PM2 looks; correct :gid")]
    GroupUnknown {
        /// The app.
        app: AppName,
        /// Its name or number.
        group: String,
    },
    /// A group alone.
    #[error("app {app}: PM2 takes :gid only together with :uid; add :uid")]
    GroupWithoutUser {
        /// The app.
        app: AppName,
    },
    /// An env file that cannot be used. Its contents, which may be secret, are not shown.
    #[error(
        "app {app}: the env file {path} cannot be used: {problem}; correct it or :env_file, which is relative to :cwd"
    )]
    EnvFile {
        /// The app.
        app: AppName,
        /// The file.
        path: Utf8PathBuf,
        /// What is wrong with it.
        problem: String,
    },
    /// A value that only the environment tells cannot be told.
    #[error("app {app}: {problem}; set it in an :env_file, or in the environment that this program runs in")]
    Unsettled {
        /// The app.
        app: AppName,
        /// Which value, and why.
        problem: Unsettled,
    },
    /// `~` in a log path, and no home folder known.
    #[error(
        "app {app}: {path} starts with the home folder of PM2's daemon, which is not known; write the path in full"
    )]
    HomeUnknown {
        /// The app.
        app: AppName,
        /// As written.
        path: String,
    },
}

/// What is said in the place of a value that the environment tells.
const HIDDEN: &str = "(from the environment)";

impl Unresolvable {
    /// The same without what comes from the environment of the app as written.
    #[must_use]
    pub(super) fn without_values(mut self, written: &App) -> Self {
        let refers =
            |name: &str| Key::named(name).is_some_and(|key| written.references.settings.contains_key(&key));
        let (cwd, script) = (refers("cwd"), written.references.script.is_some());
        let (folder, file, text) = match &mut self {
            Self::FolderMissing { cwd, .. } => (Some(cwd), None, None),
            Self::EnvFile { path, .. } => (Some(path), None, None),
            Self::ScriptMissing { looked: path, .. }
            | Self::ScriptIsFolder { path, .. }
            | Self::ScriptUnreadable { path, .. } => (None, Some(path), None),
            Self::InterpreterMissing { interpreter, .. }
            | Self::InterpreterUnsupported { interpreter, .. } => {
                (None, None, Some((interpreter, refers("exec_interpreter"))))
            }
            Self::HomeUnknown { path, .. } => {
                let logs = ["out_file", "error_file", "log_file", "pid_file"];
                (None, None, Some((path, logs.into_iter().any(refers))))
            }
            _ => (None, None, None),
        };
        folder
            .filter(|_| cwd)
            .into_iter()
            .chain(file.filter(|_| cwd || script))
            .for_each(|path| *path = HIDDEN.into());
        text.filter(|(_, refers)| *refers).into_iter().for_each(|(text, _)| HIDDEN.clone_into(text));
        self
    }

    /// The app that cannot be started.
    #[must_use]
    pub fn app(&self) -> &AppName {
        match self {
            Unresolvable::FolderMissing { app, .. }
            | Unresolvable::ScriptMissing { app, .. }
            | Unresolvable::ScriptIsFolder { app, .. }
            | Unresolvable::ScriptUnreadable { app, .. }
            | Unresolvable::InterpreterMissing { app, .. }
            | Unresolvable::InterpreterUnsupported { app, .. }
            | Unresolvable::AccountNeedsRoot { app, .. }
            | Unresolvable::UserUnknown { app, .. }
            | Unresolvable::GroupUnknown { app, .. }
            | Unresolvable::GroupWithoutUser { app }
            | Unresolvable::EnvFile { app, .. }
            | Unresolvable::Unsettled { app, .. }
            | Unresolvable::HomeUnknown { app, .. } => app,
        }
    }
}
