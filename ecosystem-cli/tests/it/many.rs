//! Hundreds of daemons at once, and what a terminal shows of it.

use std::fmt::Write as _;
use std::fs::{self, File};
use std::io::Read as _;
use std::os::unix::fs::PermissionsExt as _;
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use ecosystem_core::os::pressure::Pressure;
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use serde_json::Value as Json;

use crate::support::wait::{LONG, wait_until};
use crate::support::world::World;

/// Longer than the clock of the kernel's start times ticks, and short enough for a test.
const MIN_UPTIME: u64 = 200;

/// A world of so many daemons, each one small process without node.
fn world(daemons: usize, min_uptime: u64) -> World {
    let world = World::new();
    world.program("tiny.sh", "#!/bin/sh\nexec sleep 100000\n");
    fs::set_permissions(world.base().join("tiny.sh"), fs::Permissions::from_mode(0o755)).unwrap();
    for number in 0..daemons {
        let text = format!(
            r#"{{:apps [{{:name "app-{number}" :script "tiny.sh" :interpreter "none" :min-uptime {min_uptime}}}]}}"#
        );
        world.daemon(&format!("group-{}/app-{number}", number % 20), &text);
    }
    world
}

/// When the kernel started a process, in milliseconds since it was booted itself (field 22 of proc_pid_stat(5), in
/// ticks of 10 ms).
fn started_at(pid: u32) -> u64 {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap();
    let (_, rest) = stat.rsplit_once(") ").unwrap();
    rest.split(' ').nth(22 - 3).unwrap().parse::<u64>().unwrap() * 10
}

/// A step in hand is at least as long as its app is watched. So the ninth of nine starts in a row comes after the first
/// of them has stayed up.
#[test]
fn never_more_than_the_jobs_are_in_hand() {
    const DAEMONS: usize = 300;
    const JOBS: usize = 8;
    let world = world(DAEMONS, MIN_UPTIME);
    let began = Instant::now();
    let said = world.command(&["sync", "--jobs", "8", "--pressure", "off"]).succeeds();
    let took = began.elapsed();
    assert!(said.contains("\n300 done\n"), "{said}");
    assert!(!said.contains('\u{1b}') && !said.contains("of 300 steps"), "no bar but at a terminal");
    let pids = world.pids();
    assert_eq!((pids.len(), pids.values().map(Vec::len).max()), (DAEMONS, Some(1)));
    let mut starts: Vec<u64> = pids.values().map(|pids| started_at(pids[0])).collect();
    starts.sort_unstable();
    let closest = starts.windows(JOBS + 1).map(|window| window[JOBS] - window[0]).min().unwrap();
    assert!(closest >= MIN_UPTIME - 10, "nine starts within {closest} ms");
    // And what may be done at once is done at once.
    let closest = starts.windows(JOBS).map(|window| window[JOBS - 1] - window[0]).min().unwrap();
    assert!(closest < MIN_UPTIME || took > Duration::from_secs(60), "eight starts take {closest} ms");
    let said = world.sync().succeeds();
    assert!(said.contains("300 unchanged\n"), "{said}");
    assert_eq!(world.pids(), pids);
}

/// Makes more work than there are processors, until it is dropped.
struct Burners(Arc<AtomicBool>);

impl Burners {
    fn new() -> Self {
        let stop = Arc::new(AtomicBool::new(false));
        for _ in 0..2 * std::thread::available_parallelism().unwrap().get() {
            let stop = Arc::clone(&stop);
            std::thread::spawn(move || while !stop.load(Ordering::Relaxed) {});
        }
        Self(stop)
    }
}

