//! What is not to be looked at: whatever happens all the time must not keep the watcher busy.

use std::fs::{self, OpenOptions};
use std::io::Write as _;

use super::*;

/// Folders that are skipped are there already, as they are wherever daemons have run.
fn tree() -> Tree {
    Tree::prepared(|root| {
        for folder in ["web/logs", "web/dist", "web/node_modules/some", "web/.git"] {
            fs::create_dir_all(root.join(folder)).unwrap();
        }
        write(&root.join("web/out.log"), "");
    })
}

#[test]
fn logs_of_daemons() {
    tree().does_not_mind(|root| {
        for name in ["web/out.log", "web/logs/error.log", "web/new.log"] {
            let mut log = OpenOptions::new().append(true).create(true).open(root.join(name)).unwrap();
            for line in 0..200 {
                writeln!(log, "{line}").unwrap();
            }
        }
    });
}

#[test]
fn what_is_generated_and_installed() {
    tree().does_not_mind(|root| {
        write(&root.join("web/dist/ecosystem.config.mjs"), "export default {}");
        write(&root.join("web/dist/ecosystem.edn"), "{}");
        write(&root.join("web/node_modules/some/deep/package.json"), "{}");
        write(&root.join("web/node_modules/other/ecosystem.edn"), "{}");
        fs::remove_dir_all(root.join("web/node_modules")).unwrap();
        fs::create_dir_all(root.join("web/node_modules")).unwrap();
        write(&root.join("web/.git/index.edn"), "{}");
    });
}

#[test]
fn our_own_reading() {
    tree().does_not_mind(|root| {
        for _ in 0..50 {
            read(root);
        }
    });
}

#[test]
fn locks_and_backups_of_editors() {
    tree().does_not_mind(|root| {
        let lock = root.join("web/.#ecosystem.edn");
        std::os::unix::fs::symlink("somebody@somewhere.4711:1700000000", &lock).unwrap();
        fs::remove_file(lock).unwrap();
        write(&root.join("web/4913"), "");
        write(&root.join("web/.ecosystem.edn.swp"), "b0VIM");
        write(&root.join("web/#ecosystem.edn#"), "{}");
    });
}

/// The folder above belongs to others too.
#[test]
fn what_is_beside_the_root() {
    tree().does_not_mind(|root| {
        let parent = root.parent().unwrap();
        write(&parent.join("ecosystem.edn"), "{}");
        write(&parent.join("services/ecosystem.edn"), "{}");
        write(&parent.parent().unwrap().join("notes"), "");
    });
}
