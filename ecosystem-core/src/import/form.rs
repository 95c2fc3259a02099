//! EDN text that people read: a key a line, values below one another.

use serde_json::Value as Json;

use super::convert::Draft;
use super::reference;
use crate::diagnostic::Source;
use crate::edn::write_string;
use crate::format;

/// A value on its way to text.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Form {
    Atom(String),
    Vector(Vec<Form>),
    /// Keys as text, colon and all.
    Map(Vec<(String, Form)>),
}

impl Form {
    pub(super) fn text(text: &str) -> Self {
        Self::Atom(write_string(&reference::literal(text)))
    }

    /// Data, name by name; `nil` for null.
    pub(super) fn of(json: &Json) -> Self {
        match json {
            Json::Null => Self::Atom("nil".to_owned()),
            Json::String(text) => Self::text(text),
            Json::Bool(_) | Json::Number(_) => Self::Atom(json.to_string()),
            Json::Array(items) => Self::Vector(items.iter().map(Self::of).collect()),
            Json::Object(members) => {
                Self::Map(members.iter().map(|(name, value)| (key(name), Self::of(value))).collect())
            }
        }
    }

    /// From this column on.
    fn write(&self, column: usize) -> String {
        let line = self.on_one_line();
        match self {
            Self::Map(entries) if entries.len() > 1 || column + line.len() > WIDTH => {
                format!("{{{}}}", lines(entries, column + 1))
            }
            Self::Vector(items) if column + line.len() > WIDTH => {
                let items: Vec<String> = items.iter().map(|item| item.write(column + 1)).collect();
                format!("[{}]", items.join(&format!("\n{}", " ".repeat(column + 1))))
            }
            _ => line,
        }
    }

    fn on_one_line(&self) -> String {
        match self {
            Self::Atom(text) => text.clone(),
            Self::Vector(items) => {
                format!("[{}]", items.iter().map(Self::on_one_line).collect::<Vec<_>>().join(" "))
            }
            Self::Map(entries) => {
                let entries = entries.iter().map(|(key, value)| format!("{key} {}", value.on_one_line()));
                format!("{{{}}}", entries.collect::<Vec<_>>().join(" "))
            }
        }
    }
}

/// As wide as most people's windows.
const WIDTH: usize = 100;

/// Entries below one another, values too.
fn lines(entries: &[(String, Form)], column: usize) -> String {
    let width = entries.iter().map(|(key, _)| key.chars().count()).max().unwrap_or_default();
    let line = |(key, value): &(String, Form)| {
        let gap = width - key.chars().count().min(width);
        format!("{key}{} {}", " ".repeat(gap), value.write(column + width + 1))
    };
    entries.iter().map(line).collect::<Vec<_>>().join(&format!("\n{}", " ".repeat(column)))
}

/// A keyword where the name is one to every reader of EDN, else a string.
pub(super) fn key(name: &str) -> String {
    let plain = name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    if plain && name.starts_with(|c: char| !c.is_ascii_digit()) {
        format!(":{name}")
    } else {
        write_string(name)
    }
}

/// The source of a daemon.
pub(super) fn source(origin: &str, apps: &[Draft], deploy: Option<Form>) -> String {
    let origin: String = origin.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    let start = format!(";; Imported from {origin}. From now on, this file is where it is changed.\n");
    let apps: Vec<String> = apps.iter().map(app).collect();
    let deploy = deploy.map(|form| format!("\n :deploy {}", form.write(" :deploy ".len())));
    let between = format!("\n\n{}", " ".repeat(APP));
    let text = format!("{start}{{:apps [{}]{}}}\n", apps.join(&between), deploy.unwrap_or_default());
    format::format(&Source::new("", text.as_str())).output.unwrap_or(text)
}

/// Where the first app begins.
const APP: usize = "{:apps [".len();

fn app(draft: &Draft) -> String {
    let indent = " ".repeat(APP);
    let lines_of = |note: &String| comment(note).into_iter().map(|line| format!(";; {line}\n{indent}"));
    let comments: String = draft.notes.iter().flat_map(lines_of).collect();
    format!("{comments}{{{}}}", lines(&draft.entries, APP + 1))
}

/// The lines of a comment: words are kept whole, whatever stands between them.
fn comment(note: &str) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in note.split(|c: char| c.is_whitespace() || c.is_control()) {
        match lines.last_mut().filter(|line| APP + 3 + line.len() + 1 + word.len() <= WIDTH) {
            Some(line) => {
                line.push(' ');
                line.push_str(word);
            }
            None => lines.push(word.to_owned()),
        }
    }
    lines
}
