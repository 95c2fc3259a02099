//! Where the values of an app were written.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::{Serialize, Serializer};

use crate::diagnostic::{Origin, Span};

/// Where each value of one app was written, and by what it came to the app.
///
/// Values are known by the names of their keys in PM2's schema or ours (`max_restarts`, `env_file`), variables by the
/// name of their map and their own (`env.PORT`, `env_production.PORT`): the names that reasons of a plan have. What is
/// not listed was written nowhere: it is PM2's default.
///
/// Kept as offsets, and told when somebody asks: of thousands of apps, people ask for one.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Origins {
    places: BTreeMap<String, Span>,
    pieces: Arc<Pieces>,
}

/// Where one value was written, and by what it came to its app.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Came {
    /// The place of the value, in whatever file it stands.
    pub from: Origin,
    /// What it belongs to.
    pub by: Layer,
}

/// What an app's values are merged from, from the weakest to the strongest.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Layer {
    /// A `defaults.edn`: its path below the root.
    Defaults(String),
    /// The daemon's own `:apps`.
    App,
    /// The daemon's profile of this name.
    Profile(String),
}

impl Origins {
    /// Values by name, each with its place in what the daemon is put together from.
    pub(crate) fn new(places: BTreeMap<String, Span>, pieces: &Arc<Pieces>) -> Self {
        Self { places, pieces: Arc::clone(pieces) }
    }

    /// Where the value of this name was written.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<Came> {
        self.places.get(name).map(|span| self.pieces.came(*span))
    }

    /// Every value that was written, by name.
    pub fn iter(&self) -> impl Iterator<Item = (&str, Came)> {
        self.places.iter().map(|(name, span)| (name.as_str(), self.pieces.came(*span)))
    }
}

impl Serialize for Origins {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.iter())
    }
}

/// The sources that a daemon is put together from, one behind the other in a range of offsets.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Pieces {
    /// In the order of their offsets.
    pub(crate) pieces: Vec<Piece>,
    /// The profile that is chosen, and where it stands.
    pub(crate) profile: Option<(String, Span)>,
}

/// One source.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Piece {
    /// The offset of its first byte.
    pub(crate) start: usize,
    pub(crate) path: String,
    /// What it belongs to, the profile apart.
    pub(crate) layer: Layer,
}

impl Pieces {
    fn came(&self, span: Span) -> Came {
        let behind = self.pieces.partition_point(|piece| piece.start <= span.start);
        let Some(piece) = behind.checked_sub(1).and_then(|index| self.pieces.get(index)) else {
            return Came { from: Origin { path: String::new(), span }, by: Layer::App };
        };
        let local = |offset: usize| offset.saturating_sub(piece.start);
        let from = Origin { path: piece.path.clone(), span: Span::new(local(span.start), local(span.end)) };
        let profile = self.profile.as_ref().filter(|(_, at)| (at.start..at.end).contains(&span.start));
        let by = match profile {
            Some((name, _)) => Layer::Profile(name.clone()),
            None => piece.layer.clone(),
        };
        Came { from, by }
    }
}
