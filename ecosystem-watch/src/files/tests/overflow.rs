//! More events than the kernel keeps for somebody who does not read them.

use std::process::Command;

use rustix::process::getpid;

use super::child::{in_child, this_test};
use super::*;

/// Twice what it keeps, made by another process while this one is stopped, and then an edit and a new folder.
const FLOOD: &str = r#"
kill -STOP $1
i=0
while [ $i -lt $3 ]; do : > $2/web/$i; : > $2/web/$i.b; i=$((i+1)); done
mkdir $2/new; echo '{:lost 1}' > $2/new/ecosystem.edn
kill -CONT $1
"#;

/// The events of the new folder are among those that were lost, and yet it is followed.
#[test]
fn what_was_lost_is_found() {
    in_child(&this_test!(what_was_lost_is_found), &[], || {
        let kept = fs::read_to_string("/proc/sys/fs/inotify/max_queued_events").unwrap();
        let mut tree = Tree::new();
        let this = getpid().as_raw_nonzero().to_string();
        tree.sees(|root| {
            let mut flood = Command::new("sh");
            flood.args(["-c", FLOOD, "sh", &this, root.as_str(), kept.trim()]);
            assert!(flood.status().unwrap().success());
        });
        tree.comes_to_rest();
        tree.sees(|root| write(&root.join("new/ecosystem.edn"), "{:found 1}"));
    });
}
