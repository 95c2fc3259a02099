//! How the attributes of an app look for one of its processes, and the questions a plan asks of them.

use serde_json::Value as Json;

use super::observed::{PmId, text_of};
use super::{Attributes, ExecMode};

impl Attributes {
    /// An attribute as PM2 records it for the process of this id.
    ///
    /// PM2 puts the id into the name of the pid file, and of the log files unless the app's instances share
    /// them (`God.executeApp` in `lib/God.js`, when a process is first made).
    #[must_use]
    pub fn for_instance(&self, pm_id: PmId, name: &str) -> Option<Json> {
        // PM2 lays the environment over the record itself: `:io` reaches an app as a variable of that name.
        let value = self.get("env").and_then(|env| env.get(name)).or_else(|| self.get(name))?;
        let numbered = match name {
            "pm_pid_path" => Some(".pid"),
            "pm_log_path" | "pm_out_log_path" | "pm_err_log_path" if !self.is_set("merge_logs") => {
                Some(".log")
            }
            _ => None,
        };
        match (numbered, value) {
            (Some(extension), Json::String(path)) => Some(Json::from(numbered_path(path, extension, pm_id))),
            _ => Some(value.clone()),
        }
    }

    /// The value of one environment variable, as the process sees it.
    #[must_use]
    pub fn variable(&self, name: &str) -> Option<String> {
        self.get("env")?.get(name).map(text_of)
    }

    /// Whether one of `instances` processes may have this value of a variable, which may be `None`.
    ///
    /// The variable that `:increment_var` names counts up from the declared value, one for each instance.
    #[must_use]
    pub fn admits(&self, name: &str, value: Option<&str>, instances: u32) -> bool {
        let wanted = self.variable(name);
        let counts_up = || {
            let (first, value) = (wanted.as_ref()?.parse::<u64>().ok()?, value?.parse::<u64>().ok()?);
            Some((first..first.saturating_add(instances.into())).contains(&value))
        };
        let counted = self.get("increment_var").and_then(Json::as_str) == Some(name);
        value == wanted.as_deref() || (counted && counts_up() == Some(true))
    }

    /// The same app with another number of instances: what is started beside those that run.
    #[must_use]
    pub fn with_instances(&self, count: u32) -> Self {
        self.clone().with_count(count)
    }

    /// Whether PM2 is to start it at all: `autostart: false` declares an app that waits to be started by hand.
    #[must_use]
    pub fn autostart(&self) -> bool {
        self.get("autostart") != Some(&Json::Bool(false))
    }

    /// Whether it runs as workers of PM2's cluster.
    #[must_use]
    pub fn is_cluster(&self) -> bool {
        self.exec_mode() == ExecMode::Cluster
    }

    /// Whether PM2 is to restart it when files change.
    #[must_use]
    pub fn watches(&self) -> bool {
        self.is_set("watch")
    }

    fn is_set(&self, name: &str) -> bool {
        self.get(name).is_some_and(|value| !matches!(value, Json::Null | Json::Bool(false)))
    }
}

/// `name.log` or `name-2.log` becomes `name-7.log`; a path that ends otherwise stays.
fn numbered_path(path: &str, extension: &str, pm_id: PmId) -> String {
    let Some(stem) = path.strip_suffix(extension) else { return path.to_owned() };
    let unnumbered = match stem.rsplit_once('-') {
        Some((front, digits)) if !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit()) => {
            front
        }
        _ => stem,
    };
    format!("{unnumbered}-{pm_id}{extension}")
}
