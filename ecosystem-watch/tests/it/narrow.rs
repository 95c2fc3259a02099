//! A look because of one edit is at one daemon, and one at everything comes when it is not known what has changed.

use serde_json::Value as Json;

use crate::support::scene::{Scene, daemon, daemon_with, world};
use crate::support::wait::{LONG, wait_until};
use crate::support::watcher::Watcher;
use crate::support::world::World;

/// Two daemons with a process each, watched and at rest.
fn watched(options: &[&str]) -> (World, Watcher) {
    let world = world();
    world.daemon("web", &daemon(&[("web", "red")]));
    world.daemon("mail", &daemon(&[("mail", "red")]));
    let watcher = Watcher::start(&world, options);
    world.becomes(&[("web", "red"), ("mail", "red")]);
    world.comes_to_rest();
    (world, watcher)
}

/// What the looks since then were at: how many apps, and whether that was all there is.
fn looks_since(watcher: &Watcher, before: usize) -> Vec<(u64, bool)> {
    let looked = watcher.log.events("looked");
    let count = |look: &Json, what: &str| look[what].as_u64().unwrap();
    let looked = looked.iter().skip(before);
    looked
        .map(|it| (count(it, "in_sync") + count(it, "steps") + count(it, "held"), it["whole"] == true))
        .collect()
}

#[test]
fn an_edit_is_a_look_at_its_daemon_alone() {
    let (world, watcher) = watched(&[]);
    let (looks, mail) = (watcher.log.events("looked").len(), world.pid("mail"));
    world.daemon("web", &daemon(&[("web", "blue")]));
    world.becomes(&[("web", "blue"), ("mail", "red")]);
    world.comes_to_rest();
    // As editors do it.
    let source = world.root().join("web/ecosystem.edn");
    let beside = source.with_extension("edn~");
    std::fs::write(&beside, daemon(&[("web", "green")])).unwrap();
    std::fs::rename(&beside, &source).unwrap();
    world.becomes(&[("web", "green"), ("mail", "red")]);
    world.comes_to_rest();
    let edits = looks_since(&watcher, looks);
    assert!(edits.len() >= 2 && edits.iter().all(|look| *look == (1, false)), "{edits:?}");
    // And what somebody does to a process.
    world.pm2_does(&["delete", "web"]);
    world.becomes(&[("web", "green"), ("mail", "red")]);
    wait_until("the look is over", LONG, || looks_since(&watcher, looks).len() > edits.len());
    assert_eq!(looks_since(&watcher, looks)[edits.len()], (1, false));
    assert_eq!(world.pid("mail"), mail);
}

#[test]
fn what_lies_between_daemons_is_a_look_at_everything() {
    let (world, watcher) = watched(&[]);
    let check = |web: &str, expected: &[(&str, &str)]| {
        let before = watcher.log.events("looked").len();
        world.daemon("web", web);
        world.becomes(expected);
        wait_until("it looked at everything", LONG, || {
            looks_since(&watcher, before).iter().any(|(_, whole)| *whole)
        });
        world.comes_to_rest();
    };
    check(&daemon(&[("web", "red"), ("new", "red")]), &[("web", "red"), ("new", "red"), ("mail", "red")]);
    check(&daemon_with(":port 4000", &[("web", "blue")]), &[("web", "blue"), ("mail", "red")]);
    // Taken already: nothing of it happens.
    check(&daemon(&[("web", "green"), ("mail", "green")]), &[("web", "blue"), ("mail", "red")]);
    check("{:apps [", &[("web", "blue"), ("mail", "red")]);
    check(&daemon_with(":port 4000", &[("web", "green")]), &[("web", "green"), ("mail", "red")]);
}

/// Narrow looks do not put off the one that finds what made no event.
#[test]
fn edits_do_not_put_off_the_periodic_look() {
    let (world, watcher) = watched(&["--resync", "2"]);
    let before = watcher.log.events("looked").len();
    let mut edits = 0;
    wait_until("it looked at everything between edits", LONG, || {
        edits += 1;
        world.daemon("web", &daemon_with(&format!(":max-restarts {edits}"), &[("web", "red")]));
        let narrow = |(_, whole): &(u64, bool)| !whole;
        let looks = looks_since(&watcher, before);
        wait_until("the edit is looked at", LONG, || looks_since(&watcher, before).len() > looks.len());
        looks.iter().any(narrow) && looks.iter().filter(|it| !narrow(it)).count() >= 2
    });
}
