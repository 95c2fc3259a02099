//! Paths of an app, relative where a tree can have them so.

use camino::{Utf8Path, Utf8PathBuf};
use serde_json::{Map, Value as Json};

use super::Surroundings;
use crate::pm2::{relative, resolve_path};

/// Where an app runs, and what paths in a tree begin at.
pub(super) struct Places {
    base: Utf8PathBuf,
    cwd: Utf8PathBuf,
}

impl Places {
    /// PM2 resolves a relative `cwd`, and a missing one, against the folder it is called in: where the config is.
    pub(super) fn of(keys: &Map<String, Json>, around: &Surroundings) -> Self {
        let written = keys.get("cwd").and_then(Json::as_str).unwrap_or_default();
        Self { base: around.base.clone(), cwd: resolve_path(&around.folder, written) }
    }

    /// The working folder as written; none where it is base.
    pub(super) fn cwd(&self) -> Option<String> {
        match self.cwd.strip_prefix(&self.base) {
            Ok(same) if same.as_str().is_empty() => None,
            Ok(below) => Some(below.to_string()),
            Err(_) => Some(self.cwd.to_string()),
        }
    }

    /// A path that PM2 resolves against the working folder.
    pub(super) fn below_cwd(&self, path: &str) -> String {
        let absolute = Utf8Path::new(path);
        match absolute.strip_prefix(&self.cwd) {
            Ok(below) if !below.as_str().is_empty() => below.to_string(),
            _ if absolute.starts_with(&self.base) && self.cwd.starts_with(&self.base) => {
                relative(&self.cwd, absolute)
            }
            _ => path.to_owned(),
        }
    }
}
