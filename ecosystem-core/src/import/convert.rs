//! One app: from PM2's keys to entries of a source.

use camino::Utf8Path;
use serde_json::Value as Json;

use super::form::Form;
use super::paths::Places;
use super::{FoundApp, Note, Surroundings, settings, variables};
use crate::model::schema::Key;

/// An app on its way to text.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Draft {
    pub(super) name: String,
    /// Other than PM2's default.
    pub(super) namespace: Option<String>,
    /// Keys as written, with their values; the name first, the others in the order of PM2's schema.
    pub(super) entries: Vec<(String, Form)>,
    pub(super) notes: Vec<String>,
}

/// Converts an app.
///
/// # Errors
/// It has nothing to run, or it cannot be written down without a secret.
pub(super) fn convert(app: &FoundApp, around: &Surroundings) -> Result<Draft, Note> {
    let script = script(app)?;
    let name = name(app, &script)?;
    if settings::line_holds_secret(&script) {
        let text =
            "its `script` holds what looks like a secret; let the program read it from a variable first";
        return Err(Note::new(name, text));
    }
    let places = Places::of(&app.keys, around);
    let mut notes = app.notes.clone();
    let variables = variables::of(app, &name, around, &mut notes);
    let mut entries = vec![(":name".to_owned(), Form::text(&name))];
    for key in Key::all().filter(|key| key.name() != "name") {
        match key.name() {
            "env" => entries.extend(variables.entries()),
            // It has a default here as well, so that it is written though it is not given.
            "cwd" => entries.extend(places.cwd().map(|cwd| (":cwd".to_owned(), Form::text(&cwd)))),
            _ => {
                let value = settings::setting(key, &app.keys, &places, around, &mut notes);
                entries.extend(value.map(|value| (spelled(key), Form::of(&value))));
            }
        }
    }
    let namespace = app.keys.get("namespace").and_then(Json::as_str);
    let namespace = namespace.filter(|it| !it.is_empty() && *it != "default").map(str::to_owned);
    Ok(Draft { name, namespace, entries, notes })
}

/// As the documentation spells it.
fn spelled(key: Key) -> String {
    match key.name() {
        "exec_interpreter" => ":interpreter".to_owned(),
        name => format!(":{}", name.replace('_', "-")),
    }
}

fn script(app: &FoundApp) -> Result<String, Note> {
    let refused = |text: &str| {
        let name = app.keys.get("name").and_then(Json::as_str).unwrap_or("an app without a name");
        Err(Note::new(name, text))
    };
    match app.keys.get("script") {
        Some(Json::String(script)) if !script.is_empty() => Ok(script.clone()),
        Some(Json::Array(_)) => refused("its `script` is a list, and PM2 takes one; make an app of each"),
        Some(Json::String(_)) | None => refused("it has no `script`, so that PM2 would not start it"),
        Some(_) => refused("its `script` is no text"),
    }
}

/// As PM2 names it: by its script, if not otherwise.
fn name(app: &FoundApp, script: &str) -> Result<String, Note> {
    match app.keys.get("name") {
        Some(Json::String(name)) if !name.is_empty() => Ok(name.clone()),
        None | Some(Json::String(_)) => Ok(Utf8Path::new(script).file_stem().unwrap_or(script).to_owned()),
        Some(other) => {
            Err(Note::new(other.to_string(), "its `name` is no text, so that PM2 would not start it"))
        }
    }
}
