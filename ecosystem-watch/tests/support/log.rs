//! What a watcher has said, as data.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use serde_json::Value as Json;

use super::wait::LONG;

/// The log of a watcher that speaks JSON, in one file or in the files that PM2 made of it.
pub(crate) struct Log {
    folder: PathBuf,
    prefix: String,
}

impl Log {
    /// The files in a folder whose names begin so.
    pub(crate) fn of(folder: impl Into<PathBuf>, prefix: &str) -> Self {
        Self { folder: folder.into(), prefix: prefix.to_owned() }
    }

    /// Every whole line so far.
    pub(crate) fn lines(&self) -> Vec<Json> {
        self.text().lines().filter_map(|line| serde_json::from_str(line).ok()).collect()
    }

    /// Every line so far of this event.
    pub(crate) fn events(&self, event: &str) -> Vec<Json> {
        self.lines().into_iter().filter(|line| line["event"] == event).collect()
    }

    /// How often this was done to an app: the word is a verb of plans, such as `start`.
    pub(crate) fn steps(&self, app: &str, verb: &str) -> usize {
        self.events("step").iter().filter(|line| line["app"] == app && line["action"] == verb).count()
    }

    /// How many lines say this.
    pub(crate) fn says(&self, text: &str) -> usize {
        self.lines().iter().filter(|line| line["message"].as_str().unwrap_or_default().contains(text)).count()
    }

    /// Waits until a line says this; fails with all of the log.
    #[track_caller]
    pub(crate) fn will_say(&self, text: &str) {
        let started = Instant::now();
        while self.says(text) == 0 {
            assert!(started.elapsed() < LONG, "it never says {text:?}:\n{}", self.text());
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    fn text(&self) -> String {
        let Ok(entries) = std::fs::read_dir(&self.folder) else { return String::new() };
        let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
        let mut names: Vec<String> = names.filter(|name| name.starts_with(&self.prefix)).collect();
        names.sort();
        names.iter().map(|name| std::fs::read_to_string(self.folder.join(name)).unwrap_or_default()).collect()
    }
}
