#![allow(clippy::unwrap_used, reason = "a failing test panics, and says so best where it happens")]

use std::cell::Cell;
use std::io::Write as _;
use std::time::Instant;

use assert_fs::TempDir;

use super::*;
use crate::model::CommandLine;

fn question(way: Way, folder: &TempDir, log_files: Vec<Utf8PathBuf>) -> Question {
    let folder = Utf8PathBuf::from_path_buf(folder.path().to_owned()).unwrap();
    let env = [("PATH".to_owned(), "/usr/bin:/bin".to_owned())].into();
    let surroundings = Surroundings { folder, env };
    Question { way, surroundings, logs: from_their_ends(&log_files), log_files }
}

#[test]
fn a_line_is_a_sign_of_life_once() {
    let folder = TempDir::new().unwrap();
    let log = Utf8PathBuf::from_path_buf(folder.path().join("out.log")).unwrap();
    let write = |text: &str| {
        let mut file = std::fs::File::options().create(true).append(true).open(&log).unwrap();
        file.write_all(text.as_bytes()).unwrap();
    };
    write("tick\n");
    let mut question = question(Way::Log { contains: "tick".to_owned() }, &folder, vec![log.clone()]);
    let mut ask = || question.ask(Duration::from_secs(5), &|| false).unwrap();
    let not_yet = Answer::NotYet("no line in its logs contains \"tick\"".to_owned());
    assert_eq!(ask(), not_yet, "what was written before does not count");
    write("ti");
    assert_eq!(ask(), not_yet);
    write("ck\nand more\n");
    assert_eq!(ask(), Answer::Alive, "a line in two pieces");
    assert_eq!(ask(), not_yet, "the same line again");
    write("tick\n");
    assert_eq!(ask(), Answer::Alive);
    // A log that was rotated begins anew.
    std::fs::write(&log, "tick\n").unwrap();
    assert_eq!(ask(), Answer::Alive);
}

/// Whoever ends the program does not wait for a command, and leaves none of it behind.
#[test]
fn a_command_ends_with_the_program() {
    let folder = TempDir::new().unwrap();
    let line = CommandLine::Shell("sleep 987655 & echo $! > pid; wait".to_owned());
    let mut question = question(Way::Exec(line), &folder, Vec::new());
    let pid = || std::fs::read_to_string(folder.path().join("pid")).ok()?.trim().parse::<u32>().ok();
    let seen = Cell::new(None);
    let ends = || {
        seen.set(seen.get().or_else(pid));
        seen.get().is_some()
    };
    assert_eq!(question.ask(Duration::from_secs(600), &ends), None);
    let (pid, deadline) = (seen.get().unwrap(), Instant::now() + Duration::from_secs(20));
    while super::super::kernel::is_alive(pid) {
        assert!(Instant::now() < deadline, "{pid} is still there");
        std::thread::sleep(Duration::from_millis(10));
    }
}
