//! Apps and daemons on their way from nodes to the model: values with the places they stand at.

use std::collections::BTreeMap;

use serde_json::Value as Json;

use crate::diagnostic::Span;
use crate::model::schema::Key;
use crate::model::{App, AppName, Daemon, DaemonId, Env, EnvFile, EnvValue, InheritEnv, Prune, References};

/// A value and where it stands.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Spanned<T> {
    pub(super) value: T,
    pub(super) span: Span,
}

/// What could be read of one app; checks over the whole tree look at it even where its source is broken.
#[derive(Debug, Default)]
pub(super) struct AppDraft {
    pub(super) name: Option<Spanned<String>>,
    pub(super) script: Option<Spanned<String>>,
    pub(super) settings: BTreeMap<Key, Spanned<Json>>,
    pub(super) env: BTreeMap<String, Spanned<EnvValue>>,
    pub(super) env_blocks: BTreeMap<String, Env>,
    pub(super) env_files: Vec<EnvFile>,
    pub(super) references: References,
    pub(super) inherit_env: InheritEnv,
    pub(super) description: Option<String>,
    pub(super) prune: Option<Prune>,
    pub(super) enabled: Option<bool>,
    /// Where each value stands, by the names of [`Origins`](crate::model::Origins).
    pub(super) places: BTreeMap<String, Span>,
}

impl AppDraft {
    /// The setting of a key by its schema name, with its place.
    pub(super) fn setting(&self, name: &str) -> Option<&Spanned<Json>> {
        self.settings.get(&Key::named(name)?)
    }

    /// The text of a setting.
    pub(super) fn text(&self, name: &str) -> Option<&str> {
        self.setting(name)?.value.as_str()
    }

    /// Whether it is to run.
    pub(super) fn is_enabled(&self) -> bool {
        self.enabled != Some(false)
    }

    /// The app, if it has what every app needs.
    pub(super) fn finish(self) -> Option<App> {
        Some(App {
            name: AppName::new(self.name?.value),
            script: self.script?.value,
            settings: without_places(self.settings),
            env: without_places(self.env),
            env_blocks: self.env_blocks,
            env_files: self.env_files,
            references: self.references,
            inherit_env: self.inherit_env,
            description: self.description,
            prune: self.prune,
        })
    }
}

/// What could be read of one source.
#[derive(Debug, Default)]
pub(super) struct DaemonDraft {
    pub(super) apps: Vec<AppDraft>,
    pub(super) deploy: Option<Json>,
    /// The profile that was chosen, and where it stands.
    pub(super) profile: Option<(String, Span)>,
}

impl DaemonDraft {
    /// The daemon, if all its apps are whole; those that are switched off are none of it.
    pub(super) fn finish(self, id: DaemonId) -> Option<Daemon> {
        let declares_none = self.apps.is_empty();
        let enabled = self.apps.into_iter().filter(AppDraft::is_enabled);
        let apps = enabled.map(AppDraft::finish).collect::<Option<Vec<_>>>()?;
        (!declares_none).then_some(Daemon { id, apps, deploy: self.deploy })
    }
}

/// Values alone.
pub(super) fn without_places<K: Ord, T>(values: BTreeMap<K, Spanned<T>>) -> BTreeMap<K, T> {
    values.into_iter().map(|(key, spanned)| (key, spanned.value)).collect()
}
