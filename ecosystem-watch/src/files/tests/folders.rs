//! Folders that come, go and move, with whatever is in them.

use std::fs;

use super::*;

const ROUNDS: usize = 30;

#[test]
fn made_with_its_file_at_once() {
    let mut tree = Tree::new();
    for round in 0..ROUNDS {
        tree.sees(|root| write(&root.join(format!("new{round}/deep/ecosystem.edn")), "{}"));
    }
}

/// The folder is watched from then on.
#[test]
fn made_and_edited_later() {
    let mut tree = Tree::new();
    for round in 0..ROUNDS {
        let file = tree.root.join(format!("new{round}/deep/ecosystem.edn"));
        tree.sees(|_| write(&file, "{}"));
        tree.sees(|_| fs::write(&file, "{:a 1}").unwrap());
    }
}

#[test]
fn moved_in_and_out() {
    let mut tree = Tree::new();
    let outside = tree.base.join("outside");
    write(&outside.join("a/b/ecosystem.edn"), "{}");
    let inside = tree.root.join("inside");
    let file = inside.join("a/b/ecosystem.edn");
    tree.sees(|_| fs::rename(&outside, &inside).unwrap());
    assert!(tree.view.contains_key(&file));
    tree.sees(|_| fs::write(&file, "{:a 1}").unwrap());
    tree.sees(|_| fs::rename(&inside, &outside).unwrap());
    assert!(!tree.view.contains_key(&file));
    tree.comes_to_rest();
    tree.does_not_mind(|_| fs::write(outside.join("a/b/ecosystem.edn"), "{:a 2}").unwrap());
}

#[test]
fn renamed() {
    let mut tree = Tree::new();
    tree.sees(|root| fs::rename(root.join("web"), root.join("api")).unwrap());
    tree.sees(|root| fs::write(root.join("api/ecosystem.edn"), "{:a 1}").unwrap());
    tree.sees(|root| fs::rename(root.join("api/ecosystem.edn"), root.join("api/defaults.edn")).unwrap());
    tree.sees(|root| fs::rename(root.join("api/defaults.edn"), root.join("api/defaults.txt")).unwrap());
    assert_eq!(tree.view, View::new());
    tree.sees(|root| fs::rename(root.join("api/defaults.txt"), root.join("api/ecosystem.edn")).unwrap());
}

/// There and back again within what counts as one change.
#[test]
fn renamed_and_back() {
    let mut tree = Tree::new();
    tree.sees(|root| {
        fs::rename(root.join("web"), root.join("api")).unwrap();
        fs::rename(root.join("api"), root.join("web")).unwrap();
    });
    tree.comes_to_rest();
    tree.sees(|root| fs::write(root.join("web/ecosystem.edn"), "{:a 1}").unwrap());
}

#[test]
fn removed() {
    let mut tree = Tree::prepared(|root| write(&root.join("api/ecosystem.edn"), "{}"));
    tree.sees(|root| fs::remove_file(root.join("web/ecosystem.edn")).unwrap());
    tree.comes_to_rest();
    tree.sees(|root| fs::remove_dir_all(root.join("api")).unwrap());
    assert_eq!(tree.view, View::new());
    tree.sees(|root| write(&root.join("api/ecosystem.edn"), "{:a 1}"));
    tree.sees(|root| fs::write(root.join("api/ecosystem.edn"), "{:a 2}").unwrap());
}
