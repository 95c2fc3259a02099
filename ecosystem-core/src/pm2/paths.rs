//! Paths as node's `path` module computes them: on the text alone, never by looking at the disk.

use camino::{Utf8Path, Utf8PathBuf};
use serde_json::Value as Json;

use crate::model::App;

/// `path.resolve(base, path)`: absolute, without `.`, `..`, doubled or trailing slashes.
pub(crate) fn resolve(base: &Utf8Path, path: &str) -> Utf8PathBuf {
    let mut parts: Vec<&str> = Vec::new();
    let start = if path.starts_with('/') { "" } else { base.as_str() };
    for part in start.split('/').chain(path.split('/')) {
        match part {
            "" | "." => {}
            ".." => drop(parts.pop()),
            name => parts.push(name),
        }
    }
    Utf8PathBuf::from(format!("/{}", parts.join("/")))
}

/// The way from one absolute folder to another, with `/` and without a trailing one; empty for the same folder.
#[must_use]
pub fn relative(from: &Utf8Path, to: &Utf8Path) -> String {
    let shared = from.components().zip(to.components()).take_while(|(a, b)| a == b).count();
    let up = from.components().skip(shared).map(|_| "..");
    let down = to.components().skip(shared).map(|part| part.as_str());
    up.chain(down).collect::<Vec<_>>().join("/")
}

/// `path.extname`: the last dot of the file name and what follows it; a name that starts with its only dot has none.
pub(super) fn extension(path: &Utf8Path) -> &str {
    let name = path.file_name().unwrap_or_default();
    match name.rfind('.') {
        None | Some(0) => "",
        Some(dot) => name.get(dot..).unwrap_or_default(),
    }
}

/// The folder an app runs in: `:cwd` against the base, or the base.
#[must_use]
pub fn working_folder(app: &App, base: &Utf8Path) -> Utf8PathBuf {
    resolve(base, written_cwd(app))
}

/// What PM2 records as `cwd` beside `pm_cwd`: the text of the generated file, in which an absolute path stands
/// as written and a relative one is resolved.
pub(super) fn recorded_cwd(app: &App, base: &Utf8Path) -> String {
    let written = written_cwd(app);
    if written.starts_with('/') { written.to_owned() } else { working_folder(app, base).into_string() }
}

fn written_cwd(app: &App) -> &str {
    app.setting("cwd").and_then(Json::as_str).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn resolving_is_on_text_alone() {
        let check = |base: &str, path: &str, expected: &str| {
            assert_eq!(resolve(base.into(), path).as_str(), expected, "{base} + {path}");
        };
        check("/a/b", "c.js", "/a/b/c.js");
        check("/a/b", "", "/a/b");
        check("/a/b", ".", "/a/b");
        check("/a/b", "../c//d/", "/a/c/d");
        check("/a/b", "../../../c", "/c");
        check("/a/b", "/x/./y/../z", "/x/z");
        check("/", "..", "/");
        check("/a", "~", "/a/~");
    }

    #[test]
    fn extensions_are_those_of_node() {
        let check = |path: &str, expected: &str| assert_eq!(extension(path.into()), expected, "{path}");
        check("/a/b.js", ".js");
        check("/a/b.test.js", ".js");
        check("/a.d/b", "");
        check("/a/.profile", "");
        check("/a/.profile.sh", ".sh");
        check("/a/b.", ".");
        check("/", "");
    }
}
