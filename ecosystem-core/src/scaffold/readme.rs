//! The README of a tree.

use askama::Template;

use super::{WATCHER, WATCHER_PROGRAM};

/// The file that the text is written to, at the root.
pub(super) const NAME: &str = "README.md";

#[derive(Template)]
#[template(path = "tree-readme.md")]
struct Readme<'a> {
    root: &'a str,
    tree: &'a str,
    watcher: &'a str,
    program: &'a str,
}

/// The text that tells whoever finds a tree how to work with it.
///
/// `root` is the tree as seen from and `options` what else a command line has to say of it (`--base`,
/// `--owner`), both written for a shell.
#[must_use]
pub fn readme(root: &str, options: &str) -> String {
    let tree = [root, options].join(" ");
    let readme = Readme { root, tree: tree.trim_end(), watcher: WATCHER, program: WATCHER_PROGRAM };
    // A template writes into memory, so it does not fail.
    readme.render().unwrap_or_default()
}
