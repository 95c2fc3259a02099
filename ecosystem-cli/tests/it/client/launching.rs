//! The daemon is brought up once, by whoever comes first, and holds on to nobody's output.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::thread;
use std::time::{Duration, Instant};

use camino::Utf8PathBuf;
use ecosystem_core::os::pm2::{Client, LaunchError, Pm2Program, Timeouts, launch};

use crate::support::pm2_home::Pm2Home;
use crate::support::pm2_program::{DEFAULT, VERSIONS, pm2_program};
use crate::support::process::Process;
use crate::support::wait::LONG;

fn launch_in(home: &Pm2Home, program: &Pm2Program, limit: Duration) -> Result<Client, LaunchError> {
    fs::write(home.path().join("touch"), "").unwrap();
    launch(program, home.path(), limit, Timeouts::default())
}

/// A program that is a shell script.
fn script(home: &Pm2Home, text: &str) -> Pm2Program {
    let path: Utf8PathBuf = home.path().join("pm2-in-name-only");
    fs::write(&path, format!("#!/bin/sh\n{text}\n")).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
    Pm2Program::Path(path)
}

#[test]
fn the_daemon_comes_up_and_knows_its_script() {
    for &version in VERSIONS {
        let home = Pm2Home::empty(version);
        let program = pm2_program(version);
        let mut client = launch_in(&home, &Pm2Program::Path(program.clone()), LONG).unwrap();
        let report = client.report().unwrap();
        assert_eq!(report.pm2_version, version);
        assert_eq!(report.node_path, program, "what PM2 runs to restart itself");
        for output in ["fd/1", "fd/2"] {
            let file = fs::read_link(format!("/proc/{}/{output}", client.daemon_pid())).unwrap();
            assert_eq!(file, home.path().join("pm2.log"), "a daemon with our output keeps `| cat` waiting");
        }
    }
}

#[test]
fn four_at_once_bring_up_one_daemon() {
    let home = Pm2Home::empty(DEFAULT);
    let program = Pm2Program::Path(pm2_program(DEFAULT));
    let pids = thread::scope(|scope| {
        let launch = || launch_in(&home, &program, LONG).unwrap().daemon_pid();
        let threads: Vec<_> = (0..4).map(|_| scope.spawn(launch)).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect::<Vec<_>>()
    });
    assert!(pids.iter().all(|pid| *pid == pids[0]), "{pids:?}");
    let daemons =
        home.processes().into_iter().filter(|process| process.cmdline().join(" ").contains("God Daemon"));
    assert_eq!(daemons.map(Process::pid).collect::<Vec<_>>(), [pids[0]]);
}

#[test]
fn a_program_that_fails_is_quoted_and_not_tried_again() {
    let home = Pm2Home::empty(DEFAULT);
    let program = script(&home, "echo run >> runs; echo out; echo why >&2; exit 3");
    let error = launch_in(&home, &program, LONG).unwrap_err();
    let LaunchError::Failed { status, output, .. } = &error else { panic!("{error:?}") };
    assert_eq!((status.code(), output.as_str()), (Some(3), "out\nwhy\n"));
    assert_eq!(fs::read_to_string(home.path().join("runs")).unwrap(), "run\n");
}

#[test]
fn a_program_that_brings_nothing_up_is_not_tried_again() {
    let home = Pm2Home::empty(DEFAULT);
    let program = script(&home, "echo run >> runs");
    let error = launch_in(&home, &program, Duration::from_millis(300)).unwrap_err();
    assert!(matches!(error, LaunchError::TooLate { .. }), "{error:?}");
    assert_eq!(fs::read_to_string(home.path().join("runs")).unwrap(), "run\n");
}

#[test]
fn a_program_that_hangs_is_ended_with_its_children() {
    let home = Pm2Home::empty(DEFAULT);
    let program = script(&home, "echo waiting; sleep 1000 & sleep 1000");
    let error = launch_in(&home, &program, Duration::from_millis(300)).unwrap_err();
    let LaunchError::TooLate { output, .. } = &error else { panic!("{error:?}") };
    assert_eq!(output, "waiting\n");
}

#[test]
fn a_program_that_is_not_there_is_named() {
    let home = Pm2Home::empty(DEFAULT);
    let error = launch_in(&home, &Pm2Program::Path("/nowhere/pm2".into()), LONG).unwrap_err();
    assert!(matches!(error, LaunchError::Spawn { .. }), "{error:?}");
    assert!(error.to_string().contains("/nowhere/pm2"), "{error}");
}

#[test]
fn what_a_program_leaves_behind_does_not_keep_us_waiting() {
    let home = Pm2Home::empty(DEFAULT);
    let program = script(&home, "sleep 1000 &");
    let started = Instant::now();
    launch_in(&home, &program, Duration::from_millis(300)).unwrap_err();
    assert!(started.elapsed() < LONG);
}

#[test]
fn a_launch_under_way_elsewhere_is_waited_for() {
    let home = Pm2Home::empty(DEFAULT);
    fs::create_dir(home.path().join("ecosystem")).unwrap();
    let held = fs::File::create(home.path().join("ecosystem/launch.lock")).unwrap();
    held.lock().unwrap();
    let program = Pm2Program::Path(pm2_program(DEFAULT));
    let error = launch_in(&home, &program, Duration::from_millis(100)).unwrap_err();
    assert!(matches!(error, LaunchError::Locked { .. }), "{error:?}");
    drop(held);
    launch_in(&home, &program, LONG).unwrap();
}

#[test]
fn a_daemon_that_runs_is_used_without_any_program() {
    let home = Pm2Home::running(DEFAULT);
    let (daemon, started) = (home.daemon(), home.daemon().start_time());
    let client = launch_in(&home, &Pm2Program::Path("/nowhere/pm2".into()), LONG).unwrap();
    assert_eq!(client.daemon_pid(), daemon.pid());
    assert!(started.is_some() && daemon.start_time() == started, "another process has its pid");
}
