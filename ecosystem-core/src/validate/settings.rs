//! The value of one key of PM2's schema, checked and brought into the form that PM2 itself would make of it.
//!
//! Where PM2 refuses a value, so do we; where it quietly does something else than what is written
//! (`:instances "abc"` starts one process per CPU), we refuse as well.

use serde_json::Value as Json;

use crate::cron;
use crate::edn::{Node, Value};
use crate::model::EnvValue;
use crate::model::schema::{Key, Kind};

use super::numbers::{self, MAX_SAFE_INTEGER};
use super::report::{Reporter, quoted};
use super::{codes, json, words};

/// The normalised value, as [`Kind`] says; none if it is refused, or if it means "none" (cron `0`).
pub(super) fn setting(key: Key, what: &str, node: &Node, reporter: &mut Reporter<'_>) -> Option<Json> {
    match key.kind() {
        Kind::Text => text_setting(key, what, node, reporter).map(Json::from),
        Kind::Flag => flag(what, node, reporter).map(Json::from),
        Kind::Integer { min } => {
            numbers::integer(what, node, min..=MAX_SAFE_INTEGER, reporter).map(Json::from)
        }
        Kind::Duration { min } => numbers::duration(what, node, min, reporter).map(Json::from),
        Kind::Size => numbers::size(what, node, reporter),
        // PM2 splits no text here: each word would be a command of its own.
        Kind::Words if key.name() == "post_update" => texts(what, node, reporter),
        Kind::Words => words_setting(what, node, reporter),
        Kind::LogFile => flag_or_text(what, "a string with a path, or true or false", node, reporter),
        Kind::Cron => cron_setting(what, node, reporter),
        Kind::Instances => instances(what, node, reporter),
        Kind::ExecMode => exec_mode(what, node, reporter),
        Kind::ExitCodes => exit_codes(what, node, reporter),
        Kind::Watch => watch(what, node, reporter),
        Kind::FilterEnv => filter_env(what, node, reporter),
        Kind::Account => account(what, node, reporter),
        Kind::Port => numbers::integer(what, node, 1..=65_535, reporter).map(Json::from),
        Kind::FlagOrText => flag_or_text(what, "a string, or true or false", node, reporter),
        Kind::Data => data(what, node, reporter),
        // Read by `env`, which needs more than a value.
        Kind::Variables => None,
    }
}

/// Text that is not empty: PM2 takes an empty text for none and falls back to its default.
pub(super) fn text(what: &str, node: &Node, reporter: &mut Reporter<'_>) -> Option<String> {
    match &node.value {
        Value::String(text) if text.is_empty() => {
            let message = format!("`{what}` is empty, which PM2 takes for not given");
            reporter.report(
                codes::EMPTY_TEXT,
                node.span,
                message,
                "empty",
                "write a value, or remove the key",
            );
            None
        }
        Value::String(text) => Some(text.clone()),
        _ => {
            reporter.wrong_type(what, "a string", node);
            None
        }
    }
}

/// A vector of non-empty texts.
pub(super) fn texts(what: &str, node: &Node, reporter: &mut Reporter<'_>) -> Option<Json> {
    let Value::Vector(items) = &node.value else {
        reporter.wrong_type(what, "a vector of strings", node);
        return None;
    };
    let texts: Vec<_> = items.iter().map(|item| text(what, item, reporter)).collect();
    texts.into_iter().collect::<Option<Vec<_>>>().map(Json::from)
}

/// One of a few words; `None` is reported with the words there are.
pub(super) fn choice(
    what: &str,
    found: &str,
    choices: &[&'static str],
    node: &Node,
    reporter: &mut Reporter<'_>,
) -> Option<&'static str> {
    let choice = choices.iter().copied().find(|choice| *choice == found);
    if choice.is_none() {
        let message = format!("`{what}` is {found:?}, which is none of its values");
        let hint = match super::spelling::nearest(found, choices) {
            Some(near) => format!("did you mean `{near}`?"),
            None => format!("write one of {}", choices.join(", ")),
        };
        reporter.report(codes::BAD_CHOICE, node.span, message, "not a value of this key", hint);
    }
    choice
}

fn text_setting(key: Key, what: &str, node: &Node, reporter: &mut Reporter<'_>) -> Option<String> {
    match &node.value {
        // No date in front of each line is what it says.
        Value::String(text) if key.name() == "log_date_format" => Some(text.clone()),
        Value::String(text) if key.name() == "cwd" && text.starts_with('~') => {
            let message = format!("`{what}` starts with ~, which PM2 does not expand here");
            let hint = "write the absolute path, or one relative to the base of the tree";
            reporter.report(codes::CWD_TILDE, node.span, message, "a folder named ~", hint);
            None
        }
        _ => text(what, node, reporter),
    }
}

/// A truth value, and nothing that looks like one.
pub(super) fn flag(what: &str, node: &Node, reporter: &mut Reporter<'_>) -> Option<bool> {
    if let Value::Bool(flag) = node.value {
        return Some(flag);
    }
    reporter.wrong_type(what, "true or false", node);
    None
}

fn flag_or_text(what: &str, expected: &str, node: &Node, reporter: &mut Reporter<'_>) -> Option<Json> {
    match &node.value {
        Value::Bool(flag) => Some(Json::from(*flag)),
        Value::String(word) if !matches!(word.as_str(), "true" | "false") => {
            text(what, node, reporter).map(Json::from)
        }
        _ => {
            reporter.wrong_type(what, expected, node);
            None
        }
    }
}

