//! Files and folders that may not be read.

use std::fs;

use super::tree::{Mode, Tree, User, idle};

#[test]
fn what_may_not_be_read_is_an_error_and_no_absence() {
    for (path, mode) in [("locked/ecosystem.edn", 0o000), ("locked", 0o000), ("locked", 0o444)] {
        let tree = Tree::of(&["fine", "locked", "gone"]);
        tree.run(&["render"]).says(0, &[]);
        fs::remove_file(tree.path("gone/ecosystem.edn")).unwrap();
        tree.daemon("fine", idle("fine").replace("1000", "2000"));
        let locked = tree.path(path);
        let _mode = Mode::of(&locked, mode);
        let seen = tree.run_as(User::WithoutRights, &["check"]);
        seen.says(1, &["E0401", "locked", "ermission denied", "1 valid daemon with 1 app"]);
        let seen = tree.run_as(User::WithoutRights, &["plan"]);
        seen.says(1, &["E0401", "+ fine"]);
        // Nothing generated is taken for stale: the daemon may only have moved to where nobody can look.
        let (fine, gone) = (tree.path("fine/dist"), tree.path("gone/dist"));
        let _open = [Mode::of(&fine, 0o777), Mode::of(&gone, 0o777)];
        let seen = tree.run_as(User::WithoutRights, &["render", "--prune-dist"]);
        seen.says(1, &["E0401"]);
        assert!(fs::read_to_string(tree.config("fine")).unwrap().contains("2000"));
        assert!(tree.config("gone").exists());
    }
}
