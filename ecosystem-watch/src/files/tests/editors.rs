//! One file saved, in each of the ways there are.

use std::fs::{self, File};
use std::os::unix::fs::symlink;
use std::process::Command;

use camino::{Utf8Path, Utf8PathBuf};

use super::*;

/// Saves the daemon's file, twice: whatever the first one did to watches, the second one is seen.
fn check(save: impl Fn(&Utf8Path, &str)) {
    let mut tree = Tree::new();
    for text in ["{:a 1}", "{:a 2}"] {
        let file = tree.daemon();
        tree.sees(|_| save(&file, text));
        assert_eq!(tree.view.get(&file).map(String::as_str), Some(text));
        tree.comes_to_rest();
    }
}

fn beside(file: &Utf8Path, name: &str) -> Utf8PathBuf {
    file.with_file_name(name)
}

/// A file under another name, and the name given to it then.
fn replace(file: &Utf8Path, text: &str) {
    let new = beside(file, ".ecosystem.edn.tmp");
    fs::write(&new, text).unwrap();
    fs::rename(new, file).unwrap();
}

fn replace_from_outside(file: &Utf8Path, text: &str) {
    let new = file.ancestors().nth(5).unwrap().join("new");
    fs::write(&new, text).unwrap();
    fs::rename(new, file).unwrap();
}

#[test]
fn vim() {
    check(|file, text| {
        // It tries whether it may write into the folder by a file of this name.
        let probe = beside(file, "4913");
        File::create(&probe).unwrap();
        fs::remove_file(probe).unwrap();
        let backup = beside(file, "ecosystem.edn~");
        fs::rename(file, &backup).unwrap();
        fs::write(file, text).unwrap();
        fs::remove_file(backup).unwrap();
    });
}

#[test]
fn vim_with_a_copy_as_backup() {
    check(|file, text| {
        let backup = beside(file, "ecosystem.edn~");
        fs::copy(file, &backup).unwrap();
        fs::write(file, text).unwrap();
        fs::remove_file(backup).unwrap();
    });
}

#[test]
fn in_place() {
    check(|file, text| fs::write(file, text).unwrap());
}

#[test]
fn replaced() {
    check(replace);
}

#[test]
fn emacs() {
    check(|file, text| {
        let lock = beside(file, ".#ecosystem.edn");
        symlink("somebody@somewhere.4711:1700000000", &lock).unwrap();
        replace(file, text);
        fs::remove_file(lock).unwrap();
    });
}

#[test]
fn sed() {
    check(|file, text| {
        let status = Command::new("sed").arg("-i").arg(format!("s/.*/{text}/")).arg(file).status();
        assert!(status.unwrap().success());
    });
}

#[test]
fn replaced_from_outside_the_tree() {
    check(replace_from_outside);
}

/// Contents are compared by who looks, not here.
#[test]
fn the_same_again() {
    let mut tree = Tree::new();
    let file = tree.daemon();
    tree.sees(|_| fs::write(&file, "{}").unwrap());
    tree.comes_to_rest();
    tree.sees(|_| File::open(&file).unwrap().set_modified(std::time::SystemTime::now()).unwrap());
}

/// What was there is missing then, although it was never seen as it was in between.
fn check_removed(save: impl Fn(&Utf8Path, &str)) {
    let mut tree = Tree::new();
    let file = tree.daemon();
    // The first look is over, which made events of its own.
    tree.comes_to_rest();
    tree.sees(|_| {
        save(&file, "{:a 1}");
        fs::remove_file(&file).unwrap();
    });
    assert_eq!(tree.view, View::new());
}

#[test]
fn replaced_and_removed_at_once() {
    check_removed(replace);
}

#[test]
fn replaced_from_outside_and_removed_at_once() {
    check_removed(replace_from_outside);
}