fn words_setting(what: &str, node: &Node, reporter: &mut Reporter<'_>) -> Option<Json> {
    match &node.value {
        Value::String(text) => Some(Json::from(words::split(text))),
        Value::Vector(items) => {
            let words: Vec<_> = items.iter().map(|item| word(what, item, reporter)).collect();
            words.into_iter().collect::<Option<Vec<_>>>().map(Json::from)
        }
        _ => {
            reporter.wrong_type(what, "a vector of strings, or one string of words", node);
            None
        }
    }
}

pub(super) fn word(what: &str, node: &Node, reporter: &mut Reporter<'_>) -> Option<String> {
    match &node.value {
        Value::String(text) => return Some(text.clone()),
        Value::Bool(flag) => return Some(flag.to_string()),
        Value::Integer(number) if number.abs_diff(0) <= MAX_SAFE_INTEGER.abs_diff(0) => {
            return Some(number.to_string());
        }
        Value::Float(number) if number.is_finite() => return Some(EnvValue::Float(*number).to_text()),
        Value::Integer(_) | Value::BigInteger(_) => numbers::beyond_javascript(what, node, reporter),
        Value::Keyword(name) => {
            let message = format!("`{what}` takes strings, numbers and truth values, not a keyword");
            let hint = format!("write it as a string: {}", quoted(&format!(":{name}")));
            reporter.report(codes::WRONG_TYPE, node.span, message, "a keyword", hint);
        }
        _ => reporter.wrong_type(what, "strings, numbers and truth values", node),
    }
    None
}

fn cron_setting(what: &str, node: &Node, reporter: &mut Reporter<'_>) -> Option<Json> {
    match &node.value {
        Value::Integer(0) => None,
        Value::String(pattern) if pattern == "0" => None,
        Value::String(pattern) => match cron::check(pattern) {
            Ok(()) => Some(Json::from(pattern.as_str())),
            Err(why) => {
                let message = format!("`{what}` is {pattern:?}, which PM2 cannot schedule");
                let hint = "write five fields (minute, hour, day, month, weekday) such as \"0 3 * * 1-5\"";
                reporter.report(codes::BAD_CRON, node.span, message, why.to_string(), hint);
                None
            }
        },
        _ => {
            reporter.wrong_type(what, "a string with a cron pattern, or 0 for none", node);
            None
        }
    }
}

fn instances(what: &str, node: &Node, reporter: &mut Reporter<'_>) -> Option<Json> {
    /// More processes than any machine runs of one app; beyond it a zero too many is likelier.
    const MOST: i64 = 10_000;
    if matches!(&node.value, Value::String(word) if word == "max") {
        return Some(Json::from("max"));
    }
    match numbers::integer(what, node, -MOST..=MOST, reporter)? {
        0 => Some(Json::from("max")),
        count => Some(Json::from(count)),
    }
}

fn exec_mode(what: &str, node: &Node, reporter: &mut Reporter<'_>) -> Option<Json> {
    let mode = text(what, node, reporter)?;
    let short = mode.strip_suffix("_mode").unwrap_or(&mode);
    choice(what, short, &["fork", "cluster"], node, reporter).map(Json::from)
}

fn exit_codes(what: &str, node: &Node, reporter: &mut Reporter<'_>) -> Option<Json> {
    let items = match &node.value {
        Value::Vector(items) => items.as_slice(),
        _ => std::slice::from_ref(node),
    };
    let codes: Vec<_> = items.iter().map(|item| numbers::integer(what, item, 0..=255, reporter)).collect();
    codes.into_iter().collect::<Option<Vec<_>>>().map(Json::from)
}

fn watch(what: &str, node: &Node, reporter: &mut Reporter<'_>) -> Option<Json> {
    match &node.value {
        Value::Vector(_) => texts(what, node, reporter),
        _ => match flag_or_text(what, "true or false, a path, or a vector of paths", node, reporter)? {
            Json::String(path) => Some(Json::from(vec![path])),
            flag => Some(flag),
        },
    }
}

fn filter_env(what: &str, node: &Node, reporter: &mut Reporter<'_>) -> Option<Json> {
    match &node.value {
        Value::Vector(_) => texts(what, node, reporter),
        _ => flag_or_text(what, "true or false, a name, or a vector of names", node, reporter),
    }
}

fn account(what: &str, node: &Node, reporter: &mut Reporter<'_>) -> Option<Json> {
    match &node.value {
        Value::String(name) if !name.bytes().all(|byte| byte.is_ascii_digit()) => {
            Some(Json::from(name.as_str()))
        }
        Value::String(name) if name.is_empty() => text(what, node, reporter).map(Json::from),
        Value::String(_) | Value::Integer(_) | Value::BigInteger(_) => {
            numbers::integer(what, node, 0..=i64::from(u32::MAX), reporter).map(Json::from)
        }
        _ => {
            reporter.wrong_type(what, "a string with a name, or a number", node);
            None
        }
    }
}

/// A map as JSON.
pub(super) fn data(what: &str, node: &Node, reporter: &mut Reporter<'_>) -> Option<Json> {
    match &node.value {
        Value::Map(entries) => json::object(what, entries, reporter),
        _ => {
            reporter.wrong_type(what, "a map", node);
            None
        }
    }
}
