//! Places where generated files cannot be written, or must not be.

use std::fs;
use std::path::Path;

use super::tree::{Mode, Seen, Tree, User, idle};

/// A tree in which `good` and `bad` are generated, and both were edited since.
fn edited() -> Tree {
    let tree = Tree::of(&["bad", "good"]);
    tree.run(&["render"]).says(0, &[]);
    for id in ["bad", "good"] {
        tree.daemon(id, idle(id).replace("1000", "2000"));
    }
    tree
}

/// Checks that it is said which file could not be written, and that `good` was.
#[track_caller]
fn only_bad_fails(tree: &Tree, seen: Seen, texts: &[&str]) {
    seen.says(1, &["bad/dist/ecosystem.config.mjs is not written", "wrote good/dist/ecosystem.config.mjs"])
        .says(1, texts);
    assert!(fs::read_to_string(tree.config("good")).unwrap().contains("2000"));
}

#[test]
fn a_folder_that_may_not_be_written() {
    let tree = edited();
    let (bad, good) = (tree.path("bad/dist"), tree.path("good/dist"));
    let before = fs::read(tree.config("bad")).unwrap();
    let files = tree.generated();
    let _modes = [Mode::of(&bad, 0o555), Mode::of(&good, 0o777)];
    let seen = tree.run_as(User::WithoutRights, &["render"]);
    only_bad_fails(&tree, seen, &["ermission denied", "check the folder's permissions"]);
    assert_eq!(fs::read(tree.config("bad")).unwrap(), before);
    assert_eq!(tree.generated(), files);
}

#[test]
fn a_file_in_place_of_the_folder() {
    let tree = edited();
    fs::remove_dir_all(tree.path("bad/dist")).unwrap();
    fs::write(tree.path("bad/dist"), "mine").unwrap();
    only_bad_fails(&tree, tree.run(&["render"]), &["bad/dist` is not a folder", "move it away"]);
    assert_eq!(fs::read(tree.path("bad/dist")).unwrap(), b"mine");
}

#[test]
fn a_link_out_of_the_tree() {
    let elsewhere = Tree::new();
    let link = |to: &Path, at: &Path| std::os::unix::fs::symlink(to, at).unwrap();
    for path in ["bad/dist", "bad/dist/ecosystem.config.mjs"] {
        let (tree, target) = (edited(), elsewhere.path("theirs"));
        if path == "bad/dist" {
            fs::remove_dir_all(tree.path(path)).unwrap();
            link(&elsewhere.root(), &tree.path(path));
        } else {
            fs::remove_file(tree.path(path)).unwrap();
            fs::write(&target, "theirs").unwrap();
            link(&target, &tree.path(path));
        }
        let before = elsewhere.generated();
        only_bad_fails(&tree, tree.run(&["render"]), &[path, "symbolic link", "remove the link"]);
        tree.run(&["render", "--check"]).says(1, &[path, "symbolic link"]);
        assert_eq!(elsewhere.generated(), before);
        assert!(before.is_empty() || fs::read(&target).unwrap() == b"theirs");
    }
}

#[test]
fn something_else_in_place_of_the_file() {
    use rustix::fs::{CWD, FileType, Mode, mknodat};
    let tree = edited();
    fs::remove_file(tree.config("bad")).unwrap();
    mknodat(CWD, tree.config("bad"), FileType::Fifo, Mode::RWXU, 0).unwrap();
    tree.run(&["render", "--check"]).says(1, &["bad/dist/ecosystem.config.mjs` is not a file"]);
    only_bad_fails(&tree, tree.run(&["render"]), &["is not a file", "move it away"]);
}

#[test]
fn a_full_disk_keeps_the_old_files_whole() {
    let tree = edited();
    tree.daemon("new", idle("new"));
    let files = tree.generated();
    let before: Vec<_> = files.iter().map(|path| fs::read(path).unwrap()).collect();
    let seen = tree.run_on_full_disk(&["render"]);
    let not_written =
        ["bad", "good", "new"].map(|id| format!("{id}/dist/ecosystem.config.mjs is not written"));
    seen.says(1, &not_written.each_ref().map(String::as_str))
        .says(1, &["File too large", "the space on its disk"]);
    assert_eq!(tree.generated(), files, "something is left behind");
    assert_eq!(files.iter().map(|path| fs::read(path).unwrap()).collect::<Vec<_>>(), before);
    tree.run(&["render"]).says(0, &["wrote new/dist/ecosystem.config.mjs"]);
}
