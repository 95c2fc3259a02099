//! A root that goes, and one that comes: the watches of the first are not those of the second.

use std::fs;

use super::*;

/// After a change of the root itself it is followed as before.
fn check(change: impl Fn(&Utf8Path, &Utf8Path)) {
    let mut tree = Tree::new();
    let base = tree.base.clone();
    for round in 0..3 {
        tree.sees(|root| change(&base, root));
        tree.comes_to_rest();
        tree.sees(|root| write(&root.join("web/ecosystem.edn"), &format!("{{:round {round}}}")));
        tree.sees(|root| write(&root.join(format!("new{round}/ecosystem.edn")), "{}"));
        tree.comes_to_rest();
    }
}

#[test]
fn removed_and_made_at_once() {
    check(|_, root| {
        fs::remove_dir_all(root).unwrap();
        write(&root.join("web/ecosystem.edn"), "{:new true}");
    });
}

#[test]
fn swapped() {
    check(|base, root| {
        write(&base.join("other/web/ecosystem.edn"), "{:other true}");
        fs::rename(root, base.join("old")).unwrap();
        fs::rename(base.join("other"), root).unwrap();
        fs::remove_dir_all(base.join("old")).unwrap();
    });
}

/// It is the same folder then, and yet no watch is left on it.
#[test]
fn moved_away_and_back() {
    check(|base, root| {
        fs::rename(root, base.join("away")).unwrap();
        fs::rename(base.join("away"), root).unwrap();
    });
}

#[test]
fn its_parent_moved_away_and_back() {
    check(|base, _| {
        fs::rename(base.join("grand/parent"), base.join("away")).unwrap();
        fs::rename(base.join("away"), base.join("grand/parent")).unwrap();
    });
}

#[test]
fn everything_above_removed_and_made_at_once() {
    check(|base, root| {
        fs::remove_dir_all(base.join("grand")).unwrap();
        write(&root.join("web/ecosystem.edn"), "{:new true}");
    });
}

/// Each step only when the one before has been seen.
#[test]
fn removed_and_made_step_by_step() {
    for top in ["grand/parent/daemons", "grand/parent", "grand"] {
        let mut tree = Tree::new();
        let top = tree.base.join(top);
        tree.sees(|_| fs::remove_dir_all(&top).unwrap());
        tree.comes_to_rest();
        assert_eq!(tree.view, View::new());
        let above = tree.root.ancestors().filter(|it| it.starts_with(&top)).map(Utf8Path::to_owned);
        for folder in above.collect::<Vec<_>>().into_iter().rev() {
            fs::create_dir(folder).unwrap();
            tree.comes_to_rest();
        }
        tree.sees(|root| write(&root.join("web/ecosystem.edn"), "{:new true}"));
        tree.sees(|root| write(&root.join("web/ecosystem.edn"), "{:newer true}"));
    }
}

#[test]
fn not_there_at_first() {
    let mut tree =
        Tree::prepared(|root| fs::remove_dir_all(root.parent().unwrap().parent().unwrap()).unwrap());
    tree.sees(|root| write(&root.join("web/ecosystem.edn"), "{}"));
    tree.comes_to_rest();
    tree.sees(|root| write(&root.join("web/ecosystem.edn"), "{:a 1}"));
}
