//! Where PM2 writes an app's output and pid.

use camino::{Utf8Path, Utf8PathBuf};
use serde_json::{Map, Value as Json};

use super::{Machine, Unresolvable, paths};
use crate::model::App;

/// Replaces `log_file`, `out_file`, `error_file` and `pid_file` by the absolute paths PM2 works with.
pub(super) fn place(
    app: &App,
    settings: &mut Map<String, Json>,
    cwd: &Utf8Path,
    machine: &Machine,
) -> Result<(), Unresolvable> {
    for Output { key, attribute, folder, ending, by_default } in OUTPUTS {
        let default =
            || machine.pm2_home.join(folder).join(format!("{}{ending}", file_stem(app.name.as_str())));
        let path = match settings.remove(key) {
            Some(Json::String(written)) => from_text(app, &written, cwd, machine)?,
            Some(Json::Bool(true)) => default(),
            _ if by_default => default(),
            _ => continue,
        };
        settings.insert(attribute.to_owned(), Json::from(path.as_str()));
    }
    Ok(())
}

struct Output {
    key: &'static str,
    attribute: &'static str,
    /// Below PM2's home.
    folder: &'static str,
    ending: &'static str,
    /// Whether it is written even if the definition does not ask for it.
    by_default: bool,
}

const fn output(
    key: &'static str,
    attribute: &'static str,
    folder: &'static str,
    ending: &'static str,
    by_default: bool,
) -> Output {
    Output { key, attribute, folder, ending, by_default }
}

const OUTPUTS: [Output; 4] = [
    output("log_file", "pm_log_path", "logs", ".log", false),
    output("out_file", "pm_out_log_path", "logs", "-out.log", true),
    output("error_file", "pm_err_log_path", "logs", "-error.log", true),
    output("pid_file", "pm_pid_path", "pids", ".pid", true),
];

/// The attributes whose folders must exist before PM2's daemon is asked to write there.
pub(super) const PATH_ATTRIBUTES: [&str; 4] =
    ["pm_log_path", "pm_out_log_path", "pm_err_log_path", "pm_pid_path"];

/// Where nothing is kept.
pub(super) const NOWHERE: &str = "/dev/null";

/// `NULL` is PM2's own word for nowhere; `~` is the home folder, with or without a `/` behind it.
fn from_text(
    app: &App,
    written: &str,
    cwd: &Utf8Path,
    machine: &Machine,
) -> Result<Utf8PathBuf, Unresolvable> {
    let Some(below_home) = written.strip_prefix('~') else {
        let nowhere = written == "NULL" || written == NOWHERE;
        return Ok(if nowhere { NOWHERE.into() } else { paths::resolve(cwd, written) });
    };
    let home = machine
        .home()
        .ok_or_else(|| Unresolvable::HomeUnknown { app: app.name.clone(), path: written.to_owned() })?;
    Ok(paths::resolve(home.into(), below_home.trim_start_matches('/')))
}

/// The app's name as a file name: what is not a letter, a digit, `.`, `\` or `-` becomes `-`, and a character
/// beyond the first 65536 two of them, as JavaScript counts.
pub(crate) fn file_stem(name: &str) -> String {
    let safe = |c: &char| c.is_ascii_alphanumeric() || matches!(c, '.' | '\\' | '-');
    name.chars().map(|c| if safe(&c) { c.to_string() } else { "-".repeat(c.len_utf16()) }).collect()
}
