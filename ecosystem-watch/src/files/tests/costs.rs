//! What following costs: time to a hint, wakeups while nothing happens, and what is left behind.

use std::time::Instant;

use super::child::{in_child, this_test};
use super::*;

#[test]
fn a_save_is_told_of_soon() {
    let mut tree = Tree::new();
    let mut times: Vec<Duration> = (0..30).map(|round| latency(&mut tree, round)).collect();
    times.sort();
    let (median, most) = (times[15], times[29]);
    println!("quiet {QUIET:?}: median {median:?}, at most {most:?}");
    assert!((QUIET..QUIET * 3).contains(&median), "median {median:?}");
}

fn latency(tree: &mut Tree, round: usize) -> Duration {
    let file = tree.daemon();
    let began = Instant::now();
    tree.sees(|_| write(&file, &format!("{{:round {round}}}")));
    began.elapsed()
}

#[test]
fn nothing_wakes_up_while_nothing_happens() {
    in_child(&this_test!(nothing_wakes_up_while_nothing_happens), &[], || {
        let mut tree = Tree::new();
        tree.comes_to_rest();
        let before = wakeups();
        assert!(tree.hints.recv_timeout(Duration::from_secs(3)).is_err());
        // This thread's own waiting is one of them.
        let woken = wakeups() - before;
        println!("woken {woken} times within 3 s");
        assert!(woken < 10, "woken {woken} times within 3 s");
    });
}

/// How often threads of this process have gone to sleep.
fn wakeups() -> u64 {
    let count = |task: &str| -> u64 {
        let status = fs::read_to_string(format!("/proc/self/task/{task}/status")).unwrap_or_default();
        let line = status.lines().find_map(|it| it.strip_prefix("voluntary_ctxt_switches:"));
        line.map_or(0, |it| it.trim().parse().unwrap())
    };
    tasks().iter().map(|task| count(task)).sum()
}

fn tasks() -> Vec<String> {
    let tasks = Utf8Path::new("/proc/self/task").read_dir_utf8().unwrap();
    tasks.flatten().map(|it| it.file_name().to_owned()).collect()
}

/// The kernel's list of what this process watches: see proc(5) on fdinfo.
fn watches() -> usize {
    let descriptors = Utf8Path::new("/proc/self/fdinfo").read_dir_utf8().unwrap().flatten();
    let texts = descriptors.filter_map(|it| fs::read_to_string(it.path()).ok());
    texts.map(|it| it.lines().filter(|line| line.starts_with("inotify")).count()).sum()
}

fn descriptors() -> usize {
    Utf8Path::new("/proc/self/fd").read_dir_utf8().unwrap().count()
}

#[test]
fn nothing_is_left_behind() {
    in_child(&this_test!(nothing_is_left_behind), &[], || {
        let costs = || (tasks().len(), watches(), descriptors());
        let before = costs();
        for _ in 0..10 {
            let mut tree = Tree::new();
            assert!(watches() >= 4, "the root, its folder, and two above");
            tree.files.also([tree.base.join("beside/.env")].into());
            tree.sees(|root| {
                fs::remove_dir_all(root).unwrap();
                write(&root.join("web/ecosystem.edn"), "{:new true}");
            });
        }
        // Threads end by themselves, a little later.
        let began = Instant::now();
        while costs() != before {
            assert!(began.elapsed() < DEADLINE, "{before:?} before, {:?} after", costs());
            std::thread::yield_now();
        }
    });
}
