//! Names that apps may have.
//!
//! PM2 knows a process by its name alone, and its commands take a name for much else: ids, namespaces,
//! script paths, files, options, patterns. A name that can be misread makes `pm2 restart NAME`, typed by
//! anybody, hit bystanders.

use super::codes;
use super::report::Reporter;
use crate::edn::{Node, Value};
use crate::model::reserved_env::is_on_every_object;

/// Room for `-error-1234.log` within the 255 bytes that file systems give a file name, and more.
const LONGEST: usize = 200;

/// Files that PM2 reads as configs: `Common.knonwConfigFileExtensions` in `lib/Common.js`, found anywhere.
const CONFIG_FILES: &[&str] = &[".json", ".yml", ".yaml", ".config.js", ".config.cjs", ".config.mjs"];
/// Endings of scripts: `pm2 delete app.js` deletes all that run that script.
const SCRIPTS: &[&str] = &[".js", ".cjs", ".mjs"];

/// The name of an app, if PM2 can only read it as that.
pub(super) fn name(what: &str, node: &Node, reporter: &mut Reporter<'_>) -> Option<String> {
    let Value::String(name) = &node.value else {
        reporter.wrong_type(what, "a string", node);
        return None;
    };
    if let Some(danger) = danger(name) {
        let message = format!("an app cannot be named {name:?}");
        reporter.report(codes::DANGEROUS_NAME, node.span, message, danger, "give the app another name");
        return None;
    }
    Some(name.clone())
}

/// How PM2 or a file system would misread a name.
fn danger(name: &str) -> Option<&'static str> {
    let found = |parts: &[&str]| parts.iter().any(|part| name.contains(part));
    let ends = |parts: &[&str]| parts.iter().any(|part| name.ends_with(part));
    match name {
        _ if name.trim().is_empty() => Some("a blank name is no name to PM2"),
        "all" => Some("PM2 takes it for every app"),
        "default" => Some("PM2 takes it for every app of the default namespace"),
        "null" => {
            Some("PM2 takes it for no name when it restarts the app, and its list cannot be read any more")
        }
        _ if is_number(name) => Some("PM2 takes it for the id of a process"),
        _ if name.starts_with('/') && name.ends_with('/') => Some("PM2 takes it for a pattern of names"),
        _ if name.starts_with('-') => Some("PM2 takes it for an option"),
        _ if found(CONFIG_FILES) => Some("PM2 takes it for a config file"),
        _ if ends(SCRIPTS) => Some("PM2 takes it for a script, and so for every app that runs it"),
        _ if is_on_every_object(name) => Some("every JavaScript object has it; PM2 starts a second copy"),
        _ if name.chars().any(char::is_control) => Some("it holds a control character"),
        _ if name.len() > LONGEST => Some("it is longer than 200 bytes, too long for its log files"),
        _ => None,
    }
}

/// Whether JavaScript's `isNaN` says no.
fn is_number(name: &str) -> bool {
    let name = name.trim();
    let decimal = name.bytes().any(|byte| byte.is_ascii_digit()) && name.parse::<f64>().is_ok();
    let radix = [("0x", 16), ("0o", 8), ("0b", 2)].into_iter().any(|(prefix, radix)| {
        let digits = name.to_ascii_lowercase();
        let digits = digits.strip_prefix(prefix).unwrap_or_default();
        !digits.is_empty() && digits.chars().all(|digit| digit.is_digit(radix))
    });
    decimal || radix || matches!(name.trim_start_matches(['+', '-']), "Infinity")
}

/// The name as PM2 writes it into the names of log files: `formated_app_name` in `lib/Common.js`.
///
/// JavaScript replaces UTF-16 units, so that one emoji becomes two dashes.
pub(super) fn in_log_files(name: &str) -> String {
    let kept = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '\\');
    name.chars().map(|c| if kept(c) { c.to_string() } else { "-".repeat(c.len_utf16()) }).collect()
}
