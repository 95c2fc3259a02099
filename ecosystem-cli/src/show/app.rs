//! An app in full: each value, where it was written, and what PM2 and the process have.

use ecosystem_core::diagnostic::Source;
use ecosystem_core::model::schema::Key;
use ecosystem_core::model::{App, Came, Daemon, Late, Layer, Origins, Reference, References};
use ecosystem_core::plan::Effective;
use ecosystem_core::pm2::observed::Process;
use serde_json::{Value as Json, json};

use super::{printable_line, table::table};

/// What was found out about an app.
pub(crate) struct Asked<'a> {
    pub(crate) daemon: &'a Daemon,
    pub(crate) app: &'a App,
    pub(crate) origins: Option<&'a Origins>,
    pub(crate) sources: &'a [Source],
    /// What it is to have and has.
    pub(crate) values: Vec<Effective>,
    /// Why it cannot be started here.
    pub(crate) problems: Vec<String>,
    /// The first of its processes.
    pub(crate) process: Option<&'a Process>,
}

/// Where a value was written: file and line, and what it belongs to.
struct Written {
    place: String,
    by: String,
}

impl Asked<'_> {
    fn written(&self, name: &str) -> Option<Written> {
        let Came { from, by } = self.origins?.get(name)?;
        let source = self.sources.iter().find(|source| source.path == from.path);
        let line = source.map_or(0, |source| source.position(from.span.start).0);
        let source = self.daemon.id.source_path();
        let (by, stands_in) = match &by {
            Layer::Defaults(path) if from.path == *path => ("defaults".to_owned(), path),
            Layer::Defaults(path) => (format!("defaults of {path}"), path),
            Layer::App => ("the app".to_owned(), &source),
            Layer::Profile(name) => (format!("profile {name}"), &source),
        };
        let include = if from.path == *stands_in { "" } else { ", by an include" };
        let variables = self.variables(name).join(", ");
        let refers = if variables.is_empty() { variables } else { format!(", from {variables}") };
        Some(Written { place: format!("{}:{line}", from.path), by: format!("{by}{include}{refers}") })
    }

    /// The variables that a value is made from.
    fn variables(&self, name: &str) -> Vec<&str> {
        let References { script, settings, env, .. } = &self.app.references;
        let setting = Key::named(name).and_then(|key| settings.get(&key)).map(Late::variables);
        let variable = name.strip_prefix("env.").and_then(|name| env.get(name));
        let script = script.as_ref().filter(|_| name == "script");
        setting.or_else(|| variable.or(script).map(Reference::variables)).unwrap_or_default()
    }

    /// What nobody wrote down, by the kind of thing that it is.
    fn unwritten(&self, name: &str) -> &'static str {
        match name.strip_prefix("env.") {
            Some(_) if !self.app.env_files.is_empty() => "env file, or follows from other keys",
            Some(_) => "follows from other keys",
            None => "default",
        }
    }

    /// Ours, which PM2 knows nothing of.
    fn own(&self) -> impl Iterator<Item = (&str, Written)> {
        let known = |name: &str| self.values.iter().any(|value| value.name == name);
        let origins = self.origins.into_iter().flat_map(Origins::iter).map(|(name, _)| name);
        let others = origins.filter(move |name| !known(name) && !name.contains('.'));
        others.filter_map(|name| Some((name, self.written(name)?)))
    }
}

/// For people.
pub(crate) fn human(asked: &Asked<'_>) -> String {
    let runs = match asked.process {
        Some(process) => {
            let pid = process.pid.map(|pid| format!(", process {pid}")).unwrap_or_default();
            format!("in PM2 as {}, {}{pid}", process.pm_id, process.status.as_str())
        }
        None => "not in PM2".to_owned(),
    };
    let source = asked.daemon.id.source_path();
    let mut text =
        format!("{}  {}\n{runs}\n", printable_line(asked.app.name.as_str()), printable_line(&source));
    asked.problems.iter().for_each(|problem| text.push_str(&format!("{}\n", printable_line(problem))));
    let cell = |value: &Option<String>| value.clone().unwrap_or_default();
    let rows = asked.values.iter().map(|value| {
        let (place, by) = match asked.written(&value.name) {
            Some(Written { place, by }) => (place, by),
            None => (String::new(), asked.unwritten(&value.name).to_owned()),
        };
        let same = |other: &Option<String>| if *other == value.wanted { "=".to_owned() } else { cell(other) };
        let process = if value.process.is_some() { same(&value.process) } else { String::new() };
        let pm2 = if asked.process.is_some() { same(&value.pm2) } else { String::new() };
        [value.name.clone(), cell(&value.wanted), pm2, process, place, by]
    });
    let own = asked.own().map(|(name, Written { place, by })| {
        [name.to_owned(), String::new(), String::new(), String::new(), place, by]
    });
    let rows: Vec<_> = rows.chain(own).collect();
    text.push_str(&table(["KEY", "VALUE", "PM2", "PROCESS", "WRITTEN IN", "BY"], &rows));
    text
}

/// For programs.
pub(crate) fn json(asked: &Asked<'_>) -> Json {
    let written =
        |name: &str| asked.written(name).map(|Written { place, by }| json!({ "place": place, "by": by }));
    let value = |value: &Effective| {
        json!({
            "key": value.name,
            "value": value.wanted,
            "pm2": value.pm2,
            "process": value.process,
            "written": written(&value.name),
        })
    };
    json!({
        "app": asked.app.name,
        "daemon": asked.daemon.id,
        "pm_id": asked.process.map(|process| process.pm_id),
        "pid": asked.process.and_then(|process| process.pid),
        "problems": asked.problems,
        "values": asked.values.iter().map(value).collect::<Vec<_>>(),
        "own": asked.own().map(|(name, _)| json!({ "key": name, "written": written(name) })).collect::<Vec<_>>(),
    })
}
