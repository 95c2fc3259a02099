//! The keys of an app: PM2's and ours.

use std::collections::BTreeSet;

use serde_json::Value as Json;

use super::{own_values, values};
use crate::model::schema::Key;
use crate::validate;

/// A key of an app.
#[derive(Debug, Clone, Copy)]
pub(super) enum AppKey {
    Pm2(Key),
    Own(&'static str),
}

/// Every key, PM2's in its order first.
pub(super) fn all() -> impl Iterator<Item = AppKey> {
    Key::all().map(AppKey::Pm2).chain(validate::own_key_names().map(AppKey::Own))
}

impl AppKey {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Pm2(key) => key.name(),
            Self::Own(name) => name,
        }
    }

    /// As the page of the language and Clojure write it.
    pub(super) fn kebab(self) -> String {
        kebab(self.name())
    }

    /// Every spelling that is documented, kebab case first.
    pub(super) fn spellings(self) -> Vec<String> {
        match self {
            Self::Own(name) => spellings(name),
            Self::Pm2(key) => {
                let pm2: BTreeSet<String> = key.spellings().map(str::to_owned).collect();
                let all: BTreeSet<String> = pm2.iter().map(|it| kebab(it)).chain(pm2.clone()).collect();
                distinct([self.kebab(), self.name().to_owned()].into_iter().chain(all))
            }
        }
    }

    /// The values it takes.
    pub(super) fn values(self) -> Json {
        match self {
            Self::Pm2(key) => values::of(key),
            Self::Own(name) => own_values::of(name),
        }
    }
}

/// A name of ours as it may be written: kebab, snake and camel case.
pub(super) fn spellings(name: &str) -> Vec<String> {
    let camel = name.split('_').enumerate().map(|(at, part)| match part.chars().next() {
        Some(first) if at > 0 => format!("{}{}", first.to_ascii_uppercase(), part.trim_start_matches(first)),
        _ => part.to_owned(),
    });
    distinct([kebab(name), name.to_owned(), camel.collect()])
}

fn kebab(name: &str) -> String {
    name.replace('_', "-")
}

fn distinct(spellings: impl IntoIterator<Item = String>) -> Vec<String> {
    let mut seen = BTreeSet::new();
    spellings.into_iter().filter(|spelling| seen.insert(spelling.clone())).collect()
}
