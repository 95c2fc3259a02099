//! Names that cannot be mixed up.

use std::borrow::Borrow;
use std::fmt;

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use super::digest::hex;

macro_rules! name_type {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(String);

        impl $name {
            /// The text of it.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl Borrow<str> for $name {
            fn borrow(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

name_type! {
    /// The name of an app: its id in PM2, unique over the whole tree, and none that PM2 would misread.
    AppName
}

name_type! {
    /// A daemon's folder below the root with `/` as separator, such as `services/web`; empty for the root itself.
    DaemonId
}

name_type! {
    /// The id of the tree a process belongs to. A process of no or another owner is never touched.
    Owner
}

impl AppName {
    /// Takes a name that validation accepted.
    pub(crate) fn new(name: impl Into<String>) -> Self {
        Self(name.into())
    }

    /// A file name for this app: readable, and distinct by a digest of the whole name.
    #[must_use]
    pub fn file_name(&self) -> String {
        file_name(&self.0)
    }
}

impl DaemonId {
    /// A folder path below the root, without leading or trailing `/`.
    pub fn new(folder: impl Into<String>) -> Self {
        Self(folder.into().trim_matches('/').to_owned())
    }

    /// The daemon that a source file belongs to: the folder it is in.
    #[must_use]
    pub fn of_source(path: &str) -> Self {
        Self::new(path.rsplit_once('/').map_or("", |(folder, _)| folder))
    }

    /// The path of this daemon's source below the root.
    #[must_use]
    pub fn source_path(&self) -> String {
        self.join("ecosystem.edn")
    }

    /// The folders from the root down to this one, which comes last; the root is the empty text.
    pub fn folders(&self) -> impl Iterator<Item = &str> {
        let ends = self.0.match_indices('/').map(|(end, _)| end).chain([self.0.len()]);
        let below = ends.filter_map(|end| self.0.get(..end)).filter(|folder| !folder.is_empty());
        std::iter::once("").chain(below)
    }

    /// A path inside this daemon's folder, below the root.
    #[must_use]
    pub fn join(&self, name: &str) -> String {
        if self.0.is_empty() { name.to_owned() } else { format!("{}/{name}", self.0) }
    }
}

impl Owner {
    /// An owner id: any text without control characters; by default the root's absolute path.
    pub fn new(id: impl Into<String>) -> Self {
        Self(id.into())
    }

    /// A file name for this owner: readable, and distinct by a digest of the whole id.
    #[must_use]
    pub fn file_name(&self) -> String {
        file_name(&self.0)
    }
}

fn file_name(id: &str) -> String {
    let readable: String = id.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '-' }).collect();
    let tail: String = readable.trim_matches('-').chars().rev().take(READABLE_CHARS).collect();
    let digest = hex(&Sha256::digest(id.as_bytes())[..DIGEST_BYTES]);
    format!("{}-{digest}", tail.chars().rev().collect::<String>())
}

/// The end of a path tells more than its beginning, and sockets and files must stay short.
const READABLE_CHARS: usize = 40;

/// 64 bits, for a handful of trees on one machine.
const DIGEST_BYTES: usize = 8;

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    /// Whatever an app or an owner is called, what is kept of it has a short name of its own, in the folder it is for. A file
    /// system may take upper for lower case.
    #[test]
    fn names_make_plain_file_names() {
        let long = "x".repeat(10_000);
        let names = [
            "",
            ".",
            "..",
            "/",
            "../x",
            "x",
            "X",
            "a/b",
            "a-b",
            "a b",
            "/etc/passwd",
            "all",
            "0",
            "-h",
            "--",
            "a\nb",
            "a\0b",
            "__proto__",
            "é",
            "\u{202e}",
            ".json",
            "lock",
            "history",
            &long,
            &long[1..],
        ];
        let files: Vec<String> = names.iter().map(|name| AppName::new(*name).file_name()).collect();
        for (name, file) in names.iter().zip(&files) {
            assert!(file.len() <= 57 && file.len() > 16, "{name:?}: {file}");
            assert!(file.chars().all(|c| c.is_ascii_alphanumeric() || c == '-'), "{name:?}: {file}");
            assert_eq!(*file, Owner::new(*name).file_name());
        }
        let distinct: BTreeSet<String> = files.iter().map(|file| file.to_lowercase()).collect();
        assert_eq!(distinct.len(), names.len());
    }
}
