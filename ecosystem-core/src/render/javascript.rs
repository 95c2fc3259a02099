//! JavaScript text that means exactly the given value and shows every character it has.
//!
//! [`JavaScript`] can be made by this file alone, and the templates' escaper refuses everything else: text
//! that was not turned into JavaScript cannot get into a generated file by being forgotten about.

use std::fmt::{self, Write};

use askama::filters::{Escaper, Safe};
use serde_json::{Map, Number, Value as Json};

/// JavaScript, ready to be written into a template.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct JavaScript(String);

/// [`JavaScript`] with askama's mark on it, which passes the escaper.
pub(super) type Code = Safe<JavaScript>;

impl fmt::Display for JavaScript {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The escaper of `.mjs` templates: fails for everything that is not marked safe.
///
/// It cannot quote instead, since askama hands over a value in pieces.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct RefuseUnescaped;

impl Escaper for RefuseUnescaped {
    fn write_escaped_str<W: Write>(&self, _: W, _: &str) -> fmt::Result {
        Err(fmt::Error)
    }
}

/// Text of our own as it stands, such as the name of a variable.
pub(super) fn verbatim(text: &'static str) -> Code {
    code(text.to_owned())
}

/// The name of one of several variables.
pub(super) fn numbered(name: &'static str, index: usize) -> Code {
    code(format!("{name}{index}"))
}

/// `function(argument, …)`
pub(super) fn call(function: &'static str, arguments: &[Code]) -> Code {
    let arguments: Vec<&str> = arguments.iter().map(|argument| argument.0.0.as_str()).collect();
    code(format!("{function}({})", arguments.join(", ")))
}

/// `object.function(argument, …)`
pub(super) fn method(object: &Code, function: &'static str, arguments: &[Code]) -> Code {
    code(format!("{object}.{}", call(function, arguments)))
}

/// `[item, …]`
pub(super) fn array(items: &[Code]) -> Code {
    let items: Vec<&str> = items.iter().map(|item| item.0.0.as_str()).collect();
    code(format!("[{}]", items.join(", ")))
}

/// The same once more.
pub(super) fn again(value: &Code) -> Code {
    Safe(value.0.clone())
}

/// `{ ...object, … }`
pub(super) fn spread(objects: &[Code]) -> Code {
    let objects: Vec<String> = objects.iter().map(|object| format!("...{object}")).collect();
    code(format!("{{ {} }}", objects.join(", ")))
}

/// `() => value`, for what is not to be looked at unless it is needed.
pub(super) fn lazy(value: &Code) -> Code {
    code(format!("() => {value}"))
}

/// `(value || other)`
pub(super) fn either(value: &Code, other: &Code) -> Code {
    code(format!("({value} || {other})"))
}

/// `name = value`
pub(super) fn constant(name: &Code, value: &Code) -> Code {
    code(format!("{name} = {value}"))
}

/// A string literal.
pub(super) fn string(text: &str) -> Code {
    code(quoted(text))
}

/// Text that stays within a one-line comment.
pub(super) fn comment(text: &str) -> Code {
    code(text.chars().map(|c| if must_hide(c) { escape(c) } else { c.to_string() }).collect())
}

/// The key of a property.
///
/// Keys that look like array indices (`"0"`) are moved to the front by JavaScript, whatever is written: only
/// their order changes, and PM2 asks for none.
pub(super) fn key(name: &str) -> Code {
    code(key_text(name))
}

/// An array of strings on one line.
pub(super) fn strings(texts: &[String]) -> Code {
    let texts: Vec<String> = texts.iter().map(|text| quoted(text)).collect();
    code(format!("[{}]", texts.join(", ")))
}

/// A value that begins on a line indented by so many steps.
pub(super) fn value(value: &Json, depth: usize) -> Code {
    code(value_text(value, depth))
}

/// An object literal, in the order given, that begins on a line indented by so many steps.
pub(super) fn object<'a>(entries: impl Iterator<Item = (&'a str, Code)>, depth: usize) -> Code {
    let lines = entries.map(|(name, value)| format!("{}: {}", key_text(name), value)).collect::<Vec<_>>();
    code(object_lines(&lines, depth))
}

/// An expression that throws when it is evaluated.
pub(super) fn throwing(reason: &str) -> Code {
    code(throwing_text(reason))
}

fn code(text: String) -> Code {
    Safe(JavaScript(text))
}