impl Drop for Burners {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// The kernel's own measure decides. Each app is watched for longer than all starts take, so that something is in hand.
#[test]
fn a_pressed_machine_is_given_one_start_a_second() {
    if Pressure::read().cpu.is_none() {
        return;
    }
    let world = world(4, 6000);
    let burners = Burners::new();
    wait_until("the machine is pressed", LONG, || Pressure::read().cpu.is_some_and(|percent| percent > 10.0));
    let said = world.command(&["sync", "--pressure", "5"]).succeeds();
    drop(burners);
    assert!(said.contains("the machine is busy: cpu pressure "), "{said}");
    assert!(said.contains(" % of the time, more than 5 %") && said.contains("4 done"), "{said}");
    let mut starts: Vec<u64> = world.pids().values().map(|pids| started_at(pids[0])).collect();
    starts.sort_unstable();
    // One a second after the first, give or take how long PM2 needs for each.
    assert!((2500..20_000).contains(&(starts[3] - starts[0])), "{starts:?}");
}

/// All that a command writes to a terminal.
fn at_a_terminal(mut command: Command) -> String {
    let ours = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).unwrap();
    grantpt(&ours).unwrap();
    unlockpt(&ours).unwrap();
    let name = ptsname(&ours, Vec::new()).unwrap().into_string().unwrap();
    let theirs = File::options().read(true).write(true).open(name).unwrap();
    rustix::termios::tcsetwinsize(
        &theirs,
        rustix::termios::Winsize { ws_row: 50, ws_col: 200, ws_xpixel: 0, ws_ypixel: 0 },
    )
    .unwrap();
    command.stdout(theirs.try_clone().unwrap()).stderr(theirs);
    let mut child = command.spawn().unwrap();
    // The command holds the last ends of the terminal, so reading ends (with EIO) when it does.
    drop(command);
    let mut written = Vec::new();
    let _ = File::from(ours).read_to_end(&mut written);
    assert!(child.wait().unwrap().success());
    String::from_utf8(written).unwrap()
}

/// What is to be seen in the end, as a terminal that is wide and high enough shows it.
fn screen(written: &str) -> Vec<String> {
    let (mut lines, mut row, mut column) = (vec![Vec::<char>::new()], 0_usize, 0_usize);
    let mut chars = written.chars();
    while let Some(c) = chars.next() {
        match c {
            '\r' => column = 0,
            '\n' => {
                row += 1;
                lines.resize(lines.len().max(row + 1), Vec::new());
            }
            '\u{1b}' => {
                assert_eq!(chars.next(), Some('['));
                let sequence: String = chars.by_ref().take_while_inclusive_letter();
                match sequence.split_at(sequence.len() - 1) {
                    ("2", "K") => lines[row].clear(),
                    (_, "K") => lines[row].truncate(column),
                    (count, "A") => row -= count.parse::<usize>().unwrap_or(1),
                    (count, "B") => row += count.parse::<usize>().unwrap_or(1),
                    (_, "m") => {}
                    other => panic!("{other:?} in {written:?}"),
                }
            }
            c => {
                let line = &mut lines[row];
                line.resize(line.len().max(column + 1), ' ');
                line[column] = c;
                column += 1;
            }
        }
    }
    lines.into_iter().map(|line| line.into_iter().collect()).collect()
}

trait TakeSequence: Iterator<Item = char> {
    /// As far as the first letter, that included.
    fn take_while_inclusive_letter(&mut self) -> String {
        let mut text = String::new();
        for c in self {
            text.push(c);
            if c.is_ascii_alphabetic() {
                break;
            }
        }
        text
    }
}

impl<I: Iterator<Item = char>> TakeSequence for I {}

#[test]
fn a_bar_shows_how_far_it_is_and_goes() {
    let world = world(12, 300);
    let run = |args: &[&str]| {
        let mut command = world.pm2.command(crate::support::cli_program::path());
        command.args(args).arg(world.root()).arg("--base").arg(world.base()).env("TERM", "xterm");
        at_a_terminal(command)
    };
    let written = run(&["sync", "--jobs", "4", "--pressure", "off"]);
    assert!(written.contains(" of 12 steps, "), "{written:?}");
    let screen = screen(&written);
    assert!(screen.iter().all(|line| !line.contains("steps,")), "{screen:#?}");
    let done = |number: usize| {
        screen.iter().filter(|line| line.starts_with(&format!("✓ app-{number}: start done in "))).count()
    };
    assert_eq!((0..12).map(done).collect::<Vec<_>>(), [1; 12], "{screen:#?}");
    assert!(screen.contains(&"12 done".to_owned()), "{screen:#?}");
    // Nothing of it where there is little to do, or a program reads.
    let mut edited = String::new();
    write!(edited, "{{:apps [{{:name \"app-0\" :script \"tiny.sh\" :interpreter \"none\" :env {{:A 1}}}}]}}")
        .unwrap();
    world.daemon("group-0/app-0", &edited);
    let written = run(&["sync"]);
    assert!(written.contains("1 done") && !written.contains("steps,"), "{written:?}");
    let written = run(&["down", "--json"]);
    assert!(!written.contains('\u{1b}'), "{written:?}");
    serde_json::from_str::<Json>(&written).unwrap();
}
