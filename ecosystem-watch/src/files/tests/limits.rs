//! The kernel's limits, reached in namespaces of users that have their own (user_namespaces(7), inotify(7)).

use std::process::Command;
use std::sync::mpsc::channel;

use super::child::{in_child, not_tested, this_test};
use super::*;

const WATCHES: &str = "/proc/sys/user/max_inotify_watches";
const INSTANCES: &str = "/proc/sys/user/max_inotify_instances";

/// How to start a child that may set limits of its own.
const NAMESPACE: [&str; 2] = ["unshare", "-Ur"];

/// Whether this machine lets everybody make such a namespace.
fn namespaces() -> bool {
    let mut probe = Command::new("unshare");
    let probe = probe.args(["-Ur", "sh", "-c", &format!("cat {WATCHES} > /dev/null && echo 9 > {WATCHES}")]);
    probe.output().is_ok_and(|it| it.status.success())
}

/// Limits are tried again after less than the usual minute.
const TIMES: Times = Times {
    quiet: QUIET,
    poll: Duration::from_millis(500),
    try_again: Duration::from_secs(2),
    git: Duration::from_secs(30),
};

/// A tree that is followed since a limit was set.
fn tree(prepare: impl FnOnce(&Utf8Path), limit: &str, most: usize) -> Tree {
    Tree::timed(TIMES, |root| {
        prepare(root);
        fs::write(limit, most.to_string()).unwrap();
    })
}

/// It says so once, looks every now and then, and follows as before when the limit is raised.
fn polls_and_recovers(tree: &mut Tree, limit: &str, named: &str) {
    assert!(matches!(tree.hint(), FileHint::Trouble(text) if text.contains(named)));
    assert_eq!(tree.files.mode(), Mode::Polling);
    for text in ["{:a 1}", "{:a 2}"] {
        // It takes hints of changes only: trouble is not told of again.
        tree.sees(|root| write(&root.join("web/ecosystem.edn"), text));
    }
    let began = std::time::Instant::now();
    while began.elapsed() < TIMES.try_again * 2 {
        assert!(matches!(tree.hint(), FileHint::Changed(_)));
        tree.look();
    }
    assert_eq!(tree.files.mode(), Mode::Polling);

    fs::write(limit, "1000").unwrap();
    while tree.files.mode() == Mode::Polling {
        assert!(matches!(tree.hint(), FileHint::Changed(_)));
        tree.look();
    }
    tree.comes_to_rest();
    tree.does_not_mind(|_| {});
}

#[test]
fn no_instance() {
    if !namespaces() {
        return not_tested("the limit of inotify instances by namespaces");
    }
    in_child(&this_test!(no_instance), &NAMESPACE, || {
        let mut tree = tree(|_| {}, INSTANCES, 0);
        polls_and_recovers(&mut tree, INSTANCES, "max_user_instances");
    });
}

#[test]
fn too_few_watches_at_first() {
    if !namespaces() {
        return not_tested("the limit of inotify watches");
    }
    in_child(&this_test!(too_few_watches_at_first), &NAMESPACE, || {
        let folders = |root: &Utf8Path| (0..20).for_each(|n| write(&root.join(format!("d{n}/a.edn")), "{}"));
        let mut tree = tree(folders, WATCHES, 5);
        polls_and_recovers(&mut tree, WATCHES, "max_user_watches");
        tree.sees(|root| write(&root.join("d19/a.edn"), "{:a 1}"));
    });
}

#[test]
fn too_few_watches_for_new_folders() {
    if !namespaces() {
        return not_tested("the limit of inotify watches, for new folders");
    }
    in_child(&this_test!(too_few_watches_for_new_folders), &NAMESPACE, || {
        // The root, its folder, and two above.
        let mut tree = tree(|_| {}, WATCHES, 5);
        assert_eq!(tree.files.mode(), Mode::Watching);
        tree.is_silent();
        (0..20).for_each(|n| write(&tree.root.join(format!("d{n}/a.edn")), "{}"));
        assert!(matches!(tree.hint(), FileHint::Changed(_)));
        tree.look();
        polls_and_recovers(&mut tree, WATCHES, "max_user_watches");
        tree.sees(|root| write(&root.join("d19/a.edn"), "{:a 1}"));
    });
}

/// Without namespaces too: no descriptor is left for the kernel's events.
#[test]
fn no_descriptor() {
    in_child(&this_test!(no_descriptor), &["sh", "-c", "ulimit -n 16; exec \"$@\"", "sh"], || {
        let tree = Tree::new();
        let held: Vec<_> = std::iter::from_fn(|| fs::File::open("/dev/null").ok()).collect();
        let (sender, hints) = channel();
        let files = Files::timed(&tree.root, Utf8Path::new("/nowhere"), TIMES, sender);
        assert_eq!(files.mode(), Mode::Polling);
        drop(held);
        let mut tree = Tree { files, hints, ..tree };
        assert!(matches!(tree.hint(), FileHint::Trouble(text) if text.contains("ulimit -n")));
        while tree.files.mode() == Mode::Polling {
            assert!(matches!(tree.hint(), FileHint::Changed(_)));
            tree.look();
        }
        tree.comes_to_rest();
        tree.does_not_mind(|_| {});
    });
}

/// What is watched no more is given back before anything else is asked for.
#[test]
fn all_of_what_there_is_in_use() {
    if !namespaces() {
        return not_tested("watching anew with all watches in use");
    }
    in_child(&this_test!(all_of_what_there_is_in_use), &NAMESPACE, || {
        fs::write(INSTANCES, "1").unwrap();
        let mut tree = tree(|_| {}, WATCHES, 5);
        for round in 0..50 {
            tree.sees(|root| {
                fs::remove_dir_all(root).unwrap();
                write(&root.join("web/ecosystem.edn"), &format!("{{:round {round}}}"));
            });
            assert_eq!(tree.files.mode(), Mode::Watching);
        }
    });
}
