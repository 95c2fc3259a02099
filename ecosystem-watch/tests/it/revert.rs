//! Edits that fail while the tree is watched.

use std::time::Duration;

use crate::support::scene::{Scene, daemon_with, world};
use crate::support::wait::{LONG, wait_until};
use crate::support::watcher::Watcher;
use crate::support::world::World;

/// Others have 5 s to bring PM2 back, and a machine under load takes its time.
const VERY_LONG: Duration = Duration::from_secs(60);

const CRASHES: &str = "echo no such luck >&2; exit 3\n";

/// An app of this color, whose program is this.
fn declare(world: &World, app: &str, color: &str, program: &str) {
    let text = daemon_with(":min-uptime 500 :max-restarts 1000000", &[(app, color)]);
    world.daemon(app, &text.replace("idle.sh", program));
}

/// Two apps that run, and a program that crashes.
fn watched() -> (World, Watcher) {
    let world = world();
    world.program("crash.sh", CRASHES);
    declare(&world, "web", "red", "idle.sh");
    declare(&world, "beside", "red", "idle.sh");
    let watcher = Watcher::start(&world, &[]);
    world.becomes(&[("web", "red"), ("beside", "red")]);
    world.comes_to_rest();
    (world, watcher)
}

fn tried(watcher: &Watcher, app: &str) -> usize {
    watcher.log.events("step-begins").iter().filter(|it| it["app"] == app).count()
}

#[test]
fn an_edit_that_fails_is_put_back_and_not_tried_again() {
    let (world, watcher) = watched();
    let beside = world.pid("beside");
    let before = tried(&watcher, "web");
    declare(&world, "web", "blue", "crash.sh");
    world.stands("web", "put back to generation 1");
    watcher.log.will_say("no such luck");
    world.becomes(&[("web", "red"), ("beside", "red")]);
    world.comes_to_rest();
    // Nothing makes it try again: neither an edit elsewhere, nor what somebody does to PM2.
    declare(&world, "beside", "blue", "idle.sh");
    world.becomes(&[("web", "red"), ("beside", "blue")]);
    world.pm2_does(&["restart", "beside"]);
    world.comes_to_rest();
    assert_eq!(tried(&watcher, "web"), before + 1);
    assert_ne!(world.pid("beside"), beside);
    // Whoever has looked into it says so.
    watcher.signal(rustix::process::Signal::HUP);
    wait_until("it is tried again", LONG, || tried(&watcher, "web") == before + 2);
    world.becomes(&[("web", "red"), ("beside", "blue")]);
    world.comes_to_rest();
    // The text of before is what runs.
    let web = world.pid("web");
    declare(&world, "web", "red", "idle.sh");
    world.nothing_stands("web");
    assert_eq!(world.pid("web"), web);
    declare(&world, "web", "green", "idle.sh");
    world.becomes(&[("web", "green"), ("beside", "blue")]);
}

/// What was put back runs on as it was, whatever becomes of the watcher and of PM2.
#[test]
fn what_was_put_back_is_kept_up() {
    let (world, watcher) = watched();
    declare(&world, "web", "blue", "crash.sh");
    world.stands("web", "put back to generation 1");
    world.becomes(&[("web", "red"), ("beside", "red")]);
    watcher.process().kill();
    drop(watcher);
    let watcher = Watcher::named(&world, "second", &[]);
    world.stands("web", "put back to generation 1");
    assert_eq!(tried(&watcher, "web"), 0);
    world.pm2_does(&["delete", "web"]);
    world.becomes(&[("web", "red"), ("beside", "red")]);
    world.pm2.daemon().kill();
    world.becomes_within(VERY_LONG, &crate::support::scene::colors(&[("web", "red"), ("beside", "red")]));
    world.stands("web", "put back to generation 1");
}

#[test]
fn a_first_start_that_fails_is_left_stopped() {
    let (world, watcher) = watched();
    world.program("maybe.sh", "[ -e ready ] || exit 3\nexec sleep 100000\n");
    declare(&world, "new", "red", "maybe.sh");
    world.stands("new", "left stopped");
    world.comes_to_rest();
    assert_eq!((tried(&watcher, "new"), world.pid("new")), (1, 0));
    // Somebody has looked into it, and starts it.
    world.program("ready", "");
    world.pm2_does(&["restart", "new"]);
    world.becomes(&[("web", "red"), ("beside", "red"), ("new", "red")]);
    world.nothing_stands("new");
}

/// A watcher that is killed at any moment of an edit that fails leaves nothing undone.
#[test]
fn a_watcher_killed_in_the_middle_is_made_good() {
    let (world, watcher) = watched();
    drop(watcher);
    for (index, delay) in [0, 40, 120, 250, 400, 550, 700].into_iter().enumerate() {
        let watcher = Watcher::named(&world, &format!("killed-{index}"), &[]);
        watcher.log.will_say("watching");
        declare(&world, "web", &format!("blue{index}"), "crash.sh");
        wait_until("the edit is seen", LONG, || tried(&watcher, "web") > 0);
        let begun = std::time::Instant::now();
        wait_until("the moment has come", LONG, || begun.elapsed() >= Duration::from_millis(delay));
        watcher.process().kill();
        drop(watcher);
        let next = Watcher::named(&world, &format!("next-{index}"), &[]);
        world.stands("web", "put back to generation 1");
        world.becomes(&[("web", "red"), ("beside", "red")]);
        drop(next);
    }
}

/// More edits make a pass hurry; what it did not see to its end is not taken for well.
#[test]
fn an_edit_that_fails_is_put_back_though_others_follow_at_once() {
    let (world, watcher) = watched();
    world.program("late.sh", "sleep 1; exit 3\n");
    let text = daemon_with(":min-uptime 3000 :max-restarts 1000000", &[("web", "blue")]);
    world.daemon("web", &text.replace("idle.sh", "late.sh"));
    let before = tried(&watcher, "web");
    wait_until("the edit is seen", LONG, || tried(&watcher, "web") > before);
    declare(&world, "beside", "blue", "idle.sh");
    world.becomes(&[("web", "red"), ("beside", "blue")]);
    world.stands("web", "put back to generation 1");
    let asked = watcher.log.events("step-begins");
    assert!(asked.iter().any(|it| it["app"] == "web" && it["action"] == "ask"), "{asked:?}");
}
