//! Config files of PM2, evaluated by node: they are programs.
//!
//! A file is run in a process of its own, with nothing of the environment but `PATH` and `HOME`, without input, and not
//! for long. What it prints is not mixed up with what it comes to.

use std::fs::{self, File};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use camino::Utf8Path;
use serde::Deserialize;
use serde_json::{Map, Value as Json};

use super::place::variable;
use super::regular_file;
use crate::converge::HostError;
use crate::import::Evaluated;

/// Endings of files that can be read.
///
/// YAML is read by the js-yaml that PM2 brings: what another library makes of `on`, `1e3` or a date might not be what
/// PM2 has made of it, and node is needed for the other kinds anyway.
pub const ENDINGS: &[&str] = &["js", "cjs", "mjs", "json", "yaml", "yml"];

/// Evaluates a config file, an absolute path with one of the [`ENDINGS`]. `pm2` is a program of PM2's, if there is one.
///
/// # Errors
/// There is no node, or the file cannot be read, fails, or does not come to an end in time.
pub fn evaluate(file: &Utf8Path, pm2: Option<&Utf8Path>) -> Result<Evaluated, HostError> {
    let failed = |what: &str| HostError::new(format!("cannot read {file}: {what}"));
    if !file.is_file() {
        return Err(failed("there is no such file"));
    }
    let folder = tempfile::tempdir().map_err(|error| failed(&error.to_string()))?;
    let (result, printed) = (folder.path().join("result.json"), folder.path().join("printed"));
    let output = File::create(&printed).map_err(|error| failed(&error.to_string()))?;
    let mut child = node(file, pm2, &result, output).map_err(|error| {
        failed(&format!("node cannot be run: {error}"))
            .hint("a config file is evaluated by node; put it on PATH")
    })?;
    let status = wait(&mut child).map_err(|error| failed(&error.to_string()))?;
    let Some(status) = status else {
        let hint =
            "a config file is to do nothing but to export its apps; import from PM2 itself with --from-pm2";
        return Err(failed(&format!("it was still at work after {} seconds", PATIENCE.as_secs())).hint(hint));
    };
    let outcome = fs::read(&result).ok().and_then(|bytes| serde_json::from_slice::<Outcome>(&bytes).ok());
    match outcome {
        Some(Outcome::Evaluated(evaluated)) => Ok(evaluated),
        Some(Outcome::Failed { failed: why }) => Err(failed(&why)),
        None => Err(failed(&format!("node ended with {status}: {}", last_line(&printed)))),
    }
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Outcome {
    Failed { failed: String },
    Evaluated(Evaluated),
}

/// Long enough for a config that asks git or the disk.
const PATIENCE: Duration = Duration::from_secs(10);

fn node(
    file: &Utf8Path,
    pm2: Option<&Utf8Path>,
    result: &std::path::Path,
    output: File,
) -> std::io::Result<Child> {
    let mut command = Command::new("node");
    command.env_clear().stdin(Stdio::null()).stdout(output.try_clone()?).stderr(output);
    for name in ["PATH", "HOME"] {
        command.envs(variable(name).map(|value| (name, value)));
    }
    // Relative paths in a config mean its folder, where people call PM2.
    command.current_dir(file.parent().unwrap_or(file));
    command.args(["-e", include_str!("config_file/evaluate.cjs"), "--", file.as_str()]);
    command.arg(result).arg(pm2.map_or("", Utf8Path::as_str)).spawn()
}

/// How it ended; `None` if it had to be ended.
fn wait(child: &mut Child) -> std::io::Result<Option<ExitStatus>> {
    let deadline = Instant::now() + PATIENCE;
    while Instant::now() < deadline {
        if let Some(status) = child.try_wait()? {
            return Ok(Some(status));
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    child.kill()?;
    child.wait().map(|_| None)
}

fn last_line(printed: &std::path::Path) -> String {
    let text = fs::read(printed).unwrap_or_default();
    let text = String::from_utf8_lossy(&text);
    text.lines().rfind(|line| !line.trim().is_empty()).unwrap_or("it said nothing").to_owned()
}

/// Reads a dump of PM2's: what `pm2 save` writes.
///
/// # Errors
/// There is no such file, or it is none of PM2's.
pub fn dump(file: &Utf8Path) -> Result<Vec<Map<String, Json>>, HostError> {
    let failed = |what: String| HostError::new(format!("cannot read {file}: {what}"));
    let bytes = regular_file::read(file, LARGEST_DUMP).map_err(|error| failed(error.to_string()))?;
    serde_json::from_slice(&bytes)
        .map_err(|error| failed(format!("it is no dump of PM2 ({error})")).hint("`pm2 save` writes one"))
}

/// Far beyond what a thousand apps with large environments take.
const LARGEST_DUMP: u64 = 256 * 1024 * 1024;

#[cfg(test)]
mod tests;