fn value_text(value: &Json, depth: usize) -> String {
    match value {
        Json::Null => "null".to_owned(),
        Json::Bool(flag) => flag.to_string(),
        Json::Number(number) => number_text(number),
        Json::String(text) => quoted(text),
        Json::Array(items) => array_text(items, depth),
        Json::Object(entries) => object_text(entries, depth),
    }
}

/// The largest integer up to which a JavaScript number has no gaps: 2^53 − 1.
const MAX_SAFE_INTEGER: u64 = (1 << 53) - 1;

fn number_text(number: &Number) -> String {
    let integer = number.as_i64().map(i64::unsigned_abs).or_else(|| number.as_u64());
    match integer {
        Some(size) if size > MAX_SAFE_INTEGER => {
            throwing_text(&format!("{number} is an integer that JavaScript cannot hold exactly"))
        }
        _ => number.to_string(),
    }
}

fn throwing_text(reason: &str) -> String {
    format!("(() => {{ throw new RangeError({}); }})()", quoted(reason))
}

/// Longer arrays are written with one item per line.
const ONE_LINE: usize = 80;

fn array_text(items: &[Json], depth: usize) -> String {
    let texts: Vec<String> = items.iter().map(|item| value_text(item, depth + 1)).collect();
    let line = format!("[{}]", texts.join(", "));
    let is_flat = items.iter().all(|item| !item.is_object() && !item.is_array());
    if items.is_empty() || is_flat && line.len() <= ONE_LINE { line } else { block('[', &texts, ']', depth) }
}

fn object_text(entries: &Map<String, Json>, depth: usize) -> String {
    let lines = entries
        .iter()
        .map(|(name, value)| format!("{}: {}", key_text(name), value_text(value, depth + 1)))
        .collect::<Vec<_>>();
    object_lines(&lines, depth)
}

fn object_lines(lines: &[String], depth: usize) -> String {
    if lines.is_empty() { "{}".to_owned() } else { block('{', lines, '}', depth) }
}

fn block(open: char, lines: &[String], close: char, depth: usize) -> String {
    let indent = "  ".repeat(depth);
    let mut text = format!("{open}\n");
    for line in lines {
        text.push_str(&format!("{indent}  {line},\n"));
    }
    text.push_str(&format!("{indent}{close}"));
    text
}

fn key_text(name: &str) -> String {
    match name {
        // As a plain or quoted key it would set the prototype.
        "__proto__" => "[\"__proto__\"]".to_owned(),
        _ if is_identifier(name) => name.to_owned(),
        _ => quoted(name),
    }
}

/// Reserved words are fine as keys; of the identifiers only those of ASCII are left bare.
fn is_identifier(name: &str) -> bool {
    let is_start = |c: char| c.is_ascii_alphabetic() || c == '_' || c == '$';
    name.starts_with(is_start) && name.chars().all(|c| is_start(c) || c.is_ascii_digit())
}

fn quoted(text: &str) -> String {
    let mut literal = String::with_capacity(text.len() + 2);
    literal.push('"');
    for c in text.chars() {
        match c {
            '"' => literal.push_str("\\\""),
            '\\' => literal.push_str("\\\\"),
            c if must_hide(c) => literal.push_str(&escape(c)),
            c => literal.push(c),
        }
    }
    literal.push('"');
    literal
}

fn escape(c: char) -> String {
    match c {
        '\n' => "\\n".to_owned(),
        '\r' => "\\r".to_owned(),
        '\t' => "\\t".to_owned(),
        c if u32::from(c) <= 0xFFFF => format!("\\u{:04x}", u32::from(c)),
        c => format!("\\u{{{:x}}}", u32::from(c)),
    }
}

/// Characters that end a line, act on a terminal, or make text look like other text in a review.
fn must_hide(c: char) -> bool {
    match c {
        // The separators of lines and paragraphs, which end a comment.
        '\u{2028}' | '\u{2029}' => true,
        // Marks, embeddings, overrides and isolates of writing direction.
        '\u{061C}' | '\u{200E}' | '\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}' => true,
        // Without width: soft hyphen, zero-width space, word joiner and invisible operators, byte order mark,
        // interlinear marks. The joiners U+200C and U+200D stay: scripts and emoji need them.
        '\u{00AD}'
        | '\u{180E}'
        | '\u{200B}'
        | '\u{2060}'..='\u{2064}'
        | '\u{FEFF}'
        | '\u{FFF9}'..='\u{FFFB}' => true,
        // Tags: a whole invisible alphabet.
        '\u{E0000}'..='\u{E007F}' => true,
        // C0, DEL and C1.
        c => c.is_control(),
    }
}
