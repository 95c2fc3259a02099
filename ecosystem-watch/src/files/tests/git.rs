//! Git at work on many files: one hint, when it is done.

use std::process::Command;
use std::time::Instant;

use super::*;

/// So little quiet that git is at work for many times as long: only its lock tells that it is not done.
const HASTE: Times = Times {
    quiet: Duration::from_millis(20),
    poll: Duration::from_secs(2),
    try_again: Duration::from_secs(60),
    git: Duration::from_secs(30),
};

/// How many files a branch changes: a hint for each would be no hint at all.
const MANY: usize = 400;

fn git(folder: &Utf8Path, arguments: &str) {
    let mut command = Command::new("git");
    let command = command.current_dir(folder).args(["-c", "user.name=n", "-c", "user.email=e"]);
    let output = command.args(arguments.split(' ')).output().unwrap();
    assert!(output.status.success(), "git {arguments}: {output:?}");
}

/// A repository around the tree, with two branches that differ in hundreds of files.
fn repository(root: &Utf8Path) {
    let top = root.parent().unwrap();
    git(top, "init -q -b first");
    (0..MANY).for_each(|n| write(&root.join(format!("changed{n}/ecosystem.edn")), "{:branch 1}"));
    (0..100).for_each(|n| write(&root.join(format!("removed{n}/ecosystem.edn")), "{}"));
    git(top, "add .");
    git(top, "commit -qm first");
    git(top, "checkout -q -b second");
    (0..MANY).for_each(|n| write(&root.join(format!("changed{n}/ecosystem.edn")), "{:branch 2}"));
    (0..100).for_each(|n| fs::remove_dir_all(root.join(format!("removed{n}"))).unwrap());
    (0..100).for_each(|n| write(&root.join(format!("new{n}/ecosystem.edn")), "{}"));
    git(top, "add .");
    git(top, "commit -qm second");
}

/// Git takes as long as it likes, beside the one who follows.
fn checks_out(tree: &mut Tree, top: &Utf8Path, branch: &str) {
    let (folder, arguments) = (top.to_owned(), format!("checkout -q {branch}"));
    let at_work = std::thread::spawn(move || git(&folder, &arguments));
    assert!(matches!(tree.hint(), FileHint::Changed(_)));
    tree.look();
    // Compared without showing hundreds of files.
    let seen = tree.view.clone();
    at_work.join().unwrap();
    assert!(seen == read(&tree.root), "the hint came while git was at work");
    // On a busy machine the last of hundreds of events comes late, for as little quiet as this.
    let late = std::iter::from_fn(|| tree.hints.recv_timeout(QUIET * 5).ok()).count();
    assert!(late <= MANY / 100, "{late} hints more");
}

#[test]
fn checkout() {
    let mut tree = Tree::timed(HASTE, repository);
    let top = tree.root.parent().unwrap().to_owned();
    for branch in ["first", "second", "first"] {
        checks_out(&mut tree, &top, branch);
    }
}

/// There `.git` is a file that names a folder elsewhere.
#[test]
fn checkout_in_a_worktree() {
    let mut tree = Tree::timed(HASTE, |root| {
        let main = root.ancestors().nth(3).unwrap().join("main/daemons");
        write(&main.join("web/ecosystem.edn"), "{}");
        repository(&main);
        let top = root.parent().unwrap();
        fs::remove_dir_all(top).unwrap();
        git(main.parent().unwrap(), &format!("worktree add -q {top} first"));
    });
    let top = tree.root.parent().unwrap().to_owned();
    assert!(top.join(".git").is_file());
    git(&top, "checkout -q --detach second");
    tree.comes_to_rest();
    for commit in ["--detach first", "--detach second"] {
        checks_out(&mut tree, &top, commit);
    }
}

/// A hint waits for the lock to go, wherever the repository is.
#[test]
fn waits_for_the_lock() {
    let mut tree = Tree::new();
    // Made after it is followed.
    let lock = tree.base.join(".git/index.lock");
    write(&lock, "");
    let file = tree.daemon();
    write(&file, "{:a 1}");
    tree.is_silent();
    tree.sees(|_| fs::remove_file(lock).unwrap());
    assert_eq!(tree.view.get(&file).map(String::as_str), Some("{:a 1}"));
}

/// What a killed git left is waited for once; the lock of another one again.
#[test]
fn a_lock_left_behind() {
    let git = Duration::from_secs(1);
    let mut tree = Tree::timed(Times { git, ..Times::of(QUIET) }, |_| {});
    let lock = tree.base.join(".git/index.lock");
    write(&lock, "");
    let file = tree.daemon();

    write(&file, "{:a 1}");
    assert!(matches!(tree.hint(), FileHint::Trouble(text) if text.contains("index.lock")));
    assert!(matches!(tree.hint(), FileHint::Changed(_)));
    let began = Instant::now();
    tree.sees(|_| write(&file, "{:a 2}"));
    assert!(began.elapsed() < git, "waited again, {:?}", began.elapsed());

    fs::remove_file(&lock).unwrap();
    write(&lock, "");
    write(&file, "{:a 3}");
    tree.is_silent();
    fs::remove_file(&lock).unwrap();
    assert!(matches!(tree.hint(), FileHint::Changed(_)));
}
