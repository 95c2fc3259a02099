//! `fmt` on files, as people and editors call it.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use tempfile::TempDir;

const EXAMPLES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../examples");
const UGLY: &str = "{:apps [ {:name \"web\"\n:script \"web.mjs\" } ]} ; the site";
const NEAT: &str = "{:apps [{:name   \"web\"\n         :script \"web.mjs\"}]} ; the site\n";

fn fmt(folder: &Path, args: &[&str], input: &str) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_ecosystem-cli"));
    command.arg("fmt").args(args).current_dir(folder);
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    // One that does not read its input may have ended by now.
    let _ = child.stdin.take().unwrap().write_all(input.as_bytes());
    child.wait_with_output().unwrap()
}

fn text(bytes: &[u8]) -> &str {
    std::str::from_utf8(bytes).unwrap()
}

/// The exit code, and what it says.
#[track_caller]
fn check(folder: &Path, args: &[&str], code: i32, says: &str) {
    let output = fmt(folder, args, "");
    let said = format!("{}{}", text(&output.stdout), text(&output.stderr));
    assert_eq!(output.status.code(), Some(code), "{args:?}: {said}");
    assert!(said.contains(says), "{args:?}: {said}");
}

fn tree(files: &[(&str, &str)]) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (path, contents) in files {
        let path = folder.path().join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, contents).unwrap();
    }
    folder
}

#[test]
fn a_tree_is_formatted_where_it_stands() {
    let files = [
        ("t/a/ecosystem.edn", UGLY),
        ("t/b/ecosystem.edn", NEAT),
        ("t/torn/ecosystem.edn", "{:apps [{:a"),
        ("t/deps.edn", "{ }"),
        ("t/defaults.edn", "{ }"),
    ];
    let folder = tree(&files);
    let at = folder.path();
    let is = |path: &str, expected: &str| {
        assert_eq!(std::fs::read_to_string(at.join(path)).unwrap(), expected, "{path}");
    };
    check(at, &["--check", "t/a", "t/b"], 3, "-:script \"web.mjs\" } ]} ; the site");
    check(at, &["--check", "t"], 1, "E0101");
    is("t/a/ecosystem.edn", UGLY);

    check(at, &["t"], 1, "formatted t/a/ecosystem.edn");
    is("t/a/ecosystem.edn", NEAT);
    is("t/b/ecosystem.edn", NEAT);
    is("t/torn/ecosystem.edn", "{:apps [{:a");
    is("t/deps.edn", "{ }");
    is("t/defaults.edn", "{}\n");

    check(at, &["t/a", "t/b", "t/a/ecosystem.edn"], 0, "every file is in the layout");
    check(at, &["t/deps.edn"], 0, "formatted t/deps.edn");
    check(at, &["--json", "t/a"], 0, "\"changed\": []");
    check(at, &["t/nowhere"], 4, "t/nowhere");
    check(at, &["-", "t"], 2, "neither files");
}

#[test]
fn an_editor_asks_through_its_pipes() {
    let here = std::env::temp_dir();
    let asked = |args: &[&str], input: &str| fmt(&here, args, input);
    let neat = asked(&["-"], UGLY);
    assert_eq!((text(&neat.stdout), neat.status.code()), (NEAT, Some(0)));
    assert_eq!(text(&asked(&["-"], NEAT).stdout), NEAT);
    let torn = asked(&["-"], "{:a");
    assert_eq!((text(&torn.stdout), torn.status.code()), ("", Some(1)));
    assert!(text(&torn.stderr).contains("--> stdin:1:1"));
    assert_eq!(asked(&["-", "--check"], UGLY).status.code(), Some(3));
}

/// Every `.edn` file of the examples that is EDN at all is as `fmt` would have it.
#[test]
fn the_examples_are_in_the_layout() {
    let files = sources(Path::new(EXAMPLES));
    assert!(files.len() > 5, "{files:?}");
    for file in files {
        let output = fmt(Path::new(EXAMPLES), &["--check", file.to_str().unwrap()], "");
        let expected = if file.ends_with("broken/unclosed/ecosystem.edn") { 1 } else { 0 };
        assert_eq!(output.status.code(), Some(expected), "{}", text(&output.stdout));
    }
}

fn sources(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap());
    let below = entries.flat_map(|entry| match entry.file_type().unwrap() {
        kind if kind.is_dir() => sources(&entry.path()),
        kind if kind.is_file() => vec![entry.path()],
        _ => Vec::new(),
    });
    below.filter(|path| path.extension().is_some_and(|extension| extension == "edn")).collect()
}
