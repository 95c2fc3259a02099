//! Files beside the tree, which daemons take their environment from.

use super::*;

fn follow(tree: &mut Tree, names: &[&str]) {
    let files = names.iter().map(|name| tree.base.join(name));
    tree.files.also(files.collect());
    tree.comes_to_rest();
}

/// A change makes a hint, and then rest.
fn tells_of(tree: &mut Tree, change: impl FnOnce(&Utf8Path)) {
    change(&tree.base);
    assert!(matches!(tree.hint(), FileHint::Changed(_)));
    tree.look();
    tree.comes_to_rest();
}

#[test]
fn come_change_and_go() {
    for name in ["web/.env", ".env", "grand/.env", "grand/parent/.env", "grand/parent/daemons/web/.env"] {
        let mut tree = Tree::new();
        fs::create_dir_all(tree.base.join("web")).unwrap();
        follow(&mut tree, &[name]);
        for _ in 0..2 {
            tells_of(&mut tree, |base| write(&base.join(name), "A=1"));
            tells_of(&mut tree, |base| write(&base.join(name), "A=2"));
            tells_of(&mut tree, |base| {
                write(&base.join("new"), "A=3");
                fs::rename(base.join("new"), base.join(name)).unwrap();
            });
            tells_of(&mut tree, |base| fs::remove_file(base.join(name)).unwrap());
        }
        let neighbour = tree.base.join(name).with_file_name(".env.example");
        tree.does_not_mind(|_| write(&neighbour, "A=1"));
    }
}

#[test]
fn in_folders_that_come_and_go() {
    let mut tree = Tree::new();
    let name = "app/web/.env";
    follow(&mut tree, &[name]);
    for _ in 0..2 {
        tells_of(&mut tree, |base| write(&base.join(name), "A=1"));
        tells_of(&mut tree, |base| write(&base.join(name), "A=2"));
        // At once, so that only the folder itself is another one.
        tells_of(&mut tree, |base| {
            fs::remove_dir_all(base.join("app")).unwrap();
            write(&base.join(name), "A=3");
        });
        tells_of(&mut tree, |base| write(&base.join(name), "A=4"));
        tells_of(&mut tree, |base| fs::rename(base.join("app"), base.join("old")).unwrap());
        tells_of(&mut tree, |base| fs::rename(base.join("old"), base.join("app")).unwrap());
        tells_of(&mut tree, |base| write(&base.join(name), "A=5"));
        tells_of(&mut tree, |base| fs::remove_dir_all(base.join("app")).unwrap());
    }
}

/// A link that is made to lead elsewhere, as deployments do it.
#[test]
fn behind_a_link() {
    let mut tree = Tree::new();
    for release in ["1", "2"] {
        write(&tree.base.join(release).join(".env"), "A=1");
    }
    std::os::unix::fs::symlink("1", tree.base.join("current")).unwrap();
    follow(&mut tree, &["current/.env"]);
    tells_of(&mut tree, |base| write(&base.join("1/.env"), "A=2"));
    tells_of(&mut tree, |base| {
        std::os::unix::fs::symlink("2", base.join("next")).unwrap();
        fs::rename(base.join("next"), base.join("current")).unwrap();
    });
    tells_of(&mut tree, |base| write(&base.join("2/.env"), "A=2"));
    tree.does_not_mind(|_| {});
}

/// Those that are not named any more are left, and the tree is followed as before.
#[test]
fn are_replaced_by_others() {
    let mut tree = Tree::new();
    follow(&mut tree, &["web/.env", "grand/parent/.env"]);
    follow(&mut tree, &["api/.env"]);
    let base = tree.base.clone();
    tree.does_not_mind(|_| write(&base.join("web/.env"), "A=1"));
    tree.does_not_mind(|_| write(&base.join("grand/parent/.env"), "A=1"));
    tells_of(&mut tree, |base| write(&base.join("api/.env"), "A=1"));
    // Its folder is one above the root, too, and still watched for that.
    tree.sees(|root| fs::rename(root, base.join("away")).unwrap());
    tree.comes_to_rest();
    tree.sees(|root| fs::rename(base.join("away"), root).unwrap());
}

/// They were read before they were named.
#[test]
fn a_hint_follows_their_naming() {
    let mut tree = Tree::new();
    tree.files.also([tree.base.join(".env")].into());
    assert!(matches!(tree.hint(), FileHint::Changed(_)));
    tree.files.also([tree.base.join(".env")].into());
    tree.is_silent();
}

/// The root is another one since, and naming files must not hide it.
#[test]
fn are_named_while_the_root_is_replaced() {
    let mut tree = Tree::new();
    fs::remove_dir_all(&tree.root).unwrap();
    write(&tree.daemon(), "{:new true}");
    follow(&mut tree, &["web/.env"]);
    tree.sees(|root| write(&root.join("web/ecosystem.edn"), "{:newer true}"));
}
