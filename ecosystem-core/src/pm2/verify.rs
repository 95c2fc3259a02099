//! Whether a process is what was declared: the kernel is believed, not PM2.

use std::collections::BTreeMap;

use camino::Utf8PathBuf;
use serde_json::{Map, Value as Json};

use super::Attributes;
use super::observed::{Process, text_of};

/// What the kernel says of a process.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Kernel {
    /// Its environment as it was started with; `None` where it may not be seen.
    pub environ: Option<BTreeMap<String, String>>,
    /// Its working directory, links resolved.
    pub cwd: Option<Utf8PathBuf>,
    /// Its command line.
    pub command: Vec<String>,
}

/// What is not true of a process that was just started with these attributes, each as the end of a sentence.
///
/// - A fork app's environment must hold every declared variable and none that was to go. A cluster worker sets
///   its own from inside, where the kernel cannot see it: there PM2's record must say so.
/// - A process may change its own working directory and command line at once, as shells and `exec` do. So these
///   are wrong only where they are still those of the `previous` process, although they should have changed.
#[must_use]
pub fn untruths(
    wanted: &Attributes,
    removed: &[&str],
    process: &Process,
    kernel: &Kernel,
    previous: Option<(&Kernel, &Process)>,
) -> Vec<String> {
    let environ = if wanted.is_cluster() { None } else { kernel.environ.as_ref() };
    let seen = |name: &str| match environ {
        Some(environ) => environ.get(name).cloned(),
        None => process.variable(name),
    };
    let mut found = Vec::new();
    for name in wanted.declared_env_names() {
        // What is added to running instances counts on from them.
        if !wanted.admits(name, seen(name).as_deref(), u32::MAX) {
            found.push(format!("the process does not have the declared `{name}`"));
        }
    }
    for name in removed {
        if environ.is_some_and(|environ| environ.contains_key(*name)) {
            found.push(format!("the process still has `{name}`"));
        }
    }
    if let Some((before, record)) = previous {
        found.extend(left_as_before(wanted, kernel, before, record));
    }
    found
}

fn left_as_before(wanted: &Attributes, kernel: &Kernel, before: &Kernel, record: &Process) -> Vec<String> {
    let mut found = Vec::new();
    let to = wanted.get("pm_cwd").and_then(Json::as_str);
    let moved = wanted.get("pm_cwd") != record.attribute("pm_cwd");
    if moved && kernel.cwd == before.cwd && kernel.cwd.as_ref().map(|cwd| cwd.as_str()) != to {
        found.push("the process still has its old working directory".to_owned());
    }
    let old = command(record.attribute("pm_exec_path"), record.attribute("args"));
    let new = command(wanted.get("pm_exec_path"), wanted.get("args"));
    if old != new && !old.is_empty() && kernel.command.ends_with(&old) {
        found.push("the process still runs the old command".to_owned());
    }
    found
}

/// The end of a command line as PM2 makes it.
fn command(script: Option<&Json>, args: Option<&Json>) -> Vec<String> {
    let args = args.and_then(Json::as_array).into_iter().flatten();
    script.into_iter().chain(args).map(text_of).collect()
}

/// Names that an update takes out of the environment: what it marks as gone and is spelled like a variable.
#[must_use]
pub fn removed_variables(conf: &Map<String, Json>) -> Vec<&str> {
    let variables = conf
        .iter()
        .filter(|(name, value)| value.as_str() == Some("null") && !name.chars().any(char::is_lowercase));
    variables.map(|(name, _)| name.as_str()).collect()
}
