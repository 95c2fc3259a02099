//! Processes that somebody takes over while the tree is watched.

use crate::support::process::Process;
use crate::support::scene::{Scene, daemon, world};
use crate::support::watcher::Watcher;

/// What was started by hand is nobody's until it is taken over; from then on it is left as it runs, and an edit reaches it.
#[test]
fn what_is_taken_over_is_left_as_it_runs_until_it_is_edited() {
    let world = world();
    world.daemon("kept", &daemon(&[("kept", "red")]));
    let watcher = Watcher::start(&world, &[]);
    world.becomes(&[("kept", "red")]);
    world.program("wait.sh", "exec tail -f /dev/null\n");
    let pid = world.start_foreign("waiter", "wait.sh");
    world.command(&["import", "--from-pm2"]).succeeds();
    world.stands("waiter", "--adopt waiter");
    let kept = world.pid("kept");
    let said = world.command(&["sync", "--adopt-all"]).succeeds();
    assert_eq!(world.pid("waiter"), pid, "{said}");
    world.looks_when_asked(&watcher);
    world.nothing_stands("waiter");
    world.looks_when_asked(&watcher);
    assert_eq!((world.pid("waiter"), world.pid("kept")), (pid, kept));
    let source = world.root().join("waiter/ecosystem.edn");
    let text = std::fs::read_to_string(&source).unwrap();
    std::fs::write(&source, text.replace(":name", ":env {:COLOR \"blue\"} :name")).unwrap();
    world.becomes(&[("kept", "red"), ("waiter", "blue")]);
    assert!(!Process::new(pid).is_alive());
    assert_eq!(world.pid("kept"), kept);
    // And back to nobody: it goes with its declaration.
    world.remove("waiter");
    world.becomes(&[("kept", "red")]);
}
