//! Copies of generated configs that are made to be reviewed and committed, in the `.snap` format of insta.
//!
//! Generated files themselves are never committed: they say when they were made. A snapshot says the same without
//! that, and without secrets, so that a change of a daemon shows in a diff as what PM2 will be told.
//!
//! Source of the format: insta 1.49, `src/snapshot.rs`: YAML between two lines `---`, then the text, whose blanks at
//! the end do not count.

use crate::model::{Daemon, DaemonId};
use crate::render::{CONFIG_NAME, GeneratedFile, Layout};
use crate::review::shown_config;

/// What stands behind the name of the generated file.
pub const EXTENSION: &str = ".snap";

/// What insta calls the expression that a snapshot is of: the mark by which ours are known.
const MARK: &str = "ecosystem-cli snapshot";

/// The snapshot of a daemon: where it lies below the snapshots' folder, and what it says.
///
/// `source` is the path of the daemon's source as reviewers know it, from the top of their repository.
#[must_use]
pub fn snapshot(daemon: &Daemon, layout: &Layout, source: &str) -> GeneratedFile {
    let source = serde_json::Value::from(source);
    let config = shown_config(daemon, layout);
    let text = format!("---\nsource: {source}\nexpression: {MARK}\n---\n{}\n", config.trim_end());
    GeneratedFile { path: path(&daemon.id), text }
}

/// Where the snapshot of a daemon lies: its folder below the snapshots' one mirrors the tree, so that no two daemons
/// share a name.
#[must_use]
pub fn path(id: &DaemonId) -> String {
    id.join(&format!("{CONFIG_NAME}{EXTENSION}"))
}

/// The daemon whose snapshot lies at this path; `None` for what is no path of a snapshot.
#[must_use]
pub fn daemon_of(path: &str) -> Option<DaemonId> {
    let name = path.rsplit('/').next().unwrap_or_default();
    (name.strip_suffix(EXTENSION) == Some(CONFIG_NAME)).then(|| DaemonId::of_source(path))
}

/// The config in a snapshot of ours, without blanks at its end; `None` for a text that is none.
///
/// insta may have written it again when a change was accepted, so that quotes in its head can differ.
#[must_use]
pub fn config(text: &str) -> Option<&str> {
    let (head, config) = text.strip_prefix("---\n")?.split_once("\n---\n")?;
    let expression = head.lines().find_map(|line| line.strip_prefix("expression:"))?;
    (expression.trim().trim_matches('"') == MARK).then(|| config.trim_end())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a failed test may panic")]

    use super::*;
    use crate::{Source, compile};

    const SECRET: &str = "hunter2-do-not-show";

    fn of(id: &str, text: &str) -> GeneratedFile {
        let checked = compile(&[Source::new(DaemonId::new(id).source_path(), text)]);
        assert_eq!(checked.diagnostics, []);
        let layout = Layout { root_to_base: "../..".to_owned(), owner: None };
        let daemon = checked.output.daemons.values().next().unwrap();
        snapshot(daemon, &layout, &format!("system/daemons/{}", daemon.id.source_path()))
    }

    #[test]
    fn it_says_what_pm2_is_told() {
        let text = r#"{:apps [{:name "web" :script "server.mjs" :args ["--token" "x" "--port=80"]
                                :env {:PORT 80 :API_TOKEN "hunter2-do-not-show"}}]
                       :deploy {:production {:key "x" :repo "https://u:hunter2-do-not-show@h/r"}}}"#;
        let file = of("services/web", text);
        assert!(!file.text.contains(SECRET));
        insta::assert_snapshot!(format!("{text}\n----- {} -----\n{}", file.path, file.text));
    }

    #[test]
    fn it_is_the_same_at_all_times_and_knows_itself() {
        let text = r#"{:apps [{:name "web" :script "server.mjs"}]}"#;
        let file = of("", text);
        assert_eq!(file, of("", text));
        assert_eq!(file.path, "ecosystem.config.mjs.snap");
        assert_eq!(daemon_of(&file.path), Some(DaemonId::new("")));
        assert_eq!(daemon_of("a/b/ecosystem.config.mjs.snap"), Some(DaemonId::new("a/b")));
        assert_eq!(daemon_of("a/b/other.snap"), None);
        assert!(config(&file.text).unwrap().ends_with("export default { apps };"));
        for other in ["", "---\n---\n", "---\nexpression: text\n---\nx\n", "// x", "---\nexpression: text"] {
            assert_eq!(config(other), None, "{other:?}");
        }
    }
}
