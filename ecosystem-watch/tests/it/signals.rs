//! Ending, being ended, and waiting for another watcher's end.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use rustix::process::Signal;

use crate::support::scene::{Scene, daemon, daemon_with, world};
use crate::support::wait::{LONG, wait_until};
use crate::support::watcher::Watcher;
use crate::support::world::World;

/// PM2's kill_timeout for a watcher that is given none.
const KILL_TIMEOUT: Duration = Duration::from_millis(1600);

#[test]
fn a_signal_ends_it_in_time_although_a_step_takes_longer() {
    let world = world();
    world.program("stubborn.sh", "trap '' TERM INT\nwhile :; do sleep 0.1; done\n");
    let stubborn =
        |color| daemon_with(":kill-timeout 8000", &[("stubborn", color)]).replace("idle.sh", "stubborn.sh");
    world.daemon("stubborn", &stubborn("red"));
    let watcher = Watcher::start(&world, &[]);
    wait_until("it runs", LONG, || watcher.log.steps("stubborn", "start") == 1);
    world.daemon("stubborn", &stubborn("blue"));
    wait_until("the step has begun", LONG, || watcher.log.says("beginning: stubborn restart") == 1);
    let asked = Instant::now();
    watcher.signal(Signal::TERM);
    assert!(watcher.ended().success());
    assert!(asked.elapsed() < KILL_TIMEOUT, "{:?}", asked.elapsed());
    // Whoever comes next finishes.
    let _next = Watcher::start(&world, &[]);
    let color = || {
        let pid = *world.pids().get("stubborn")?.first()?;
        crate::support::process::Process::new(pid).environ().remove("COLOR")
    };
    wait_until("it is as declared", LONG, || color().as_deref() == Some("blue"));
}

#[test]
fn an_idle_one_ends_at_once_and_leaves_its_apps() {
    let world = world();
    world.daemon("web", &daemon(&[("web", "red")]));
    for signal in [Signal::TERM, Signal::INT] {
        let watcher = Watcher::start(&world, &[]);
        world.becomes(&[("web", "red")]);
        let web = world.pid("web");
        let pid = u32::try_from(watcher.process().pid()).unwrap();
        wait_until("it has looked", LONG, || {
            world.state().is_some_and(|state| state.pid == pid && state.looks > 0)
        });
        watcher.signal(signal);
        assert!(watcher.ended().success());
        assert_eq!(world.pid("web"), web);
    }
}

#[test]
fn hup_makes_it_look_at_once() {
    let world = world();
    world.daemon("web", &daemon(&[("web", "red")]));
    let watcher = Watcher::start(&world, &[]);
    world.becomes(&[("web", "red")]);
    world.looks_when_asked(&watcher);
}

#[test]
fn killed_at_any_moment_the_next_one_converges() {
    let world = world();
    world.daemon("kept", &daemon(&[("kept", "red")]));
    world.sync().succeeds();
    let kept = world.pid("kept");
    for round in 0..8_u64 {
        let color = format!("color-{round}");
        world.daemon("web", &daemon(&[("web", &color), ("mail", &color)]));
        if round % 2 == 0 {
            world.daemon("extra", &daemon(&[("extra", &color)]));
        } else {
            world.remove("extra");
        }
        let watcher = Watcher::start(&world, &["--prune-grace", "0.1"]);
        // From before its first look to after its last step.
        let moment = Instant::now() + Duration::from_millis(round * 45);
        wait_until("the moment has come", LONG, || Instant::now() >= moment);
        drop(watcher);
    }
    let _last = Watcher::start(&world, &["--prune-grace", "0.1"]);
    world.becomes(&[("kept", "red"), ("web", "color-7"), ("mail", "color-7")]);
    world.nothing_to_do();
    assert_eq!(world.pid("kept"), kept);
}

#[test]
fn a_second_one_stands_by_and_takes_over() {
    let world = world();
    world.daemon("web", &daemon(&[("web", "red")]));
    let first = Watcher::start(&world, &[]);
    world.becomes(&[("web", "red")]);
    let second = Watcher::named(&world, "second", &[]);
    second.log.will_say(&format!("standing by: process {} watches this tree already", first.process().pid()));
    let web = world.pid("web");
    drop(first);
    second.log.will_say("watching ");
    world.daemon("web", &daemon(&[("web", "blue")]));
    world.becomes(&[("web", "blue")]);
    assert_ne!(world.pid("web"), web);
    assert_eq!(second.log.events("standby").len(), 1, "it is said once");
}

/// That nothing of it can be kept is said once, however often it looks.
#[test]
fn a_state_that_cannot_be_written_is_said_once() {
    let world = world();
    world.daemon("web", &daemon(&[("web", "red")]));
    let watcher = Watcher::start(&world, &[]);
    world.becomes(&[("web", "red")]);
    wait_until("it has looked", LONG, || world.looks() > 0);
    let state = state_file(&world);
    std::fs::remove_file(&state).unwrap();
    std::fs::create_dir(&state).unwrap();
    watcher.signal(Signal::HUP);
    watcher.log.will_say("cannot write the watcher's state");
    let looked = watcher.log.events("looked").len();
    for more in 1..=3 {
        watcher.signal(Signal::HUP);
        wait_until("it looks", LONG, || watcher.log.events("looked").len() >= looked + more);
    }
    assert_eq!(watcher.log.says("cannot write the watcher's state"), 1);
}

fn state_file(world: &World) -> PathBuf {
    let mut folders = std::fs::read_dir(world.pm2.path().join("ecosystem")).unwrap();
    folders.next().unwrap().unwrap().path().join("state.json")
}
